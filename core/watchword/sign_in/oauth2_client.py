"""oauthlib's client of the authorization code grant: what it sends to the page, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from watchword.http.urls import query_pairs

if TYPE_CHECKING:
    from oauthlib.oauth2 import WebApplicationClient  # type: ignore[import-untyped]

_ANYWHERE = "https://localhost/"
"""Stands for a URL whose query alone matters: oauthlib refuses http, which lint has judged already."""

_VERIFIER = 43
"""The length of a verifier in characters: 256 random bits, which can't be guessed (RFC 7636 section 7.1)."""


class Refused(Exception):  # noqa: N818 - not an error of ours: the caller makes one of it
    """The page sent an error in place of a code (RFC 6749 section 4.1.2.1), in the server's words."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__("the page sent an error")
        self.error = error
        self.description = description


def new_verifier() -> str:
    """Return a new verifier (RFC 7636 section 4.1)."""
    verifier: str = _client("").create_code_verifier(_VERIFIER)
    return verifier


def request_parameters(
    client_id: str, redirect_uri: str, scope: str, state: str, verifier: str
) -> Mapping[str, str]:
    """Return the parameters of an authorization request (RFC 6749 section 4.1.1, RFC 7636 section 4.3)."""
    client = _client(client_id)
    pkce = {}
    if verifier:
        challenge = client.create_code_challenge(verifier, "S256")
        pkce = {"code_challenge": challenge, "code_challenge_method": "S256"}
    url = client.prepare_request_uri(_ANYWHERE, redirect_uri=redirect_uri, scope=scope, state=state, **pkce)
    return {name: value for name, value in query_pairs(url) if value}


def code_of(query: str, state: str) -> str:
    """Return the code in the query of a redirected URL, "" if it has none.

    Raises:
        Refused: it has an error instead.
    """
    from oauthlib.oauth2.rfc6749.errors import MissingCodeError, OAuth2Error  # type: ignore[import-untyped] # noqa: PLC0415 - only sign-ins need it

    try:
        parameters = _client("").parse_request_uri_response(f"{_ANYWHERE}?{query}", state=state)
    except MissingCodeError:
        return ""
    except OAuth2Error as error:
        raise Refused(str(error.error), str(error.description or "")) from None
    return str(parameters["code"])


def _client(client_id: str) -> WebApplicationClient:
    from oauthlib.oauth2 import WebApplicationClient  # noqa: PLC0415 - only sign-ins need it

    return WebApplicationClient(client_id)
