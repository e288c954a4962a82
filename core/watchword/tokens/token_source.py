"""Where a method's token comes from: a token endpoint, a login, or a key that signs one here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from watchword.http.transport_options import TransportOptions
from watchword.redact import NeverPickled
from watchword.tokens.token import Token


class TokenSource(Protocol):
    """Fetches tokens of one credential; made without I/O, asked by the keeper when one is due."""

    @property
    def identity(self) -> tuple[object, ...]:
        """All that makes two sources fetch the same token; it holds secrets and is hashed at once."""

    @property
    def logs_out(self) -> bool:
        """Whether `discard` has anything to do."""

    def fetch(self, transport: TransportOptions, refresh_token: str | None = None) -> Token:
        """Return a new token, masked from then on; raises TokenError where none can be had.

        A source of a sign-in is given the refresh token that the last answer held.
        """

    def discard(self, token: Token, transport: TransportOptions) -> None:
        """Give a token back that nobody uses any more; a server that can't be reached is no error."""


@dataclass(frozen=True)
class Account(NeverPickled):
    """What finds a credential's token in a store, and the terms on which it is renewed.

    `subject` is what one client may have several tokens for, such as a user name. Where a person
    has signed in (`signs_in`), the token is renewed by its refresh token alone: the store's, or at
    first `imported`, the document's. `single_use` says that each refresh token serves once.
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
    """A source whose token is worth sharing with other processes, through a store."""

    @property
    def account(self) -> Account:
        """What finds the token in a store."""
