"""Client authentication: by header, body or signed assertion (RFC 6749 §2.3, RFC 7523 §3)."""

import binascii
from base64 import b64decode
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

from oauthlib.common import Request as OAuthRequest  # type: ignore[import-untyped]
from oauthlib.oauth2 import InvalidClientError, InvalidRequestError  # type: ignore[import-untyped]

from watchword_playground.credentials import TOKEN_PATH, same
from watchword_playground.oauth.clients import CLIENTS, Client
from watchword_playground.oauth.jwt_verification import Expected, Key, Refused, verify
from watchword_playground.oauth.replay import claim_once
from watchword_playground.state.state import State

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class ClientAuthentication(NamedTuple):
    """The client authentication in a request. A missing part is None."""

    header: str | None
    client_id: str | None
    secret: str | None
    assertion: str | None
    assertion_type: str | None

    @classmethod
    def read(cls, request: OAuthRequest) -> "ClientAuthentication":
        """Read a request."""
        return cls(
            request.headers.get("Authorization"),
            request.client_id,
            request.client_secret,
            getattr(request, "client_assertion", None),
            getattr(request, "client_assertion_type", None),
        )

    @property
    def id_only(self) -> bool:
        """Whether the request names the client without authenticating it."""
        return self.header is None and self.secret is None and self.assertion is None


def authenticate(state: State, given: ClientAuthentication, issuer: str) -> Client | None:
    """Return the authenticated client, None if its proof is wrong. Two proofs raise InvalidRequestError."""
    if sum(part is not None for part in (given.header, given.secret, given.assertion)) > 1:
        raise InvalidRequestError("use one way of client authentication, not two")
    client: Client | None
    if given.assertion is not None:
        client = _by_assertion(state, given, issuer)
    elif given.header is not None:
        client = _by_secret(_from_header(given.header))
    else:
        client = _by_secret((given.client_id or "", given.secret or ""))
    if client is not None and given.client_id not in (None, client.client_id):
        raise InvalidRequestError("client_id differs from the client that was authenticated")
    return client if client is not None and not state.is_revoked(client.method) else None


def public_client(state: State, client_id: str | None) -> Client | None:
    """Return a public client that wasn't revoked, None for any other."""
    client = CLIENTS.get(client_id or "")
    return client if client and client.public and not state.is_revoked(client.method) else None


def client_of_header(header: str) -> str:
    """Return the client id in a Basic header, without verifying its secret."""
    return _from_header(header)[0]


def _by_secret(id_and_secret: tuple[str, str]) -> Client | None:
    client_id, secret = id_and_secret
    authenticated = None
    for client in CLIENTS.values():
        # `&`, without an early return: the time doesn't reveal which part was wrong.
        if bool(client.secret) & same(client_id, client.client_id) & same(secret, client.secret):
            authenticated = client
    return authenticated


def _from_header(header: str) -> tuple[str, str]:
    """Read a Basic header, whose id and secret are form-encoded first (RFC 6749 §2.3.1)."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        client_id, colon, secret = b64decode(value.strip(), validate=True).decode("ascii").partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return (unquote_plus(client_id), unquote_plus(secret)) if colon else ("", "")


def _by_assertion(state: State, given: ClientAuthentication, issuer: str) -> Client:
    """Verify a JWT that the client signed with its key or its secret."""
    if given.assertion_type != ASSERTION_TYPE:
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
        claims = verify(given.assertion or "", choose)
        claim_once(state, claims, jti_required=True)
    except Refused as refusal:
        raise InvalidClientError(f"the client's assertion: {refusal}") from None
    return CLIENTS[claims["iss"]]
