"""Requests signed with OAuth 1.0, verified by oauthlib's server side."""

from fastapi import Request
from oauthlib.common import Request as OAuthRequest  # type: ignore[import-untyped]
from oauthlib.oauth1 import ResourceEndpoint  # type: ignore[import-untyped]
from oauthlib.oauth1.rfc5849.errors import OAuth1Error  # type: ignore[import-untyped]

from watchword_playground.oauth.oauth1 import METHOD, Validator, readable
from watchword_playground.raw_request import for_oauthlib
from watchword_playground.refusals import MISSING, REALM, REVOKED, unauthorized
from watchword_playground.state import state_of

# In the order in which they are told, by oauthlib's name for the part that was wrong;
# the second text is one of the draft "OAuth Problem Reporting".
_PROBLEMS = {
    "client": ("the consumer key is unknown, or can't sign this way", "consumer_key_unknown"),
    "resource_owner": ("the access token is unknown, expired or revoked", "token_rejected"),
    "realm": ("the realm isn't the one of the challenge", "parameter_rejected"),
    "signature": ("the signature is wrong", "signature_invalid"),
}


class Endpoint(ResourceEndpoint):  # type: ignore[misc]  # oauthlib ships no types
    """oauthlib's endpoint, which answers yes or no; this one remembers what it raised inside."""

    why = ""

    def _create_request(self, uri: str, http_method: str, body: str, headers: dict[str, str]) -> OAuthRequest:
        try:
            return super()._create_request(uri, http_method, body, headers)
        except OAuth1Error as error:
            self.why = str(error.description)
            raise

    def _check_mandatory_parameters(self, request: OAuthRequest) -> None:
        try:
            super()._check_mandatory_parameters(request)
        except OAuth1Error as error:
            self.why = str(error.description)
            raise


async def oauth1(request: Request) -> str:
    """Accept a signature in the header, the query or a form, whose nonce is new and whose time is near."""
    state = state_of(request)
    validator = Validator(state)
    endpoint = Endpoint(validator)
    arrived = await for_oauthlib(request)
    with readable():
        right, judged = endpoint.validate_protected_resource_request(*arrived)
    if right and not state.is_revoked(METHOD):
        return str(judged.client_key)
    if right:
        why, problem = REVOKED, "consumer_key_rejected"
    elif not validator.nonce_is_new:
        why, problem = "the nonce was used before", "nonce_used"
    else:
        why, problem = _problem(endpoint, judged)
    challenge = f'OAuth {REALM}, oauth_problem="{problem}"' if problem else f"OAuth {REALM}"
    raise unauthorized(METHOD, why, challenge)


def _problem(endpoint: Endpoint, judged: OAuthRequest | None) -> tuple[str, str]:
    """Return in two ways why oauthlib refuses the request."""
    if judged is None and "Missing" in endpoint.why:
        return MISSING, ""
    if judged is None or endpoint.why:
        return (
            endpoint.why,
            "timestamp_refused" if "timestamp" in endpoint.why.lower() else "parameter_rejected",
        )
    wrong = [each for name, each in _PROBLEMS.items() if not judged.validator_log.get(name, True)]
    return wrong[0] if wrong else ("there is no access token", "parameter_absent")
