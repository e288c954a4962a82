"""The playground as the authorization server, connections that sign in there, and a browser to do it with."""

from __future__ import annotations

import html
import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

import watchword
from watchword.errors import TokenError
from watchword.sign_in import oauth2
from watchword.sign_in.stored_sign_in import stored_sign_in
from watchword.stores.memory import MemoryStore
from watchword_playground import AWKWARD_CREDENTIALS, OAuthSettings, Playground, document

CODE = "oauth2_authorization_code"
CALLBACK = "http://127.0.0.1:4711/callback"


@pytest.fixture(scope="module")
def served():
    with Playground() as running:
        yield running


@pytest.fixture
def playground(served):
    """Give the module's playground with its original settings."""
    served.oauth_settings.change(OAuthSettings(**OAuthSettings().model_dump()))
    return served


class Browser:
    """A person with a browser: opens a page, decides, and returns where the browser is sent."""

    def __init__(self):
        self.session = requests.Session()
        self.session.trust_env = False

    def decide(self, url, *, person="ada", decision="allow"):
        """Post the form of a page; return the URL that it redirects to, without opening it."""
        page = self.session.get(url, timeout=60)
        assert page.status_code == 200, page.text
        hidden = re.findall('<input type="hidden" name="([^"]*)" value="([^"]*)">', page.text)
        form = {html.unescape(name): html.unescape(value) for name, value in hidden}
        form |= {"user": person, "decision": decision}
        headers = {"Sec-Fetch-Site": "same-origin"}
        address = page.url.partition("?")[0]
        response = self.session.post(address, data=form, headers=headers, allow_redirects=False, timeout=60)
        return response.headers.get("Location", "")


@pytest.fixture
def browser():
    made = Browser()
    yield made
    made.session.close()


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture
def connect(playground, store):
    """Give a function that loads a document of the playground, with changed fields and a name."""

    def load(name="acme", *, method=CODE, public=False, kept=store, **fields):
        other = AWKWARD_CREDENTIALS[method] if public else {}
        content = {**document(playground.url, method), **other, **fields}
        return watchword.load(content, name=name, store=kept)

    return load


@pytest.fixture
def begun(browser):
    """Give a function that begins a sign-in; it returns the sign-in and the URL that the browser ends at."""

    def run(connection, user="", **how):
        sign_in = oauth2.begin(connection, CALLBACK, user)
        return sign_in, browser.decide(sign_in.authorize_url, **how)

    return run


@pytest.fixture
def refused():
    """Give a function that expects `finish` to fail with a code, and returns the error's text."""

    def finish(code, connection, redirected_url, words="", **how):
        with pytest.raises(TokenError) as error:
            oauth2.finish(connection, redirected_url, **how)
        assert error.value.code == code, error.value
        assert words in str(error.value)
        assert stored_sign_in(connection).health().obtained is None
        return str(error.value)

    return finish


@pytest.fixture
def kept(monkeypatch, tmp_path):
    """Store tokens in a file, as a user's command does; give its URL."""
    url = f"sqlite:///{tmp_path}/store/tokens.db"
    monkeypatch.setenv("WATCHWORD_STORE", url)
    return url


@pytest.fixture
def saved(tmp_path, playground, kept):
    """Give a function that writes a document and returns its path."""

    def write(name="acme", *, method=CODE, **fields):
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps({**document(playground.url, method), **fields}), encoding="utf-8")
        return path

    return write


@pytest.fixture
def query_of():
    """Give the function that returns a URL's query as a dict."""
    return lambda url: {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


@pytest.fixture
def changed():
    """Give the function that replaces parameters of a URL, or removes them if they are None."""

    def change(url, **fields):
        parts = urlsplit(url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()} | fields
        kept = {name: value for name, value in query.items() if value is not None}
        return requests.Request("GET", url.partition("?")[0], params=kept).prepare().url

    return change


def user_of(connection):
    """Return the user that the API sees in the connection's requests."""
    with connection.session() as api:
        response = api.get(f"{connection.base_url}/v1/me")
    return response.json()["user"] if response.ok else response.status_code


@pytest.fixture
def me():
    return user_of
