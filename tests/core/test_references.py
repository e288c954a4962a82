"""References in secret fields: resolved at use, fenced where a document is stored."""

from __future__ import annotations

import pytest

import watchword
from watchword.references import Fence, resolve

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
    "reference", ["env:NOT_SET", "env:EMPTY", "file:/nowhere", "file:", "gcp:s", "local:n"]
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
    assert Fence.from_environment().admits("file:/run/secrets/acme")


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
