"""The playground as authorization server, connections that sign in there, and a browser to do it with."""

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
    """Give the module's playground with the settings that it began with."""
    served.oauth_settings.change(OAuthSettings(**OAuthSettings().model_dump()))
    return served


class Browser:
    """A person with a browser: opens a page, decides, and says where the browser is sent."""

    def __init__(self):
        self.session = requests.Session()
        self.session.trust_env = False

    def decide(self, url, *, person="ada", decision="allow"):
        """Post the form of a page; return where it leads, without going there."""
        page = self.session.get(url, timeout=10)
        assert page.status_code == 200, page.text
        hidden = re.findall('<input type="hidden" name="([^"]*)" value="([^"]*)">', page.text)
        form = {html.unescape(name): html.unescape(value) for name, value in hidden}
        form |= {"user": person, "decision": decision}
        headers = {"Sec-Fetch-Site": "same-origin"}
        address = page.url.partition("?")[0]
        answer = self.session.post(address, data=form, headers=headers, allow_redirects=False, timeout=10)
        return answer.headers.get("Location", "")


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
    """Give a function that loads a document of the playground, changed and under a name."""

    def load(name="acme", *, method=CODE, public=False, kept=store, **fields):
        other = AWKWARD_CREDENTIALS[method] if public else {}
        content = {**document(playground.url, method), **other, **fields}
        return watchword.load(content, name=name, store=kept)

    return load


@pytest.fixture
def begun(browser):
    """Give a function that begins a sign-in and returns it with the URL that the browser ends at."""

    def run(connection, user="", **how):
        sign_in = oauth2.begin(connection, CALLBACK, user)
        return sign_in, browser.decide(sign_in.authorize_url, **how)

    return run


@pytest.fixture
def refused():
    """Give a function that finishes a sign-in which must fail with a code, and returns what is said."""

    def finish(code, connection, answer, words="", **how):
        with pytest.raises(TokenError) as error:
            oauth2.finish(connection, answer, **how)
        assert error.value.code == code, error.value
        assert words in str(error.value)
        assert connection.health().obtained is None
        return str(error.value)

    return finish


@pytest.fixture
def kept(monkeypatch, tmp_path):
    """Keep tokens in a file, as a user's command does; give its URL."""
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
    """Give the function that replaces or removes (None) parameters of a URL."""

    def change(url, **fields):
        parts = urlsplit(url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()} | fields
        kept = {name: value for name, value in query.items() if value is not None}
        return requests.Request("GET", url.partition("?")[0], params=kept).prepare().url

    return change


def user_of(connection):
    """Return as whom the API sees the connection's requests."""
    with connection.session() as api:
        answer = api.get(f"{connection.base_url}/v1/me")
    return answer.json()["user"] if answer.ok else answer.status_code


@pytest.fixture
def me():
    return user_of
