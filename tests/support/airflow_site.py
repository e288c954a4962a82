"""A real Airflow for people: its api-server with users who sign in, for tests in a browser.

    with prepared(folder) as home, running(home, Options()) as site:
        session = site.session("admin")             # a requests session that is signed in
        session.get(f"{site.url}/api/v2/connections")
        site.log()                                  # what the api-servers have logged so far

There are neither scheduler nor workers: connections, the Test button and plugins need only the api-server.
`Options` say how it differs from a plain Airflow: teams, a path prefix, replicas behind a proxy, settings.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

from tests.support.airflow_database import create_database
from tests.support.ports import free_port
from tests.support.programs import Program, end, wait_until
from tests.support.replicas import Proxy

USERS: Mapping[str, str] = {"admin": "admin", "editor": "op", "viewer": "viewer"}
"""The users and their roles. `editor` may edit connections, `viewer` may not read them."""

PASSWORDS: Mapping[str, str] = {user: f"made-up-password-of-{user}" for user in USERS}

SESSION_COOKIE = "_token"
"""The cookie that holds the session of Airflow's pages."""

_DATABASE = "airflow.db"


@dataclass(frozen=True)
class Options:
    """How an Airflow differs from a plain one.

    Args:
        teams: the teams of `[core] multi_team`, which is off without any. Editor and viewer are members of
            the first; the admin may do everything.
        prefix: the path below which everything is served, such as `/team/airflow`.
        replicas: how many api-servers share the database. They take turns.
        settings: more environment variables, as pairs.
    """

    teams: tuple[str, ...] = ()
    prefix: str = ""
    replicas: int = 1
    settings: tuple[tuple[str, str], ...] = ()


@dataclass
class Site:
    """A running Airflow.

    Args:
        url: what a person types, without a slash at the end.
        home: the folder with its database and its logs.
        environment: the environment of its programs, for commands such as `airflow connections`.
        servers: the api-servers.
        proxy: what stands before several api-servers, or before one with a prefix; None for a plain one.
    """

    url: str
    home: Path
    environment: Mapping[str, str]
    servers: list[Program] = field(default_factory=list)
    proxy: Proxy | None = None

    @property
    def origin(self) -> str:
        """The only origin that its pages may load anything from."""
        return "/".join(self.url.split("/")[:3])

    def token(self, user: str) -> str:
        """Return a new token of a user's session: the value of the cookie `SESSION_COOKIE`."""
        credentials = {"username": user, "password": PASSWORDS[user]}
        response = requests.post(f"{self.url}/auth/token", json=credentials, timeout=60)
        response.raise_for_status()
        return str(response.json()["access_token"])

    @contextmanager
    def session(self, user: str) -> Iterator[requests.Session]:
        """Give a session that is signed in to the REST API."""
        with requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {self.token(user)}"
            yield session

    def log(self) -> str:
        """Return everything that the api-servers have logged."""
        return "".join(server.log.read_text(errors="replace") for server in self.servers)

    def command(self, *arguments: str) -> str:
        """Run a command of Airflow, and return its output with its log."""
        done = subprocess.run(
            _airflow(*arguments),
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr


@contextmanager
def prepared(folder: Path) -> Iterator[Path]:
    """Give a folder with an empty database, which every site copies."""
    home = folder / "prepared"
    home.mkdir()
    create_database(home / _DATABASE)
    yield home
    shutil.rmtree(home)


@contextmanager
def running(prepared_home: Path, options: Options) -> Iterator[Site]:
    """Run an Airflow with a copy of the prepared database, and end all its processes."""
    home = prepared_home.with_name(f"site-{free_port()}")
    shutil.copytree(prepared_home, home)
    (home / "passwords.json").write_text(json.dumps(PASSWORDS))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, home)
        ports = [free_port() for _ in range(options.replicas)]
        is_behind = options.replicas > 1 or options.prefix
        proxy = stack.enter_context(Proxy(ports, options.prefix)) if is_behind else None
        url = f"http://127.0.0.1:{proxy.port if proxy else ports[0]}{options.prefix}"
        environment = {
            **_environment(home, options),
            "AIRFLOW__API__BASE_URL": f"{url}/",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        }
        site = Site(url, home, environment, proxy=proxy)
        _create_teams(home, options.teams)
        site.servers += [_server(home, environment, number, port) for number, port in enumerate(ports)]
        stack.callback(end, site.servers)
        for port in ports:
            direct = f"http://127.0.0.1:{port}{options.prefix}/api/v2/version"
            wait_until(_answers(direct), site.servers, 120, "the api-server responded")
        yield site


def _create_teams(home: Path, teams: tuple[str, ...]) -> None:
    """Store the teams; each `airflow teams create` would take as long as a start of Airflow."""
    with closing(sqlite3.connect(home / _DATABASE)) as database, database:
        database.executemany("INSERT INTO team (name) VALUES (?)", [(team,) for team in teams])


def _server(home: Path, environment: Mapping[str, str], number: int, port: int) -> Program:
    command = _airflow("api-server", "--host", "127.0.0.1", "--port", str(port))
    return Program(f"api-server-{number}", command, dict(environment), home)


def _answers(url: str) -> Callable[[], bool]:
    def answers() -> bool:
        try:
            return requests.get(url, timeout=60).ok
        except requests.ConnectionError:
            return False

    return answers


def _airflow(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "airflow", *arguments]


def _environment(home: Path, options: Options) -> dict[str, str]:
    """Return the environment of an Airflow in `home`, without the settings of the user who runs the tests."""
    inherited = {
        name: text for name, text in os.environ.items() if not name.startswith(("AIRFLOW", "WATCHWORD"))
    }
    return {
        **inherited,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / _DATABASE}",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
        "AIRFLOW__CORE__FERNET_KEY": "bWFkZS11cC1mZXJuZXQta2V5LWZvci10ZXN0cy0wMDA=",
        "AIRFLOW__CORE__MULTI_TEAM": str(bool(options.teams)),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(_users(options.teams)),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__API__SECRET_KEY": "made-up-signing-key-for-the-sites-that-the-tests-run",
        "AIRFLOW__API_AUTH__JWT_SECRET": "made-up-jwt-secret-for-the-sites-that-the-tests-run-which-is-long",
        "WATCHWORD_HOME": str(home / "watchword"),
        **dict(options.settings),
    }


def _users(teams: tuple[str, ...]) -> Iterator[str]:
    for user, role in USERS.items():
        member = teams and role != "admin"
        yield f"{user}:{role}:{teams[0]}" if member else f"{user}:{role}"
