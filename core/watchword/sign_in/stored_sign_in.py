"""A connection's sign-in in the token store: it is accepted, looked at and forgotten."""

from __future__ import annotations

from watchword.connection import Connection
from watchword.document.credential import Credential
from watchword.redact import NeverPickled
from watchword.tokens.health import Health, health_of
from watchword.tokens.stored_token import StoredToken
from watchword.tokens.token import Token


class StoredSignIn(NeverPickled):
    """The sign-in of one credential; every process that uses the same store shares it."""

    def __init__(self, credential: Credential) -> None:
        stored = credential.stored
        if stored is None or not credential.document.method.signs_in:
            raise TypeError(f"the method {credential.document.method.method} has no sign-in")
        self._credential = credential
        self._stored_token = StoredToken(stored)

    @property
    def login_advice(self) -> str:
        """How to sign in again, as a sentence."""
        return f"{self._stored_token.words.login_advice}."

    def accept(self, token: Token) -> None:
        """Store the token that a person has just signed in with; raises StoreError."""
        self._stored_token.accept(token)
        self._forget_cached()

    def forget(self) -> Token | None:
        """Forget the sign-in and return its token, so that it can be revoked; raises StoreError."""
        token = self._stored_token.drop()
        self._forget_cached()
        return token

    def health(self) -> Health:
        """Return how long the sign-in lasts and whether it can be renewed; raises StoreError."""
        return health_of(self._stored_token.recover())

    def is_usable(self) -> bool:
        """Return whether the document still sends the tokens where they went at first; raises StoreError."""
        return self._stored_token.allows(self._stored_token.load().record)

    def _forget_cached(self) -> None:
        if self._credential.token_cache:
            self._credential.token_cache.forget()


def stored_sign_in(connection: Connection) -> StoredSignIn:
    """Return the sign-in of a connection.

    Raises:
        DocumentError: a reference in the document can't be resolved.
        TypeError: the connection's method has no sign-in.
    """
    return StoredSignIn(connection.credential)
