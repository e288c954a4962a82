"""The sign-in with a browser (RFC 6749 section 4.1, with PKCE by RFC 7636 and `iss` by RFC 9207).

`begin` returns the URL to open, the user agrees there, and `finish` exchanges the code that the browser
brings back for a token, which goes to the token store only. The data that `finish` needs are in the store
for ten minutes and serve once, so that another process may finish the sign-in.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote_plus, urlencode

from watchword import redact
from watchword.connection import Connection
from watchword.findings.finding import Finding
from watchword.http.origins import host, origin
from watchword.http.urls import with_query, without_pairs
from watchword.methods.oauth2_authorization_code import OAuth2AuthorizationCode
from watchword.methods.response_values import sources_of
from watchword.protocols.oauth2.request_words import CODE
from watchword.redact import NeverPickled
from watchword.sign_in.authorization_response import (
    AuthorizationResponse,
    foreign_sign_in,
    sign_in_refused,
    unknown_sign_in,
)
from watchword.sign_in.authorization_server import (
    AuthorizationServer,
    authorization_server_of,
    required_url,
    store_token,
)
from watchword.sign_in.oauth2_client import new_verifier, request_parameters
from watchword.tokens.token import Token, with_values

TIMEOUT = 600.0
"""How long after its beginning a sign-in may be finished, in seconds."""

_RANDOM_BYTES = 32
"""The length of a state in bytes: 256 random bits, which can't be guessed."""

_REPLACEABLE = frozenset({"response_type", "client_id", "scope"})
"""The standard parameters that a document may replace."""


@dataclass(frozen=True)
class SignIn(NeverPickled):
    """A sign-in that has begun: the absolute URL to open, and the state that comes back from there."""

    authorize_url: str = field(repr=False)
    state: str = field(repr=False)


def begin(connection: Connection, redirect_uri: str, user: str = "") -> SignIn:
    """Store the data that finish the sign-in, and return the URL where it begins.

    Args:
        connection: of the method oauth2_authorization_code, with an authorize_url.
        redirect_uri: absolute URL that the browser is sent back to, exactly as registered at the provider.
        user: who is signing in, if the host knows that: no other user can finish the sign-in.

    Raises:
        DocumentError: the document has an error or another method, or lacks the URL.
        StoreError: the store can't be written.
    """
    server = authorization_server_of(connection, OAuth2AuthorizationCode)
    authorize_url = required_url(server, "authorize_url")
    state = secrets.token_urlsafe(_RANDOM_BYTES)
    verifier = new_verifier() if server.method.pkce else ""
    parameters = _parameters(server.method, redirect_uri, state, verifier)
    draft = _binding(connection, server, user)
    draft |= {"verifier": verifier, "redirect_uri": redirect_uri, "issuer": server.method.issuer or ""}
    draft |= {"authorize_url": authorize_url}
    connection.store.keep_draft(state, draft, TIMEOUT)
    return SignIn(_with_query(authorize_url, parameters), state)


def finish(
    connection: Connection, authorization_response: str, *, user: str = "", state: str = ""
) -> list[Finding]:
    """Exchange the code that the browser brought back for a token, store it, and return warnings about it.

    Args:
        connection: the one that the sign-in was begun for.
        authorization_response: the URL that the browser was sent back to, or its path and query; with
            `state`, also the code alone, if the page showed it and PKCE binds it to this sign-in.
        user: who began the sign-in, as given to `begin`.
        state: that of the sign-in, if the caller waits for a certain one: another is refused.

    Raises:
        DocumentError: as `begin` does.
        TokenError: the user or the server refused, the URL belongs to another sign-in, or the server issued
            no token for the code.
        StoreError: the token can't be stored.
    """
    return store_token(connection, exchange(connection, authorization_response, user=user, state=state))


def exchange(
    connection: Connection, authorization_response: str, *, user: str = "", state: str = ""
) -> Token:
    """Exchange the code as `finish` does, and return the token: a host stores it with `store_token`.

    Raises:
        DocumentError, TokenError: as `finish` does.
        StoreError: the sign-in's beginning can't be read from the store.
    """
    server = authorization_server_of(connection, OAuth2AuthorizationCode)
    response = AuthorizationResponse.read(authorization_response, state)
    draft = connection.store.take_draft(response.state)
    if draft is None:
        raise unknown_sign_in()
    if any(draft.get(name) != value for name, value in _binding(connection, server, user).items()):
        raise foreign_sign_in()
    if draft.get("issuer"):
        _check_issuer(response, draft["issuer"])
    else:
        _check_origin(response, (draft.get("authorize_url", ""), server.method.token_url))
    response.check_granted()
    if response.is_bare_code and not draft["verifier"]:
        raise sign_in_refused(
            "Without pkce a code alone is not bound to the sign-in.", "Paste the whole URL."
        )
    token = _exchange(server, response.code, draft)
    called_back = sources_of(server.method).in_callback(response.others)
    return with_values(token, called_back) if called_back else token


def _parameters(
    method: OAuth2AuthorizationCode, redirect_uri: str, state: str, verifier: str
) -> dict[str, str]:
    """Return the standard parameters, some of which the document may replace or leave out, and its own."""
    standard = request_parameters(method.client_id or "", redirect_uri, method.joined_scope, state, verifier)
    fixed = {name: value for name, value in standard.items() if name not in _REPLACEABLE}
    extra = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in method.authorize_parameters.items()
        if value is not None
    }
    left_out = {name for name, value in method.authorize_parameters.items() if value is None}
    parameters = {**standard, **extra}
    given = {name: value for name, value in parameters.items() if value and name not in left_out}
    return {**given, **fixed}


def _with_query(url: str, parameters: Mapping[str, str]) -> str:
    """Add parameters to a URL's query; none may be there twice (RFC 6749 section 3.1)."""

    def is_unwanted(pair: str) -> bool:
        return not pair or unquote_plus(pair.partition("=")[0]) in parameters

    bare = without_pairs(url.partition("#")[0], is_unwanted)
    return with_query(bare, urlencode(parameters, quote_via=quote, safe=""))


def _binding(
    connection: Connection, server: AuthorizationServer[OAuth2AuthorizationCode], user: str
) -> dict[str, str]:
    """Return what must be equal when a sign-in begins and when it finishes.

    A code goes to no other server than the one that issued it.
    """
    method = server.method
    where = {"token_url": method.token_url, "client_id": method.client_id}
    return {"connection": connection.name or "", "user": user, **where}


def _check_issuer(response: AuthorizationResponse, issuer: str) -> None:
    """Raise if the response is not from the server that the user was sent to (RFC 9207 section 2.4).

    A document with an issuer states that its server sends `iss`. A response without `iss` is refused too,
    or an attacker could mix up responses by leaving it out.
    """
    if response.issuer == issuer:
        return
    if response.is_bare_code:
        raise sign_in_refused("The code alone does not say who sent it (iss).", "Paste the whole URL.")
    if response.issuer:
        actual = f"names {host(response.issuer) or 'another issuer'}"
    else:
        actual = "names no issuer (iss)"
    message = f"The redirected URL {actual}, but the document's issuer is {host(issuer) or issuer}."
    advice = "Begin again. If this repeats, set issuer to exactly the issuer in the provider's metadata."
    raise sign_in_refused(message, advice)


def _check_origin(response: AuthorizationResponse, urls: tuple[str, ...]) -> None:
    """Raise if the response names a sender at none of the sign-in's origins (RFC 9700 section 4.4).

    For documents without an issuer, whose servers may be older than RFC 9207: a response without `iss`
    passes.
    """
    if not response.issuer or origin(response.issuer) in {found for url in urls if (found := origin(url))}:
        return
    message = (
        f"The redirected URL comes from {host(response.issuer) or 'an issuer without a host'} (iss), which "
        "is the host of neither authorize_url nor token_url."
    )
    advice = "If the provider's metadata name it as their issuer, set issuer to it; otherwise begin again."
    raise sign_in_refused(message, advice)


def _exchange(
    server: AuthorizationServer[OAuth2AuthorizationCode], code: str, draft: Mapping[str, str]
) -> Token:
    """Return the token for a code (RFC 6749 section 4.1.3); code and verifier are masked until then."""
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": draft["redirect_uri"],
        "code_verifier": draft["verifier"],
    }
    with redact.masked([code, draft["verifier"]]):
        return server.request_token(fields, CODE)
