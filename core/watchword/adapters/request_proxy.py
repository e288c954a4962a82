"""Requests of other libraries in the form that flows work on, and what a flow has changed in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, NoReturn, TypeAlias

from requests import PreparedRequest
from requests.structures import CaseInsensitiveDict

from watchword.adapters.driver import BodyNeeded
from watchword.redact import NeverPickled

Headers: TypeAlias = Sequence[tuple[str, str | bytes]]
"""Names and values; a value that isn't ASCII is given as the bytes that its library sends."""

UNREAD_BODY = object()
"""Stands for a body that hasn't been read, but can be, any number of times: a form with files."""


class _Headers(NeverPickled, CaseInsensitiveDict[Any]):
    """Headers that are loaded when a flow first reads one; `changed` holds those that it has set or removed.

    Most flows set one header and read none, on the path of every request.
    """

    def __init__(self, load: Callable[[], Headers]) -> None:
        self.load = load
        self.changed: dict[str, tuple[str, str | bytes | None]] = {}

    @cached_property
    def _original(self) -> CaseInsensitiveDict[Any]:
        joined: CaseInsensitiveDict[Any] = CaseInsensitiveDict()
        for name, value in self.load():
            joined[name] = _joined_values(joined[name], value) if name in joined else value
        return joined

    def __setitem__(self, name: str, value: str | bytes) -> None:
        self.changed[name.lower()] = name, value

    def __delitem__(self, name: str) -> None:
        self[name]  # raises KeyError if there is no such header
        self.changed[name.lower()] = name, None

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - text or bytes; the stubs know text only
        change = self.changed.get(name.lower())
        value = change[1] if change else self._original[name]
        if value is None:
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        yield from (name for name in self._original if name.lower() not in self.changed)
        yield from (name for name, value in self.changed.values() if value is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def lower_items(self) -> Iterator[tuple[str, Any]]:
        """Yield names in lower case and values, as the base class does."""
        return ((name.lower(), self[name]) for name in self)


def _joined_values(first: str | bytes, second: str | bytes) -> str | bytes:
    """Return the value of a header that comes twice, joined as a recipient joins it (RFC 9110, 5.3)."""
    if isinstance(first, str) and isinstance(second, str):
        return f"{first},{second}"
    return b",".join(value.encode() if isinstance(value, str) else value for value in (first, second))


class RequestProxy(NeverPickled, PreparedRequest):
    """A request of another library as flows see it; a flow may change it.

    `url` is absolute; `load` returns its headers; `body` is bytes, None, `UNREAD_BODY`, or a stream, which
    flows can't read. A flow that reads an unread body is stopped by `BodyNeeded`.
    """

    def __init__(self, method: str, url: str, load: Callable[[], Headers], body: object) -> None:
        super().__init__()
        self.method, self.url = method, url
        self.headers = _Headers(load)
        if body is UNREAD_BODY:
            del self.body
        else:
            self.body = body  # type: ignore[assignment] # a stream is allowed here, as in requests itself

    def __getattr__(self, name: str) -> NoReturn:
        raise BodyNeeded if name == "body" else AttributeError(name)

    def copy(self) -> RequestProxy:
        """Return a copy with the same changed headers; a body that is unread stays unread."""
        headers = _headers_of(self)
        body = vars(self).get("body", UNREAD_BODY)
        other = RequestProxy(self.method or "", self.url or "", headers.load, body)
        _headers_of(other).changed |= headers.changed
        return other


def changed_headers(signed: PreparedRequest) -> Iterable[tuple[str, str | bytes | None]]:
    """Return the headers that a flow has set, as text to be sent in Latin-1; None is a removed header."""
    return _headers_of(signed).changed.values()


def changed_body(signed: PreparedRequest, body: object) -> bytes | None:
    """Return the body that a flow has put in the place of this one; None if it has put none."""
    signed_body = vars(signed).get("body", UNREAD_BODY)
    if signed_body is body or signed_body is UNREAD_BODY:
        return None
    return signed_body.encode() if isinstance(signed_body, str) else signed_body or b""


def _headers_of(request: PreparedRequest) -> _Headers:
    if not isinstance(request.headers, _Headers):
        raise TypeError("a flow sends the request that it was given, or a copy of it")
    return request.headers
