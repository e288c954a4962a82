"""References in secret fields: resolved at use, fenced where a document is stored."""

from __future__ import annotations

import pytest

import watchword
from watchword.document.references import ReferencePolicy, resolve

KEY = {"base_url": "https://api.test", "method": "api_key"}


def codes(document, *, stored=False):
    return [finding.code.name for finding in watchword.load(KEY | document, stored=stored).lint()]


def test_variables_files_and_literals_are_resolved(monkeypatch, tmp_path):
    """`env:` and `file:` are looked up, `literal:` takes what follows as it is."""
    monkeypatch.setenv("ACME_KEY", "from-env")
    path = tmp_path / "key"
    path.write_text("from-file\r\n")
    assert resolve("env:ACME_KEY", "api_key") == "from-env"
    assert resolve(f"file:{path}", "api_key") == "from-file"
    assert resolve("literal:env:ACME_KEY", "api_key") == "env:ACME_KEY"
    assert resolve("https://not-a-reference", "api_key") == "https://not-a-reference"


def test_a_reference_is_resolved_in_every_secret_place(serve, reply, monkeypatch):
    """Fields and stacked parameters alike take references, and the API receives the value."""
    monkeypatch.setenv("ACME_KEY", "from-env")
    server = serve(reply())
    document = {
        "base_url": server.url, "method": "api_key", "api_key": "env:ACME_KEY",
        "secret_parameters": {"header:X-Two": "env:ACME_KEY"},
    }  # fmt: skip
    with watchword.load(document).session() as api:
        api.get("/a")
    assert (server.seen[0].headers["X-API-Key"], server.seen[0].headers["X-Two"]) == ("from-env", "from-env")


@pytest.mark.parametrize(
    "reference", ["env:NOT_SET", "env:EMPTY", "file:/nowhere", "file:", "gcp:a/b", "local:a/b"]
)
def test_a_reference_that_leads_nowhere_is_a_finding(reference, monkeypatch):
    """Missing, empty and unknown sources are named, not sent."""
    monkeypatch.setenv("EMPTY", "")
    assert codes({"api_key": reference}) == ["reference_unresolved"]


def test_a_binary_file_is_a_finding(tmp_path):
    """A file that is no text is named without its content."""
    path = tmp_path / "key"
    path.write_bytes(b"\xff\xfes3cret")
    assert codes({"api_key": f"file:{path}"}) == ["reference_unresolved"]


@pytest.mark.parametrize(
    "reference",
    [
        "env:HOME", "env:AIRFLOW__CORE__FERNET_KEY", "file:/etc/passwd", "file:/run/secrets/../../etc/passwd",
        "env:watchword_secret_x", "file:/run/secretsX/a",
        "file:/run/secrets/kubernetes.io/serviceaccount/token", "file:/run/secrets/eks.amazonaws.com/token",
    ],
)  # fmt: skip
def test_a_stored_document_stays_inside_the_fence(reference):
    """Whoever edits a stored connection can't have this machine's variables and files sent."""
    assert codes({"api_key": reference}, stored=True) == ["reference_not_allowed"]


def test_a_link_out_of_the_fence_is_judged_by_where_it_leads(tmp_path, monkeypatch):
    """A symbolic link inside an allowed folder opens no other file."""
    (tmp_path / "in").mkdir()
    (tmp_path / "outside").write_text("s3cret")
    (tmp_path / "in" / "link").symlink_to(tmp_path / "outside")
    (tmp_path / "in" / "real").write_text("good-key")
    monkeypatch.setenv("WATCHWORD_ALLOWED_REFERENCES", f"file:{tmp_path}/in/*")
    assert codes({"api_key": f"file:{tmp_path}/in/link"}, stored=True) == ["reference_not_allowed"]
    assert codes({"api_key": f"file:{tmp_path}/in/real"}, stored=True) == []


def test_the_default_fence_admits_what_is_made_for_it(monkeypatch):
    """Variables named WATCHWORD_SECRET_* are for stored documents."""
    monkeypatch.setenv("WATCHWORD_SECRET_ACME", "from-env")
    assert codes({"api_key": "env:WATCHWORD_SECRET_ACME"}, stored=True) == []
    assert ReferencePolicy.from_environment().allows("file:/run/secrets/acme")


@pytest.mark.parametrize(
    ("pattern", "inside", "outside"),
    [
        ("/x/*", ["/x/a", "/x/a.pem"], ["/x", "/x/a/b", "/y/a"]),
        ("/x/*.pem", ["/x/a.pem"], ["/x/a", "/x/a/b.pem"]),
        ("/x/*/key", ["/x/a/key"], ["/x/key", "/x/a/b/key"]),
        ("/x/a", ["/x/a"], ["/x/b", "/x/a/b"]),
        ("/x/**", ["/x/a", "/x/a/b/c"], ["/x", "/xa/b", "/y/a"]),
        ("/**", ["/x", "/x/a"], []),
        ("*", [], ["/x", "/x/a"]),
    ],
)
def test_a_star_ends_at_a_slash(pattern, inside, outside):
    """A pattern of files is matched part by part; `/**` at its end is everything below."""
    policy = ReferencePolicy((f"file:{pattern}",))
    assert all(policy.allows(f"file:{path}") for path in inside)
    assert not any(policy.allows(f"file:{path}") for path in outside)


def test_a_volume_of_kubernetes_is_seen_through(tmp_path):
    """What a volume shows as a file in it is one in it, though it is a link into a hidden folder."""
    hidden = tmp_path / "..2025_01_31_10_00_00.1"
    hidden.mkdir()
    (hidden / "key").write_text("good-key")
    (tmp_path / "..data").symlink_to(hidden.name)
    (tmp_path / "key").symlink_to("..data/key")
    assert ReferencePolicy((f"file:{tmp_path}/*",)).allows(f"file:{tmp_path}/key")
    assert not ReferencePolicy((f"file:{tmp_path.parent}/*",)).allows(f"file:{tmp_path}/key")


METADATA = [
    "http://169.254.169.254", "https://169.254.170.2/v2", "http://169.254.169.254.", "http://2852039166",
    "http://0xa9.254.169.254", "http://[fe80::1]", "http://[FD00:EC2:0::254]/x", "http://[::ffff:169.254.169.254]",
    "http://Metadata.Google.Internal", "https://metadata.goog:8080",
]  # fmt: skip


@pytest.mark.parametrize("url", METADATA)
def test_a_stored_document_calls_no_metadata_service(url):
    """No URL of a stored document leads to where this machine would be given credentials of its own."""
    grant = {"method": "oauth2_client_credentials", "client_id": "c", "client_secret": "good-key"}
    for document in (
        KEY | {"api_key": "good-key", "base_url": url, "allowed_origins": ["https://api.test"]},
        KEY | {"api_key": "good-key", "test_url": url},
        KEY | {"api_key": "good-key", "allowed_origins": ["https://api.test", url]},
        {"base_url": "https://api.test", "token_url": url, **grant},
    ):
        made = watchword.load(document, stored=True)
        assert codes(document, stored=True) == ["origin_not_allowed"]
        with pytest.raises(watchword.DocumentError, match="metadata service"):
            made.session()
        assert not any("metadata service" in item.message for item in watchword.load(document).lint())


@pytest.mark.parametrize(
    "url", ["https://169.253.1.1", "https://[2001:db8::1]", "https://metadata.google.test"]
)
def test_other_addresses_are_no_metadata_service(url):
    """Addresses beside those, and names that only look like them, are fine in a stored document."""
    assert codes(KEY | {"api_key": "good-key", "base_url": url}, stored=True) == []


def test_a_circle_of_links_is_outside_the_fence(tmp_path):
    """A link that leads to itself is no way in and no crash."""
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert codes({"api_key": f"file:{tmp_path}/loop"}, stored=True) == ["reference_not_allowed"]


def test_a_stored_document_names_no_key_file_outside_the_fence(tmp_path, monkeypatch):
    """A plain path to a key of this machine is fenced like a reference to it."""
    key = tmp_path / "machine.pem"
    key.write_text("s3cret")
    files = {"api_key": "some-key", "client_certificate": str(key), "client_private_key": str(key)}
    assert codes(files, stored=True) == ["reference_not_allowed", "reference_not_allowed"]
    monkeypatch.setenv("WATCHWORD_ALLOWED_REFERENCES", f"file:{tmp_path}/*")
    assert codes(files, stored=True) == []
