"""References to kept secrets: resolved at use in every secret field, fenced where a document is stored."""

from __future__ import annotations

import pytest

import watchword
from watchword.document.references import ReferencePolicy
from watchword.secrets import sources

PROJECT = "acme-prod"
KEY = {"base_url": "https://api.test", "method": "api_key"}


@pytest.fixture
def vault(monkeypatch, tmp_path):
    """A vault in a file of this test."""
    monkeypatch.setenv("WATCHWORD_STORE", f"sqlite:///{tmp_path}/tokens.db")
    return sources.opened("local")


def codes(document, *, stored=False):
    return [finding.code.name for finding in watchword.load(KEY | document, stored=stored).lint()]


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
    """By its short name or its full one, pinned or not, of another project or of a location."""
    server.put(PROJECT, "shop-key", "kept-key\n")
    server.put("other", "shop-key", "kept-key")
    server.put(PROJECT, "shop-key", "kept-key", location="europe-west3")
    api = serve(reply())
    sent({"api_key": reference}, api.url)
    assert api.seen[0].headers["X-API-Key"] == "kept-key"


def test_a_secret_of_the_vault_is_sent(vault, serve, reply):
    """Also as a stacked parameter, and beside others."""
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
def test_a_reference_that_leads_nowhere_is_a_finding(server, vault, reference):
    """What is missing, and what is no name at all, is said and never sent."""
    assert codes({"api_key": reference}) == ["reference_unresolved"]


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfes3cret"])
def test_a_secret_that_is_no_text_is_a_finding(vault, content):
    """Empty or binary content is named by its place alone."""
    vault.put("shop-key", content)
    connection = watchword.load(KEY | {"api_key": "local:shop-key"})
    assert [finding.code.name for finding in connection.lint()] == ["reference_unresolved"]
    assert "s3cret" not in str(connection.lint()[0])


def test_a_service_that_fails_is_a_finding_and_passes(server, monkeypatch):
    """Why a reference can't be followed is said, and the same connection works when it can."""
    server.put(PROJECT, "shop-key", "kept-key")
    server.fault("denied", 1)
    connection = watchword.load(KEY | {"api_key": "gcp:shop-key"})
    with pytest.raises(watchword.DocumentError) as raised:
        connection.session()
    assert raised.value.code == "secrets_denied"
    assert "api_key" in str(raised.value)
    monkeypatch.setattr(sources, "_opened", {})
    connection.session().close()


def test_what_may_pass_is_transient(server, monkeypatch):
    """A sensor waits where the secret's place is throttled, and does not fail for good."""
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
def test_a_stored_document_stays_inside_the_fence(server, vault, reference):
    """Whoever edits a stored connection can't have other connections' secrets, or other projects', sent."""
    server.put(PROJECT, "airflow-connections-other", "s3cret")
    vault.put("airflow-connections-other", b"s3cret")
    assert codes({"api_key": reference}, stored=True) == ["reference_not_allowed"]
    assert server.calls == {}


def test_a_stored_document_uses_what_is_meant_for_it(server, vault):
    """Secrets with the prefix are there for stored connections, in any version."""
    server.put(PROJECT, "watchword-secret-x", "kept-key")
    vault.put("watchword-secret-x", b"kept-key")
    for reference in (
        "gcp:watchword-secret-x",
        "gcp:watchword-secret-x/versions/1",
        "local:watchword-secret-x",
    ):
        assert codes({"api_key": reference}, stored=True) == []


@pytest.mark.parametrize(
    ("pattern", "reference", "admitted"),
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
def test_patterns_end_at_slashes(pattern, reference, admitted):
    """A pattern for names opens no other project, one for a project no location, and none others' secrets."""
    assert ReferencePolicy((pattern,)).allows(reference) is admitted
