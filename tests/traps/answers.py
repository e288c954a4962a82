"""What a trap's server answers: status, headers, bytes, and the faults that a network adds."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Pairs: TypeAlias = tuple[tuple[str, str], ...]
Caller: TypeAlias = Literal["real", "other", "none"]
Fault: TypeAlias = Literal["", "hang", "reset", "cut", "drip", "endless"]


@dataclass(frozen=True)
class Answer:
    """One answer.

    `fault` says how it goes wrong: `hang` sends nothing, `reset` closes at once, `cut` closes in the middle
    of the body, `drip` sends the body byte by byte and never ends, `endless` repeats the body without end.
    `wait` is in seconds, before the first byte.
    """

    status: int = 200
    body: bytes = b""
    headers: Pairs = ()
    fault: Fault = ""
    wait: float = 0.0


@dataclass(frozen=True)
class Asked:
    """One request to a trap, as its callables see it.

    `count` numbers the requests of this caller from 1. `value` is the credential as it was sent, "" for none.
    """

    caller: Caller
    count: int
    value: str
    verb: str
    target: str
    headers: Mapping[str, str] = field(repr=False)


Reply: TypeAlias = Answer | Callable[[Asked], Answer]


def data(content: object, status: int = 200, headers: Pairs = (), mime: str = "application/json") -> Answer:
    """Return JSON."""
    body = json.dumps(content, ensure_ascii=False).encode()
    return Answer(status, body, (("Content-Type", mime), *headers))


def text(content: str, status: int = 200, mime: str = "text/plain; charset=utf-8") -> Answer:
    """Return text."""
    return Answer(status, content.encode(), (("Content-Type", mime),))


def xml(content: str, status: int = 200, mime: str = "application/xml") -> Answer:
    """Return XML, without a prolog unless `content` has one."""
    return Answer(status, content.encode(), (("Content-Type", mime),))


def page(content: str, status: int = 200, headers: Pairs = ()) -> Answer:
    """Return a web page with this content in its body."""
    whole = f"<!doctype html><html><head><title>Acme</title></head><body>{content}</body></html>"
    return Answer(status, whole.encode(), (("Content-Type", "text/html; charset=utf-8"), *headers))


def empty(status: int = 204, headers: Pairs = ()) -> Answer:
    """Return no body."""
    return Answer(status, b"", headers)


def moved(location: str, status: int = 302) -> Answer:
    """Return a redirect."""
    return empty(status, (("Location", location),))


def raw(body: bytes, mime: str, status: int = 200, headers: Pairs = ()) -> Answer:
    """Return bytes of a media type, without one if `mime` is empty."""
    return Answer(status, body, ((("Content-Type", mime),) if mime else ()) + headers)


def fault(kind: Fault, body: bytes = b'{"id": 1, "name": "Ada"', status: int = 200) -> Answer:
    """Return an answer that goes wrong."""
    return Answer(status, body, (("Content-Type", "application/json"),), kind)


def in_turn(*replies: Answer) -> Callable[[Asked], Answer]:
    """Return the first reply to a caller's first request, and so on; the last one stays."""
    return lambda asked: replies[min(asked.count, len(replies)) - 1]


USER = data({"id": 7, "login": "ada", "email": "ada@acme.test", "active": True})
ROWS = data({"items": [{"id": 1, "total": 9.5}, {"id": 2, "total": 3.0}], "next": None})
REFUSED = data({"error": "unauthorized", "message": "Invalid credentials"}, 401)
NO_KEY = data({"message": "Authentication credentials were not provided."}, 401)
FORBIDDEN = data({"message": "Forbidden"}, 403)
