"""A shared console on real servers, the playground as the provider, and people with browsers."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.support.shared_console import PEOPLE, RIGHTS, Browser, Provider, Replica
from watchword.console.requests import Gate
from watchword.sign_in.stored_sign_in import stored_sign_in
from watchword.stores.sql_store import SqlStore
from watchword_playground import OAuthSettings, Playground, testable_document

CODE = "oauth2_authorization_code"


@pytest.fixture(scope="module")
def served():
    with Playground() as running:
        yield running


@pytest.fixture
def playground(served):
    """Give the module's playground with its original settings."""
    served.oauth_settings.change(OAuthSettings(**OAuthSettings().model_dump()))
    return served


@pytest.fixture
def store(tmp_path):
    """Give a store on disk, which other processes could open."""
    (tmp_path / "private").mkdir(mode=0o700)
    return SqlStore(f"sqlite:///{tmp_path / 'private' / 'tokens.db'}")


@pytest.fixture
def documents():
    return {}


@pytest.fixture
def rights():
    return dict(RIGHTS)


@pytest.fixture
def replica(store, documents, rights):
    """Give a function that starts a replica of the console; all share store, connections and rights."""
    started = []

    def start(kept=store):
        started.append(Replica(kept, documents, rights))
        return started[-1]

    yield start
    for each in started:
        each.close()


@pytest.fixture
def console(replica):
    return replica()


@pytest.fixture
def erin(console):
    """Give the browser of a person who may do everything."""
    return Browser(console.url, "erin")


@pytest.fixture
def provider():
    return Provider()


@pytest.fixture
def kept(documents, playground):
    """Give a function that keeps a document of the playground under a name, with changes."""

    def keep(name="acme", method=CODE, **changes):
        content = {**testable_document(playground.url, method), **changes}
        documents[name] = {field: value for field, value in content.items() if value is not None}
        return documents[name]

    return keep


@pytest.fixture
def health(console):
    """Give the function that returns what the store knows of a connection's sign-in."""

    def of(name="acme"):
        host = console.host
        return stored_sign_in(host.open(name, host.documents[name], private=False)).health()

    return of


@pytest.fixture
def user_of(console):
    """Give the function that returns the user whom the API sees in a connection's requests."""

    def see(name="acme"):
        host = console.host
        with host.open(name, host.documents[name], private=False).session() as api:
            return api.get("/v1/me").json().get("user")

    return see


@pytest.fixture
def form_token_of(console):
    """Give the function that returns a person's form token, also of one who has no page with a form."""
    return lambda person: Gate(console.host).form_token(PEOPLE[person])


@pytest.fixture
def query_of():
    """Give the function that returns a URL's query as a dict."""
    return lambda url: {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


@pytest.fixture
def changed():
    """Give the function that replaces parameters of a URL."""

    def change(url, **fields):
        parts = urlsplit(url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()} | fields
        return parts._replace(query=urlencode(query)).geturl()

    return change


@pytest.fixture
def sign_in_as(provider):
    """Give the function with which a browser signs in from a connection's page to its end."""

    def sign_in(browser, name="acme", person="ada"):
        asking = browser.post(f"/connections/{name}/sign-in")
        ended = browser.get(provider.decide(asking.continues_to, person))
        assert ended.status == 303, ended.words
        return ended

    return sign_in
