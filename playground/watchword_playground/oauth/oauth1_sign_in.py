"""The three steps of an OAuth 1.0 sign-in (RFC 5849 §2). oauthlib decides; the second step is a page."""

from html import escape
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from oauthlib.common import add_params_to_uri  # type: ignore[import-untyped]
from oauthlib.oauth1 import (  # type: ignore[import-untyped]
    AccessTokenEndpoint,
    AuthorizationEndpoint,
    RequestTokenEndpoint,
)

from watchword_playground.credentials import AUTHORIZE_PATH, EXCHANGE_PATH, REQUEST_PATH
from watchword_playground.http.pages import page
from watchword_playground.http.raw_request import oauthlib_arguments
from watchword_playground.http.refusals import REALM, REVOKED, WRONG, refuse_other_sites, unauthorized
from watchword_playground.oauth.oauth1_validator import (
    METHOD,
    OUT_OF_BAND,
    OAuth1Validator,
    refuse_unreadable,
)
from watchword_playground.state.state import State, state_of

_OVER = "<p>This sign-in is unknown or over. Begin again where you came from.</p>"


async def refuse_revoked(request: Request) -> None:
    """Answer 401 to every request of a revoked client."""
    if state_of(request).is_revoked(METHOD):
        raise unauthorized(METHOD, REVOKED, f"OAuth {REALM}")


router = APIRouter(tags=[METHOD], dependencies=[Depends(refuse_revoked)])


@router.post(REQUEST_PATH)
async def request_token(request: Request) -> Response:
    """Begin a sign-in: issue a request token."""
    validator = OAuth1Validator(state_of(request))
    arguments = await oauthlib_arguments(request)
    with refuse_unreadable():
        response = RequestTokenEndpoint(validator).create_request_token_response(*arguments)
    return _token_response(validator, response)


@router.get(AUTHORIZE_PATH)
async def ask(request: Request, oauth_token: str = "") -> Response:
    """Show the page that asks the user."""
    issued = state_of(request).request_tokens.get(oauth_token)
    if issued is None:
        return page(_OVER, 400)
    return page(
        f"""<p><strong>{escape(issued.consumer_key)}</strong> asks to read the airports in your name.</p>
<form method="post">
<input type="hidden" name="oauth_token" value="{escape(oauth_token)}">
<button name="decision" value="allow">Allow</button>
<button name="decision" value="deny">Deny</button>
</form>"""
    )


@router.post(AUTHORIZE_PATH, dependencies=[Depends(refuse_other_sites)])
async def decide(request: Request) -> Response:
    """Send the decision to the client's callback. Without a callback, the user copies the code."""
    state = state_of(request)
    fields = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
    token = fields.get("oauth_token", "")
    issued = state.request_tokens.get(token)
    if issued is None:
        return page(_OVER, 400)
    if fields.get("decision") == "allow":
        return _allowed(state, token)
    state.request_tokens.forget(token)
    if issued.callback == OUT_OF_BAND:
        return page("<p>You said no.</p>")
    refusal = {"oauth_token": token, "oauth_problem": "user_refused"}
    return RedirectResponse(add_params_to_uri(issued.callback, refusal.items()), 303)


@router.post(EXCHANGE_PATH)
async def access_token(request: Request) -> Response:
    """End a sign-in: exchange the request token for an access token. This works once."""
    validator = OAuth1Validator(state_of(request))
    arguments = await oauthlib_arguments(request)
    with refuse_unreadable():
        response = AccessTokenEndpoint(validator).create_access_token_response(*arguments)
    return _token_response(validator, response)


def _allowed(state: State, token: str) -> Response:
    uri = f"{AUTHORIZE_PATH}?{urlencode({'oauth_token': token})}"
    headers, content, _ = AuthorizationEndpoint(OAuth1Validator(state)).create_authorization_response(uri)
    if "Location" in headers:
        return RedirectResponse(headers["Location"], 303)
    verifier = dict(parse_qsl(content))["oauth_verifier"]
    return page(f"<p>Copy this code to where you came from:</p>\n<pre>{escape(verifier)}</pre>")


def _token_response(validator: OAuth1Validator, response: tuple[dict[str, str], str | None, int]) -> Response:
    headers, content, status = response
    if content is None:
        reason = WRONG if validator.nonce_is_new else "the nonce was used before"
        raise unauthorized(METHOD, reason, f"OAuth {REALM}")
    return Response(content, status, {**headers, "Cache-Control": "no-store"})
