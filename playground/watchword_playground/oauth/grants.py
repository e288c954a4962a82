"""The grants that oauthlib lacks, and one that is stricter here, as oauthlib grant types."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from oauthlib.common import Request as OAuthRequest  # type: ignore[import-untyped]
from oauthlib.oauth2 import (  # type: ignore[import-untyped]
    AuthorizationCodeGrant,
    BearerToken,
    InvalidGrantError,
    InvalidRequestError,
    OAuth2Error,
)
from oauthlib.oauth2.rfc6749.errors import CustomOAuth2Error  # type: ignore[import-untyped]
from oauthlib.oauth2.rfc6749.grant_types.base import GrantTypeBase  # type: ignore[import-untyped]

from watchword_playground.credentials import AUDIENCE, CREDENTIALS, PEOPLE, TOKEN_PATH, accounts, same
from watchword_playground.http.refusals import REVOKED
from watchword_playground.oauth.client_authentication import ClientAuthentication
from watchword_playground.oauth.clients import JWT_BEARER, TOKEN_EXCHANGE, Client
from watchword_playground.oauth.jwt_verification import Expected, Key, Refused, verify
from watchword_playground.oauth.oauth2_validator import OAuth2Validator
from watchword_playground.oauth.replay import claim_once

_ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 -- a type of token
_MAY_REPEAT = ("audience", "resource")  # RFC 8693 §2.1

OAuthResponse = tuple[dict[str, str], str, int]


class HashedCodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]  # oauthlib ships no types
    """The authorization code grant. It accepts only hashed code challenges (RFC 9700 §2.1.1)."""

    _code_challenge_methods: ClassVar = {"S256": AuthorizationCodeGrant._code_challenge_methods["S256"]}  # noqa: SLF001 -- the only way to disable `plain`


class ExtensionGrant(GrantTypeBase):  # type: ignore[misc]  # oauthlib ships no types
    """A grant whose type is a URI (RFC 6749 §4.5). It returns no refresh token."""

    request_validator: OAuth2Validator

    def create_token_response(self, request: OAuthRequest, token_handler: BearerToken) -> OAuthResponse:
        """Return a token, or an error of RFC 6749 §5.2."""
        headers: dict[str, str] = self._get_default_headers()
        try:
            self._refuse_repeated(request)
            self.verify(request)
            self.validate_grant_type(request)
            self.validate_scopes(request)
        except OAuth2Error as refusal:
            return {**headers, **refusal.headers}, refusal.json, refusal.status_code
        token = token_handler.create_token(request, refresh_token=False)
        self.request_validator.save_token(token, request)
        return headers, json.dumps(token), 200

    def verify(self, request: OAuthRequest) -> None:
        """Set the client and the user, or raise the reason of the refusal."""
        raise NotImplementedError

    def _refuse_repeated(self, request: OAuthRequest) -> None:
        for name in request.duplicate_params:
            if name not in _MAY_REPEAT:
                raise InvalidRequestError(f"Duplicate {name} parameter.")


class JwtBearerGrant(ExtensionGrant):
    """Exchanges a signed JWT for a token (RFC 7523 §2.1). Without a client, the issuer is the client."""

    def verify(self, request: OAuthRequest) -> None:
        """Verify the assertion."""
        if not ClientAuthentication.read(request).id_only:
            self.validate_client_authentication(request)
        assertion = getattr(request, "assertion", None)
        if not assertion:
            raise InvalidRequestError("Missing assertion parameter.")
        state = self.request_validator.state
        try:
            claims = verify(assertion, self._choose)
            claim_once(state, claims, jti_required=False)
        except Refused as refusal:
            raise InvalidGrantError(str(refusal)) from None
        if state.is_revoked(JWT_BEARER):
            raise InvalidGrantError(REVOKED)
        self.request_validator.user = claims["sub"]
        request.client = Client(claims["iss"], JWT_BEARER)
        request.client_id = claims["iss"]

    def _choose(self, header: Mapping[str, Any], claims: Mapping[str, Any]) -> tuple[Key, Expected]:
        """Return the key with the header's key id, the first registered key if the header has no id."""
        issuer = CREDENTIALS[JWT_BEARER]["payload"]["iss"]
        if claims.get("iss") != issuer:
            raise Refused("no service is registered with this issuer (iss)")
        if claims.get("sub") not in PEOPLE:
            raise Refused("the subject (sub) is missing, or isn't known here")
        for key in SERVICE_KEYS:
            if header.get("kid", "") == key.key_id:
                return key, Expected(issuer, [self.request_validator.issuer + TOKEN_PATH])
        raise Refused("no key is registered with this id (kid)")


SERVICE_KEYS = (
    *(
        Key(each["algorithm"], each["private_key"], each.get("jwt_headers", {}).get("kid", ""))
        for each in accounts(JWT_BEARER)
    ),
    Key("HS256", "playground-service-secret-8d15c3f7a0b94e62", "playground-hs256"),
)
"""The keys of the service, one of each type."""


class TokenExchangeGrant(ExtensionGrant):
    """Exchanges one token for another (RFC 8693)."""

    def verify(self, request: OAuthRequest) -> None:
        """Verify the client, the subject token and the actor token, which is optional."""
        given: dict[str, str] = dict(request.decoded_body)
        for name in ("subject_token", "subject_token_type"):
            if not given.get(name):
                raise InvalidRequestError(f"Missing {name} parameter.")
        if bool(given.get("actor_token")) != bool(given.get("actor_token_type")):
            raise InvalidRequestError("actor_token and actor_token_type come together or not at all")
        self.validate_client_authentication(request)
        if given.get("requested_token_type") not in (None, "", _ACCESS_TOKEN):
            raise InvalidRequestError(f"the requested_token_type must be {_ACCESS_TOKEN}")
        self._refuse_other_targets(request)
        user = self._owner(given, "subject")
        actor = self._owner(given, "actor") if given.get("actor_token") else ""
        self.request_validator.user = f"{actor} for {user}" if actor else user
        request.extra_credentials = {"issued_token_type": _ACCESS_TOKEN}

    def _refuse_other_targets(self, request: OAuthRequest) -> None:
        """Accept only this API as target, by its name or its address (RFC 8693 §2.2.2)."""
        root = self.request_validator.issuer
        for name, value in request.decoded_body:
            is_this_api = (
                value == AUDIENCE if name == "audience" else value == root or value.startswith(f"{root}/")
            )
            if name in _MAY_REPEAT and not is_this_api:
                raise CustomOAuth2Error("invalid_target", f"this server knows no such {name}")

    def _owner(self, given: Mapping[str, str], role: str) -> str:
        """Return the owner of a token, which is published or was issued by this server."""
        if given[f"{role}_token_type"] != _ACCESS_TOKEN:
            raise InvalidRequestError(f"the {role}_token_type must be {_ACCESS_TOKEN}")
        token = given[f"{role}_token"]
        for owner, published in PUBLISHED_TOKENS[role].items():
            if same(token, published):
                return owner
        issued = self.request_validator.state.oauth.tokens.access(token)
        if issued is None:
            raise InvalidRequestError(f"the {role}_token is unknown, expired or revoked")
        return issued.family.user


_USUAL, _OTHER = accounts(TOKEN_EXCHANGE)
PUBLISHED_TOKENS: Mapping[str, Mapping[str, str]] = {
    "subject": {"ada": _USUAL["subject_token"], "grace": _OTHER["subject_token"]},
    "actor": {"a robot": _OTHER["actor_token"]},
}
"""The tokens that another server issued, by role and owner. Others are invalid requests (RFC 8693 §2.2.2)."""
