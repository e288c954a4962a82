"""A request of httpx as flows see it, and the signed copy of it that is sent."""

from __future__ import annotations

from collections.abc import Sequence

import httpx
from requests import PreparedRequest

from watchword.adapters.added_by_signing import Added, added_by_signing
from watchword.adapters.authenticator import Authenticator
from watchword.adapters.driver import body_not_replayable
from watchword.adapters.origin_guard import clean_location
from watchword.adapters.request_proxy import (
    UNREAD_BODY,
    Headers,
    RequestProxy,
    changed_body,
    changed_headers,
)
from watchword.redact import NeverPickled

_LATIN_1 = "iso-8859-1"
"""One character for each byte, so that headers are written in the bytes that are given."""


class UnsignedHttpxRequest(NeverPickled):
    """A request of httpx that waits to be signed: once, or again after a refusal."""

    def __init__(self, authenticator: Authenticator, request: httpx.Request, url: str) -> None:
        self.authenticator = authenticator
        self.request = request
        self._signed: PreparedRequest | None = None
        self._original = request.url, request.headers, request.stream
        self._url = url
        self._body = _content(request)

    def new_request(self) -> RequestProxy:
        """Return the request in the form that flows work on."""
        return RequestProxy(self.request.method, self._url, self._headers, self._body)

    def _headers(self) -> Headers:
        return [
            (name.decode(_LATIN_1), value.decode("ascii") if value.isascii() else value)
            for name, value in self._original[1].raw
        ]

    def rewind(self, _: PreparedRequest, /) -> None:
        """Do nothing if the body can be sent again; raise RequestError if not."""
        if not is_replayable(self.request):
            raise body_not_replayable()

    def read_body(self) -> None:
        """Read the body into memory."""
        self.request.read()
        self._body = _content(self.request)

    async def aread_body(self) -> None:
        """Read the body into memory."""
        await self.request.aread()
        self._body = _content(self.request)

    def signed_copy(self, signed: PreparedRequest) -> httpx.Request:
        """Return a copy as the flow wants it sent, byte for byte; everything else stays as it was."""
        self._signed, request = signed, self.request
        copy = object.__new__(type(request))  # copy.copy does the same and takes three times as long
        vars(copy).update(vars(request))
        copy.headers, copy.stream = self._signed_headers(signed), self._signed_stream(signed)
        if signed.url != self._url:
            base = httpx.URL(signed.url or "") if self.is_moved(signed) else request.url
            copy.url = _Exact(base, signed.path_url.encode("ascii"))
        return copy

    def is_moved(self, signed: PreparedRequest) -> bool:
        """Return whether the flow sends the request to another origin than that of its URL."""
        address_end = self._url.find("/", self._url.find("//") + 2)
        return not (signed.url or "").startswith(self._url[: address_end + 1])

    def added(self) -> Added | None:
        """Return what signing added to the copy that was sent last."""
        return added_by_signing(self._signed, self._url, unsigned_body=self._body) if self._signed else None

    def restore_redirect(self, response: httpx.Response) -> None:
        """Put templates in the place of the secrets that the path of a redirect inside the origins holds."""
        if self.authenticator.path_secrets:
            location = response.headers["Location"]
            response.headers["Location"] = self.authenticator.restored(location, self._url)

    @staticmethod
    def set_cookies(response: httpx.Response) -> list[str]:
        """Return the lines of Set-Cookie."""
        return response.headers.get_list("Set-Cookie")

    @staticmethod
    def keep_cookies(response: httpx.Response, lines: Sequence[str]) -> None:
        """Leave only these lines of Set-Cookie to the response, from which the client fills its jar."""
        del response.headers["Set-Cookie"]
        kept = [(b"Set-Cookie", line.encode(response.headers.encoding, "replace")) for line in lines]
        response.headers = httpx.Headers([*response.headers.raw, *kept])

    def sign_in_place(self, signed: PreparedRequest) -> None:
        """Give the request itself the form that the flow wants sent."""
        self.request.url = self._original[0] if signed.url == self._url else httpx.URL(signed.url or "")
        self.request.stream = self._signed_stream(signed)
        self.request.headers = self._signed_headers(signed)

    def _signed_headers(self, signed: PreparedRequest) -> httpx.Headers:
        headers = httpx.Headers(self._original[1], encoding=_LATIN_1)
        for name, value in changed_headers(signed):
            if value is None:
                headers.pop(name, None)
            else:
                headers[name] = value if isinstance(value, str) else value.decode(_LATIN_1)
        return headers

    def _signed_stream(self, signed: PreparedRequest) -> httpx.SyncByteStream | httpx.AsyncByteStream:
        body = changed_body(signed, self._body)
        return self._original[2] if body is None else httpx.ByteStream(body)


class _Exact(NeverPickled, httpx.URL):
    """A URL that is called with exactly this target; given as text, httpx would quote it again.

    The extension `target` would not do: httpcore 1.0.9 also sends it to a proxy, in clear text.
    """

    def __init__(self, url: httpx.URL, target: bytes) -> None:
        super().__init__(url)
        self._target = target

    @property
    def raw_path(self) -> bytes:
        """Path and query as they are sent."""
        return self._target


def address(url: httpx.URL) -> str:
    """Return the absolute URL that httpx calls, built from the parts that it uses: no user, no fragment."""
    return f"{url.scheme}://{url.netloc.decode('ascii')}{url.raw_path.decode('ascii')}"


def is_replayable(request: httpx.Request) -> bool:
    """Return whether the body can be sent again.

    httpx's streams that are both synchronous and asynchronous render what they hold. Other streams are
    the caller's iterators and files, which are at their end after the first time.
    """
    stream = request.stream
    return isinstance(stream, httpx.SyncByteStream) and isinstance(stream, httpx.AsyncByteStream)


def clean_redirect(response: httpx.Response, added: Added | None) -> None:
    """Remove from a redirect the secrets that the server echoes, and what signing added to the request."""
    clean_url = clean_location(response.headers["Location"], added)
    if clean_url is None:
        del response.headers["Location"]  # a URL with a secret in its path is not followed
    else:
        response.headers["Location"] = clean_url


def _content(request: httpx.Request) -> object:
    try:
        return request.content or None
    except httpx.RequestNotRead:
        return UNREAD_BODY if is_replayable(request) else request.stream
