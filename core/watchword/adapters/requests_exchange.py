"""One request of the library `requests`, as the driver sends it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from requests import PreparedRequest, Response
from requests.exceptions import UnrewindableBodyError
from requests.utils import rewind_body

from watchword.adapters.authenticator import Authenticator
from watchword.adapters.body_refusal import BodyRefusal
from watchword.adapters.driver import body_not_replayable
from watchword.flow import FlowResponse
from watchword.http.cookies import cookie_name
from watchword.redact import NeverPickled

Send: TypeAlias = Callable[[PreparedRequest, "Response | None"], Response]
"""Sends a signed request; takes the response that it is sent again after, if any."""


class RequestsExchange(NeverPickled):
    """A request of `requests`, which is copied before it is signed, and the function that sends it."""

    def __init__(
        self,
        authenticator: Authenticator,
        request: PreparedRequest,
        send: Send,
        flow_response: Callable[[Response], FlowResponse] | None = None,
    ) -> None:
        self.authenticator = authenticator
        self.new_request = request.copy
        self.send = send
        self.flow_response = flow_response

    def read_body(self) -> None:
        """Do nothing: the bodies of `requests` are in memory, or are streams that flows read themselves."""

    @staticmethod
    def rewind(signed: PreparedRequest) -> None:
        """Make the body ready to be sent again; raises RequestError if it is a stream that can't be."""
        body: object = signed.body
        if body is None or isinstance(body, (str, bytes, bytearray)):
            return
        try:
            rewind_body(signed)  # to the position that requests has marked in a file; a generator has none
        except UnrewindableBodyError:
            raise body_not_replayable() from None

    @staticmethod
    def set_cookies(response: Response) -> list[str]:
        """Return the lines of Set-Cookie."""
        lines: list[str] = response.raw.headers.getlist("Set-Cookie")
        return lines

    @staticmethod
    def keep_cookies(response: Response, lines: Sequence[str]) -> None:
        """Leave only these lines of Set-Cookie to the session's jar and to the response's own."""
        names = {cookie_name(line) for line in lines}
        original = getattr(response.raw, "_original_response", None)  # where requests' own jar looks for them
        if original:
            del original.msg["Set-Cookie"]
            for line in lines:
                original.msg["Set-Cookie"] = line
        for cookie in [cookie for cookie in response.cookies if cookie.name not in names]:
            response.cookies.clear(cookie.domain, cookie.path, cookie.name)


def flow_response(body_refusal: BodyRefusal, response: Response) -> FlowResponse:
    """Return the response as the flow sees it; its body is read, as its session would do next."""
    if not body_refusal.needs_body(response):
        return response
    return body_refusal.flow_response(response, response.content)
