"""The three legs of an OAuth 1.0 sign-in (RFC 5849 §2), decided by oauthlib, with a page for the second."""

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

from watchword_playground.control import refuse_other_sites
from watchword_playground.credentials import AUTHORIZE_PATH, EXCHANGE_PATH, REQUEST_PATH
from watchword_playground.oauth.oauth1 import METHOD, OUT_OF_BAND, Validator, readable
from watchword_playground.pages import page
from watchword_playground.raw_request import for_oauthlib
from watchword_playground.refusals import REALM, REVOKED, WRONG, unauthorized
from watchword_playground.state import State, state_of

_OVER = "<p>This sign-in is unknown or over. Begin again where you came from.</p>"


async def refuse_revoked(request: Request) -> None:
    """Begin and end no sign-in for a client that was revoked."""
    if state_of(request).is_revoked(METHOD):
        raise unauthorized(METHOD, REVOKED, f"OAuth {REALM}")


router = APIRouter(tags=[METHOD], dependencies=[Depends(refuse_revoked)])


@router.post(REQUEST_PATH)
async def request_token(request: Request) -> Response:
    """Begin a sign-in."""
    validator = Validator(state_of(request))
    arrived = await for_oauthlib(request)
    with readable():
        answer = RequestTokenEndpoint(validator).create_request_token_response(*arrived)
    return _token(validator, answer)


@router.get(AUTHORIZE_PATH)
async def ask(request: Request, oauth_token: str = "") -> Response:
    """Ask whoever looks at this page."""
    begun = state_of(request).request_tokens.find(oauth_token)
    if begun is None:
        return page(_OVER, 400)
    return page(
        f"""<p><strong>{escape(begun.consumer_key)}</strong> asks to read the airports in your name.</p>
<form method="post">
<input type="hidden" name="oauth_token" value="{escape(oauth_token)}">
<button name="decision" value="allow">Allow</button>
<button name="decision" value="deny">Deny</button>
</form>"""
    )


@router.post(AUTHORIZE_PATH, dependencies=[Depends(refuse_other_sites)])
async def decide(request: Request) -> Response:
    """Send the decision to the client's callback; a client without one is told by its user."""
    state = state_of(request)
    fields = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
    token = fields.get("oauth_token", "")
    begun = state.request_tokens.find(token)
    if begun is None:
        return page(_OVER, 400)
    if fields.get("decision") == "allow":
        return _allowed(state, token)
    state.request_tokens.forget(token)
    if begun.callback == OUT_OF_BAND:
        return page("<p>You said no.</p>")
    refusal = {"oauth_token": token, "oauth_problem": "user_refused"}
    return RedirectResponse(add_params_to_uri(begun.callback, refusal.items()), 303)


@router.post(EXCHANGE_PATH)
async def access_token(request: Request) -> Response:
    """End a sign-in: exchange the request token, once, for an access token."""
    validator = Validator(state_of(request))
    arrived = await for_oauthlib(request)
    with readable():
        answer = AccessTokenEndpoint(validator).create_access_token_response(*arrived)
    return _token(validator, answer)


def _allowed(state: State, token: str) -> Response:
    uri = f"{AUTHORIZE_PATH}?{urlencode({'oauth_token': token})}"
    headers, content, _ = AuthorizationEndpoint(Validator(state)).create_authorization_response(uri)
    if "Location" in headers:
        return RedirectResponse(headers["Location"], 303)
    verifier = dict(parse_qsl(content))["oauth_verifier"]
    return page(f"<p>Copy this code to where you came from:</p>\n<pre>{escape(verifier)}</pre>")


def _token(validator: Validator, answer: tuple[dict[str, str], str | None, int]) -> Response:
    headers, content, status = answer
    if content is None:
        why = WRONG if validator.nonce_is_new else "the nonce was used before"
        raise unauthorized(METHOD, why, f"OAuth {REALM}")
    return Response(content, status, {**headers, "Cache-Control": "no-store"})
