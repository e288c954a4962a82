"""The driver of the synchronous clients: it steps a method's flow and sends what the flow yields.

A client's adapter only says how a signed request is sent and what a response holds (`Exchange`).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Protocol, TypeAlias, TypeVar

from requests import PreparedRequest

from watchword.adapters.authenticator import Authenticator
from watchword.adapters.own_cookies import take_own_cookies
from watchword.errors import RequestError
from watchword.findings.codes import finding
from watchword.flow import Flow, FlowResponse, NeedToken
from watchword.tokens.token import Token


class BodyNeeded(Exception):  # noqa: N818 - not an error: the driver reads the body and begins the flow again
    """A flow has looked at a body that hasn't been read yet."""


class UnsignedRequest(Protocol):
    """A client's request that waits to be signed: once, or again after a refusal."""

    @property
    def authenticator(self) -> Authenticator:
        """The authenticator of the request's connection."""

    def new_request(self) -> PreparedRequest:
        """Return the request in the form that flows work on; the flow may change it."""

    def rewind(self, signed: PreparedRequest, /) -> None:
        """Make the body ready to be sent again; raises RequestError if it is a stream that can't be."""

    def read_body(self) -> None:
        """Read the body into memory, so that the next `new_request` has it."""


class ClosableResponse(FlowResponse, Protocol):
    """A response of a synchronous client."""

    def close(self) -> None:
        """Give the response's network connection back."""


R = TypeVar("R", bound=ClosableResponse)


class Exchange(UnsignedRequest, Protocol[R]):
    """A client's request, and how that client sends it and reads its responses."""

    @property
    def flow_response(self) -> Callable[[R], FlowResponse] | None:
        """Returns a response as the flow sees it; None if the flow sees the client's own response."""

    def send(self, signed: PreparedRequest, refused: R | None, /) -> R:
        """Send a signed request; `refused` is the response that it is sent again after, if any."""

    def set_cookies(self, response: R, /) -> Sequence[str]:
        """Return the lines of Set-Cookie."""

    def keep_cookies(self, response: R, lines: Sequence[str], /) -> None:
        """Leave only these lines of Set-Cookie to the client's jar."""


SignedRequests: TypeAlias = Generator[PreparedRequest, FlowResponse, None]


def signed_requests(unsigned: UnsignedRequest) -> SignedRequests:
    """Yield each request that the flow sends, and take the response to it; fetch the tokens in between.

    Raises:
        RequestError: the request can't take the credential, or its body can't be sent again.
        TokenError: the method needs a token, and none could be obtained.
    """
    authenticator = unsigned.authenticator
    flow: Flow | None = None
    value: FlowResponse | Token | None = None  # a response after a request, and a token after NeedToken
    sent = False
    while True:
        try:
            if flow is None:
                flow = authenticator.flow(unsigned.new_request())
            step = flow.send(value)
        except StopIteration:
            return
        except BodyNeeded:
            unsigned.read_body()
            flow = value = None
            continue
        if isinstance(step, NeedToken):
            value = authenticator.token(step.rejected)
            continue
        if sent:
            unsigned.rewind(step)
        sent, value = True, (yield step)


def drive(exchange: Exchange[R], begun: tuple[SignedRequests, PreparedRequest, R] | None = None) -> R:
    """Send what the flow yields, again after each refusal, and return the response that ends the flow.

    `begun` holds the signed requests, the first one, and its response, if the client itself has sent that.
    """
    if begun is None:
        signed = signed_requests(exchange)
        request = next(signed)
        response = exchange.send(request, None)
    else:
        signed, request, response = begun
    flow_response, own_cookies = exchange.flow_response, exchange.authenticator.own_cookies
    try:
        while True:
            seen = response if flow_response is None else flow_response(response)
            if own_cookies:
                take_own_cookies(exchange, request, response, seen)
            try:
                again = signed.send(seen)
            except StopIteration:
                return response
            if lines := exchange.set_cookies(response):
                exchange.authenticator.carry_cookies(again, lines)
            response.close()  # without reading: the body of a refusal may take long to arrive
            request, response = again, exchange.send(again, response)
    except BaseException:
        response.close()  # the caller gets the error alone, and can't close it
        raise


def body_not_replayable() -> RequestError:
    """Return the error for a body that is a stream which has been sent already."""
    message = "The API wants the request once more, and its body is a stream that can't be sent again."
    return RequestError([finding("body_not_replayable", message)])
