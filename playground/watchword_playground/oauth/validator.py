"""What oauthlib asks of an authorization server, answered from the state of one playground."""

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
from oauthlib.oauth2.rfc8628.grant_types import DeviceCodeGrant  # type: ignore[import-untyped]

from watchword_playground.credentials import SCOPES, is_account
from watchword_playground.oauth.client_authentication import (
    ClientAuthentication,
    authenticated,
    public_client,
)
from watchword_playground.oauth.clients import CLIENTS, PASSWORD, Client
from watchword_playground.oauth.memory import AuthorizationCode
from watchword_playground.state import State
from watchword_playground.tokens import Family

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Verdict(NamedTuple):
    """Whose token it is, or with what status, error code and words it is refused."""

    user: str | None = None
    status: int = 401
    error: str = ""
    detail: str = ""


class Validator(RequestValidator):  # type: ignore[misc]  # oauthlib ships no types
    """Made for one request: what was found out is kept here.

    oauthlib's own request object won't do for that: it gives out every field that the client sends as an
    attribute, a `user` as well.
    """

    def __init__(self, state: State, issuer: str = "", method: str = "") -> None:
        super().__init__()
        self.state = state
        self.issuer = issuer
        self.user = ""
        self.verdict = Verdict()
        self._method = method
        self._memory = state.oauth
        self._family: Family | None = None
        self._rotating = ""
        self._code: AuthorizationCode | None = None

    def client_authentication_required(self, request: OAuthRequest) -> bool:
        """Let only public clients come without proof (RFC 6749 §3.2.1)."""
        return not (
            ClientAuthentication.by(request).only_a_name and public_client(self.state, request.client_id)
        )

    def authenticate_client(self, request: OAuthRequest) -> bool:
        """Accept the client by header, body or assertion, but by one of them only."""
        return self._known(request, authenticated(self.state, ClientAuthentication.by(request), self.issuer))

    def authenticate_client_id(self, client_id: str | None, request: OAuthRequest) -> bool:
        """Accept a public client by its name."""
        return self._known(request, public_client(self.state, client_id))

    def validate_client_id(self, client_id: str, request: OAuthRequest) -> bool:
        """Know the clients that may send a user here."""
        client = CLIENTS.get(client_id)
        return self._known(request, client if client and not self.state.is_revoked(client.method) else None)

    def validate_grant_type(
        self, client_id: str, grant_type: str, client: Client, request: OAuthRequest
    ) -> bool:
        """Allow the grant of the client's method, and refreshing where that fits."""
        del client_id, request
        return client.may_use(grant_type)

    def validate_response_type(
        self, client_id: str, response_type: str, client: Client, request: OAuthRequest
    ) -> bool:
        """Hand out codes, to clients of that grant."""
        del client_id, request
        return response_type == "code" and client.may_use("authorization_code")

    def validate_redirect_uri(self, client_id: str, redirect_uri: str, request: OAuthRequest) -> bool:
        """Allow the registered addresses to the letter, and this machine with any port (RFC 8252 §7.3)."""
        del client_id, request
        try:
            parts = urlsplit(redirect_uri)
        except ValueError:
            return False
        here = parts.scheme == "http" and parts.hostname in _LOOPBACK and "@" not in parts.netloc
        return redirect_uri in self.state.oauth_settings.redirect_uris or (here and not parts.fragment)

    def get_default_redirect_uri(self, client_id: str, request: OAuthRequest) -> None:
        """Have every client say where it wants its user back, since each has several places."""
        del client_id, request

    def get_default_scopes(self, client_id: str, request: OAuthRequest) -> Sequence[str]:
        """Grant every scope to a client that asks for none."""
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
        """Remember a code that is good for a minute."""
        family = Family(CLIENTS[client_id].method, client_id, self.user, frozenset(request.scopes))
        expires_at = time.monotonic() + self.state.oauth_settings.code_lifetime
        kept = AuthorizationCode(family, request.redirect_uri, request.code_challenge, expires_at)
        self._memory.codes.keep(code["code"], kept)

    def validate_code(self, client_id: str, code: str, client: Client, request: OAuthRequest) -> bool:
        """Accept a code once, from its own client; the second time ends what the first one brought."""
        del client
        kept = self._memory.codes.find(code)
        if kept is None or kept.family.client_id != client_id:
            return False
        if kept.used:
            self._memory.tokens.reuse(kept.family)
            raise InvalidGrantError("the code was used before; the tokens that it brought are revoked")
        kept.used = True
        if kept.challenge is None and request.code_verifier is not None:
            # Somebody may have taken the challenge away (RFC 9700 §4.8).
            raise InvalidGrantError("there is a code_verifier, but there was no code_challenge")
        self._code, self._family = kept, kept.family
        request.scopes = sorted(kept.family.scopes)
        return not kept.expired and not kept.family.ended

    def get_code_challenge(self, code: str, request: OAuthRequest) -> str | None:
        """Return the challenge that came with the authorization request."""
        del code, request
        return self._code.challenge if self._code else None

    def get_code_challenge_method(self, code: str, request: OAuthRequest) -> str:
        """Know one method; the others were refused before."""
        del code, request
        return "S256"

    def confirm_redirect_uri(
        self, client_id: str, code: str, redirect_uri: str, client: Client, request: OAuthRequest
    ) -> bool:
        """Want the address of the authorization request again, to the letter (RFC 6749 §4.1.3)."""
        del client_id, code, client, request
        if self._code is None or self._code.redirect_uri != redirect_uri:
            raise InvalidGrantError("redirect_uri isn't that of the authorization request")
        return True

    def invalidate_authorization_code(self, client_id: str, code: str, request: OAuthRequest) -> None:
        """Do nothing: a code counts as used from the moment it is shown, be the rest right or wrong."""

    def validate_user(self, username: str, password: str, client: Client, request: OAuthRequest) -> bool:
        """Accept the name and password of an account."""
        del client, request
        self.user = username
        return is_account(PASSWORD, "username", "password", (username, password))

    def validate_device_code(self, client_id: str, code: str, request: OAuthRequest) -> str | None:
        """Say how far a device's sign-in has come (RFC 8628 §3.5); its code serves once."""
        begun = self._memory.device_sign_ins.find(code)
        if begun is None or begun.client_id != client_id:
            return None
        request.scopes, self.user = sorted(begun.scopes), begun.user
        status = DeviceCodeGrant.DEVICE_CODE_AUTHORIZED
        if begun.expired:
            status = DeviceCodeGrant.DEVICE_CODE_EXPIRED
        elif begun.denied:
            status = DeviceCodeGrant.DEVICE_CODE_DENIED
        elif not begun.user:
            waited = begun.poll()
            status = DeviceCodeGrant.DEVICE_CODE_PENDING if waited else DeviceCodeGrant.DEVICE_CODE_SLOW_DOWN
        else:
            self._memory.device_sign_ins.forget(code)
        return str(status)

    def validate_refresh_token(self, refresh_token: str, client: Client, request: OAuthRequest) -> bool:
        """Accept a refresh token that is good; where it rotates, using it twice ends the family."""
        del request
        self._family = self._memory.tokens.refreshable(refresh_token, client.client_id)
        self._rotating = refresh_token
        return self._family is not None

    def get_original_scopes(self, refresh_token: str, request: OAuthRequest) -> Sequence[str]:
        """Return what the user allowed: a refresh may ask for less, but not for more."""
        del refresh_token, request
        return sorted(self._family.scopes) if self._family else ()

    def save_bearer_token(self, token: Mapping[str, Any], request: OAuthRequest) -> None:
        """Remember new tokens, and that the refresh token they came from is over."""
        scopes = frozenset(request.scopes)
        if self._family is None:
            client: Client = request.client
            self._family = Family(client.method, client.client_id, self.user or client.client_id, scopes)
        self._memory.tokens.keep(token, self._family, scopes)
        if self._rotating and self.state.oauth_settings.rotation:
            self._memory.tokens.rotate(self._rotating)

    def revoke_token(self, token: str, token_type_hint: str | None, request: OAuthRequest) -> None:
        """Revoke a token of this client; those of another are refused (RFC 7009 §2.1)."""
        del token_type_hint
        found = self._memory.tokens.access(token)
        family = found.family if found else self._memory.tokens.family(token)
        if family is not None and family.client_id != request.client.client_id:
            raise UnauthorizedClientError("the token was issued to another client")
        self._memory.tokens.revoke(token)

    def validate_bearer_token(self, token: str | None, scopes: Sequence[str], request: OAuthRequest) -> bool:
        """Accept a token that is known, fresh and wide enough; keep the verdict."""
        del request
        issued = self._memory.tokens.access(token, self._method) if token else None
        if not token:
            self.verdict = Verdict(detail="an access token is missing")
        elif issued is None or self.state.is_revoked(self._method):
            detail = "the access token is unknown, expired or revoked"
            self.verdict = Verdict(error="invalid_token", detail=detail)
        elif not issued.scopes.issuperset(scopes):
            detail = f"the access token lacks the scope {' '.join(scopes)}"
            self.verdict = Verdict(status=403, error="insufficient_scope", detail=detail)
        else:
            self.verdict = Verdict(user=issued.family.user)
        return self.verdict.user is not None

    def _known(self, request: OAuthRequest, client: Client | None) -> bool:
        request.client = client
        return client is not None
