"""A console that several people share, on real servers: the people, their rights and their browsers."""

from __future__ import annotations

import html
import re
import socket
import threading
import time
from urllib.parse import quote

import requests
import uvicorn
from fastapi import FastAPI

import watchword
from watchword.connections.storable import normalized
from watchword.console.app import create_app
from watchword.console.host import Home, Right, Stored, User
from watchword.errors import SecretError
from watchword.findings.codes import finding

PREFIX = "/watchword"
"""Where the console is mounted in the program that serves it."""

KEY = "signing-key-of-every-replica-0123456789"
"""What every replica signs with."""

PEOPLE = {
    "erin": User("1", "Erin <i>Editor</i>"),
    "eve": User("2", "Eve Editor"),
    "vic": User("3", "Vic Viewer"),
    "colin": User("4", "Colin <b>Colleague</b>"),
}

RIGHTS = {
    "erin": frozenset(Right),
    "eve": frozenset(Right),
    "vic": frozenset({Right.READ}),
    "colin": frozenset(),
}


class SharedHost:
    """A host with people, told apart by a cookie, and connections in memory; replicas share both."""

    title = "the shared host"
    signing_key = KEY

    def __init__(self, store, documents, rights, port):
        self.store = store
        self.documents = documents
        self.by_person = rights
        self.port = port
        self.home = Home("memory", "memory")

    def accepts(self, request):
        return request.headers.get("host") == f"127.0.0.1:{self.port}"

    async def user_of(self, request):
        return PEOPLE.get(request.cookies.get("person", ""))

    def sign_in_url(self, request):
        return f"/login?next={quote(str(request.url), safe='')}"

    def root_url(self, request):
        return f"http://{request.headers['host']}{PREFIX}"

    def rights(self, user, name):  # noqa: ARG002 - the contract's parameter
        [person] = [person for person, each in PEOPLE.items() if each == user]
        return self.by_person[person]

    def summaries(self, user):  # noqa: ARG002 - the contract's parameter
        return []

    def homes(self):
        return [self.home]

    def read(self, name):
        document = self.documents.get(name)
        return None if document is None else Stored(name, self.home, dict(document))

    def write(self, user, name, document, home, former):  # noqa: ARG002 - the contract's parameter
        current = self.documents.get(name)
        if normalized(current or {}) != normalized((former.document if former else None) or {}):
            raise SecretError([finding("secret_changed_meanwhile", "It was changed meanwhile.")])
        self.documents[name] = dict(document)

    def remove(self, user, stored):  # noqa: ARG002 - the contract's parameter
        del self.documents[stored.name]

    def open(self, name, document, *, private):
        return watchword.load(
            dict(document), name=name, store="memory://" if private else self.store, stored=True
        )


class Replica:
    """A process's worth of the console: an app of its own on a server of its own."""

    def __init__(self, store, documents, rights):
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        self.origin = f"http://127.0.0.1:{port}"
        self.url = self.origin + PREFIX
        self.host = SharedHost(store, documents, rights, port)
        served = FastAPI(openapi_url=None)
        served.mount(PREFIX, create_app(self.host))
        self._server = uvicorn.Server(uvicorn.Config(served, log_level="info", timeout_keep_alive=60))
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


class Page:
    """What a browser shows."""

    def __init__(self, response):
        self.response = response
        self.status = response.status_code
        self.html = response.text
        main = self.html.partition("<main")[2] or self.html
        self.words = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())

    @property
    def location(self):
        """Where a redirect leads."""
        return self.response.headers["Location"]

    @property
    def continues_to(self):
        """Where the page's main link leads."""
        return html.unescape(re.search('<a class="button main" href="([^"]+)"', self.html)[1])

    def hidden(self, name):
        """Return the value of a hidden input."""
        return html.unescape(re.search(f'name="{name}" value="([^"]*)"', self.html)[1])


class Browser:
    """A person's browser; redirects are followed only if a test does so."""

    def __init__(self, url, person=None):
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False
        if person:
            self.session.headers["Cookie"] = f"person={person}"
        self.pages = []

    def at(self, url):
        """Return the same person at another replica."""
        other = Browser(url)
        other.session, other.pages = self.session, self.pages
        return other

    def get(self, path, **headers):
        """Open a page of the console, or one that begins with http."""
        url = path if path.startswith("http") else self.url + path
        sent = {"Accept": "text/html", **headers}
        return self._kept(self.session.get(url, headers=sent, timeout=60, allow_redirects=False))

    def token(self):
        """Return a form token of this person: the page to build a connection has one, for any who may."""
        return self.get("/connections/acme").hidden("form_token")

    def post(self, path, fields=None, *, token=None, **headers):
        """Send a form of one of the console's pages."""
        data = {"form_token": self.token() if token is None else token, **(fields or {})}
        sent = {"Sec-Fetch-Site": "same-origin", "Origin": "null", **headers}
        return self._kept(
            self.session.post(self.url + path, data=data, headers=sent, timeout=60, allow_redirects=False)
        )

    def _kept(self, response):
        self.pages.append(response)
        return Page(response)


class Provider:
    """The playground's pages, as a person uses them in their browser."""

    def __init__(self):
        self.session = requests.Session()
        self.session.trust_env = False

    def decide(self, url, person="ada", decision="allow"):
        """Decide on a consent page; return where the browser is sent, without going there."""
        page = self.session.get(url, timeout=60)
        assert page.status_code == 200, page.text
        hidden = re.findall('<input type="hidden" name="([^"]*)" value="([^"]*)">', page.text)
        form = {html.unescape(name): html.unescape(value) for name, value in hidden}
        address = page.url.partition("?")[0]
        response = self.session.post(
            address,
            data=form | {"user": person, "decision": decision},
            headers={"Sec-Fetch-Site": "same-origin"},
            allow_redirects=False,
            timeout=60,
        )
        return response.headers.get("Location", "")
