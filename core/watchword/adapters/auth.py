"""`conn.auth()`: the connection as `requests` auth, for sessions that other libraries make."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from requests import PreparedRequest, Response
from requests.auth import AuthBase

from watchword.adapters.authenticator import Authenticator
from watchword.adapters.body_refusal import body_refusal_of
from watchword.adapters.origin_guard import cleaned
from watchword.adapters.signing import clean_echo, clean_location, forget_cookies, judged, rewind, stripped
from watchword.errors import WatchwordError
from watchword.flow import Flow

_TRIED_AGAIN = frozenset({429, *range(500, 600)})
"""Answers after which some sessions, dlt's among them, send the same request again: it is signed anew."""


class SigningAuth(AuthBase):
    """Authenticates the requests of a foreign session towards the connection's origins alone.

    Before that session follows a redirect, the request is brought back into its unsigned form,
    so no credential travels on; the next hop is not signed again. Responses show the request
    unsigned. Exceptions are the foreign session's own: use `conn.session()` where you can.
    """

    def __init__(self, authenticator: Authenticator) -> None:
        self._authenticator = authenticator
        self._body_refusal = body_refusal_of(authenticator)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Authenticate the request in place."""
        if not self._authenticator.origins.covers(request.url or ""):
            _become(request, stripped(request, cleaned(request.url or "")))
            return request
        unsigned = request.copy()
        flow = self._sign(request, unsigned)

        def settle(response: Response, **options: Any) -> Response:  # noqa: ANN401 - requests' hook
            nonlocal flow
            # Hooks travel along with the copies that a redirect makes; each is for one request only.
            if response.request is not request:
                return response
            last = self._continued(flow, response, options)
            forget_cookies(last, self._authenticator.own_cookies)
            if last.is_redirect:
                clean_echo(last, unsigned.url or "", last.request.url or "")
                _become(request, unsigned)
                clean_location(last)
            elif last.status_code in _TRIED_AGAIN:
                with suppress(WatchwordError):  # then that is for the next try to say
                    flow = self._sign(request, unsigned)
            for answered in (*last.history, last):
                answered.request, answered.url = unsigned, unsigned.url or ""
            return last

        request.register_hook("response", settle)  # type: ignore[no-untyped-call]
        return request

    def _sign(self, request: PreparedRequest, unsigned: PreparedRequest) -> Flow:
        """Give the request its signed form; return the flow that is to be told of the answer."""
        flow = self._authenticator.flow(unsigned.copy())
        _become(request, self._authenticator.first(flow))
        return flow

    def _continued(self, flow: Flow, response: Response, options: dict[str, Any]) -> Response:
        """Hand the response to the flow and send what it wants sent again."""
        body_refusal = None if options.get("stream") else self._body_refusal
        try:
            while (
                again := self._authenticator.following(
                    flow, judged(body_refusal, response) if body_refusal else response
                )
            ) is not None:
                rewind(again)
                self._authenticator.carry_cookies(again, response.raw.headers.getlist("Set-Cookie"))
                response.close()  # unread: a refusal's body may be long in coming
                later: Response = response.connection.send(again, **options)
                later.history = [*response.history, response]
                response = later
        except BaseException:
            response.close()  # nobody else will: the caller gets the error alone
            raise
        return response


def _become(request: PreparedRequest, other: PreparedRequest) -> None:
    """Give the session's own request object the other's form."""
    request.url, request.headers, request.body = other.url, other.headers, other.body
