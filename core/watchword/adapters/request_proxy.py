"""Requests of other libraries in the form that flows work on, and what a flow has changed in them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, NoReturn, Protocol, TypeAlias

from requests import PreparedRequest
from requests.structures import CaseInsensitiveDict

from watchword.adapters.authenticator import Authenticator
from watchword.errors import RequestError
from watchword.findings.codes import finding
from watchword.flow import FlowResponse, NeedToken

Headers: TypeAlias = Sequence[tuple[str, str | bytes]]
"""Names and values; what is not ASCII stands in the bytes that its library sends."""

UNREAD_BODY = object()
"""Stands for a body that can be read, again and again, but has not been: a form with files."""

READ_BODY = object()
"""The wish that the body be read into memory: its flow has to see it."""


class _BodyWanted(Exception):  # noqa: N818 - no error: the body is read and the flow begun anew
    """A flow has looked at a body that is unread as yet."""


class _Headers(CaseInsensitiveDict[Any]):
    """Headers that are read when a flow first looks at them, and remember what it has set or removed.

    Most flows set one and look at none, on the path of every request.
    """

    def __init__(self, load: Callable[[], Headers]) -> None:
        self.load = load
        self.touched: dict[str, tuple[str, str | bytes | None]] = {}

    @cached_property
    def _before(self) -> CaseInsensitiveDict[Any]:
        joined: CaseInsensitiveDict[Any] = CaseInsensitiveDict()
        for name, value in self.load():
            joined[name] = _with(joined[name], value) if name in joined else value
        return joined

    def __setitem__(self, name: str, value: str | bytes) -> None:
        self.touched[name.lower()] = name, value

    def __delitem__(self, name: str) -> None:
        self[name]  # KeyError where there is none
        self.touched[name.lower()] = name, None

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - text or bytes, which the stubs don't know
        touched = self.touched.get(name.lower())
        value = touched[1] if touched else self._before[name]
        if value is None:
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        yield from (name for name in self._before if name.lower() not in self.touched)
        yield from (name for name, value in self.touched.values() if value is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def lower_items(self) -> Iterator[tuple[str, Any]]:
        """Yield names in lower case and values, as the base does."""
        return ((name.lower(), self[name]) for name in self)


def _with(first: str | bytes, second: str | bytes) -> str | bytes:
    """Return the value of a header that comes twice, as whoever reads it joins it (RFC 9110, 5.3)."""
    if isinstance(first, str) and isinstance(second, str):
        return f"{first},{second}"
    return b",".join(value.encode() if isinstance(value, str) else value for value in (first, second))


class RequestProxy(PreparedRequest):
    """A request of another library as flows see it, theirs to change.

    `url` is absolute; `load` reads its headers; `body` is bytes, None, `UNREAD`, or a stream, which
    flows can't read.
    """

    def __init__(self, method: str, url: str, load: Callable[[], Headers], body: object) -> None:
        super().__init__()
        self.method, self.url = method, url
        self.headers = _Headers(load)
        if body is UNREAD_BODY:
            del self.body
        else:
            self.body = body  # type: ignore[assignment] # streams are among it, as in requests itself

    def __getattr__(self, name: str) -> NoReturn:
        raise _BodyWanted if name == "body" else AttributeError(name)

    def copy(self) -> RequestProxy:
        """Return a copy, its body as unread as this one's, its headers as changed."""
        headers = _own(self)
        other = RequestProxy(self.method or "", self.url or "", headers.load, _body(self))
        _own(other).touched |= headers.touched
        return other


class Unsigned(Protocol):
    """A request of another library that waits to be signed, once or again for another try."""

    @property
    def is_replayable(self) -> bool:
        """Whether its body can be sent again."""

    def proxy_request(self) -> RequestProxy:
        """Return it as a flow's own to change."""


class _Readable(Unsigned, Protocol):
    def read(self) -> None:
        """Read the body into memory."""


# As a method's flow; beside its wishes it may yield READ_BODY.
FlowSteps: TypeAlias = Generator[Any, Any, None]


def start_flow(authenticator: Authenticator, unsigned: Unsigned) -> FlowSteps:
    """Start authenticating the request; begun anew where the flow turns out to need the body."""
    request = unsigned.proxy_request()
    if _body(request) is UNREAD_BODY:
        return _perhaps_anew(authenticator, request, unsigned)
    return authenticator.flow(request)


def _perhaps_anew(authenticator: Authenticator, request: RequestProxy, unsigned: Unsigned) -> FlowSteps:
    try:
        yield from authenticator.flow(request)
    except _BodyWanted:
        yield READ_BODY
        yield from authenticator.flow(unsigned.proxy_request())


class FlowDriver:
    """What is to be sent for one request: first, and after each answer that was not good."""

    def __init__(self, authenticator: Authenticator, unsigned: _Readable) -> None:
        self._authenticator = authenticator
        self._unsigned = unsigned
        self._steps = start_flow(authenticator, unsigned)

    def first(self) -> PreparedRequest:
        """Return what is to be sent.

        Raises:
            RequestError: the request can't take the credential.
            TokenError: the method needs a token and none could be had.
        """
        return self._granted(next(self._steps))

    def following(self, response: FlowResponse) -> PreparedRequest | None:
        """Return what is to be sent again, None where the answer is good; raises the same as `first`."""
        try:
            step = self._granted(self._steps.send(response))
        except StopIteration:  # at the answer, or at a token that is no other than the refused one
            return None
        return replayable(step, self._unsigned)

    def _granted(self, step: object) -> PreparedRequest:
        while not isinstance(step, PreparedRequest):
            if isinstance(step, NeedToken):
                step = self._steps.send(self._authenticator.token(step.rejected))
            else:
                self._unsigned.read()
                step = next(self._steps)
        return step


def replayable(step: PreparedRequest, unsigned: Unsigned) -> PreparedRequest:
    """Return what is to be sent again; raises RequestError where the body is a stream that is gone."""
    if not unsigned.is_replayable:
        message = "The API wants the request once more, and its body is a stream that can't be sent again."
        raise RequestError([finding("body_not_replayable", message)])
    return step


def changes(signed: PreparedRequest) -> Iterable[tuple[str, str | bytes | None]]:
    """Return the headers that a flow has set, text to be sent in Latin-1; None stands for a removed one."""
    return _own(signed).touched.values()


def _own(request: PreparedRequest) -> _Headers:
    if not isinstance(request.headers, _Headers):
        raise TypeError("a flow sends the request that it was given, or a copy of it")
    return request.headers


def new_body(signed: PreparedRequest, body: object) -> bytes | None:
    """Return the body that a flow has made in the place of this one; None where it has made none."""
    made = _body(signed)
    if made is body or made is UNREAD_BODY:
        return None
    return made.encode() if isinstance(made, str) else made or b""  # type: ignore[return-value] # or bytes


def _body(request: PreparedRequest) -> object:
    return vars(request).get("body", UNREAD_BODY)
