"""The driver of the asynchronous clients; it never blocks the event loop.

A client's adapter only says how a signed request is sent and what a response holds (`AsyncExchange`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from requests import PreparedRequest

from watchword.adapters.authenticator import Authenticator
from watchword.adapters.driver import BodyNeeded
from watchword.adapters.own_cookies import take_own_cookies
from watchword.adapters.token_threads import on_token_thread
from watchword.flow import Flow, FlowResponse, NeedToken
from watchword.tokens.token import Token


class AsyncUnsignedRequest(Protocol):
    """The same as `driver.UnsignedRequest` for an asynchronous client."""

    @property
    def authenticator(self) -> Authenticator:
        """The authenticator of the request's connection."""

    def new_request(self) -> PreparedRequest:
        """Return the request in the form that flows work on; the flow may change it."""

    def rewind(self, signed: PreparedRequest, /) -> None:
        """Make the body ready to be sent again; raises RequestError if it is a stream that can't be."""

    async def aread_body(self) -> None:
        """Read the body into memory, so that the next `new_request` has it."""


class AsyncClosableResponse(FlowResponse, Protocol):
    """A response of an asynchronous client."""

    async def aclose(self) -> None:
        """Give the response's network connection back."""


R = TypeVar("R", bound=AsyncClosableResponse)


class AsyncExchange(AsyncUnsignedRequest, Protocol[R]):
    """The same as `driver.Exchange` for an asynchronous client."""

    @property
    def flow_response(self) -> Callable[[R], Awaitable[FlowResponse]] | None:
        """Returns a response as the flow sees it; None if the flow sees the client's own response."""

    def send(self, signed: PreparedRequest, /) -> Awaitable[R]:
        """Send a signed request."""

    def set_cookies(self, response: R, /) -> Sequence[str]:
        """Return the lines of Set-Cookie."""

    def keep_cookies(self, response: R, lines: Sequence[str], /) -> None:
        """Leave only these lines of Set-Cookie to the client's jar."""


class AsyncSignedRequests:
    """The same as `driver.signed_requests`; the loop runs on while a token is fetched.

    Its methods raise RequestError if the request can't take the credential, or if its body can't be sent
    again, and TokenError if the method needs a token, and none could be obtained.
    """

    def __init__(self, unsigned: AsyncUnsignedRequest) -> None:
        self._unsigned = unsigned
        self._flow: Flow | None = None
        self._step: PreparedRequest | NeedToken | None = None
        self._sent = False

    def at_once(self) -> PreparedRequest | None:
        """Return the first request, or None if something has to be waited for: most requests need no wait."""
        try:
            self._flow = self._unsigned.authenticator.flow(self._unsigned.new_request())
            self._step = step = next(self._flow)
        except BodyNeeded:
            return None
        self._sent = isinstance(step, PreparedRequest)
        return step if isinstance(step, PreparedRequest) else None

    async def first(self) -> PreparedRequest:
        """Return the first request after `at_once` has returned None."""
        if isinstance(self._step, NeedToken):
            request = await self.following(await _token(self._unsigned.authenticator, self._step.rejected))
        else:
            await self._unsigned.aread_body()
            self._flow = None
            request = await self.following(None)
        if request is None:
            raise TypeError("a flow sends its request at least once")
        return request

    async def following(self, value: FlowResponse | Token | None) -> PreparedRequest | None:
        """Return the flow's next request, or None at its end.

        `value` is what the flow waits for: the response to its last request, in most cases.
        """
        while True:
            try:
                if self._flow is None:
                    self._flow = self._unsigned.authenticator.flow(self._unsigned.new_request())
                step = self._flow.send(value)
            except StopIteration:
                return None
            except BodyNeeded:
                await self._unsigned.aread_body()
                self._flow = value = None
                continue
            if isinstance(step, PreparedRequest):
                break
            value = await _token(self._unsigned.authenticator, step.rejected)
        if self._sent:
            self._unsigned.rewind(step)
        self._sent = True
        return step


async def async_drive(exchange: AsyncExchange[R]) -> R:
    """Send what the flow yields, again after each refusal, and return the response that ends the flow."""
    signed = AsyncSignedRequests(exchange)
    request = signed.at_once() or await signed.first()
    response = await exchange.send(request)
    flow_response, own_cookies = exchange.flow_response, exchange.authenticator.own_cookies
    try:
        while True:
            seen = response if flow_response is None else await flow_response(response)
            if own_cookies:
                take_own_cookies(exchange, request, response, seen)
            again = await signed.following(seen)
            if again is None:
                return response
            if lines := exchange.set_cookies(response):
                exchange.authenticator.carry_cookies(again, lines)
            await response.aclose()  # without reading: the body of a refusal may take long to arrive
            request, response = again, await exchange.send(again)
    except BaseException:
        await response.aclose()  # the caller gets the error alone, and can't close it
        raise


async def _token(authenticator: Authenticator, rejected: Token | None) -> Token:
    """Return the token at hand, or fetch one on a thread."""
    token_cache = authenticator.token_cache
    if token_cache is None:
        return authenticator.token(rejected)
    fresh = token_cache.fresh(rejected)
    return (
        fresh if fresh is not None else await on_token_thread(token_cache, lambda: token_cache.get(rejected))
    )
