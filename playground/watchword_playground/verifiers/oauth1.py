"""Requests signed with OAuth 1.0, verified by oauthlib's server side."""

from fastapi import Request
from oauthlib.common import Request as OAuthRequest  # type: ignore[import-untyped]
from oauthlib.oauth1 import ResourceEndpoint  # type: ignore[import-untyped]
from oauthlib.oauth1.rfc5849.errors import OAuth1Error  # type: ignore[import-untyped]

from watchword_playground.http.raw_request import oauthlib_arguments
from watchword_playground.http.refusals import MISSING, REALM, REVOKED, unauthorized
from watchword_playground.oauth.oauth1_validator import METHOD, OAuth1Validator, refuse_unreadable
from watchword_playground.state.state import state_of

# By oauthlib's name for the part that was wrong, in the order in which they are reported.
# The second text is a code of the draft "OAuth Problem Reporting".
_PROBLEMS = {
    "client": ("the consumer key is unknown, or can't sign this way", "consumer_key_unknown"),
    "resource_owner": ("the access token is unknown, expired or revoked", "token_rejected"),
    "realm": ("the realm isn't the one of the challenge", "parameter_rejected"),
    "signature": ("the signature is wrong", "signature_invalid"),
}


class Endpoint(ResourceEndpoint):  # type: ignore[misc]  # oauthlib ships no types
    """oauthlib's endpoint, which returns yes or no only. This one also remembers the error it handled."""

    reason = ""

    def _create_request(self, uri: str, http_method: str, body: str, headers: dict[str, str]) -> OAuthRequest:
        try:
            return super()._create_request(uri, http_method, body, headers)
        except OAuth1Error as error:
            self.reason = str(error.description)
            raise

    def _check_mandatory_parameters(self, request: OAuthRequest) -> None:
        try:
            super()._check_mandatory_parameters(request)
        except OAuth1Error as error:
            self.reason = str(error.description)
            raise


async def oauth1(request: Request) -> str:
    """Accept a signature in the header, query or form, with a new nonce and a current timestamp."""
    state = state_of(request)
    validator = OAuth1Validator(state)
    endpoint = Endpoint(validator)
    arguments = await oauthlib_arguments(request)
    with refuse_unreadable():
        right, verified = endpoint.validate_protected_resource_request(*arguments)
    if right and not state.is_revoked(METHOD):
        return str(verified.client_key)
    if right:
        reason, problem = REVOKED, "consumer_key_rejected"
    elif not validator.nonce_is_new:
        reason, problem = "the nonce was used before", "nonce_used"
    else:
        reason, problem = _problem(endpoint, verified)
    challenge = f'OAuth {REALM}, oauth_problem="{problem}"' if problem else f"OAuth {REALM}"
    raise unauthorized(METHOD, reason, challenge)


def _problem(endpoint: Endpoint, verified: OAuthRequest | None) -> tuple[str, str]:
    """Return why oauthlib refuses the request, as text and as a problem code."""
    if verified is None and "Missing" in endpoint.reason:
        return MISSING, ""
    if verified is None or endpoint.reason:
        return (
            endpoint.reason,
            "timestamp_refused" if "timestamp" in endpoint.reason.lower() else "parameter_rejected",
        )
    problems = [each for name, each in _PROBLEMS.items() if not verified.validator_log.get(name, True)]
    return problems[0] if problems else ("there is no access token", "parameter_absent")
