"""oauthlib's request validator for OAuth 2.0, on the state of one playground."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from oauthlib.common import Request as OAuthRequest  # type: ignore[import-untyped]
from oauthlib.oauth2 import (  # type: ignore[import-untyped]
    InvalidGrantError,
    RequestValidator,
    UnauthorizedClientError,
)
from oauthlib.oauth2.rfc6749.errors import CustomOAuth2Error  # type: ignore[import-untyped]
from oauthlib.oauth2.rfc8628.grant_types import DeviceCodeGrant  # type: ignore[import-untyped]

from watchword_playground.credentials import SCOPES, is_account
from watchword_playground.oauth.client_authentication import (
    ClientAuthentication,
    authenticate,
    public_client,
)
from watchword_playground.oauth.clients import CLIENTS, PASSWORD, Client
from watchword_playground.state.oauth_memory import AuthorizationCode
from watchword_playground.state.state import State
from watchword_playground.state.tokens import Family

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Verdict(NamedTuple):
    """The owner of a token, or the status, error code and reason of its refusal."""

    user: str | None = None
    status: int = 401
    error: str = ""
    detail: str = ""


class OAuth2Validator(RequestValidator):  # type: ignore[misc]  # oauthlib ships no types
    """The validator of one request, which also holds what was found out about it.

    oauthlib's own request object isn't suited for that: it exposes every field that the client sends as an
    attribute, a field `user` too.
    """

    def __init__(self, state: State, issuer: str = "", method: str = "", proved_key: str = "") -> None:
        super().__init__()
        self.state = state
        self.issuer = issuer
        self.user = ""
        self.verdict = Verdict()
        self.proved_key = proved_key
        self._method = method
        self._memory = state.oauth
        self._family: Family | None = None
        self._rotating = ""
        self._code: AuthorizationCode | None = None

    def client_authentication_required(self, request: OAuthRequest) -> bool:
        """Require authentication of all clients that aren't public (RFC 6749 §3.2.1)."""
        return not (
            ClientAuthentication.read(request).id_only and public_client(self.state, request.client_id)
        )

    def authenticate_client(self, request: OAuthRequest) -> bool:
        """Authenticate the client by header, body or assertion, but not by two of them."""
        return self._set_client(
            request, authenticate(self.state, ClientAuthentication.read(request), self.issuer)
        )

    def authenticate_client_id(self, client_id: str | None, request: OAuthRequest) -> bool:
        """Accept a public client by its id."""
        return self._set_client(request, public_client(self.state, client_id))

    def validate_client_id(self, client_id: str, request: OAuthRequest) -> bool:
        """Accept a known client that sends a user here, unless it was revoked."""
        client = CLIENTS.get(client_id)
        return self._set_client(
            request, client if client and not self.state.is_revoked(client.method) else None
        )

    def validate_grant_type(
        self, client_id: str, grant_type: str, client: Client, request: OAuthRequest
    ) -> bool:
        """Allow the grant of the client's method, and a refresh if that method has refresh tokens."""
        del client_id, request
        if client.bound and not self.proved_key:
            raise CustomOAuth2Error("invalid_dpop_proof", "The DPoP proof JWT header is missing.")
        return client.may_use(grant_type)

    def validate_response_type(
        self, client_id: str, response_type: str, client: Client, request: OAuthRequest
    ) -> bool:
        """Allow `code`, for clients of the authorization code grant."""
        del client_id, request
        return response_type == "code" and client.may_use("authorization_code")

    def validate_redirect_uri(self, client_id: str, redirect_uri: str, request: OAuthRequest) -> bool:
        """Allow the registered addresses exactly, and this machine with any port (RFC 8252 §7.3)."""
        del client_id, request
        try:
            parts = urlsplit(redirect_uri)
        except ValueError:
            return False
        is_loopback = parts.scheme == "http" and parts.hostname in _LOOPBACK and "@" not in parts.netloc
        return redirect_uri in self.state.oauth_settings.redirect_uris or (is_loopback and not parts.fragment)

    def get_default_redirect_uri(self, client_id: str, request: OAuthRequest) -> None:
        """Return None: every client must send its redirect address, because each has several."""
        del client_id, request

    def get_default_scopes(self, client_id: str, request: OAuthRequest) -> Sequence[str]:
        """Grant every scope to a client that doesn't ask for any."""
        del client_id, request
        return SCOPES

    def validate_scopes(
        self, client_id: str, scopes: Sequence[str], client: Client, request: OAuthRequest
    ) -> bool:
        """Allow the known scopes only."""
        del client_id, client, request
        return set(scopes) <= set(SCOPES)

    def is_pkce_required(self, client_id: str, request: OAuthRequest) -> bool:
        """Require a code challenge of public clients (RFC 9700 §2.1.1)."""
        del request
        return CLIENTS[client_id].public

    def save_authorization_code(self, client_id: str, code: Mapping[str, str], request: OAuthRequest) -> None:
        """Remember a code, which expires after `code_lifetime` seconds."""
        family = Family(CLIENTS[client_id].method, client_id, self.user, frozenset(request.scopes))
        expires_at = time.monotonic() + self.state.oauth_settings.code_lifetime
        issued = AuthorizationCode(family, request.redirect_uri, request.code_challenge, expires_at)
        self._memory.codes.add(code["code"], issued)

    def validate_code(self, client_id: str, code: str, client: Client, request: OAuthRequest) -> bool:
        """Accept a code once, from its own client. A second use revokes the tokens of the first."""
        del client
        issued = self._memory.codes.get(code)
        if issued is None or issued.family.client_id != client_id:
            return False
        if issued.used:
            self._memory.tokens.end_reused(issued.family)
            raise InvalidGrantError("the code was used before; the tokens that it brought are revoked")
        issued.used = True
        if issued.challenge is None and request.code_verifier is not None:
            # An attacker may have removed the challenge (RFC 9700 §4.8).
            raise InvalidGrantError("there is a code_verifier, but there was no code_challenge")
        self._code, self._family = issued, issued.family
        request.scopes = sorted(issued.family.scopes)
        return not issued.expired and not issued.family.ended

    def get_code_challenge(self, code: str, request: OAuthRequest) -> str | None:
        """Return the code challenge of the authorization request."""
        del code, request
        return self._code.challenge if self._code else None

    def get_code_challenge_method(self, code: str, request: OAuthRequest) -> str:
        """Return the only method: the others were refused before."""
        del code, request
        return "S256"

    def confirm_redirect_uri(
        self, client_id: str, code: str, redirect_uri: str, client: Client, request: OAuthRequest
    ) -> bool:
        """Require exactly the address of the authorization request (RFC 6749 §4.1.3)."""
        del client_id, code, client, request
        if self._code is None or self._code.redirect_uri != redirect_uri:
            raise InvalidGrantError("redirect_uri isn't that of the authorization request")
        return True

    def invalidate_authorization_code(self, client_id: str, code: str, request: OAuthRequest) -> None:
        """Do nothing: `validate_code` has marked the code as used, whether the request succeeds or not."""

    def validate_user(self, username: str, password: str, client: Client, request: OAuthRequest) -> bool:
        """Accept the username and password of an account."""
        del client, request
        self.user = username
        return is_account(PASSWORD, "username", "password", (username, password))

    def validate_device_code(self, client_id: str, code: str, request: OAuthRequest) -> str | None:
        """Return the state of a device's sign-in (RFC 8628 §3.5). Its code works once."""
        sign_in = self._memory.device_sign_ins.get(code)
        if sign_in is None or sign_in.client_id != client_id:
            return None
        request.scopes, self.user = sorted(sign_in.scopes), sign_in.user
        status = DeviceCodeGrant.DEVICE_CODE_AUTHORIZED
        if sign_in.expired:
            status = DeviceCodeGrant.DEVICE_CODE_EXPIRED
        elif sign_in.denied:
            status = DeviceCodeGrant.DEVICE_CODE_DENIED
        elif not sign_in.user:
            waited = sign_in.poll()
            status = DeviceCodeGrant.DEVICE_CODE_PENDING if waited else DeviceCodeGrant.DEVICE_CODE_SLOW_DOWN
        else:
            self._memory.device_sign_ins.forget(code)
        return str(status)

    def validate_refresh_token(self, refresh_token: str, client: Client, request: OAuthRequest) -> bool:
        """Accept a valid refresh token. If tokens rotate, using one twice ends the family."""
        del request
        self._family = self._memory.tokens.refreshable(refresh_token, client.client_id)
        if self._family is not None and self._family.key not in ("", self.proved_key):
            raise InvalidGrantError("the refresh token is bound to another key than the request proves")
        self._rotating = refresh_token
        return self._family is not None

    def get_original_scopes(self, refresh_token: str, request: OAuthRequest) -> Sequence[str]:
        """Return the scopes that the user allowed: a refresh may ask for fewer, but not for others."""
        del refresh_token, request
        return sorted(self._family.scopes) if self._family else ()

    def save_bearer_token(self, token: Mapping[str, Any], request: OAuthRequest) -> None:
        """Remember new tokens, and that the used refresh token was replaced."""
        scopes = frozenset(request.scopes)
        client: Client = request.client
        if self._family is None:
            self._family = Family(client.method, client.client_id, self.user or client.client_id, scopes)
        if client.public and not self._family.key:
            self._family.key = self.proved_key  # of no other client (RFC 9449 §5)
        self._memory.tokens.add(token, self._family, scopes, self.proved_key)
        if self._rotating and self.state.oauth_settings.rotation:
            self._memory.tokens.rotate(self._rotating)

    def revoke_token(self, token: str, token_type_hint: str | None, request: OAuthRequest) -> None:
        """Revoke a token of this client. A token of another client is refused (RFC 7009 §2.1)."""
        del token_type_hint
        access_token = self._memory.tokens.access(token)
        family = access_token.family if access_token else self._memory.tokens.family(token)
        if family is not None and family.client_id != request.client.client_id:
            raise UnauthorizedClientError("the token was issued to another client")
        self._memory.tokens.revoke(token)

    def validate_bearer_token(self, token: str | None, scopes: Sequence[str], request: OAuthRequest) -> bool:
        """Accept a known, unexpired token with the required scopes. `verdict` holds the result."""
        del request
        issued = self._memory.tokens.access(token, self._method) if token else None
        if not token:
            self.verdict = Verdict(detail="an access token is missing")
        elif issued is None or self.state.is_revoked(self._method):
            detail = "the access token is unknown, expired or revoked"
            self.verdict = Verdict(error="invalid_token", detail=detail)
        elif issued.key != self.proved_key:
            detail = "the access token is bound to another key than the request proves"
            self.verdict = Verdict(error="invalid_token", detail=detail)
        elif not issued.scopes.issuperset(scopes):
            detail = f"the access token lacks the scope {' '.join(scopes)}"
            self.verdict = Verdict(status=403, error="insufficient_scope", detail=detail)
        else:
            self.verdict = Verdict(user=issued.family.user)
        return self.verdict.user is not None

    def _set_client(self, request: OAuthRequest, client: Client | None) -> bool:
        request.client = client
        return client is not None
