"""A person signs in with a browser: from the connection's page to the provider, and back to the callback."""

# Annotations are evaluated at once: FastAPI reads those of functions inside functions.

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from watchword.console import begun_sign_ins, handed_over
from watchword.console.begun_sign_ins import Begun, Purpose
from watchword.console.device_codes import DeviceCodes
from watchword.console.guard import Guard, user_of
from watchword.console.host import Right, Stored
from watchword.console.pages import Pages
from watchword.console.requests import CALLBACK_PATH
from watchword.console.sign_in_pages import Outcome, SignInPages
from watchword.console.sign_in_state import STARTS, check
from watchword.errors import WatchwordError
from watchword.http.urls import query_pairs
from watchword.methods.oauth1 import OAuth1
from watchword.methods.oauth2_device_code import OAuth2DeviceCode
from watchword.sign_in import oauth2
from watchword.sign_in.authorization_response import AuthorizationResponse, sign_in_refused
from watchword.sign_in.authorization_server import store_token

HANDLE, REDIRECTED_URL = "handle", "redirected_url"
"""The names of the inputs: what identifies a sign-in, and the URL at which the browser ended."""

_ENDS = ("code", "error", "oauth_verifier", "oauth_problem", "denied")
"""Parameters of which the URL at the end of a sign-in has at least one."""

_NOT_THE_END = "That is not where the sign-in ends: its URL has code=… or error=… in it. Nothing was sent."

_THANKS = Outcome(
    "Thank you",
    "You have signed in. Nothing uses it until the person who asked you, or another editor of the "
    "connection, has accepted it. You may close this page.",
)


def router(guard: Guard, pages: Pages) -> APIRouter:
    """Return the routes of sign-ins with a browser; a sign-in by device code begins here too."""
    routes = APIRouter()
    sign_ins = SignIns(guard, SignInPages(guard, pages))
    device_codes = DeviceCodes(guard, pages)
    posted = Annotated[FormData, Depends(guard.posted)]

    @routes.post("/connections/{connection_id}/sign-in")
    def begin(request: Request, connection_id: str, form: posted) -> Response:  # noqa: ARG001 - its token counts
        stored = guard.stored(request, Right.EDIT, connection_id)
        if (stored.document or {}).get("method") == OAuth2DeviceCode.method:
            return device_codes.begin(request, stored)
        return sign_ins.begin(request, stored)

    # Another site leads the browser here, so this changes nothing but what the state, which nobody else
    # knows, stands for.
    @routes.get(CALLBACK_PATH)
    def callback(request: Request) -> Response:
        return sign_ins.finish(request, f"{CALLBACK_PATH}?{request.url.query}")

    @routes.post(CALLBACK_PATH)
    def pasted(request: Request, form: posted) -> Response:
        url = str(form.get(REDIRECTED_URL, "")).strip()
        return sign_ins.finish_pasted(request, url, str(form.get(HANDLE, "")))

    @routes.get("/handed-over")
    def handed(request: Request) -> Response:
        return SignInPages(guard, pages).outcome(request, _THANKS)

    return routes


class SignIns:
    """Begins sign-ins and finishes them."""

    def __init__(self, guard: Guard, pages: SignInPages) -> None:
        self._guard = guard
        self._pages = pages

    def begin(self, request: Request, stored: Stored, asked_by: str = "", link: str = "") -> Response:
        """Begin a sign-in of the person who asks, and return the page that leads to the provider."""
        try:
            require_sign_in(self._guard, stored)
            purpose = Purpose(user_of(request), asked_by, link)
            callback_url = self._pages.callback_url(request)
            handle, begun = begun_sign_ins.begin(self._guard.host, stored, purpose, callback_url)
        except WatchwordError as error:
            return self._pages.refused(request, error, "" if link else stored.name)
        return self._pages.asking(request, handle, begun)

    def finish_pasted(self, request: Request, url: str, handle: str) -> Response:
        """Finish a certain sign-in with the URL at which the browser ended, if that is one."""
        try:
            if not any(f"{name}=" in url for name in _ENDS):
                # Other text, such as an old clipboard's content, is not sent anywhere, and not shown either.
                begun = begun_sign_ins.find(self._guard.host.store, handle, user_of(request))
                return self._pages.asking(request, handle, begun, _NOT_THE_END)
        except WatchwordError as error:
            return self._pages.refused(request, error)
        return self.finish(request, url, handle)

    def finish(self, request: Request, url: str, expected: str = "") -> Response:
        """Finish the sign-in that a URL belongs to; `expected` identifies it if a certain one is meant."""
        name = ""
        try:
            handle = _handle_in(url, expected)
            begun = begun_sign_ins.take(self._guard.host.store, handle, user_of(request))
            name = "" if begun.link else begun.connection
            self._finish(request, begun, handle, url)
        except WatchwordError as error:
            return self._pages.refused(request, error, name)
        if begun.link:
            return RedirectResponse(f"{request.scope.get('root_path', '')}/handed-over", 303)
        return self._pages.to_connection(request, name)

    def _finish(self, request: Request, begun: Begun, handle: str, url: str) -> None:
        host, user = self._guard.host, user_of(request)
        if not begun.link and Right.EDIT not in host.rights(user, begun.connection):
            raise sign_in_refused("You may not edit this connection any more.", "Ask an administrator.")
        stored = begun_sign_ins.unchanged(host, begun.connection, begun.document)
        if (stored.document or {}).get("method") == OAuth1.method:
            begun_sign_ins.finish_oauth1(host, user, stored, begun, handle, url)
            return
        connection = host.open(stored.name, stored.document or {}, private=False)
        token = oauth2.exchange(connection, url, user=user.id, state=handle)
        if begun.link:
            handed_over.keep(host.store, begun, user.name, token)
        else:
            store_token(connection, token)


def require_sign_in(guard: Guard, stored: Stored) -> None:
    """Raise an error if nobody can sign in for a connection, before anybody is sent to the provider."""
    document = stored.document or {}
    if document.get("method") not in STARTS:
        raise sign_in_refused("Nobody signs in for this connection.", "Choose a method with a sign-in.")
    check(guard.host.open(stored.name, document, private=False), stored)


def _handle_in(url: str, expected: str) -> str:
    """Return what identifies the sign-in that a URL belongs to: the state, or OAuth 1.0's temporary token.

    Raises:
        TokenError: the URL has neither, or belongs to another sign-in than the expected one.
    """
    parameters = dict(query_pairs(url))
    temporary = parameters.get("oauth_token") or parameters.get("denied", "")
    if not temporary:
        return AuthorizationResponse.read(url, expected).state
    if expected and temporary != expected:
        raise sign_in_refused("The redirected URL belongs to another sign-in.")
    return temporary
