"""`conn.auth()`: the connection as `requests` auth, for sessions that other libraries make."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import urljoin

from requests import PreparedRequest, Response
from requests.auth import AuthBase

from watchword.adapters.added_by_signing import added_by_signing
from watchword.adapters.authenticator import Authenticator
from watchword.adapters.body_refusal import body_refusal_of
from watchword.adapters.driver import SignedRequests, drive, signed_requests
from watchword.adapters.origin_guard import OriginGuard, url_for_foreign_origin
from watchword.adapters.requests_body import mask_errors
from watchword.adapters.requests_exchange import RequestsExchange, flow_response
from watchword.adapters.signing import (
    clean_redirect,
    for_foreign_origin,
    forget_cookies,
    restore_redirect,
)
from watchword.errors import WatchwordError
from watchword.http.echoes import SIGNATURES
from watchword.http.networks import AllowedNetworks
from watchword.http.resolving import JudgedHosts
from watchword.redact import NeverPickled

_TRIED_AGAIN = frozenset({429, *range(500, 600)})
"""Statuses after which some sessions, such as dlt's, send the same request again: it is signed anew."""


class SigningAuth(NeverPickled, AuthBase):
    """Authenticates the requests of another library's session, for the connection's origins alone.

    Before that session follows a redirect, the request is brought back into its unsigned form,
    so no credential travels on; the next hop is not signed again. Responses show the request
    unsigned. Exceptions are those of the session's library: use `conn.session()` where you can.
    Hosts are judged before the session resolves them by itself; see `JudgedHosts` for what that leaves open.
    """

    def __init__(self, authenticator: Authenticator, networks: AllowedNetworks | None = None) -> None:
        self._authenticator = authenticator
        self._hosts = JudgedHosts(networks) if networks else None
        self._origin_guard = OriginGuard(authenticator)
        body_refusal = body_refusal_of(authenticator)
        self._flow_response = partial(flow_response, body_refusal) if body_refusal else None

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Authenticate the request in place; raises RequestError if its host may not be called."""
        if self._hosts is not None:
            self._hosts.check(request.url or "")
            request.register_hook("response", partial(_check_redirect, self._hosts))  # type: ignore[no-untyped-call]
        if not self._authenticator.origins.covers(request.url or ""):
            sent = self._origin_guard.sent
            clean_url = url_for_foreign_origin(request.url or "", sent)
            _take_form(request, for_foreign_origin(request, clean_url, sent))
            request.register_hook("response", self._clean_foreign)  # type: ignore[no-untyped-call]
            return request
        unsigned = request.copy()
        exchange = RequestsExchange(self._authenticator, unsigned, _send_again)
        signed = _sign(request, exchange)
        if self._hosts is not None and request.url != unsigned.url:
            self._hosts.check(request.url or "")  # a token's base URL may have another host

        def handle_response(response: Response, **options: Any) -> Response:  # noqa: ANN401 - requests' hook
            nonlocal signed
            # Hooks travel along with the copies that a redirect makes; each is for one request only.
            if response.request is not request:
                return self._clean_foreign(response)
            exchange.send = partial(_send_again, options=options)
            exchange.flow_response = None if options.get("stream") else self._flow_response
            last = drive(exchange, (signed, request, response))
            mask_errors(last)
            if self._origin_guard.remembers:
                self._origin_guard.remember(added_by_signing(last.request, unsigned.url or "", unsigned))
            if last.is_redirect:
                restore_redirect(last, unsigned, self._authenticator)
                clean_redirect(last, last.request, unsigned)
                _take_form(request, unsigned)
            elif last.status_code in _TRIED_AGAIN:
                with suppress(WatchwordError):  # the next try will raise it
                    signed = _sign(request, exchange)
            for hop in (*last.history, last):
                hop.request, hop.url = unsigned, unsigned.url or ""
            return last

        request.register_hook("response", handle_response)  # type: ignore[no-untyped-call]
        return request

    def _clean_foreign(self, response: Response, **_: Any) -> Response:  # noqa: ANN401 - requests' hook
        """Free a response to a request that wasn't signed from what must not travel on."""
        mask_errors(response)
        response.request.headers.pop("Proxy-Authorization", None)
        forget_cookies(response, self._authenticator.own_cookies)
        clean_redirect(response, response.request, response.request)
        return response


def _check_redirect(hosts: JudgedHosts, response: Response, **_: Any) -> Response:  # noqa: ANN401 - requests' hook
    """Judge the host that a response redirects to, before the session follows."""
    if response.is_redirect:
        try:
            hosts.check(urljoin(response.url, response.headers["Location"]))
        except BaseException:
            response.close()
            raise
    return response


def _sign(request: PreparedRequest, exchange: RequestsExchange) -> SignedRequests:
    """Give the request its signed form; return the signed requests, which take the response to it."""
    signed = signed_requests(exchange)
    _take_form(request, next(signed))
    return signed


def _send_again(
    signed: PreparedRequest, refused: Response | None, options: dict[str, Any] | None = None
) -> Response:
    """Send a request again in the way that the session has sent it the first time."""
    if refused is None:
        raise TypeError("the session sends the first request itself")
    response: Response = refused.connection.send(signed, **(options or {}))
    response.history = [*refused.history, refused]
    return response


def _take_form(request: PreparedRequest, other: PreparedRequest) -> None:
    """Give the session's own request object the other's form."""
    request.url, request.headers, request.body = other.url, other.headers, other.body
    vars(request)[SIGNATURES] = vars(other).get(SIGNATURES, ())
