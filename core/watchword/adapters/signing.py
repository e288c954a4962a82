"""The signing transport for `requests`: a copy of each request is authenticated when it is sent."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias

from requests import PreparedRequest, RequestException, Response
from requests.adapters import HTTPAdapter
from requests.exceptions import UnrewindableBodyError
from requests.models import REDIRECT_STATI
from requests.utils import rewind_body

from watchword import redact
from watchword.adapters.retry import with_retries
from watchword.codes import finding
from watchword.errors import RequestError
from watchword.origins import host, origin
from watchword.urls import without_secrets

if TYPE_CHECKING:
    from watchword.authenticator import Authenticator
    from watchword.transport import Transport

log = logging.getLogger(__name__)

SocketOptions: TypeAlias = Sequence[tuple[int, int, int]]

redact.quiet_loggers()


class SigningAdapter(HTTPAdapter):
    """Authenticates a copy of each request, at the last moment and only for allowed origins.

    The session above sees the request as it was made, so redirects, exceptions, history and
    `response.request` hold no credential, and every hop is judged and signed anew.
    """

    def __init__(
        self, authenticator: Authenticator, transport: Transport, socket_options: SocketOptions = ()
    ) -> None:
        self.authenticator = authenticator
        self.transport = transport
        self._socket_options = list(socket_options)
        self._covers = authenticator.origins.covers
        self._own = transport.overrides()
        self._foreign = transport.overrides(credentials=False)
        self._warned: set[str | None] = set()
        self._in_use = False
        self._lock = Lock()
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
        options = {
            "stream": stream,
            "timeout": self.transport.timeout if timeout is None else timeout,
            "verify": verify,
            "cert": cert,
            "proxies": proxies,
        }
        covered = self._covers(request.url or "")
        if not covered:
            request = self._for_stranger(request)
        own = self._own if covered else self._foreign
        if own:
            options.update(own)
        attempt = self._authenticated if covered else self._transmit_as_it_is
        if self.transport.retries:
            response = with_retries(lambda: attempt(request, options), request, self.transport.retries)
        else:
            response = attempt(request, options)
        response.request, response.url = request, request.url or ""
        if response.status_code in REDIRECT_STATI and response.is_redirect:
            clean_location(response)
        return response

    def _authenticated(self, request: PreparedRequest, options: dict[str, Any]) -> Response:
        """Step the method's flow on a copy of the request and return the last response."""
        authenticator = self.authenticator
        if not self._in_use:
            self._begin()
        flow = authenticator.flow(request.copy())
        response = self._transmit(authenticator.first(flow), request, options)
        try:
            while (again := authenticator.following(flow, response)) is not None:
                rewind(again)
                response.close()  # unread: a refusal's body may be long in coming
                response = self._transmit(again, request, options)
        except BaseException:
            response.close()  # nobody else will: the caller gets the error alone
            raise
        return response

    def _begin(self) -> None:
        with self._lock:
            if not self._in_use:
                self.authenticator.enter()
            self._in_use = True

    def close(self) -> None:
        """Close the connections, and give the token back where the method wants that and nobody uses it."""
        super().close()
        with self._lock:
            was_in_use, self._in_use = self._in_use, False
        if was_in_use:
            self.authenticator.leave()

    def _transmit_as_it_is(self, request: PreparedRequest, options: dict[str, Any]) -> Response:
        return self._transmit(request, request, options)

    def _transmit(
        self, signed: PreparedRequest, request: PreparedRequest, options: dict[str, Any]
    ) -> Response:
        try:
            response = super().send(signed, **options)
        except (RequestException, OSError, ValueError) as error:
            redact.exception(error, lambda value: request if value is signed else value)
            raise
        if signed.url is not request.url:
            response.raw.url = request.path_url
        return response

    def _for_stranger(self, request: PreparedRequest) -> PreparedRequest:
        """Return the request as another origin may see it, and say once that it goes without a credential."""
        url = request.url or ""
        stranger = origin(url)
        if stranger not in self._warned:
            self._warned.add(stranger)
            log.warning(
                "%s is none of the connection's allowed origins: sent without the credential", stranger
            )
        return cleaned(request)

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("A signing adapter holds secrets and is never pickled: load the connection there.")


def rewind(request: PreparedRequest) -> None:
    """Make the body ready to be sent again; raises RequestError where it is a stream that can't be."""
    if getattr(request, "_body_position", None) is None:  # so requests marks a body that is no stream
        return
    try:
        rewind_body(request)
    except UnrewindableBodyError:
        message = "The API refused the token, and the request's body is a stream that can't be sent again."
        raise RequestError([finding("body_not_replayable", message)]) from None


def cleaned(request: PreparedRequest) -> PreparedRequest:
    """Return the request without a known secret in its URL: an API's link to a stranger may hold ours.

    Raises:
        RequestError: the secret stands in the path, so that the URL means nothing without it.
    """
    url = request.url or ""
    kept = without_secrets(url)
    if kept is None:
        message = f"The URL at {host(url)} holds a secret of a connection in its path."
        raise RequestError([finding("origin_not_allowed", message)])
    if kept == url:
        return request
    clean = request.copy()
    clean.url = kept
    return clean


def clean_location(response: Response) -> None:
    """Remove a known secret that the server echoes in its redirect: the next hop may be a stranger."""
    response.headers["Location"] = without_secrets(response.headers["Location"]) or ""
