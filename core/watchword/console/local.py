"""The console of one person on this machine: the vault, Secret Manager and the environment's connections."""

from __future__ import annotations

import getpass
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from starlette.requests import Request

from watchword.connection import Connection, load
from watchword.connections import by_name
from watchword.connections.payload import document_in
from watchword.connections.storable import normalized, standard
from watchword.console.host import Home, Right, Stored, Summary, User
from watchword.errors import SecretError, WatchwordError
from watchword.findings.codes import finding
from watchword.http.origins import host as host_of
from watchword.redact import NeverPickled
from watchword.secrets import sources
from watchword.stores import open_store
from watchword.stores.contracts import Store

COOKIE = "watchword_console"


class LocalHost(NeverPickled):
    """Serves the console on loopback to the person who started it; a cookie holds their key."""

    title = "this machine"

    def __init__(self, port: int) -> None:
        self.key = secrets.token_urlsafe(32)
        self.signing_key = secrets.token_urlsafe(32)
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self._origin = f"http://127.0.0.1:{port}"

    @property
    def store(self) -> Store:
        """The token store that the environment names."""
        return open_store()

    def accepts(self, request: Request) -> bool:
        """Accept loopback only: a name that an attacker's DNS points here is another one."""
        return request.headers.get("host", "") in self._hosts

    async def user_of(self, request: Request) -> User | None:
        """Return the person who has the key."""
        is_known = secrets.compare_digest(request.cookies.get(COOKIE, "").encode(), self.key.encode())
        return User("local", getpass.getuser()) if is_known else None

    def sign_in_url(self, request: Request) -> str | None:  # noqa: ARG002 - the contract's parameter
        """Return None: the command printed the URL that lets its person in."""
        return None

    def root_url(self, request: Request) -> str:
        """Return the address that the browser used: both names of this machine are the console's."""
        return f"http://{request.headers.get('host', '')}"

    def rights(self, user: User, name: str) -> frozenset[Right]:  # noqa: ARG002 - the contract's parameters
        """Return every right: the person could use the command line instead."""
        return frozenset(Right)

    def summaries(self, user: User) -> Sequence[Summary]:  # noqa: ARG002 - the contract's parameter
        """Return the connections of every configured source; of two with one name, the first is used."""
        seen: set[str] = set()
        found = []
        for source in sources.configured_sources():
            for stored in _all(source):
                found.append(_summary(stored, is_shadowed=stored.name in seen))
                seen.add(stored.name)
        return sorted(found, key=lambda each: (each.name, each.is_shadowed))

    def homes(self) -> Sequence[Home]:
        """Return the configured sources that can be written."""
        return [home for source in sources.configured_sources() if (home := _home(source)).is_writable]

    def read(self, name: str) -> Stored | None:
        """Return the connection from the first source that has it."""
        for source in sources.configured_sources():
            if name in _names(source):
                return _read(source, name)
        return None

    def write(
        self,
        user: User,  # noqa: ARG002 - the contract's parameter
        name: str,
        document: Mapping[str, Any],
        home: Home,
        former: Stored | None,
    ) -> None:
        """Keep a document in a source."""
        current = _read(home.key, name) if name in _names(home.key) else None
        if _content(current) != _content(former):
            message = f"Somebody changed the connection {name} in {home.title} while it was edited here."
            raise SecretError([finding("secret_changed_meanwhile", message)])
        by_name.keep(sources.secret_store(home.key), name, document)

    def remove(self, user: User, stored: Stored) -> None:  # noqa: ARG002 - the contract's parameter
        """Remove a connection from its source."""
        by_name.remove(sources.secret_store(stored.home.key), stored.name)

    def open(self, name: str, document: Mapping[str, Any], *, private: bool) -> Connection:
        """Return the connection of a document, as the commands use a stored one."""
        return load(
            dict(document),
            name=name,
            store="memory://" if private else None,
            stored=True,
            arguments=f"local:{name}",
        )


def _home(source: str) -> Home:
    if source == sources.ENVIRONMENT:
        return Home(source, "environment", is_writable=False)
    return Home(source, "vault" if source == sources.VAULT else "Secret Manager")


def _names(source: str) -> Sequence[str]:
    if source == sources.ENVIRONMENT:
        variables = (name for name in os.environ if name.startswith(by_name.VARIABLE))
        return sorted(name.removeprefix(by_name.VARIABLE).lower() for name in variables)
    return by_name.names(sources.secret_store(source))


def _all(source: str) -> Iterator[Stored]:
    """Yield the connections of a source; those of a store are read at once."""
    if source == sources.ENVIRONMENT:
        yield from (_read(source, name) for name in _names(source))
        return
    for secret, payload in sources.secret_store(source).contents(by_name.PREFIX).items():
        name = secret.removeprefix(by_name.PREFIX)
        if payload is None:
            yield _read(source, name)
            continue
        try:
            yield Stored(name, _home(source), standard(document_in(payload, secret)))
        except WatchwordError as error:
            yield Stored(name, _home(source), problem=error.findings[0])


def _read(source: str, name: str) -> Stored:
    home = _home(source)
    try:
        return Stored(name, home, _document(source, name))
    except WatchwordError as error:
        return Stored(name, home, problem=error.findings[0])


def _document(source: str, name: str) -> dict[str, Any] | None:
    if source == sources.ENVIRONMENT:
        text = os.environ.get(by_name.VARIABLE + name.upper(), "")
        return standard(document_in(text.encode("utf-8", "surrogateescape"), f"in {by_name.VARIABLE}…"))
    document = by_name.document_of(sources.secret_store(source), name)
    return None if document is None else standard(document)


def _content(stored: Stored | None) -> object:
    if stored is None or stored.document is None:
        return None if stored is None else stored.problem
    return normalized(stored.document)


def _summary(stored: Stored, *, is_shadowed: bool) -> Summary:
    document = stored.document or {}
    base_url, method = document.get("base_url"), document.get("method")
    return Summary(
        stored.name,
        host_of(base_url) if isinstance(base_url, str) else "",
        method if isinstance(method, str) else None,
        stored.home,
        is_shadowed,
    )
