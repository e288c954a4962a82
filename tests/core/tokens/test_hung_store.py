"""What becomes of a call while PostgreSQL hangs: a machine's token is fetched, a sign-in is rescued."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
import requests

import watchword
from tests.core.tokens.test_store_faults import answer, end
from watchword import settings
from watchword.protocols.oauth2.grant import Grant
from watchword.sign_in.stored_sign_in import stored_sign_in
from watchword.stores import postgres_connection, postgres_database
from watchword.tokens import stored_token
from watchword.tokens.token import Token
from watchword.tokens.token_store import StoreError
from watchword_playground import Playground, SignInOptions

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(autouse=True)
def _short(monkeypatch):
    monkeypatch.setattr(postgres_connection, "LONGEST", 2.0)
    monkeypatch.setitem(postgres_database._DEFAULTS, "connect_timeout", "2")
    monkeypatch.setattr(stored_token, "_SAVES", (0.0,))


@pytest.fixture
def playground():
    with Playground() as running:
        yield running


def load(playground, shared, monkeypatch, method):
    monkeypatch.setenv("WATCHWORD_KEY", shared.key)
    fields = {name: value for name, value in playground.document(method).items() if name != "refresh_token"}
    return watchword.load(fields, "acme", store=shared.url)


def test_a_machines_token_is_fetched_without_a_hung_store(playground, shared, postgres, monkeypatch, caplog):
    """A call that needs no person succeeds while the store hangs, with a warning."""
    connection = load(playground, shared, monkeypatch, "oauth2_client_credentials")
    with postgres.hung():
        assert answer(connection) == 200
    assert "store_unreachable" in caplog.text


def test_a_sign_in_is_rescued_from_a_hung_store(playground, shared, postgres, monkeypatch):
    """The store hangs between answer and save: the call succeeds, and the next process adopts the file."""
    method = "oauth2_authorization_code"
    connection = load(playground, shared, monkeypatch, method)
    issued = playground.sign_in(SignInOptions(method=method))
    stored_sign_in(connection).accept(
        Token(issued["access_token"], lifetime=1000, refresh_token=issued["refresh_token"])
    )
    connection.credential.token_cache.get()
    end(connection)
    connection.credential.token_cache.forget()
    original = Grant.fetch
    with ExitStack() as stack:

        def fetch(*arguments):
            token = original(*arguments)
            stack.enter_context(postgres.hung())
            return token

        monkeypatch.setattr(Grant, "fetch", fetch)
        assert answer(connection) == 200
        assert len(list((settings.home() / "spill").iterdir())) == 1
        monkeypatch.setattr(Grant, "fetch", original)
        other = load(playground, shared, monkeypatch, method)
        other.credential.token_cache.forget()
        with pytest.raises((StoreError, requests.RequestException)):
            other.session().get("/v1/me")
    before = playground.token_requests
    other = load(playground, shared, monkeypatch, method)
    other.credential.token_cache.forget()
    assert answer(other) == 200
    assert list((settings.home() / "spill").iterdir()) == []
    assert playground.token_requests == before
