"""What the console needs of the program that it is part of: people, connections and rights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from watchword.connection import Connection
from watchword.findings.finding import Finding, Word
from watchword.redact import NeverPickled
from watchword.stores.contracts import Store

if TYPE_CHECKING:
    from starlette.requests import Request


class Right(Word):
    """What a person may do with a connection; each includes no other."""

    READ = "read"
    CREATE = "create"
    EDIT = "edit"
    DELETE = "delete"


@dataclass(frozen=True)
class User:
    """A person: `id` is the same at every visit and nobody else's, `name` is shown."""

    id: str
    name: str


@dataclass(frozen=True)
class Home:
    """A place where connections are kept; `key` names it in forms, `title` on pages."""

    key: str
    title: str
    is_writable: bool = True


@dataclass(frozen=True)
class Summary:
    """A row of the list: what is known of a connection without reading its secrets.

    `api` is the host of the base URL, `method` None if the connection can't be read. `is_shadowed` says that
    another place holds a connection of the same name, which is used instead.
    """

    name: str
    api: str
    method: str | None
    home: Home
    is_shadowed: bool = False


@dataclass(frozen=True)
class Stored(NeverPickled):
    """A connection as it is kept.

    `document` is exactly what is kept, with secrets and empty fields; it is None if it can't be read, and
    `problem` says why.
    """

    name: str
    home: Home
    document: Mapping[str, Any] | None = field(default=None, repr=False)
    problem: Finding | None = None


class Host(Protocol):
    """A program that serves the console. Errors are `WatchwordError`s, which the pages show."""

    @property
    def title(self) -> str:
        """The host's name, for the pages' heading."""

    @property
    def signing_key(self) -> str:
        """The secret that signs forms and links; the same in every process that serves the console."""

    @property
    def store(self) -> Store:
        """The token store of the deployment."""

    def accepts(self, request: Request) -> bool:
        """Return whether a request names this host: another name may be an attacker's (DNS rebinding)."""

    async def user_of(self, request: Request) -> User | None:
        """Return who is asking, None for an anonymous visitor."""

    def sign_in_url(self, request: Request) -> str | None:
        """Return where an anonymous visitor signs in to the host and comes back, None if there is no page."""

    def root_url(self, request: Request) -> str:
        """Return the absolute URL of the console as browsers reach it, without a slash at the end."""

    def rights(self, user: User, name: str) -> frozenset[Right]:
        """Return what a person may do with the connection of a name, whether it exists or not."""

    def summaries(self, user: User) -> Sequence[Summary]:
        """Return the connections that a person may read."""

    def homes(self) -> Sequence[Home]:
        """Return where a new connection may be kept; the first is the default."""

    def read(self, name: str) -> Stored | None:
        """Return the connection that is used under a name; None if there is none."""

    def write(
        self, user: User, name: str, document: Mapping[str, Any], home: Home, former: Stored | None
    ) -> None:
        """Keep a document under a name, as the person wants it.

        Raises `WatchwordError` if it can't be kept, or if what is kept isn't `former` any more.
        """

    def remove(self, user: User, stored: Stored) -> None:
        """Remove a connection, as the person wants it; raises `WatchwordError` if that can't be done."""

    def open(self, name: str, document: Mapping[str, Any], *, private: bool) -> Connection:
        """Return the connection of a document, with this deployment's limits.

        `private` keeps its tokens in memory: it is for a document that isn't stored under this name.
        """
