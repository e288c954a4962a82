"""The signing transport for `requests`: a copy of each request is authenticated when it is sent."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from requests import ConnectionError as RequestsConnectionError
from requests import PreparedRequest, RequestException, Response, Timeout
from requests.adapters import HTTPAdapter
from requests.exceptions import SSLError, UnrewindableBodyError
from requests.models import REDIRECT_STATI
from requests.utils import rewind_body

from watchword import redact
from watchword.adapters.body_refusal import BodyRefusal, body_refusal_of
from watchword.adapters.origin_guard import OriginGuard, cookies_for_foreign_origin
from watchword.adapters.retry import IDEMPOTENT, with_retries
from watchword.adapters.token_usage import TokenUsage
from watchword.errors import RequestError
from watchword.findings.codes import finding
from watchword.http.headers import text_of
from watchword.http.urls import without_echo, without_secrets
from watchword.redact import NeverPickled

if TYPE_CHECKING:
    from watchword.adapters.authenticator import Authenticator
    from watchword.flow import FlowResponse
    from watchword.http.transport_options import TransportOptions

SocketOptions: TypeAlias = Sequence[tuple[int, int, int]]

_Options: TypeAlias = tuple[Any, ...]
"""What `HTTPAdapter.send` takes behind the request: stream, timeout, verify, cert, proxies."""

redact.filter_logs()


class SigningAdapter(NeverPickled, HTTPAdapter):
    """Authenticates a copy of each request, at the last moment and only for allowed origins.

    The session above sees the request as it was made, so redirects, exceptions, history and
    `response.request` hold no credential, and every hop is judged and signed anew.
    """

    def __init__(
        self, authenticator: Authenticator, transport: TransportOptions, socket_options: SocketOptions = ()
    ) -> None:
        self.authenticator = authenticator
        self.transport = transport
        self._socket_options = list(socket_options)
        self._origin_guard = OriginGuard(authenticator.origins)
        self._own = transport.overrides()
        self._foreign = transport.overrides(credentials=False)
        self._own_cookies = authenticator.own_cookies
        self._usage = TokenUsage(authenticator.token_cache)
        self._body_refusal = body_refusal_of(authenticator)
        super().__init__()

    def init_poolmanager(
        self,
        connections: int,
        maxsize: int,
        block: bool = False,  # noqa: FBT001, FBT002 - the base's signature
        **pool_kwargs: Any,  # noqa: ANN401 - likewise
    ) -> None:
        """Make the pools, with the wished socket options on each connection."""
        if self._socket_options:
            from urllib3.connection import HTTPConnection  # noqa: PLC0415 - needed by few

            pool_kwargs["socket_options"] = [*HTTPConnection.default_socket_options, *self._socket_options]
        super().init_poolmanager(connections, maxsize, block, **pool_kwargs)

    def send(  # noqa: PLR0913, PLR0917 - the base's signature
        self,
        request: PreparedRequest,
        stream: bool = False,  # noqa: FBT001, FBT002
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,  # noqa: FBT001, FBT002
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> Response:
        """Send the request, authenticated where its origin may receive the credential.

        Raises:
            RequestError: the request can't take the credential, or its body can't be sent again.
            TokenError: the method needs a token and none could be had.
            requests.RequestException: the network's faults, with no secret in them.
        """
        covered = self._origin_guard.covers(request.url or "")
        if not covered:
            request = stripped(request, self._origin_guard.for_foreign_origin(request.url or ""))
        own = self._own if covered else self._foreign
        if own:
            verify, cert = own.get("verify", verify), own.get("cert", cert)
            proxies = own.get("proxies", proxies)
        # In the order of the base's parameters: on the path of every request a dict would cost more.
        options = (stream, self.transport.timeout if timeout is None else timeout, verify, cert, proxies)
        attempt = self._authenticated if covered else self._transmit_as_it_is
        if self.transport.retries and is_repeatable(request):
            response = with_retries(lambda: attempt(request, options), self.transport.retries, passes)
        else:
            response = attempt(request, options)
        response.request, response.url = request, request.url or ""
        if response.status_code in REDIRECT_STATI and response.is_redirect:
            clean_location(response)
        return response

    def _authenticated(self, request: PreparedRequest, options: _Options) -> Response:
        """Step the method's flow on a copy of the request and return the last response."""
        authenticator = self.authenticator
        if not self._usage.begun:
            self._usage.begin()
        body_refusal, stream = self._body_refusal, options[0]
        flow = authenticator.flow(request.copy())
        response = self._transmit(authenticator.first(flow), request, options)
        refused: list[Response] = []
        try:
            while (
                again := authenticator.following(
                    flow, response if body_refusal is None or stream else judged(body_refusal, response)
                )
            ) is not None:
                rewind(again)
                lines = response.raw.headers.getlist("Set-Cookie")
                if lines:  # for the session's jar, which looks into the history
                    authenticator.carry_cookies(again, lines)
                    response.request = request
                    refused.append(response)
                response.close()  # unread: a refusal's body may be long in coming
                response = self._transmit(again, request, options)
        except BaseException:
            response.close()  # nobody else will: the caller gets the error alone
            raise
        if refused:
            response.history = refused
        return response

    def close(self) -> None:
        """Close the connections, and give the token back where the method wants that and nobody uses it."""
        super().close()
        self._usage.end()

    def _transmit_as_it_is(self, request: PreparedRequest, options: _Options) -> Response:
        return self._transmit(request, request, options)

    def _transmit(self, signed: PreparedRequest, request: PreparedRequest, options: _Options) -> Response:
        try:
            response = super().send(signed, *options)
        except (RequestException, OSError, ValueError) as error:
            redact.exception(error, lambda value: request if value is signed else value)
            raise
        if self._own_cookies:
            forget_cookies(response, self._own_cookies)
        if signed.url is not request.url:
            response.raw.url = request.path_url
            clean_echo(response, request.url or "", signed.url or "")
        return response


def judged(body_refusal: BodyRefusal, response: Response) -> FlowResponse:
    """Return the response as a flow is to see it; its body is read, as its session would do next."""
    return body_refusal.judged(response, response.content) if body_refusal.wants(response) else response


def rewind(request: PreparedRequest) -> None:
    """Make the body ready to be sent again; raises RequestError where it is a stream that can't be."""
    body: object = request.body
    if body is None or isinstance(body, (str, bytes, bytearray)):
        return
    try:
        rewind_body(request)  # to the position that requests has marked in a file, but not in a generator
    except UnrewindableBodyError:
        message = "The API wants the request once more, and its body is a stream that can't be sent again."
        raise RequestError([finding("body_not_replayable", message)]) from None


def is_repeatable(request: PreparedRequest) -> bool:
    """Return whether the request may be sent once more after it may have arrived (RFC 9110, 9.2.2)."""
    return request.method in IDEMPOTENT and isinstance(request.body, (str, bytes, type(None)))


def passes(error: Exception) -> bool:
    """Return whether waiting may mend a fault of the network; no waiting mends a certificate."""
    return isinstance(error, (RequestsConnectionError, Timeout)) and not isinstance(error, SSLError)


def stripped(request: PreparedRequest, url: str) -> PreparedRequest:
    """Return the request as another origin may see it: with this URL, without known secrets as cookies."""
    cookies = text_of(request.headers.get("Cookie"))
    kept = cookies_for_foreign_origin(cookies)
    if url == request.url and kept == cookies:
        return request
    other = request.copy()
    other.url = url
    if kept:
        other.headers["Cookie"] = kept
    else:
        other.headers.pop("Cookie", None)
    return other


def clean_echo(response: Response, made: str, sent: str) -> None:
    """Remove from a redirect what was added to the query of the request that it answers."""
    if response.is_redirect:
        response.headers["Location"] = without_echo(response.headers["Location"], made, sent)


def forget_cookies(response: Response, names: Collection[str]) -> None:
    """Keep cookies of these names out of the session's jar, which would show them, and tell other ports."""
    original = getattr(response.raw, "_original_response", None)  # where requests' own jar looks for them
    lines = original.msg.get_all("Set-Cookie", []) if original else []
    kept = [line for line in lines if line.partition("=")[0].strip() not in names]
    if original and kept != lines:
        del original.msg["Set-Cookie"]
        for line in kept:
            original.msg["Set-Cookie"] = line


def clean_location(response: Response) -> None:
    """Remove a known secret that the server echoes in its redirect: the next hop may be a stranger."""
    response.headers["Location"] = without_secrets(response.headers["Location"]) or ""
