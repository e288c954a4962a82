"""A request of httpx as flows see it, and the signed copy of it that is sent."""

from __future__ import annotations

import httpx
from requests import PreparedRequest

from watchword.adapters.request_proxy import UNREAD_BODY, Headers, RequestProxy, changes, new_body
from watchword.http.urls import without_echo, without_secrets

_LATIN_1 = "iso-8859-1"
"""One character a byte, so that headers are written in the bytes that are given."""


class UnsignedRequest:
    """A request of httpx that waits to be signed: once, or again for another try."""

    def __init__(self, request: httpx.Request, url: str) -> None:
        self.request = request
        self._was = request.url, request.headers, request.stream
        self._url = url
        self._body = _content(request)

    @property
    def is_replayable(self) -> bool:
        """Whether the body can be sent again."""
        return is_replayable(self.request)

    def proxy_request(self) -> RequestProxy:
        """Return it as a flow's own to change."""
        return RequestProxy(self.request.method, self._url, self._headers, self._body)

    def _headers(self) -> Headers:
        return [
            (name.decode(_LATIN_1), value.decode("ascii") if value.isascii() else value)
            for name, value in self._was[1].raw
        ]

    def read(self) -> None:
        """Read the body into memory."""
        self.request.read()
        self._body = _content(self.request)

    async def aread(self) -> None:
        """Read the body into memory."""
        await self.request.aread()
        self._body = _content(self.request)

    def signed(self, signed: PreparedRequest) -> httpx.Request:
        """Return a copy as the flow wants it sent, byte for byte, the rest as it was."""
        request = self.request
        copy = object.__new__(type(request))  # httpx's own way takes three times as long
        vars(copy).update(vars(request))
        copy.headers, copy.stream = self._signed_headers(signed), self._signed_stream(signed)
        if signed.url != self._url:
            copy.url = _Exact(request.url, signed.path_url.encode("ascii"))
        return copy

    def clean_echo(self, response: httpx.Response, sent: httpx.Request) -> None:
        """Remove from a redirect what was added to the query of the request that it answers."""
        if sent.url is not self.request.url and response.has_redirect_location:
            location = response.headers["Location"]
            response.headers["Location"] = without_echo(location, self._url, address(sent.url))

    def become(self, signed: PreparedRequest) -> None:
        """Give the request itself the form that the flow wants sent."""
        self.request.url = self._was[0] if signed.url == self._url else httpx.URL(signed.url or "")
        self.request.stream = self._signed_stream(signed)
        self.request.headers = self._signed_headers(signed)

    def _signed_headers(self, signed: PreparedRequest) -> httpx.Headers:
        headers = httpx.Headers(self._was[1], encoding=_LATIN_1)
        for name, value in changes(signed):
            if value is None:
                headers.pop(name, None)
            else:
                headers[name] = value if isinstance(value, str) else value.decode(_LATIN_1)
        return headers

    def _signed_stream(self, signed: PreparedRequest) -> httpx.SyncByteStream | httpx.AsyncByteStream:
        made = new_body(signed, self._body)
        return self._was[2] if made is None else httpx.ByteStream(made)


class _Exact(httpx.URL):
    """A URL that is called with this very target: as text it would be quoted anew.

    The extension `target` is not for this: httpcore 1.0.9 sends it to a proxy too, in the clear.
    """

    def __init__(self, url: httpx.URL, target: bytes) -> None:
        super().__init__(url)
        self._target = target

    @property
    def raw_path(self) -> bytes:
        """Path and query as they are sent."""
        return self._target


def address(url: httpx.URL) -> str:
    """Return the absolute URL that httpx calls, from the parts that it takes: no user, no fragment."""
    return f"{url.scheme}://{url.netloc.decode('ascii')}{url.raw_path.decode('ascii')}"


def is_replayable(request: httpx.Request) -> bool:
    """Return whether the body can be sent again.

    httpx's streams that are both synchronous and asynchronous render what they hold; others are
    the caller's iterators and files, which are at their end after the first time.
    """
    stream = request.stream
    return isinstance(stream, httpx.SyncByteStream) and isinstance(stream, httpx.AsyncByteStream)


def clean_location(response: httpx.Response) -> None:
    """Remove a known secret that the server echoes in its redirect: the next hop may be a stranger."""
    if not (response.is_redirect and response.has_redirect_location):
        return
    kept = without_secrets(response.headers["Location"])
    if kept is None:
        del response.headers["Location"]  # a URL that tells a secret is followed nowhere
    else:
        response.headers["Location"] = kept


def _content(request: httpx.Request) -> object:
    try:
        return request.content or None
    except httpx.RequestNotRead:
        return UNREAD_BODY if is_replayable(request) else request.stream
