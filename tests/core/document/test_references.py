"""References in secret fields: resolved when used, and limited to a policy if the document is stored."""

from __future__ import annotations

import os
import socket
import ssl
import threading
from contextlib import closing
from pathlib import Path

import certifi
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

import watchword
from watchword.document.dereferencing import dereference
from watchword.document.reference_policy import ReferencePolicy
from watchword.document.references import Reference, is_reference
from watchword.files import opened_file
from watchword.secrets import sources
from watchword.secrets.google import managers

PROJECT = "acme-prod"
KEY = {"base_url": "https://api.test", "method": "api_key"}


@pytest.fixture
def vault(monkeypatch, tmp_path):
    """A vault in a file of this test."""
    monkeypatch.setenv("WATCHWORD_STORE", f"sqlite:///{tmp_path}/tokens.db")
    return sources.secret_store("local")


def codes(document, *, stored=False):
    return [finding.code.name for finding in watchword.load(KEY | document, stored=stored).lint()]


def test_variables_files_and_literals_are_resolved(monkeypatch, tmp_path):
    """`env:` and `file:` are looked up; `literal:` takes the rest of the text unchanged."""
    monkeypatch.setenv("ACME_KEY", "from-env")
    path = tmp_path / "key"
    path.write_text("from-file\r\n")
    assert dereference("env:ACME_KEY", "api_key") == "from-env"
    assert dereference(f"file:{path}", "api_key") == "from-file"
    assert dereference("literal:env:ACME_KEY", "api_key") == "env:ACME_KEY"
    assert dereference("https://not-a-reference", "api_key") == "https://not-a-reference"


def test_a_reference_is_resolved_in_every_secret_place(serve, reply, monkeypatch):
    """Secret fields and secret parameters take references, and the API receives the value."""
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
    """A variable or file that is missing or empty is a finding, and its reference is not sent."""
    monkeypatch.setenv("EMPTY", "")
    assert codes({"api_key": reference}) == ["reference_unresolved"]


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps its environment as text")
@pytest.mark.parametrize("content", [b"s3cret-\xff", b"\xed\xa0\x80s3cret", b"caf\xe9-s3cret"])
def test_a_variable_that_is_no_text_is_a_finding(content, monkeypatch):
    """The bytes of a variable that aren't UTF-8 can't be sent as text: a finding names it, without them."""
    monkeypatch.setitem(os.environb, b"ACME_KEY", content)
    for place in (
        {"api_key": "env:ACME_KEY"},
        {"secret_parameters": {"query:q": "env:ACME_KEY"}, "api_key": "k"},
    ):
        (found,) = watchword.load(KEY | place).lint()
        assert found.code.name == "reference_unresolved"
        assert "ACME_KEY, which is not UTF-8 text" in found.message
        assert "s3cret" not in str(found)


def test_a_binary_file_is_a_finding(tmp_path):
    """A finding names a file that is not text, without its content."""
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
def test_a_stored_document_is_limited_to_allowed_variables_and_files(reference):
    """Editing a stored connection can't make this machine send its variables and files."""
    assert codes({"api_key": reference}, stored=True) == ["reference_not_allowed"]


def test_a_link_is_allowed_by_its_real_path(tmp_path, monkeypatch):
    """A symbolic link inside an allowed folder gives no access to a file outside of it."""
    (tmp_path / "in").mkdir()
    (tmp_path / "outside").write_text("s3cret")
    (tmp_path / "in" / "link").symlink_to(tmp_path / "outside")
    (tmp_path / "in" / "real").write_text("good-key")
    monkeypatch.setenv("WATCHWORD_ALLOWED_REFERENCES", f"file:{tmp_path}/in/*")
    assert codes({"api_key": f"file:{tmp_path}/in/link"}, stored=True) == ["reference_not_allowed"]
    assert codes({"api_key": f"file:{tmp_path}/in/real"}, stored=True) == []


def test_the_default_policy_allows_its_own_names(monkeypatch):
    """Stored documents may use variables named WATCHWORD_SECRET_* and files in /run/secrets."""
    monkeypatch.setenv("WATCHWORD_SECRET_ACME", "from-env")
    assert codes({"api_key": "env:WATCHWORD_SECRET_ACME"}, stored=True) == []
    assert ReferencePolicy.from_environment().allows(Reference.parse("file:/run/secrets/acme"))


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
    """A pattern of files is matched part by part; `/**` at its end means everything below."""
    policy = ReferencePolicy((f"file:{pattern}",))
    assert all(policy.allows(Reference.parse(f"file:{path}")) for path in inside)
    assert not any(policy.allows(Reference.parse(f"file:{path}")) for path in outside)


def test_a_file_in_a_volume_of_kubernetes_counts_as_in_its_folder(tmp_path):
    """A file in a volume is allowed with its folder, although it is a link into a hidden folder."""
    hidden = tmp_path / "..2025_01_31_10_00_00.1"
    hidden.mkdir()
    (hidden / "key").write_text("good-key")
    (tmp_path / "..data").symlink_to(hidden.name)
    (tmp_path / "key").symlink_to("..data/key")
    assert ReferencePolicy((f"file:{tmp_path}/*",)).allows(Reference.parse(f"file:{tmp_path}/key"))
    assert not ReferencePolicy((f"file:{tmp_path.parent}/*",)).allows(Reference.parse(f"file:{tmp_path}/key"))


METADATA = [
    "http://169.254.169.254", "https://169.254.170.2/v2", "http://169.254.169.254.", "http://2852039166",
    "http://0xa9.254.169.254", "http://[fe80::1]", "http://[FD00:EC2:0::254]/x", "http://[::ffff:169.254.169.254]",
    "http://Metadata.Google.Internal", "https://metadata.goog:8080",
]  # fmt: skip


@pytest.mark.parametrize("url", METADATA)
def test_a_stored_document_calls_no_metadata_service(url):
    """No URL of a stored document may be a metadata service, which gives this machine's own credentials."""
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
def test_other_addresses_are_not_refused(url):
    """A stored document may use addresses next to those, and names that only look similar."""
    assert codes(KEY | {"api_key": "good-key", "base_url": url}, stored=True) == []


def test_a_circle_of_links_is_not_allowed(tmp_path):
    """A link that leads to itself is refused, without a crash."""
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert codes({"api_key": f"file:{tmp_path}/loop"}, stored=True) == ["reference_not_allowed"]


def test_a_stored_document_names_allowed_key_files_only(tmp_path, monkeypatch, pem):
    """A plain path to a key of this machine needs the same permission as a reference to it."""
    key = tmp_path / "machine.pem"
    key.write_text("".join(pem))
    files = {"api_key": "some-key", "client_certificate": str(key), "client_private_key": str(key)}
    assert codes(files, stored=True) == ["reference_not_allowed", "reference_not_allowed"]
    monkeypatch.setenv("WATCHWORD_ALLOWED_REFERENCES", f"file:{tmp_path}/*")
    assert codes(files, stored=True) == []


def sent(document, url):
    """Return the X-API-Key with which a request goes out."""
    with watchword.load(KEY | {"base_url": url} | document).session() as api:
        api.get("/a")


@pytest.mark.parametrize(
    "reference",
    [
        "gcp:shop-key",
        "gcp:shop-key/versions/1",
        "gcp:shop-key/versions/latest",
        f"gcp:projects/{PROJECT}/secrets/shop-key",
        f"gcp:projects/{PROJECT}/secrets/shop-key/versions/1",
        "gcp:projects/other/secrets/shop-key",
        f"gcp:projects/{PROJECT}/locations/europe-west3/secrets/shop-key",
    ],
)
def test_a_secret_of_secret_manager_is_sent(server, serve, reply, reference):
    """A secret is sent by its short or full name, with or without version, project or location."""
    server.put(PROJECT, "shop-key", "kept-key\n")
    server.put("other", "shop-key", "kept-key")
    server.put(PROJECT, "shop-key", "kept-key", location="europe-west3")
    api = serve(reply())
    sent({"api_key": reference}, api.url)
    assert api.seen[0].headers["X-API-Key"] == "kept-key"


def test_a_secret_of_the_vault_is_sent(vault, serve, reply):
    """A secret of the vault is sent as a field and as a secret parameter of the same request."""
    vault.put("shop-key", b"kept-key\r\n")
    api = serve(reply())
    sent({"api_key": "local:shop-key", "secret_parameters": {"header:X-Two": "local:shop-key"}}, api.url)
    assert (api.seen[0].headers["X-API-Key"], api.seen[0].headers["X-Two"]) == ("kept-key", "kept-key")


@pytest.mark.parametrize(
    "reference",
    [
        "gcp:nothing", "local:nothing", "gcp:", "local:", "gcp:a/b", "gcp:projects/p/secrets", "local:a/b",
        "gcp:shop-key/versions/new", "gcp:projects/p/secrets/a/versions/1/../2", "local:ä", "gcp:a\nb",
    ],
)  # fmt: skip
def test_a_missing_or_malformed_secret_is_a_finding(server, vault, reference):
    """A secret that is missing, or whose name is illegal, is a finding, and nothing is sent."""
    assert codes({"api_key": reference}) == ["reference_unresolved"]


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfes3cret"])
def test_a_secret_without_text_is_a_finding(vault, content):
    """A finding names a secret that is empty or binary, without its content."""
    vault.put("shop-key", content)
    connection = watchword.load(KEY | {"api_key": "local:shop-key"})
    assert [finding.code.name for finding in connection.lint()] == ["reference_unresolved"]
    assert "s3cret" not in str(connection.lint()[0])


def test_a_service_that_fails_is_a_finding_and_passes(server, monkeypatch):
    """The finding says why a reference can't be resolved, and the same connection works once it can."""
    server.put(PROJECT, "shop-key", "kept-key")
    server.fault("denied", 1)
    connection = watchword.load(KEY | {"api_key": "gcp:shop-key"})
    with pytest.raises(watchword.DocumentError) as raised:
        connection.session()
    assert raised.value.code == "secrets_denied"
    assert "api_key" in str(raised.value)
    monkeypatch.setattr(managers, "_managers", {})
    connection.session().close()


def test_a_throttled_secret_manager_is_transient(server, monkeypatch):
    """While Secret Manager throttles, the report is transient, so that a sensor waits instead of failing."""
    server.put(PROJECT, "shop-key", "kept-key")
    server.fault("throttled", None)
    report = watchword.load(KEY | {"api_key": "gcp:shop-key"}).validate("https://api.test/me")
    assert (report.verdict.value, report.permanence.value) == ("unreachable", "transient")


@pytest.mark.parametrize(
    "reference",
    [
        "gcp:airflow-connections-other",
        "local:airflow-connections-other",
        "gcp:projects/other/secrets/watchword-secret-x",
        "gcp:projects/acme-prod/secrets/watchword-secret-x",
        "gcp:projects/acme-prod/locations/europe-west3/secrets/watchword-secret-x",
        "gcp:watchword-secret-x/../airflow-connections-other",
        "gcp:watchword-secret-x/versions/1/../../airflow-connections-other",
        "local:watchword-secret-x/../airflow-connections-other",
        "local:WATCHWORD-SECRET-x",
        "gcp:",
        "local:",
    ],
)
def test_a_stored_document_is_limited_to_allowed_secrets(server, vault, reference):
    """Editing a stored connection can't make this machine send secrets of other connections or projects."""
    server.put(PROJECT, "airflow-connections-other", "s3cret")
    vault.put("airflow-connections-other", b"s3cret")
    assert codes({"api_key": reference}, stored=True) == ["reference_not_allowed"]
    assert server.calls == {}


def test_a_stored_document_uses_secrets_with_the_prefix(server, vault):
    """Stored connections may use secrets named watchword-secret-*, in any version."""
    server.put(PROJECT, "watchword-secret-x", "kept-key")
    vault.put("watchword-secret-x", b"kept-key")
    for reference in (
        "gcp:watchword-secret-x",
        "gcp:watchword-secret-x/versions/1",
        "local:watchword-secret-x",
    ):
        assert codes({"api_key": reference}, stored=True) == []


@pytest.mark.parametrize(
    ("pattern", "reference", "is_allowed"),
    [
        ("gcp:shop-*", "gcp:shop-key/versions/3", True),
        ("gcp:*", "gcp:projects/other/secrets/x", False),
        ("gcp:projects/other/secrets/shop-*", "gcp:projects/other/secrets/shop-key/versions/3", True),
        ("gcp:projects/other/secrets/shop-*", "gcp:projects/other/locations/l/secrets/shop-key", False),
        ("gcp:projects/*/secrets/*", "gcp:projects/other/secrets/x", True),
        ("local:*", "gcp:x", False),
        ("local:*", "local:airflow-connections-other", False),
        ("gcp:projects/*/secrets/*", "gcp:projects/other/secrets/airflow-variables-x", False),
        ("local:airflow-connections-shared*", "local:airflow-connections-shared1", True),
    ],
)
def test_a_pattern_of_secrets_means_its_own_folder_only(pattern, reference, is_allowed):
    """A name's pattern allows no project, a project's no location, and neither allows whole connections."""
    assert ReferencePolicy((pattern,)).allows(Reference.parse(reference)) is is_allowed


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("env:NAME", ("env", "NAME", "", "", "")),
        ("file:/run/secrets/a:b", ("file", "/run/secrets/a:b", "", "", "")),
        ("literal:", ("literal", "", "", "", "")),
        ("local:shop-key", ("local", "shop-key", "", "", "")),
        ("local:a/b", ("local", "", "", "", "")),
        ("gcp:shop-key/versions/3", ("gcp", "shop-key", "", "", "3")),
        ("gcp:projects/p/locations/l/secrets/a/versions/latest", ("gcp", "a", "p", "l", "latest")),
        ("gcp:projects/p/secrets/", ("gcp", "", "", "", "")),
    ],
)
def test_a_reference_is_parsed_once_into_its_parts(text, parts):
    """Scheme, name, project, location and version are told apart; an illegal name of a secret is empty."""
    reference = Reference.parse(text)
    assert parts == (
        reference.scheme,
        reference.name,
        reference.project,
        reference.location,
        reference.version,
    )
    assert reference.is_known


@pytest.mark.parametrize("text", ["", "env", "https://a.test", "aws:default", "a key", "GCP:x"])
def test_other_text_is_not_a_reference(text):
    """Text with another scheme, or without a colon, is the secret itself."""
    assert not is_reference(text)
    assert dereference(text, "api_key", ReferencePolicy(())) == text


class Files:
    """Files in an allowed folder, and one with a secret outside of it."""

    def __init__(self, folder, monkeypatch):
        self.inside, self.outside = folder / "in", folder / "outside"
        self.inside.mkdir()
        self.outside.write_text("s3cret")
        (self.inside / "real").write_text("good-key")
        monkeypatch.setenv("WATCHWORD_ALLOWED_REFERENCES", f"file:{self.inside}/*")

    def key(self, name="real"):
        return {"api_key": f"file:{self.inside}/{name}"}


@pytest.fixture
def files(tmp_path, monkeypatch):
    return Files(tmp_path, monkeypatch)


def turned(files, monkeypatch, change):
    """Have a change happen after a path was judged, and before its file is opened."""
    opened = os.open

    def late(path, *rest, **options):
        change()
        monkeypatch.setattr(os, "open", opened)
        return opened(path, *rest, **options)

    monkeypatch.setattr(os, "open", late)


@pytest.mark.parametrize("target", ["file", "folder", "process"])
def test_the_file_that_was_opened_is_judged(files, monkeypatch, tmp_path, target):
    """A link that is turned round after the path was judged gives no access to a file outside."""
    link = files.inside / "link"
    link.symlink_to("real")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "link").write_text("s3cret")

    def change():
        if target == "folder":
            files.inside.rename(tmp_path / "away")
            files.inside.symlink_to(tmp_path / "elsewhere")
        else:
            link.unlink()
            link.symlink_to(files.outside if target == "file" else "/proc/self/environ")

    turned(files, monkeypatch, change)
    assert codes(files.key("link"), stored=True) == ["reference_not_allowed"]


def test_a_link_that_is_turned_round_all_the_time_gives_nothing(files):
    """While another thread turns a link round, each read gives the allowed file or a refusal."""
    link, stop = files.inside / "link", threading.Event()
    link.symlink_to("real")

    def turn():
        while not stop.is_set():
            for target in ("real", files.outside):
                new = files.inside / ".new"
                new.symlink_to(target)
                new.rename(link)

    thread = threading.Thread(target=turn)
    thread.start()
    try:
        found = set()
        for _ in range(400):
            try:
                policy = ReferencePolicy.from_environment()
                found.add(dereference(f"file:{link}", "api_key", policy))
            except watchword.DocumentError as error:
                found.add(error.code)
    finally:
        stop.set()
        thread.join()
    assert found <= {"good-key", "reference_not_allowed"}


def volume(folder, number):
    """Write a version of a volume as Kubernetes does, and have its links lead there."""
    hidden = folder / f"..2025_01_31.{number}"
    hidden.mkdir()
    (hidden / "key").write_text(f"key-{number}")
    (folder / "..new").symlink_to(hidden.name)
    former = (folder / "..data").readlink() if (folder / "..data").exists() else None
    (folder / "..new").rename(folder / "..data")
    if former:
        (folder / former / "key").unlink()
        (folder / former).rmdir()


@pytest.mark.parametrize("pattern", ["*", "key"])
def test_a_volume_is_read_while_it_is_renewed(tmp_path, monkeypatch, pattern):
    """A file in a volume of Kubernetes is read at any time, also while it is renewed all the time."""
    folder = tmp_path / "volume"
    folder.mkdir()
    volume(folder, 0)
    (folder / "key").symlink_to("..data/key")
    monkeypatch.setenv("WATCHWORD_ALLOWED_REFERENCES", f"file:{folder}/{pattern}")
    policy, stop = ReferencePolicy.from_environment(), threading.Event()

    def renew():
        number = 0
        while not stop.wait(0.002):
            volume(folder, number := number + 1)

    thread = threading.Thread(target=renew)
    thread.start()
    try:
        found = [dereference(f"file:{folder}/key", "api_key", policy) for _ in range(300)]
    finally:
        stop.set()
        thread.join()
    assert all(content.startswith("key-") for content in found)
    assert len(set(found)) > 1


@pytest.mark.parametrize("kind", ["pipe", "folder", "socket", "device"])
def test_only_a_regular_file_is_read_for_a_stored_document(files, kind, monkeypatch):
    """A pipe is not waited for; a pipe, a folder, a socket and a device are refused."""
    path = files.inside / "odd"
    if kind == "device":
        monkeypatch.setenv("WATCHWORD_ALLOWED_REFERENCES", "file:/dev/zero")
        path = Path("/dev/zero")
    elif kind == "socket":
        monkeypatch.chdir(files.inside)  # the path of a socket is limited
        with closing(socket.socket(socket.AF_UNIX)) as made:
            made.bind("odd")
    else:
        {"pipe": os.mkfifo, "folder": os.mkdir}[kind](path)
    found = codes({"api_key": f"file:{path}"}, stored=True)
    assert found in (["reference_not_allowed"], ["reference_unresolved"])


@pytest.mark.parametrize("stored", [True, False])
def test_a_file_that_is_too_long_is_not_read(files, stored):
    """A file of several megabytes is refused, and is not read to its end."""
    with (files.inside / "long").open("wb") as file:
        file.truncate(2**33)
    assert codes(files.key("long"), stored=stored) == ["reference_unresolved"]


def test_a_pipe_is_read_for_ones_own_document(tmp_path):
    """In a document of one's own, a reference may name a pipe, as a shell makes one for a command."""
    os.mkfifo(tmp_path / "pipe")
    thread = threading.Thread(target=lambda: (tmp_path / "pipe").write_text("from-a-command\n"))
    thread.start()
    assert dereference(f"file:{tmp_path}/pipe", "api_key") == "from-a-command"
    thread.join()


def test_systems_without_proc_judge_the_opened_file(files, monkeypatch):
    """Without /proc, the file behind the path must still be the one that was opened."""
    monkeypatch.setattr(opened_file, "_DESCRIPTORS", Path("/nowhere"))
    assert codes(files.key(), stored=True) == []
    link = files.inside / "link"
    link.symlink_to("real")
    turned(files, monkeypatch, lambda: (link.unlink(), link.symlink_to(files.outside)))
    assert codes(files.key("link"), stored=True) == ["reference_not_allowed"]


@pytest.fixture
def pem(authority):
    """Give a certificate with its key as PEM text, in two parts."""
    issued = authority.issue_cert("client.test")
    return issued.cert_chain_pems[0].bytes().decode(), issued.private_key_pem.bytes().decode()


def test_the_key_file_that_was_judged_is_the_one_used(files, pem):
    """A stored document's certificate and key are read once, when they are judged, and used as they were."""
    certificate, key = pem
    (files.inside / "cert.pem").write_text(certificate)
    (files.inside / "key.pem").write_text(key)
    names = {
        "client_certificate": f"{files.inside}/cert.pem",
        "client_private_key": f"{files.inside}/key.pem",
    }
    document = KEY | {"api_key": "k"} | names
    transport = watchword.load(document, stored=True).credential.resolved.transport
    for name in ("cert.pem", "key.pem"):
        (files.inside / name).unlink()
        (files.inside / name).symlink_to(files.outside)
    used = [Path(path).read_bytes() for path in transport.overrides()["cert"]]
    assert used[0].decode() == certificate
    passphrase = transport.key_password.encode()
    read = load_pem_private_key(used[1], passphrase)
    assert read.public_key() == load_pem_private_key(key.encode(), None).public_key()
    assert transport.identity[2:4] == tuple(names.values())


@pytest.mark.parametrize("field", ["client_certificate", "client_private_key"])
@pytest.mark.parametrize("name", ["link", "pipe", "missing", "text"])
def test_a_key_file_that_is_none_is_a_finding(files, field, name):
    """A path to a file outside, a pipe, nothing or no PEM text is a finding, and shows no content."""
    (files.inside / "link").symlink_to(files.outside)
    (files.inside / "text").write_text("s3cret")
    os.mkfifo(files.inside / "pipe")
    document = KEY | {"api_key": "k", field: f"{files.inside}/{name}"}
    [found] = watchword.load(document, stored=True).lint()
    expected = {"missing": "file_missing", "text": "key_unreadable"}
    assert found.code.name == expected.get(name, "reference_not_allowed")
    assert "s3cret" not in str(found)


def test_a_ca_bundle_tells_nothing_of_other_files(tmp_path):
    """For a stored document there is one answer for every path without certificates."""
    (tmp_path / "text").write_text("s3cret")
    (tmp_path / "key").write_text("-----BEGIN PRIVATE KEY-----\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a.0").touch()
    (tmp_path / "closed").mkdir(mode=0)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "ring").symlink_to("ring")
    names = [
        "text",
        "key",
        "folder",
        "closed",
        "closed/x",
        "text/x",
        "pipe",
        "ring",
        "missing",
        "mis/sing",
        "x" * 300,
    ]
    paths = [*(str(tmp_path / name) for name in names), "/dev/zero", "a\0b", "."]
    answers = set()
    for path in paths:
        made = watchword.load(KEY | {"api_key": "k", "ca_bundle": path}, stored=True)
        answers.add(tuple(map(str, made.lint())))
        with pytest.raises(watchword.DocumentError) as caught:
            made.session()
        answers.add(tuple(map(str, caught.value.findings)))
    assert len(answers) == 1
    assert "file_missing" in str(answers)


def test_a_ca_bundle_of_a_stored_document_is_used(serve, reply, tls, ca_bundle, tmp_path):
    """A stored document may name any bundle of certificates, and a folder of hashed ones."""
    server = serve(reply(), tls)
    hashed = tmp_path / "hashed"
    hashed.mkdir()
    (hashed / "0a1b2c3d.0").write_text(Path(ca_bundle).read_text())
    (tmp_path / "link").symlink_to(ca_bundle)
    for path in (ca_bundle, str(tmp_path / "link")):
        document = KEY | {"base_url": server.url, "api_key": "k", "ca_bundle": path}
        with watchword.load(document, stored=True).session() as api:
            assert api.get("/a").status_code == 200
    for path in (str(hashed), ssl.get_default_verify_paths().cafile, certifi.where()):
        if path:
            assert codes({"api_key": "k", "ca_bundle": path}, stored=True) == []
