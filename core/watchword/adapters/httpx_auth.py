"""`conn.httpx_auth()`: the connection as `httpx.Auth`, for clients that other libraries make."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import suppress

from requests import PreparedRequest

from watchword.adapters.async_driver import AsyncSignedRequests
from watchword.adapters.authenticator import Authenticator
from watchword.adapters.body_refusal import body_refusal_of
from watchword.adapters.driver import signed_requests
from watchword.adapters.extras import missing_extra
from watchword.adapters.origin_guard import url_for_foreign_origin
from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.http.networks import AllowedNetworks
from watchword.http.placement import Placement, Slot
from watchword.http.resolving import JudgedHosts

try:
    import httpx
except ModuleNotFoundError as missing:
    raise missing_extra("httpx") from missing

from watchword.adapters.httpx_request import UnsignedHttpxRequest, address
from watchword.redact import NeverPickled

_AUTHORIZATION = Slot("header", "Authorization")


class HttpxAuth(NeverPickled, httpx.Auth):
    """Puts the Authorization header into the requests of another library's client, for allowed origins alone.

    The client sends the requests that this yields, keeps their cookies and closes their responses. It
    follows redirects by itself, and drops the header if one leaves the origin, except from http to https
    on the same host. A response that came after a redirect is taken as it is: it may be from a foreign
    origin. The hosts of requests are judged before the client resolves them by itself, those of redirects
    are not; see `JudgedHosts`.
    """

    def __init__(self, authenticator: Authenticator, networks: AllowedNetworks | None = None) -> None:
        _refuse_unsuitable(authenticator)
        self._authenticator = authenticator
        self._hosts = JudgedHosts(networks) if networks else None

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Authenticate the request in place, and once more if the method wants that.

        Raises:
            RequestError: the request can't take the credential, or its host may not be called.
            TokenError: the method needs a token, and none could be obtained.
        """
        if self._hosts is not None:
            self._hosts.check(address(request.url))
        unsigned = self._unsigned(request)
        if unsigned is None:
            yield request
            return
        signed = signed_requests(unsigned)
        again = next(signed)
        with suppress(StopIteration):  # the flow has ended
            while True:
                if self._hosts is not None and unsigned.is_moved(again):
                    self._hosts.check(again.url or "")
                unsigned.sign_in_place(again)
                response = yield request
                if response.history:
                    return
                again = signed.send(response)

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Do the same in an event loop of asyncio."""
        url = address(request.url)
        if self._hosts is not None and not self._hosts.has(url):
            await asyncio.to_thread(self._hosts.check, url)
        unsigned = self._unsigned(request)
        if unsigned is None:
            yield request
            return
        signed = AsyncSignedRequests(unsigned)
        again: PreparedRequest | None = signed.at_once() or await signed.first()
        while again is not None:
            moved = again.url or "" if unsigned.is_moved(again) else ""
            if self._hosts is not None and moved and not self._hosts.has(moved):
                await asyncio.to_thread(self._hosts.check, moved)
            unsigned.sign_in_place(again)
            response = yield request
            again = None if response.history else await signed.following(response)

    def _unsigned(self, request: httpx.Request) -> UnsignedHttpxRequest | None:
        """Return the request to be signed; None if it goes to a foreign origin."""
        url = address(request.url)
        if self._authenticator.origins.covers(url):
            return UnsignedHttpxRequest(self._authenticator, request, url)
        request.url = httpx.URL(url_for_foreign_origin(str(request.url)))
        return None


def _refuse_unsuitable(authenticator: Authenticator) -> None:
    """Raise DocumentError if `httpx.Auth` can't keep the promises of this connection.

    It can't if a credential goes anywhere but into Authorization, since httpx would take it along to a
    foreign origin. It can't if bodies have to be read, since httpx doesn't tell its auth which responses
    the caller streams.
    """
    if body_refusal_of(authenticator):
        message = "This connection has refresh_on_body, and httpx doesn't tell its auth what is streamed."
        raise DocumentError([finding("adapter_unsuitable", message)])
    placed = (*authenticator.method.placements(), *authenticator.secrets)
    slots = [item.slot if isinstance(item, Placement) else item for item in placed]
    elsewhere = [str(slot) for slot in slots if slot.key != _AUTHORIZATION.key]
    if authenticator.path_secrets:
        elsewhere.append("the path of the URL")
    if elsewhere or (authenticator.method.has_credential and not slots):
        where = ", ".join(elsewhere) or "a place that depends on the request"
        message = (
            f"This connection sends a credential in {where}; on redirects httpx drops only Authorization."
        )
        raise DocumentError([finding("adapter_unsuitable", message)])
