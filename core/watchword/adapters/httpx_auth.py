"""`conn.httpx_auth()`: the connection as `httpx.Auth`, for clients that other libraries make."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator

from watchword.adapters.asynchronous import AsyncFlowDriver
from watchword.adapters.authenticator import Authenticator
from watchword.adapters.body_refusal import body_refusal_of
from watchword.adapters.extras import missing_extra
from watchword.adapters.origin_guard import cleaned
from watchword.adapters.request_proxy import FlowDriver
from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.http.placement import Placement, Slot

try:
    import httpx
except ModuleNotFoundError as missing:
    raise missing_extra("httpx") from missing

from watchword.adapters.httpx_request import UnsignedRequest, address
from watchword.redact import NeverPickled

_AUTHORIZATION = Slot("header", "Authorization")


class HttpxAuth(NeverPickled, httpx.Auth):
    """Puts the Authorization header into the requests of a foreign client, for allowed origins alone.

    The client follows redirects below this; it drops the header where one leaves the origin,
    except from http to https on the same host. An answer that came behind a redirect is taken as it is:
    it may be a stranger's.
    """

    def __init__(self, authenticator: Authenticator) -> None:
        _refuse_unsuitable(authenticator)
        self._authenticator = authenticator

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Authenticate the request in place, and once more where the method wants that."""
        unsigned = self._unsigned(request)
        if unsigned is None:
            yield request
            return
        exchange = FlowDriver(self._authenticator, unsigned)
        unsigned.become(exchange.first())
        response = yield request
        while not response.history and (again := exchange.following(response)) is not None:
            unsigned.become(again)
            response = yield request

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Do the same in an event loop of asyncio."""
        unsigned = self._unsigned(request)
        if unsigned is None:
            yield request
            return
        exchange = AsyncFlowDriver(self._authenticator, unsigned)
        unsigned.become(exchange.at_once() or await exchange.first())
        response = yield request
        while not response.history and (again := await exchange.following(response)) is not None:
            unsigned.become(again)
            response = yield request

    def _unsigned(self, request: httpx.Request) -> UnsignedRequest | None:
        """Return the request to be signed, None where it goes to a stranger."""
        url = address(request.url)
        if self._authenticator.origins.covers(url):
            return UnsignedRequest(request, url)
        request.url = httpx.URL(cleaned(str(request.url)))
        return None


def _refuse_unsuitable(authenticator: Authenticator) -> None:
    """Raise DocumentError where the connection can't be kept as promised here.

    That is where a credential goes elsewhere, which httpx would take along to a stranger, and where
    bodies are to be read, since httpx does not tell its auth which replies the caller streams.
    """
    if body_refusal_of(authenticator):
        message = "This connection has refresh_on_body, and httpx tells no auth whether a reply is streamed."
        raise DocumentError([finding("adapter_unsuitable", message)])
    placed = (*authenticator.method.placements(), *authenticator.secrets)
    slots = [item.slot if isinstance(item, Placement) else item for item in placed]
    elsewhere = [str(slot) for slot in slots if slot.key != _AUTHORIZATION.key]
    if elsewhere or (authenticator.method.has_credential and not slots):
        where = ", ".join(elsewhere) or "a place that depends on the request"
        message = (
            f"This connection sends a credential in {where}; httpx drops Authorization alone on redirects."
        )
        raise DocumentError([finding("adapter_unsuitable", message)])
