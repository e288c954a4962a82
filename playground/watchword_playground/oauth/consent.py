"""The consent page, on which a user allows a client to act for them (RFC 6749 §4.1.1). oauthlib decides."""

from collections.abc import Iterable
from html import escape
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from oauthlib.common import add_params_to_uri  # type: ignore[import-untyped]
from oauthlib.oauth2 import AccessDeniedError, FatalClientError, OAuth2Error  # type: ignore[import-untyped]

from watchword_playground.credentials import CONSENT_PATH, PEOPLE
from watchword_playground.http.pages import page
from watchword_playground.http.refusals import refuse_other_sites
from watchword_playground.oauth.authorization_server import AuthorizationServer, issuer_of
from watchword_playground.oauth.oauth2_validator import OAuth2Validator
from watchword_playground.state.state import state_of

# The parameters that are read. oauthlib would obey others too, for example `response_mode`.
_PARAMETERS = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
)

Fields = Iterable[tuple[str, str]]

router = APIRouter(tags=["oauth2"])


@router.get(CONSENT_PATH)
async def ask(request: Request) -> Response:
    """Show the page that asks the user."""
    fields = _known_parameters(parse_qsl(request.url.query, keep_blank_values=True))
    server = AuthorizationServer(OAuth2Validator(state_of(request), issuer_of(request)))
    try:
        scopes, info = server.validate_authorization_request(_uri(fields))
    except FatalClientError as refusal:
        return _fatal(refusal)
    except OAuth2Error as refusal:
        return _back(request, refusal.in_uri(refusal.redirect_uri))
    return page(
        f"""{consent_question(info["client_id"], scopes)}
<form method="post" action="{CONSENT_PATH}">
{"".join(_hidden(name, value) for name, value in fields)}
{CHOICE}
</form>"""
    )


@router.post(CONSENT_PATH, dependencies=[Depends(refuse_other_sites)])
async def decide(request: Request) -> Response:
    """Send the user back to the client, with a code or with `access_denied`."""
    form = parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True)
    fields = _known_parameters(form)
    validator = OAuth2Validator(state_of(request), issuer_of(request))
    server = AuthorizationServer(validator)
    try:
        # Validated again, because the page's fields come from the browser.
        _, info = server.validate_authorization_request(_uri(fields))
        validator.user = approving_user(dict(form))
        if not validator.user:
            raise AccessDeniedError(request=info["request"])
        headers, _, _ = server.create_authorization_response(_uri(fields))
    except FatalClientError as refusal:
        return _fatal(refusal)
    except OAuth2Error as refusal:
        return _back(request, refusal.in_uri(refusal.redirect_uri))
    return _back(request, headers["Location"])


CHOICE = f"""<p><label>Sign in as <select name="user">
{"".join(f"<option>{person}</option>" for person in PEOPLE)}
</select></label></p>
<button name="decision" value="allow">Allow</button>
<button name="decision" value="deny">Deny</button>"""
"""The part of a form that asks for the user and the decision."""


def consent_question(client_id: str, scopes: Iterable[str]) -> str:
    """Return the question as escaped HTML."""
    requested = ", ".join(escape(scope) for scope in sorted(scopes))
    return f"<p><strong>{escape(client_id)}</strong> asks to act in your name: {requested}.</p>"


def approving_user(form: dict[str, str]) -> str:
    """Return the user who allowed it, "" if it wasn't allowed."""
    user = form.get("user", "")
    return user if form.get("decision") == "allow" and user in PEOPLE else ""


def _known_parameters(fields: Fields) -> list[tuple[str, str]]:
    # A parameter without a value counts as omitted (RFC 6749 §3.1).
    return [(name, value) for name, value in fields if name in _PARAMETERS and value]


def _uri(fields: Fields) -> str:
    return f"{CONSENT_PATH}?{urlencode(list(fields))}"


def _hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">\n'


def _fatal(refusal: FatalClientError) -> Response:
    """Show the error here, because the redirect address may not be the client's (RFC 6749 §4.1.2.1)."""
    reason = escape(refusal.description or refusal.error)
    return page(f"<p>This sign-in can't be trusted: {reason}</p>\n<p>You are sent nowhere.</p>", 400)


def _back(request: Request, uri: str) -> Response:
    """Redirect with this server's issuer, which prevents mix-up attacks (RFC 9207)."""
    with_issuer = add_params_to_uri(uri, [("iss", issuer_of(request))])
    return RedirectResponse(with_issuer, 303, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
