"""The sign-in with a browser (RFC 6749 section 4.1, with PKCE by RFC 7636 and `iss` by RFC 9207).

`begin` gives the URL to open, the user agrees there, and `finish` exchanges what the browser was sent
back with for a token, which goes to the token store and nowhere else. What is needed to finish lies in
the store for ten minutes, so that another process may do it; it serves once.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote_plus, urlencode

from watchword import redact
from watchword.connection import Connection
from watchword.findings.finding import Finding
from watchword.http.origins import host, origin
from watchword.methods.oauth2_authorization_code import OAuth2AuthorizationCode
from watchword.protocols.oauth2.request_words import CODE
from watchword.sign_in.authorization_response import AuthorizationResponse, refused
from watchword.sign_in.authorization_server import (
    AuthorizationServer,
    authorization_server_of,
    keep,
    required,
)
from watchword.tokens.token import Token

PATIENCE = 600.0
"""How long a sign-in that has begun may be finished, in seconds."""

_BITS = 32
"""Length of a state and of a verifier in bytes: 256 bits that nobody guesses."""


@dataclass(frozen=True)
class SignIn:
    """A sign-in that has begun: the absolute URL to open, and the state that comes back from there."""

    authorize_url: str = field(repr=False)
    state: str = field(repr=False)


def begin(connection: Connection, redirect_uri: str, user: str = "") -> SignIn:
    """Keep what the sign-in needs to be finished, and return where it begins.

    Args:
        connection: of the method oauth2_authorization_code, with an authorize_url.
        redirect_uri: absolute URL that the browser is sent back to, as the provider has it registered.
        user: who is signing in, where a host knows that: nobody else can finish it.

    Raises:
        DocumentError: the document holds an error, is of another method, or lacks the URL.
        StoreError: the store can't keep anything.
    """
    server = authorization_server_of(connection, OAuth2AuthorizationCode)
    address = required(server, "authorize_url")
    state, verifier = secrets.token_urlsafe(_BITS), ""
    asked = _asked(server.method)
    if server.method.pkce:
        verifier = secrets.token_urlsafe(_BITS)
        asked |= {"code_challenge": _challenge(verifier), "code_challenge_method": "S256"}
    asked |= {"redirect_uri": redirect_uri, "state": state}
    draft = _bound(connection, server, user)
    draft |= {"verifier": verifier, "redirect_uri": redirect_uri, "issuer": server.method.issuer or ""}
    draft |= {"authorize_url": address}
    connection.store.keep_draft(state, draft, PATIENCE)
    return SignIn(_with_query(address, asked), state)


def finish(connection: Connection, answer: str, *, user: str = "", state: str = "") -> list[Finding]:
    """Exchange what the browser came back with for a token, keep it, and return what is to be remarked.

    Args:
        connection: the one that the sign-in was begun for.
        answer: the URL that the browser was sent back to, or its path and query; with `state`, also the
            code alone, where the page showed it and PKCE binds it to this sign-in.
        user: who began it, as told to `begin`.
        state: that of the sign-in, where the caller knows which one it waits for: another is refused.

    Raises:
        DocumentError: as `begin` does.
        TokenError: the user or the server refused, the URL is not that of this sign-in, or the code
            brought no token.
        StoreError: the token can't be kept.
    """
    server = authorization_server_of(connection, OAuth2AuthorizationCode)
    came = AuthorizationResponse.read(answer, state)
    draft = connection.store.take_draft(came.state)
    if draft is None:
        raise refused("The sign-in is not known: it was finished before, or began over ten minutes ago.")
    if any(draft.get(name) != value for name, value in _bound(connection, server, user).items()):
        raise refused("The sign-in was begun for another connection, by another user, or at another server.")
    if draft.get("issuer"):
        _check_issuer(came, draft["issuer"])
    else:
        _check_origin(came, (draft.get("authorize_url", ""), server.method.token_url))
    came.check_agreed()
    if came.is_bare and not draft["verifier"]:
        raise refused("Without pkce nothing says whose the code is.", "Paste the whole URL.")
    return keep(connection, _exchanged(server, came.code, draft))


def _asked(method: OAuth2AuthorizationCode) -> dict[str, str]:
    """Return the parameters of RFC 6749 section 4.1.1, and those of the document."""
    own = {"response_type": "code", "client_id": method.client_id, "scope": method.joined_scope}
    more = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in method.authorize_parameters.items()
        if value is not None
    }
    left_out = {name for name, value in method.authorize_parameters.items() if value is None}
    return {name: value for name, value in {**own, **more}.items() if value and name not in left_out}


def _challenge(verifier: str) -> str:
    """Return the S256 challenge of a verifier (RFC 7636 section 4.2)."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")


def _with_query(url: str, asked: Mapping[str, str]) -> str:
    """Add parameters to the query that a URL has; none may be there twice (RFC 6749 section 3.1)."""
    address, _, query = url.partition("#")[0].partition("?")
    kept = [pair for pair in query.split("&") if pair and unquote_plus(pair.partition("=")[0]) not in asked]
    return f"{address}?{'&'.join([*kept, urlencode(asked, quote_via=quote, safe='')])}"


def _bound(
    connection: Connection, server: AuthorizationServer[OAuth2AuthorizationCode], user: str
) -> dict[str, str]:
    """Return what must be the same at both ends of a sign-in: a code goes to no other server than its own."""
    method = server.method
    where = {"token_url": method.token_url, "client_id": method.client_id}
    return {"connection": connection.name or "", "user": user, **where}


def _check_issuer(came: AuthorizationResponse, issuer: str) -> None:
    """Raise where the answer is not from the server that the user was sent to (RFC 9207 section 2.4).

    A document that names the issuer says by this that its server sends `iss`: one without it is then
    refused as well, or whoever mixes answers up had but to leave it out.
    """
    if came.issuer == issuer:
        return
    if came.is_bare:
        raise refused("The code alone does not say who sent it (iss).", "Paste the whole URL.")
    said = f"names {host(came.issuer) or 'another issuer'}" if came.issuer else "names no issuer (iss)"
    advice = "Begin again; if it stays, compare issuer with what the provider's metadata say, to the letter."
    raise refused(f"The redirected URL {said}, where the document wants {host(issuer) or issuer}.", advice)


def _check_origin(came: AuthorizationResponse, urls: tuple[str, ...]) -> None:
    """Raise where the answer names a sender at none of the origins of this sign-in (RFC 9700 section 4.4).

    For documents without an issuer, whose servers may be older than RFC 9207: an answer without `iss` passes.
    """
    if not came.issuer or origin(came.issuer) in {found for url in urls if (found := origin(url))}:
        return
    message = (
        f"The redirected URL comes from {host(came.issuer) or 'an issuer without a host'} (iss), "
        "neither the host of authorize_url nor that of token_url."
    )
    advice = "If the provider's metadata name it as their issuer, set issuer to it; else begin again."
    raise refused(message, advice)


def _exchanged(
    server: AuthorizationServer[OAuth2AuthorizationCode], code: str, draft: Mapping[str, str]
) -> Token:
    """Return the token for a code (RFC 6749 section 4.1.3), which is masked until then."""
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": draft["redirect_uri"],
        "code_verifier": draft["verifier"],
    }
    once = [secret for secret in (code, draft["verifier"]) if secret]
    for secret in once:
        redact.register_token(secret)
    try:
        return server.token(server.method.token_request(fields, server.template_secrets), CODE)
    finally:
        for secret in once:
            redact.forget_token(secret)
