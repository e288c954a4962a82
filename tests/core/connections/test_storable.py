"""Documents are checked before they are stored under a name."""

from __future__ import annotations

import pytest

import watchword
from watchword.connections import storable
from watchword.connections.storable import check_storable
from watchword.secrets import sources

DOCUMENT = {"base_url": "https://api.test", "method": "api_key", "api_key": "kept-key-of-the-shop"}


@pytest.fixture
def vault(monkeypatch, tmp_path):
    """A vault in a file of this test."""
    monkeypatch.setenv("WATCHWORD_STORE", f"sqlite:///{tmp_path}/tokens.db")
    return sources.secret_store("local")


def test_a_wrong_document_is_refused(vault):
    """A document that can't be used is refused; a reference that can't be resolved here is a remark."""
    with pytest.raises(watchword.DocumentError):
        check_storable(DOCUMENT | {"base_url": "api.test"}, "shop")
    with pytest.raises(watchword.DocumentError):
        check_storable(DOCUMENT | {"api_kee": "x"}, "shop")
    for url in ("http://api.test", "api.test"):  # whether or not its secret can be resolved here
        with pytest.raises(watchword.DocumentError):
            check_storable(DOCUMENT | {"base_url": url, "api_key": "env:NOT_SET_HERE"}, "shop")
    with pytest.raises(watchword.DocumentError):
        check_storable(DOCUMENT | {"api_key": "***"}, "shop")
    remarks = check_storable(DOCUMENT | {"api_key": "env:NOT_SET_HERE"}, "shop")
    assert [finding.code.name for finding in remarks] == ["reference_not_allowed"]
    assert check_storable(DOCUMENT, "shop") == []


@pytest.mark.parametrize(
    "entries",
    [
        {"test_url": "https://api.test/me?api_key=***"},
        {"proxy": "http://***@proxy.test"},
        {"api_key": "Token ******"},
        {"api_key": "•••••"},
        {"secret_parameters": {"header:X": "***"}},
    ],
)
def test_a_masked_secret_is_refused(entries):
    """A value that was shown with a part masked must not be stored as the real secret."""
    with pytest.raises(watchword.DocumentError) as raised:
        check_storable(DOCUMENT | entries, "shop")
    assert raised.value.code == "placeholder_secret"


def test_a_service_that_fails_is_a_remark(server):
    """The service may be up, or allow the access, on the machine that uses the document."""
    server.fault("denied", None)
    remarks = check_storable(DOCUMENT | {"api_key": "gcp:watchword-secret-shop"}, "shop")
    assert [finding.code.name for finding in remarks] == ["secrets_denied"]


def test_a_document_is_read_once(monkeypatch):
    """A document is parsed once, also if its reference can't be resolved here."""
    documents = []

    def read(document, **options):
        documents.append(document)
        return storable_read(document, **options)

    storable_read = storable.read
    monkeypatch.setattr(storable, "read", read)
    check_storable(DOCUMENT, "shop")
    assert len(documents) == 1
    check_storable(DOCUMENT | {"api_key": "env:NOT_SET_HERE"}, "shop")
    assert len(documents) == 2


def test_empty_text_means_absent():
    """Empty text is absent, as in every stored document; a required field must not be empty."""
    assert check_storable(DOCUMENT | {"test_url": ""}, "shop") == []
    with pytest.raises(watchword.DocumentError) as raised:
        check_storable(DOCUMENT | {"api_key": ""}, "shop")
    assert raised.value.code == "missing_field"


def test_a_proxy_may_be_a_reference():
    """A proxy whose URL can't be resolved here is only a remark."""
    remarks = check_storable(DOCUMENT | {"proxy": "env:WATCHWORD_SECRET_PROXY"}, "shop")
    assert [finding.code.name for finding in remarks] == ["reference_unresolved"]
