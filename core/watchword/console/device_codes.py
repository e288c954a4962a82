"""A person signs in on another device: the page with the code, and the question whether it is done.

The device code, which is as good as the token, stays in the token store: the page knows a handle of it.
"""

# Annotations are evaluated at once: FastAPI reads those of functions inside functions.

import json
import secrets
import time
from dataclasses import asdict, dataclass, field, replace
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from watchword import redact
from watchword.console.begun_sign_ins import fingerprint, unchanged
from watchword.console.guard import Guard, user_of
from watchword.console.host import Right, Stored
from watchword.console.pages import Pages
from watchword.console.sign_in_pages import SignInPages
from watchword.console.sign_in_state import check
from watchword.errors import TokenError, WatchwordError
from watchword.findings.codes import finding
from watchword.http.origins import host as host_of
from watchword.methods.oauth2_device_code import OAuth2DeviceCode
from watchword.redact import NeverPickled
from watchword.sign_in import device
from watchword.sign_in.authorization_response import foreign_sign_in
from watchword.sign_in.authorization_server import authorization_server_of, store_token
from watchword.sign_in.device import DeviceSignIn
from watchword.tokens.token_store import TokenStore

HANDLE = "handle"
"""The name of the input that identifies a sign-in."""


@dataclass(frozen=True)
class BegunDevice(NeverPickled):
    """A sign-in by device code that has begun; it `ends` at a time in seconds since 1970."""

    connection: str
    user: str
    document: str
    ends: float
    sign_in: DeviceSignIn = field(repr=False)

    def keep(self, store: TokenStore, handle: str) -> None:
        """Keep it in the store until its code ends."""
        store.keep_draft(_key(handle), {"json": json.dumps(asdict(self))}, self.ends - time.time())

    @classmethod
    def find(cls, store: TokenStore, handle: str) -> "BegunDevice":
        """Return the sign-in of a handle, and let it wait; raises TokenError if there is none."""
        content = store.read_draft(_key(handle))
        if content is None:
            message = "The sign-in is unknown: its code has expired, or it was finished before."
            raise TokenError([finding("expired_token", message)])
        fields = json.loads(content["json"])
        sign_in = DeviceSignIn(**fields.pop("sign_in"))
        redact.register([sign_in.device_code], sign_in)
        return cls(**fields, sign_in=sign_in)


def router(guard: Guard, pages: Pages) -> APIRouter:
    """Return the route that asks whether somebody has typed the code in."""
    routes = APIRouter()
    device_codes = DeviceCodes(guard, pages)
    posted = Annotated[FormData, Depends(guard.posted)]

    @routes.post("/connections/{connection_id}/sign-in/device")
    def poll(request: Request, connection_id: str, form: posted) -> Response:
        stored = guard.stored(request, Right.EDIT, connection_id)
        return device_codes.poll(request, stored, str(form.get(HANDLE, "")))

    return routes


class DeviceCodes:
    """Begins sign-ins by device code and asks the server how they go."""

    def __init__(self, guard: Guard, pages: Pages) -> None:
        self._guard = guard
        self._pages = pages
        self._outcomes = SignInPages(guard, pages)

    def begin(self, request: Request, stored: Stored) -> Response:
        """Begin a sign-in and return the page with its code."""
        host, document = self._guard.host, stored.document or {}
        try:
            connection = host.open(stored.name, document, private=False)
            check(connection, stored)
            sign_in = device.begin(connection)
            begun = BegunDevice(
                stored.name,
                user_of(request).id,
                fingerprint(host.store, document),
                time.time() + sign_in.expires_in,
                sign_in,
            )
            handle = secrets.token_urlsafe(32)
            begun.keep(host.store, handle)
        except WatchwordError as error:
            return self._outcomes.refused(request, error, stored.name)
        return self._page(request, handle, begun)

    def poll(self, request: Request, stored: Stored, handle: str) -> Response:
        """Ask the server once whether somebody has signed in, and store the token if so."""
        host = self._guard.host
        try:
            begun = BegunDevice.find(host.store, handle)
            if (begun.connection, begun.user) != (stored.name, user_of(request).id):
                raise foreign_sign_in()
            stored = unchanged(host, begun.connection, begun.document)
            connection = host.open(stored.name, stored.document or {}, private=False)
            try:
                token = device.poll(authorization_server_of(connection, OAuth2DeviceCode), begun.sign_in)
            except TokenError as error:
                return self._wait(request, handle, begun, error)
            host.store.take_draft(_key(handle))
            store_token(connection, token)
        except WatchwordError as error:
            return self._outcomes.refused(request, error, stored.name)
        if _is_script(request):
            return JSONResponse({"location": self._outcomes.connection_path(request, stored.name)})
        return self._outcomes.to_connection(request, stored.name)

    def _wait(self, request: Request, handle: str, begun: BegunDevice, error: TokenError) -> Response:
        """Return when to ask again; raises the error if the sign-in can't succeed any more."""
        store = self._guard.host.store
        try:
            pause = device.next_interval(begun.sign_in.interval, error)
        except TokenError:
            store.take_draft(_key(handle))
            raise
        if error.code == "slow_down":
            begun = replace(begun, sign_in=replace(begun.sign_in, interval=pause))
            begun.keep(store, handle)
        if _is_script(request):
            return JSONResponse({"wait": pause})
        return self._page(request, handle, begun, error)

    def _page(
        self, request: Request, handle: str, begun: BegunDevice, error: TokenError | None = None
    ) -> HTMLResponse:
        values = {
            "begun": begun,
            "handle": handle,
            "page_url": begun.sign_in.verification_uri_complete or begun.sign_in.verification_uri,
            "provider": host_of(begun.sign_in.verification_uri),
            "expires_in": begun.ends - time.time(),
            "waiting": error.findings[0] if error else None,
            "form_token": self._guard.form_token(request),
        }
        return self._pages.page(request, "device_code.html", values)


def _is_script(request: Request) -> bool:
    """Return whether a script of the page asks, which can't follow a redirect of the page."""
    return request.headers.get("x-requested-with") == "watchword"


def _key(handle: str) -> str:
    return f"console device {handle}"
