"""The console of this machine on a real server, a person with a browser, and the playground to connect to."""

from __future__ import annotations

import html
import json
import re
import socket
import threading
import time

import pytest
import requests
import uvicorn

from watchword.connections import by_name
from watchword.console.local_app import local_app
from watchword.secrets import sources
from watchword_playground import Playground, testable_document


class Served:
    """An app that uvicorn serves on a free port of loopback; `url` has no slash at the end."""

    def __init__(self, make):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.app = make(self.port)
        config = uvicorn.Config(self.app, log_level="warning", access_log=False, timeout_keep_alive=60)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._listener],), daemon=True)
        self._thread.start()
        deadline = time.monotonic() + 60
        while not self._server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        assert self._server.started

    def close(self):
        self._server.should_exit = True
        self._thread.join(60)
        self._listener.close()


class Person:
    """A browser that fills in forms as a person does: hidden inputs come from the page."""

    def __init__(self, origin):
        self.origin = origin
        self.session = requests.Session()
        self.session.trust_env = False
        self.pages: list[requests.Response] = []

    def get(self, path, **headers):
        return self._kept(self.session.get(self._url(path), headers=headers, timeout=60))

    def form_token(self, path="/new/api_key"):
        return re.search('name="form_token" value="([^"]+)"', self.get(path).text)[1]

    def post(self, path, fields=None, *, token=None, follow=True, **headers):
        """Send a form from the console's own page; `headers` replace what a browser adds."""
        sent = {"Origin": self.origin, "Sec-Fetch-Site": "same-origin"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        data = {"form_token": self.form_token() if token is None else token, **(fields or {})}
        present = {name: value for name, value in sent.items() if value is not None}
        url = self._url(path)
        return self._kept(
            self.session.post(url, data=data, headers=present, timeout=30, allow_redirects=follow)
        )

    def script(self, path, fields, action):
        """Send a form as the page's script does."""
        return self.post(path, {**fields, "action": action}, X_Requested_With="watchword")

    def _url(self, path):
        return path if path.startswith("http") else self.origin + path

    def _kept(self, response):
        self.pages.append(response)
        return response


@pytest.fixture(scope="module")
def playground():
    with Playground() as running:
        yield running


@pytest.fixture
def vault(tmp_path, monkeypatch):
    """Give the vault of a store on disk: the console asks for the store that the environment names."""
    monkeypatch.setenv("WATCHWORD_STORE", f"sqlite:///{tmp_path / 'private' / 'tokens.db'}")
    monkeypatch.setenv("WATCHWORD_SECRETS", "env,local")
    (tmp_path / "private").mkdir(mode=0o700)
    return sources.secret_store("local")


@pytest.fixture
def console(vault):
    """Give the console of this machine."""
    entrances = []

    def make(port):
        app, url = local_app(port)
        entrances.append(url)
        return app

    served = Served(make)
    served.entrance = entrances[0]
    yield served
    served.close()


@pytest.fixture
def person(console):
    """Give a person whom the console's one-time URL has let in."""
    somebody = Person(console.url)
    assert somebody.get(console.entrance).url == f"{console.url}/"
    yield somebody
    somebody.session.close()


@pytest.fixture
def documented(playground):
    """Give the function that returns a method's document, with a test URL at the playground."""
    return lambda method: testable_document(playground.url, method)


@pytest.fixture
def stored(vault, documented):
    """Give a function that stores a method's document under a name, with changes, and returns it."""

    def store(name="acme", method="api_key", **changes):
        document = {**documented(method), **changes}
        by_name.keep(vault, name, document)
        return document

    return store


@pytest.fixture
def kept(vault):
    """Give the function that returns what the vault holds under a name."""
    return lambda name="acme": by_name.document_of(vault, name)


@pytest.fixture
def words():
    """Give the function that returns a page's text, as a person reads it."""

    def read(response):
        text = re.sub(r"<[^>]+>", " ", response.text.partition("<main")[2])
        return " ".join(html.unescape(text).split())

    return read


@pytest.fixture
def filled():
    """Give the function that returns a document as the fields of its form."""

    def fields(document):
        typed = {}
        for name, value in document.items():
            if name == "method":
                continue
            if isinstance(value, dict) and name in {
                "secret_parameters",
                "extra_parameters",
                "signature_parameters",
            }:
                slots = [key.partition(":") for key in value]
                typed[f"{name}.place"] = [place for place, _, _ in slots]
                typed[f"{name}.name"] = [key for _, _, key in slots]
                typed[f"{name}.value"] = list(value.values())
            elif isinstance(value, (dict, list)):
                typed[name] = json.dumps(value)
            else:
                typed[name] = str(value).lower() if isinstance(value, bool) else str(value)
        return typed

    return fields
