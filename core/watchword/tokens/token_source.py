"""Where a method's token comes from: a token endpoint, a login, or a key that signs it here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from watchword.http.transport_options import TransportOptions
from watchword.redact import NeverPickled
from watchword.tokens.token import Token


class TokenSource(Protocol):
    """Fetches tokens of one credential; constructed without I/O, asked by the token cache."""

    @property
    def identity(self) -> tuple[object, ...]:
        """The values that decide which token is fetched; they hold secrets and are hashed at once."""

    @property
    def logs_out(self) -> bool:
        """Whether `discard` has anything to do."""

    def fetch(self, transport: TransportOptions, refresh_token: str | None = None) -> Token:
        """Return a new token, masked from then on; raises TokenError if the server issues none.

        The source of a sign-in is given the refresh token that is in force.
        """

    def discard(self, token: Token, transport: TransportOptions) -> None:
        """Give back a token that is no longer used; raises nothing if the server can't be reached."""


@dataclass(frozen=True)
class Account(NeverPickled):
    """How a stored token is looked up, and how it is renewed.

    `subject` tells several tokens of one client apart, such as a user name. If a person has signed in
    (`signs_in`), the token is renewed with its refresh token alone: the store's, or at first the document's
    (`imported`). `single_use` says that each refresh token serves once.
    """

    method: str
    token_url: str
    client_id: str
    subject: str = field(default="", repr=False)
    signs_in: bool = False
    imported: str | None = field(default=None, repr=False)
    single_use: bool = False


@runtime_checkable
class StoredSource(TokenSource, Protocol):
    """A source whose token is shared with other processes through a store."""

    def fetch(
        self,
        transport: TransportOptions,
        refresh_token: str | None = None,
        proof_key: str | None = None,
    ) -> Token:
        """Return a new token as every source does; `proof_key` is the key that the former one is bound to."""

    @property
    def account(self) -> Account:
        """How the token is looked up in a store."""
