"""Signing in on another device (RFC 8628): where the device begins, and the page where its code is typed."""

import json
import secrets
import time
from html import escape
from urllib.parse import parse_qs, parse_qsl, urlencode

from fastapi import APIRouter, Depends, Request, Response
from oauthlib.oauth2 import DeviceApplicationServer, OAuth2Error  # type: ignore[import-untyped]

from watchword_playground.control import refuse_other_sites
from watchword_playground.credentials import DEVICE_PATH, VERIFICATION_PATH
from watchword_playground.oauth.client_authentication import client_of_header
from watchword_playground.oauth.consent import CHOICE, consent, deciding
from watchword_playground.oauth.endpoints import as_response, form_of, headers_of, issuer_of
from watchword_playground.oauth.memory import DeviceSignIn
from watchword_playground.oauth.validator import Validator
from watchword_playground.pages import page
from watchword_playground.state import State, state_of

_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""No vowels, so that no code spells a word, and none that look alike (RFC 8628 §6.1)."""
_LONGER = 3600
"""For how many seconds a device is told that its code has expired, rather than that there is none."""

_QUESTION = f"""<form action="{VERIFICATION_PATH}">
<p><label>The code on your device: <input name="user_code" autocomplete="off" autofocus></label></p>
<button>Continue</button>
</form>"""
_UNKNOWN = "<p>There is no such code, or it is over. Look at your device again.</p>\n"

router = APIRouter(tags=["oauth2"])


@router.post(DEVICE_PATH)
async def begin(request: Request) -> Response:
    """Give a device its codes."""
    state = state_of(request)
    try:
        body = _named(await form_of(request), request.headers.get("Authorization"))
        server = _server(state, issuer_of(request))
        _, codes, status = server.create_device_authorization_response(
            DEVICE_PATH, "POST", body, headers_of(request)
        )
    except OAuth2Error as refusal:
        return as_response({}, refusal.json, refusal.status_code)
    client_id = parse_qs(body)["client_id"][0]
    scopes = frozenset(codes["scope"].split())
    expires_at = time.monotonic() + codes["expires_in"]
    begun = DeviceSignIn(client_id, scopes, codes["user_code"], expires_at, codes["interval"])
    state.oauth.device_sign_ins.keep(codes["device_code"], begun, codes["expires_in"] + _LONGER)
    return as_response({}, json.dumps(codes), status)


@router.get(VERIFICATION_PATH)
async def ask(request: Request, user_code: str = "") -> Response:
    """Ask for the code, and then whether its device may."""
    begun = state_of(request).oauth.asked_by(user_code)
    if begun is None:
        return page(_UNKNOWN + _QUESTION, 404) if user_code else page(_QUESTION)
    return page(
        f"""{consent(begun.client_id, begun.scopes)}
<p>Does your device show the code <strong>{escape(begun.user_code)}</strong>?</p>
<form method="post" action="{VERIFICATION_PATH}">
<input type="hidden" name="user_code" value="{escape(begun.user_code)}">
{CHOICE}
</form>"""
    )


@router.post(VERIFICATION_PATH, dependencies=[Depends(refuse_other_sites)])
async def decide(request: Request) -> Response:
    """Note the decision; the device learns of it when it asks next."""
    form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
    begun = state_of(request).oauth.asked_by(form.get("user_code", ""))
    if begun is None:
        return page(_UNKNOWN + _QUESTION, 404)
    begun.user = deciding(form)
    begun.denied = not begun.user
    return page("<p>You said no.</p>" if begun.denied else "<p>Done. Your device goes on by itself.</p>")


def _server(state: State, issuer: str) -> DeviceApplicationServer:
    """Return oauthlib's endpoint; it takes the lifetime as an attribute only."""
    verification = issuer + VERIFICATION_PATH
    server = DeviceApplicationServer(
        Validator(state, issuer),
        verification,
        interval=state.oauth_settings.device_interval,
        verification_uri_complete=f"{verification}?user_code={{user_code}}",
        user_code_generator=_user_code,
    )
    server._expires_in = state.oauth_settings.device_code_lifetime  # noqa: SLF001 -- see above
    return server


def _user_code() -> str:
    letters = "".join(secrets.choice(_LETTERS) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def _named(body: str, header: str | None) -> str:
    """Name the client in the form as well: oauthlib wants that even of one that authenticates by header."""
    fields = parse_qsl(body, keep_blank_values=True)
    client_id = client_of_header(header) if header is not None else ""
    if client_id and "client_id" not in dict(fields):
        body = urlencode([*fields, ("client_id", client_id)])
    return body
