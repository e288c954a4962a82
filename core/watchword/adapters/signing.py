"""The signing adapter for `requests`: a copy of each request is authenticated when it is sent."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from requests import ConnectionError as RequestsConnectionError
from requests import PreparedRequest, RequestException, Response, Timeout
from requests.exceptions import SSLError
from requests.models import REDIRECT_STATI

from watchword import redact
from watchword.adapters.added_by_signing import added_by_signing
from watchword.adapters.body_refusal import body_refusal_of
from watchword.adapters.driver import drive
from watchword.adapters.origin_guard import (
    OriginGuard,
    clean_location,
    cookies_for_foreign_origin,
    unwanted_headers,
)
from watchword.adapters.own_cookies import foreign_lines
from watchword.adapters.refused_call import REFUSED, explain_foreign, explained
from watchword.adapters.requests_body import mask_errors
from watchword.adapters.requests_exchange import RequestsExchange, flow_response
from watchword.adapters.retry import IDEMPOTENT, with_retries
from watchword.adapters.token_usage import TokenUsage
from watchword.http.guarded_adapter import GuardedAdapter
from watchword.http.headers import text_of
from watchword.redact import NeverPickled

if TYPE_CHECKING:
    from watchword.adapters.authenticator import Authenticator
    from watchword.http.transport_options import TransportOptions

SocketOptions: TypeAlias = Sequence[tuple[int, int, int]]

_Options: TypeAlias = tuple[Any, ...]
"""The parameters of `HTTPAdapter.send` after the request: stream, timeout, verify, cert, proxies."""

redact.filter_logs()


class SigningAdapter(NeverPickled, GuardedAdapter):
    """Authenticates a copy of each request, at the last moment and only for allowed origins.

    The session above sees the request as it was made, so redirects, exceptions, history and
    `response.request` hold no credential, and every hop is checked and signed anew.
    """

    def __init__(
        self, authenticator: Authenticator, transport: TransportOptions, socket_options: SocketOptions = ()
    ) -> None:
        self.authenticator = authenticator
        self.transport = transport
        self._socket_options = list(socket_options)
        self._origin_guard = OriginGuard(authenticator)
        self._own_options = transport.overrides()
        self._foreign_options = transport.overrides(credentials=False)
        self._own_cookies = authenticator.own_cookies
        self._usage = TokenUsage(authenticator.token_cache)
        body_refusal = body_refusal_of(authenticator)
        self._flow_response = partial(flow_response, body_refusal) if body_refusal else None
        super().__init__(transport)

    def init_poolmanager(
        self,
        connections: int,
        maxsize: int,
        block: bool = False,  # noqa: FBT001, FBT002 - the base's signature
        **pool_kwargs: Any,  # noqa: ANN401 - the base's signature
    ) -> None:
        """Make the pools, with the given socket options on each network connection."""
        if self._socket_options:
            from urllib3.connection import HTTPConnection  # noqa: PLC0415 - few need it

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
        """Send the request, authenticated if its origin may receive the credential.

        Raises:
            RequestError: the request can't take the credential, its body can't be sent again, or its address
                may not be called.
            TokenError: the method needs a token, and none could be obtained.
            requests.RequestException: a network fault, with no secret in it.
        """
        covered = self._origin_guard.covers(request.url or "")
        request.headers.pop("Proxy-Authorization", None)  # a session adds it, and the pool knows it itself
        if not covered:
            clean_url = self._origin_guard.url_for_foreign_origin(request.url or "")
            request = for_foreign_origin(request, clean_url, self._origin_guard.sent)
        overrides = self._own_options if covered else self._foreign_options
        if overrides:
            verify, cert = overrides.get("verify", verify), overrides.get("cert", cert)
            proxies = overrides.get("proxies", proxies)
        # In the order of the base's parameters: a dict would cost more, on the path of every request.
        options = (stream, self.transport.timeout if timeout is None else timeout, verify, cert, proxies)
        send = partial(self._transmit, request, options)
        if covered:
            if not self._usage.begun:
                self._usage.begin()
            seen = None if stream else self._flow_response
            attempt = partial(drive, RequestsExchange(self.authenticator, request, send, seen))
        else:
            attempt = partial(send, request)
        if self.transport.retries and is_repeatable(request):
            response = with_retries(attempt, self.transport.retries, is_transient)
        else:
            response = attempt()
        response.request, response.url = request, request.url or ""
        if response.status_code >= REFUSED:
            explained(response, self.authenticator.explain if covered else explain_foreign)
        return response

    def close(self) -> None:
        """Close the network connections, and end the use of the token, which may log out."""
        super().close()
        self._usage.end()

    def _transmit(
        self,
        request: PreparedRequest,
        options: _Options,
        signed: PreparedRequest,
        refused: Response | None = None,
    ) -> Response:
        """Send the signed form of a request; `refused` is the response that it is sent again after."""
        try:
            response = super().send(signed, *options)
        except (RequestException, OSError, ValueError) as error:
            redact.exception(error, lambda value: request if value is signed else value)
            raise
        mask_errors(response)
        if signed is request:
            forget_cookies(response, self._own_cookies)
        elif self._origin_guard.remembers:
            self._origin_guard.remember(added_by_signing(signed, request.url or "", request))
        if signed.url is not request.url:
            response.raw.url = request.path_url
        if response.status_code in REDIRECT_STATI:
            restore_redirect(response, request, self.authenticator)
            clean_redirect(response, signed, request)
        if refused is not None:
            response.history = refused.history
            if RequestsExchange.set_cookies(refused):  # for the session's jar, which looks into the history
                refused.request = request
                response.history = [*refused.history, refused]
        return response


def is_repeatable(request: PreparedRequest) -> bool:
    """Return whether the request may be sent again although it may have arrived (RFC 9110, 9.2.2)."""
    return request.method in IDEMPOTENT and isinstance(request.body, (str, bytes, type(None)))


def is_transient(error: Exception) -> bool:
    """Return whether a network fault may go away by waiting; a bad certificate doesn't."""
    return isinstance(error, (RequestsConnectionError, Timeout)) and not isinstance(error, SSLError)


def for_foreign_origin(
    request: PreparedRequest, clean_url: str, sent: Collection[str] = ()
) -> PreparedRequest:
    """Return the request as a foreign origin may see it: with this URL, and without secrets in headers."""
    cookies = text_of(request.headers.get("Cookie"))
    clean_cookies = cookies_for_foreign_origin(cookies, sent)
    unwanted = unwanted_headers(((name, text_of(value)) for name, value in request.headers.items()), sent)
    if clean_url == request.url and clean_cookies == cookies and not unwanted:
        return request
    clean = request.copy()
    clean.url = clean_url
    for name in unwanted:
        del clean.headers[name]
    if clean_cookies:
        clean.headers["Cookie"] = clean_cookies
    else:
        clean.headers.pop("Cookie", None)
    return clean


def restore_redirect(response: Response, unsigned: PreparedRequest, authenticator: Authenticator) -> None:
    """Put templates in the place of the secrets that the path of a redirect inside the origins holds."""
    if authenticator.path_secrets and response.is_redirect:
        location = response.headers["Location"]
        response.headers["Location"] = authenticator.restored(location, unsigned.url or "")


def clean_redirect(response: Response, signed: PreparedRequest, unsigned: PreparedRequest) -> None:
    """Remove from a redirect what the server echoes of a signed request, and known secrets."""
    if response.is_redirect:
        added = None if signed is unsigned else added_by_signing(signed, unsigned.url or "", unsigned)
        response.headers["Location"] = clean_location(response.headers["Location"], added) or ""


def forget_cookies(response: Response, own: Collection[str]) -> None:
    """Keep a foreign origin's cookies with the names of the connection's own out of the session's jar."""
    if not own:
        return
    lines = RequestsExchange.set_cookies(response)
    remaining = foreign_lines(lines, own)
    if len(remaining) < len(lines):
        RequestsExchange.keep_cookies(response, remaining)
