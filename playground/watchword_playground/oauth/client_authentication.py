"""How a client shows itself to the authorization server (RFC 6749 §2.3, RFC 7523 §3)."""

import binascii
from base64 import b64decode
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

from oauthlib.common import Request as OAuthRequest  # type: ignore[import-untyped]
from oauthlib.oauth2 import InvalidClientError, InvalidRequestError  # type: ignore[import-untyped]

from watchword_playground.credentials import TOKEN_PATH, same
from watchword_playground.jwts import Expected, Key, Refused, verified
from watchword_playground.oauth.clients import CLIENTS, Client
from watchword_playground.replay import claim_once
from watchword_playground.state import State

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class ClientAuthentication(NamedTuple):
    """What a request holds of a client; everything is None that isn't there."""

    header: str | None
    client_id: str | None
    secret: str | None
    assertion: str | None
    assertion_type: str | None

    @classmethod
    def by(cls, request: OAuthRequest) -> "ClientAuthentication":
        """Read a request."""
        return cls(
            request.headers.get("Authorization"),
            request.client_id,
            request.client_secret,
            getattr(request, "client_assertion", None),
            getattr(request, "client_assertion_type", None),
        )

    @property
    def only_a_name(self) -> bool:
        """Whether the client says who it is without any proof."""
        return self.header is None and self.secret is None and self.assertion is None


def authenticated(state: State, shown: ClientAuthentication, issuer: str) -> Client | None:
    """Return the client that proves itself in one way; raises InvalidRequestError for two."""
    if sum(part is not None for part in (shown.header, shown.secret, shown.assertion)) > 1:
        raise InvalidRequestError("use one way of client authentication, not two")
    client: Client | None
    if shown.assertion is not None:
        client = _by_assertion(state, shown, issuer)
    elif shown.header is not None:
        client = _by_secret(_from_header(shown.header))
    else:
        client = _by_secret((shown.client_id or "", shown.secret or ""))
    if client is not None and shown.client_id not in (None, client.client_id):
        raise InvalidRequestError("client_id differs from the client that was authenticated")
    return client if client is not None and not state.is_revoked(client.method) else None


def public_client(state: State, client_id: str | None) -> Client | None:
    """Return a client that has nothing to prove itself with, and that wasn't revoked."""
    client = CLIENTS.get(client_id or "")
    return client if client and client.public and not state.is_revoked(client.method) else None


def client_of_header(header: str) -> str:
    """Return the id in a Basic header, whether its secret is right or wrong."""
    return _from_header(header)[0]


def _by_secret(given: tuple[str, str]) -> Client | None:
    client_id, secret = given
    found = None
    for client in CLIENTS.values():
        # `&`, and no early return: the time says nothing about which part was wrong.
        if bool(client.secret) & same(client_id, client.client_id) & same(secret, client.secret):
            found = client
    return found


def _from_header(header: str) -> tuple[str, str]:
    """Read a Basic header as RFC 6749 §2.3.1 wants it: id and secret are form-encoded first."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        client_id, colon, secret = b64decode(value.strip(), validate=True).decode("ascii").partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return (unquote_plus(client_id), unquote_plus(secret)) if colon else ("", "")


def _by_assertion(state: State, shown: ClientAuthentication, issuer: str) -> Client:
    """Verify a JWT that the client signed with its key, or with its secret."""
    if shown.assertion_type != ASSERTION_TYPE:
        raise InvalidRequestError(f"client_assertion_type isn't {ASSERTION_TYPE}")
    audiences = (issuer + TOKEN_PATH, issuer)

    def choose(header: Mapping[str, Any], claims: Mapping[str, Any]) -> tuple[Key, Expected]:
        client = CLIENTS.get(str(claims.get("iss")))
        if client is None or client.public or claims.get("sub") != client.client_id:
            raise Refused("issuer (iss) and subject (sub) aren't both the id of a client that can sign")
        key = client.key or Key("HS256", client.secret)
        if header.get("kid", key.key_id) != key.key_id:
            raise Refused("the client has no key with this id (kid)")
        return key, Expected(client.client_id, audiences)

    try:
        claims = verified(shown.assertion or "", choose)
        claim_once(state, claims, needed=True)
    except Refused as refusal:
        raise InvalidClientError(f"the client's assertion: {refusal}") from None
    return CLIENTS[claims["iss"]]
