"""Sign-ins that began on a page: they wait in the token store, so that every replica can finish them.

A sign-in is finished by the person who began it, for the connection for which it began, and only as long as
nobody has changed that connection: otherwise its token could go to a server that the person never saw.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from watchword.connection import Connection
from watchword.connections.storable import normalized
from watchword.console.host import Host, Stored, User
from watchword.document.references import as_literal
from watchword.methods.oauth1 import OAuth1
from watchword.methods.oauth2_authorization_code import OAuth2AuthorizationCode
from watchword.redact import NeverPickled
from watchword.sign_in import oauth1, oauth2
from watchword.sign_in.authorization_response import foreign_sign_in, sign_in_refused, unknown_sign_in
from watchword.tokens.token_store import TokenStore

TOKEN_FIELDS = ("access_token", "token_secret")
"""The fields in which a sign-in of OAuth 1.0 leaves its token."""


@dataclass(frozen=True)
class Begun(NeverPickled):
    """A sign-in that has begun.

    `user` is the id of the person who signs in. `document` is the fingerprint of the connection's document.
    `asked_by` is the name of the person whose link was followed, and `link` identifies that link; both are ""
    if a person signs in on the connection's own page. `token_secret` is that of OAuth 1.0's temporary
    credentials.
    """

    connection: str
    user: str
    document: str
    redirect_uri: str
    authorize_url: str = field(repr=False)
    asked_by: str = ""
    link: str = ""
    token_secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class Purpose:
    """For whom a sign-in begins: the person who signs in, and whose link they followed, if they did."""

    user: User
    asked_by: str = ""
    link: str = ""


def begin(host: Host, stored: Stored, purpose: Purpose, callback_url: str) -> tuple[str, Begun]:
    """Begin a sign-in with a browser; return what the browser brings back to identify it, and the sign-in.

    Args:
        host: the host that keeps the connection.
        stored: the connection, of the method oauth2_authorization_code or oauth1.
        purpose: for whom it begins.
        callback_url: absolute URL of this console's callback.

    Raises:
        DocumentError: the document has an error, or another method, or lacks a URL.
        TokenError: the server gave no temporary credentials.
        StoreError: the store can't be written.
    """
    document = stored.document or {}
    common = (stored.name, purpose.user.id, fingerprint(host.store, document))
    if document.get("method") == OAuth1.method:
        temporary = oauth1.begin(_open_without_token(host, stored), callback_url)
        waits = (callback_url, temporary.authorize_url, purpose.asked_by, purpose.link)
        handle, begun = temporary.token, Begun(*common, *waits, temporary.token_secret)
    else:
        connection = host.open(stored.name, document, private=False)
        redirect_uri = redirect_uri_of(connection, callback_url)
        sign_in = oauth2.begin(connection, redirect_uri, purpose.user.id)
        handle = sign_in.state
        begun = Begun(*common, redirect_uri, sign_in.authorize_url, purpose.asked_by, purpose.link)
    host.store.keep_draft(_key(handle), asdict(begun), oauth2.TIMEOUT)
    return handle, begun


def find(store: TokenStore, handle: str, user: User) -> Begun:
    """Return a sign-in that waits, and let it wait; raises TokenError as `take` does."""
    return _of_user(store.read_draft(_key(handle)), user)


def take(store: TokenStore, handle: str, user: User) -> Begun:
    """Return a sign-in that waits, once.

    Raises:
        TokenError: no such sign-in waits, or another person has begun it.
    """
    return _of_user(store.take_draft(_key(handle)), user)


def unchanged(host: Host, name: str, document: str) -> Stored:
    """Return a connection whose document still has a fingerprint; raises TokenError for any other."""
    stored = host.read(name)
    if stored is None or fingerprint(host.store, stored.document or {}) != document:
        message = "The connection was changed or removed after the sign-in had begun."
        raise sign_in_refused(message)
    return stored


def fingerprint(store: TokenStore, document: Mapping[str, Any]) -> str:
    """Return the fingerprint of a document in this store; it tells nothing of the document's secrets."""
    return store.fingerprint("console", json.dumps(normalized(document), sort_keys=True))


def redirect_uri_of(connection: Connection, callback_url: str) -> str:
    """Return where the browser comes back to: the document's redirect URI, else this console's callback."""
    method = connection.document.method
    own = method.redirect_uri if isinstance(method, OAuth2AuthorizationCode) else None
    return own or callback_url


def finish_oauth1(  # noqa: PLR0913, PLR0917 - who finishes which sign-in, and with what
    host: Host, user: User, stored: Stored, begun: Begun, handle: str, url: str
) -> None:
    """Exchange the verifier in a URL for the token, and keep that in the connection's document.

    Raises:
        TokenError: the user or the server refused.
        WatchwordError: the document can't be kept.
    """
    sign_in = oauth1.SignIn(begun.authorize_url, handle, begun.token_secret)
    connection = _open_without_token(host, stored)
    token = oauth1.finish(connection, sign_in, oauth1.verifier_from(url, sign_in))
    # The server chose the values: they must not become references to this machine's files.
    values = {name: as_literal(getattr(token, name)) for name in TOKEN_FIELDS}
    host.write(user, stored.name, {**(stored.document or {}), **values}, stored.home, stored)


def _open_without_token(host: Host, stored: Stored) -> Connection:
    """Return the connection without its old token of OAuth 1.0, valid or not."""
    document = {name: value for name, value in (stored.document or {}).items() if name not in TOKEN_FIELDS}
    return host.open(stored.name, document, private=False)


def _of_user(content: Mapping[str, str] | None, user: User) -> Begun:
    if content is None:
        raise unknown_sign_in()
    begun = Begun(**content)
    if begun.user != user.id:
        raise foreign_sign_in()
    return begun


def _key(handle: str) -> str:
    return f"console sign-in {handle}"
