"""The authorization server of a connection, as both sign-ins of OAuth 2.0 use it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from requests import PreparedRequest

from watchword import redact
from watchword.connection import Connection
from watchword.document.logins import login_of
from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http.json_value import JsonValue
from watchword.http.transport_options import TransportOptions
from watchword.methods.oauth2_sign_in import OAuth2SignIn
from watchword.protocols.dpop.proof import ProofKey
from watchword.protocols.dpop.token_requests import bound_token
from watchword.protocols.login_with import Login, received
from watchword.protocols.oauth2.grant import credential_in, obtain
from watchword.protocols.oauth2.request_words import RequestWords
from watchword.protocols.templates import TemplateSecrets
from watchword.redact import NeverPickled
from watchword.sign_in.stored_sign_in import stored_sign_in
from watchword.tokens.token import Token
from watchword.tokens.token_response import TokenResponse
from watchword.tokens.token_store import StoreError

Method = TypeVar("Method", bound=OAuth2SignIn)


@dataclass(frozen=True)
class AuthorizationServer(NeverPickled, Generic[Method]):
    """The server where a connection's user signs in: its method, and how requests reach it."""

    method: Method
    template_secrets: TemplateSecrets = field(repr=False)
    transport: TransportOptions

    def send(self, request: PreparedRequest, target: str) -> TokenResponse:
        """Return the response of an endpoint other than the token endpoint; `target` names it in messages.

        Raises:
            TokenError: no complete response came in time.
        """
        redact.register([credential_in(request)], self)
        return received(request, self.transport, target, self._login)

    def request_token(self, fields: Mapping[str, JsonValue], words: RequestWords) -> Token:
        """Return the token for the fields of a grant; raises TokenError if the token endpoint issues none.

        The sign-in can't be repeated by itself: the token is kept without its values if they can't be asked
        for now. The first request asks for them again.
        """
        words = words.for_client_auth(self.method.client_auth)

        def new_request() -> PreparedRequest:
            request = self.method.token_request(fields, self.template_secrets)
            redact.register([credential_in(request)], self)
            return request

        def obtained(request: PreparedRequest, transport: TransportOptions) -> Token:
            return obtain(request, transport, self.method.response_paths, words, self._login)

        if self.method.dpop:
            token = bound_token(ProofKey.new(), new_request, self.transport, obtained)
        else:
            token = obtained(new_request(), self.transport)
        follow_up = self.method.follow_up
        return follow_up.completed_if_possible(token, self.transport) if follow_up else token

    @property
    def _login(self) -> Login | None:
        return login_of(self.method, self.template_secrets)


def authorization_server_of(connection: Connection, kind: type[Method]) -> AuthorizationServer[Method]:
    """Return the server of a connection whose method is of that kind.

    Raises:
        DocumentError: the document has an error, or another method.
    """
    adapter = connection.adapter()
    authenticator = adapter.authenticator
    method = authenticator.method
    if not isinstance(method, kind):
        required = getattr(kind, "method", "oauth2_authorization_code or oauth2_device_code")
        message = (
            f"This connection has no sign-in: its method is {method.method}, and a sign-in needs {required}."
        )
        advice = "Nothing has to be signed in or out here. Another connection may need it."
        raise DocumentError([finding("unknown_method", message, advice=advice)])
    return AuthorizationServer(method, authenticator.context.template_secrets, adapter.transport)


def required_url(server: AuthorizationServer[Method], field_name: str) -> str:
    """Return the URL in a field.

    Raises:
        DocumentError: the field is empty, since the document has an imported token instead.
    """
    url: str | None = getattr(server.method, field_name)
    if not url:
        raise DocumentError([finding("missing_field", f"The sign-in needs {field_name}.")])
    return url


def store_token(connection: Connection, token: Token) -> list[Finding]:
    """Store the token of a new sign-in, and return warnings about it.

    Raises:
        StoreError: the token could not be stored; the person has to sign in again.
    """
    try:
        stored_sign_in(connection).accept(token)
    except StoreError as error:
        lost = "The server has accepted the sign-in, but it could not be stored: sign in again after that."
        findings = [replace(found, advice=f"{found.advice} {lost}") for found in error.findings]
        raise StoreError(findings) from None
    warnings = connection.credential.token_remarks(token)
    if token.refresh_token is None:
        message = "The server issued no refresh token: the sign-in ends with its access token."
        warnings.append(finding("no_refresh_token", message))
    return warnings
