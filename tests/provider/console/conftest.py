"""A real Airflow with the console, and people who open its pages as their browsers do."""

from __future__ import annotations

import hashlib
import hmac
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from itsdangerous import URLSafeTimedSerializer

from tests.support.airflow_site import SESSION_COOKIE, Options, Site, prepared, running
from watchword.console import requests as gate

# Airflow and its dependencies emit warnings on import that don't concern this project.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import airflow.api_fastapi.core_api.security  # noqa: F401 - for the tests that import parts of it

_FORM_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')
_VERSION = re.compile(r'name="connection.version" value="([^"]+)"')


@dataclass
class Person:
    """A person with a browser, or an anonymous one; `user` is "" then."""

    site: Site
    user: str = ""
    browser: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.browser.headers["Accept"] = "text/html"
        if self.user:
            self.browser.cookies.set(SESSION_COOKIE, self.site.token(self.user))

    def get(self, path: str = "/", **headers: str) -> requests.Response:
        """Open a page of the console, without following a redirect."""
        url = f"{self.site.url}/watchword{path}"
        return self.browser.get(url, headers=headers, timeout=60, allow_redirects=False)

    def post(self, path: str, fields: dict[str, Any], **headers: str) -> requests.Response:
        """Send a form as a page of the console sends it, unless the headers say something else."""
        own = {"Origin": self.site.origin, "Sec-Fetch-Site": "same-origin", **headers}
        url = f"{self.site.url}/watchword{path}"
        return self.browser.post(url, data=fields, headers=own, timeout=60, allow_redirects=False)

    def submit(self, path: str, fields: dict[str, Any], *, form: str = "") -> requests.Response:
        """Open the page of a form and send it; `form` is the page's path if it isn't the form's own."""
        page = self.get(form or path)
        assert page.status_code == 200, page.text
        hidden = {"form_token": _FORM_TOKEN.findall(page.text)[0]}
        if versions := _VERSION.findall(page.text):
            hidden["connection.version"] = versions[0]
        return self.post(path, {**hidden, **fields})

    def create(self, method: str, name: str, **fields: Any) -> requests.Response:
        """Fill in and save the form of a method."""
        home = fields.pop("home", "")
        given = {"connection.name": name, "connection.home": home, "action": "save", **fields}
        return self.submit(f"/new/{method}", given)

    def form_token(self) -> str:
        """Return a form's token for this person, who might have opened the page before losing a right."""
        secret = self.site.environment["AIRFLOW__API__SECRET_KEY"].encode()
        key = hmac.new(secret, b"watchword console", hashlib.sha256).hexdigest()
        return str(URLSafeTimedSerializer(key, salt=gate._CSRF).dumps(self.user))


@dataclass
class Deployment:
    """A running Airflow, its people, and its REST API as the administrator uses it."""

    site: Site
    stack: ExitStack

    def __post_init__(self) -> None:
        self.rest = self.stack.enter_context(self.site.session("admin"))
        self._people: dict[str, Person] = {}

    def person(self, user: str = "") -> Person:
        """Return the person of a name, who stays signed in."""
        if user not in self._people:
            self._people[user] = Person(self.site, user)
            self.stack.callback(self._people[user].browser.close)
        return self._people[user]

    def api(self, method: str, path: str, **body: Any) -> requests.Response:
        """Call Airflow's own REST API."""
        url = f"{self.site.url}/api/v2{path}"
        return self.rest.request(method, url, json=body or None, timeout=60)

    def store(self, name: str, conn_type: str = "watchword_api_key", **columns: Any) -> None:
        """Store a connection as Airflow's own form does; one of that name is replaced."""
        self.api("DELETE", f"/connections/{name}")
        body = {"connection_id": name, "conn_type": conn_type, **columns}
        self.api("POST", "/connections", **body).raise_for_status()

    def stored(self, name: str) -> dict[str, Any]:
        """Return a connection as the REST API shows it; its secrets are masked."""
        response = self.api("GET", f"/connections/{name}")
        response.raise_for_status()
        return dict(response.json())

    def exists(self, name: str) -> bool:
        """Return whether Airflow's database has a connection of this name."""
        return self.api("GET", f"/connections/{name}").status_code == 200


@pytest.fixture(scope="session")
def prepared_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with prepared(tmp_path_factory.mktemp("airflow")) as home:
        yield home


@pytest.fixture(scope="session")
def deploy(prepared_home: Path) -> Callable[..., Deployment]:
    """Return a function that runs an Airflow until a stack is closed."""

    def start(stack: ExitStack, options: Options) -> Deployment:
        return Deployment(stack.enter_context(running(prepared_home, options)), stack)

    return start
