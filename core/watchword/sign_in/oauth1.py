"""The sign-in of OAuth 1.0 in three steps, which ends with a user's token (RFC 5849 section 2).

`begin` requests temporary credentials, the user agrees at `SignIn.authorize_url`, and `finish` exchanges
the verifier for the token. Only the `SignIn` is kept between the steps.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from watchword import redact
from watchword.connection import Connection
from watchword.errors import DocumentError, TokenError
from watchword.findings.codes import finding
from watchword.http.urls import query_pairs, with_query
from watchword.methods.oauth1 import SIGN_IN_URLS, OAuth1
from watchword.protocols.oauth1.credentials_response import (
    problems,
    read_credentials,
    require_callback_confirmed,
)
from watchword.protocols.oauth1.signature import escape
from watchword.redact import NeverPickled
from watchword.sign_in.authorization_response import LONGEST_URL
from watchword.sign_in.oauth1_client import OAuth1Client

OUT_OF_BAND = "oob"
"""The callback of a client without a callback URL: the server shows the verifier to the user."""

_REQUEST_TOKEN_URL, _ACCESS_TOKEN_URL = "request_token_url", "access_token_url"
"""The fields of the endpoints that the sign-in calls."""


@dataclass(frozen=True)
class SignIn(NeverPickled):
    """A sign-in that has begun: the absolute URL to open, and the temporary credentials."""

    authorize_url: str = field(repr=False)
    token: str = field(repr=False)
    token_secret: str = field(repr=False)


@dataclass(frozen=True)
class AccessToken(NeverPickled):
    """The result of a sign-in: the values of two fields of the connection's document."""

    access_token: str = field(repr=False)
    token_secret: str = field(repr=False)


def begin(connection: Connection, callback: str = OUT_OF_BAND) -> SignIn:
    """Request temporary credentials and return the sign-in that has begun (section 2.1).

    Args:
        connection: of the method oauth1, with its three sign-in URLs.
        callback: absolute URL that the user is sent back to.

    Raises:
        DocumentError: the document has an error or another method, or lacks a URL.
        TokenError: the server gave no temporary credentials.
    """
    server = _Server.of(connection)
    response = server.client.temporary_credentials(_REQUEST_TOKEN_URL, callback)
    credentials = read_credentials(response, _REQUEST_TOKEN_URL)
    require_callback_confirmed(response, _REQUEST_TOKEN_URL, credentials)
    token, token_secret = credentials["oauth_token"], credentials["oauth_token_secret"]
    begun = SignIn(_with_token(server.method.authorize_url or "", token), token, token_secret)
    redact.register([token, token_secret], begun)
    return begun


def verifier_from(url: str, sign_in: SignIn) -> str:
    """Return the verifier in the URL that the user was sent back to (section 2.2).

    Raises:
        TokenError: the user refused, or the URL is too long or that of another sign-in.
    """
    if len(url) > LONGEST_URL:
        raise _refused(f"The redirected URL has more than {LONGEST_URL} characters.")
    parameters = dict(query_pairs(url))
    reported = problems(url)
    if "denied" in parameters or reported:
        raise _refused("The user, or the server for them, has refused.", reported)
    if parameters.get("oauth_token") != sign_in.token:
        raise _refused("The redirected URL belongs to another sign-in.")
    verifier = parameters.get("oauth_verifier", "")
    if not verifier:
        raise _refused("The redirected URL has no oauth_verifier: the user has not agreed.")
    return verifier


def finish(connection: Connection, sign_in: SignIn, verifier: str) -> AccessToken:
    """Exchange the temporary credentials for the token (section 2.3); this can be done once.

    Raises:
        DocumentError: as `begin` does.
        TokenError: the server gave no token.
    """
    redact.register([verifier, sign_in.token, sign_in.token_secret], sign_in)
    server = _Server.of(connection)
    temporary = (sign_in.token, sign_in.token_secret)
    response = server.client.token_credentials(_ACCESS_TOKEN_URL, temporary, verifier)
    credentials = read_credentials(response, _ACCESS_TOKEN_URL)
    issued = AccessToken(credentials["oauth_token"], credentials["oauth_token_secret"])
    redact.register([issued.access_token, issued.token_secret], issued)
    return issued


@dataclass(frozen=True)
class _Server:
    """The server where a connection's user signs in: its method, and the client that asks it."""

    method: OAuth1
    client: OAuth1Client

    @classmethod
    def of(cls, connection: Connection) -> _Server:
        adapter = connection.adapter()
        method = adapter.authenticator.method
        if not isinstance(method, OAuth1):
            message = f"The sign-in needs the method oauth1; this connection's method is {method.method}."
            advice = "Give a document of the method oauth1."
            raise DocumentError([finding("unknown_method", message, advice=advice)])
        missing = [name for name in SIGN_IN_URLS if not getattr(method, name)]
        if missing:
            raise DocumentError([finding("missing_field", f"The sign-in needs {', '.join(missing)}.")])
        return cls(method, OAuth1Client(method, adapter.transport))


def _with_token(url: str, token: str) -> str:
    return with_query(url, f"oauth_token={escape(token)}")


def _refused(message: str, reported: dict[str, str] | None = None) -> TokenError:
    return TokenError([finding("sign_in_refused", message, advice="Begin again.", evidence=reported)])
