"""What the sign-ins of OAuth 2.0 share: the authorization server of a connection, and where a token goes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from requests import PreparedRequest

from watchword import redact
from watchword.connection import Connection
from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http.headers import text_of
from watchword.http.transport_options import TransportOptions
from watchword.methods.oauth2_sign_in import OAuth2SignIn
from watchword.protocols.oauth2.grant import obtain
from watchword.protocols.oauth2.request_words import RequestWords
from watchword.protocols.templates import TemplateSecrets
from watchword.tokens.sending import send_token_request
from watchword.tokens.token import Token
from watchword.tokens.token_response import TokenResponse
from watchword.tokens.token_store import StoreError

M = TypeVar("M", bound=OAuth2SignIn)


@dataclass(frozen=True)
class AuthorizationServer(Generic[M]):
    """The server that a connection signs in at, as its method describes it, and the way to it."""

    method: M
    template_secrets: TemplateSecrets = field(repr=False)
    transport: TransportOptions

    def ask(self, request: PreparedRequest, target: str) -> TokenResponse:
        """Return what an endpoint beside the token endpoint answers; `target` are the words for it.

        Raises:
            TokenError: no whole answer came in time.
        """
        redact.register([text_of(request.headers.get("Authorization")).rpartition(" ")[2]])
        return send_token_request(request, self.transport, target)

    def token(self, request: PreparedRequest, purpose: RequestWords) -> Token:
        """Return what the token endpoint gives; raises TokenError where that is no token."""
        for_client_auth = purpose.for_client_auth(self.method.client_auth)
        return obtain(request, self.transport, self.method.reply_paths, for_client_auth)


def authorization_server_of(connection: Connection, kind: type[M]) -> AuthorizationServer[M]:
    """Return the server of a connection whose method is of that kind.

    Raises:
        DocumentError: the document holds an error, or is of another method.
    """
    adapter = connection.adapter()
    authenticator = adapter.authenticator
    method = authenticator.method
    if not isinstance(method, kind):
        wanted = getattr(kind, "method", "oauth2_authorization_code or oauth2_device_code")
        message = f"A sign-in is for the method {wanted}; this connection's method is {method.method}."
        raise DocumentError([finding("unknown_method", message, advice="Give a document of that method.")])
    return AuthorizationServer(method, authenticator.context.template_secrets, adapter.transport)


def required(server: AuthorizationServer[M], name: str) -> str:
    """Return the URL in a field; raises DocumentError where the sign-in has none, but an imported token."""
    url: str | None = getattr(server.method, name)
    if not url:
        raise DocumentError([finding("missing_field", f"The sign-in needs {name}.")])
    return url


def keep(connection: Connection, token: Token) -> list[Finding]:
    """Give a new sign-in's token to the store, and return what is worth saying about it.

    Raises:
        StoreError: it is not kept; the person has to sign in again.
    """
    try:
        connection.accept_sign_in(token)
    except StoreError as error:
        lost = "The server has accepted the sign-in, but it could not be kept: sign in again after that."
        findings = [replace(found, advice=f"{found.advice} {lost}") for found in error.findings]
        raise StoreError(findings) from None
    remarks = connection.token_remarks(token)
    if token.refresh_token is None:
        message = "The server gave no refresh token: the sign-in lasts as long as its access token."
        remarks.append(finding("no_refresh_token", message))
    return remarks
