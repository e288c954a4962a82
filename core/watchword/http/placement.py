"""Placement of one value in a request: as header, query parameter, cookie or body field."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl, quote, urlencode

from requests import PreparedRequest

from watchword import redact
from watchword.errors import RequestError
from watchword.findings.codes import finding
from watchword.http.bodies import read_json
from watchword.http.headers import FORM, media_type, text_of
from watchword.http.urls import query_pairs, with_query, without_pairs
from watchword.redact import NeverPickled

Place = Literal["header", "query", "cookie", "body"]


@dataclass(frozen=True)
class Slot:
    """A named place in a request; two values for one slot are a conflict."""

    place: Place
    name: str

    @property
    def key(self) -> tuple[str, str]:
        """The slot's identity: header names are compared without regard to case (RFC 9110, 5.1)."""
        return self.place, self.name.lower() if self.place == "header" else self.name

    def __str__(self) -> str:
        return f"{self.place} {self.name}"


@dataclass(frozen=True)
class Placement(NeverPickled):
    """A value and the slot it goes to."""

    slot: Slot
    value: str = field(repr=False)

    def put(self, request: PreparedRequest) -> None:
        """Write the value into the request; raises RequestError if its URL or body can't take it."""
        _PUT[self.slot.place](request, self.slot.name, self.value)


def put(request: PreparedRequest, slot: Slot, value: str) -> None:
    """Write a value into its slot of the request; raises RequestError if its URL or body can't take it."""
    _PUT[slot.place](request, slot.name, value)


def parse_slot(text: str) -> Slot | None:
    """Read `header:NAME`, `query:NAME`, `cookie:NAME` or `body:NAME`; None for any other text."""
    place, separator, name = text.partition(":")
    if not (separator and name and place in _PUT):
        return None
    return Slot(place, name)  # type: ignore[arg-type] # the table's keys are the places


def with_defaults(request: PreparedRequest, placements: Iterable[Placement]) -> None:
    """Write the placements whose slot the caller has not filled."""
    for placement in placements:
        if not _holds(request, placement.slot):
            placement.put(request)


def put_unless_given(request: PreparedRequest, slot: Slot, value: str) -> None:
    """Write a value unless the caller has filled its slot.

    A value of the connection's own that a `next` link repeats in the query gives way to this one.
    """
    if slot.place == "query":
        request.url = without_pairs(request.url or "", lambda pair: _is_ours(pair, slot.name, value))
    if not _holds(request, slot):
        put(request, slot, value)


def query_names(url: str) -> list[str]:
    """Return the names of the URL's query parameters, decoded, in their order."""
    return [name for name, _ in query_pairs(url)]


def _holds(request: PreparedRequest, slot: Slot) -> bool:
    """Return whether the caller has filled the slot, or the request has no body to hold it."""
    if slot.place == "header":
        return slot.name in request.headers
    if slot.place == "query":
        return slot.name in query_names(request.url or "")
    if slot.place == "cookie":
        cookies = text_of(request.headers.get("Cookie"))
        return any(pair.partition("=")[0].strip() == slot.name for pair in cookies.split(";"))
    return request.body is None or slot.name in _body_names(request.body)


def _body_names(body: object) -> list[str]:
    """Return the names in a form or a JSON object; [] for any other body."""
    if not isinstance(body, (str, bytes)):
        return []
    try:
        content = read_json(body)
    except ValueError:
        text = body.decode("latin-1") if isinstance(body, bytes) else body
        return [name for name, _ in parse_qsl(text, keep_blank_values=True)]
    return list(content) if isinstance(content, dict) else []


def _put_header(request: PreparedRequest, name: str, value: str) -> None:
    request.headers[name] = value


def _put_query(request: PreparedRequest, name: str, value: str) -> None:
    url = without_pairs(request.url or "", lambda pair: _is_ours(pair, name, value))
    if name in query_names(url):
        message = f"The request's URL has a query parameter {name!r} already, with another value."
        raise RequestError([finding("duplicate_query_parameter", message)])
    # %20, not +, for a space: every server reads %20 as a space.
    request.url = with_query(url, f"{quote(name, safe='')}={quote(value, safe='')}")


def _is_ours(pair: str, name: str, value: str) -> bool:
    """Return whether a pair is our own, also with an earlier token: a `next` link may echo it."""
    for pair_name, pair_value in parse_qsl(pair, keep_blank_values=True):
        if pair_name == name and (pair_value == value or redact.text(pair_value) != pair_value):
            return True
    return False


def _put_cookie(request: PreparedRequest, name: str, value: str) -> None:
    cookies = text_of(request.headers.get("Cookie"))
    others = [pair for pair in cookies.split("; ") if pair and pair.partition("=")[0] != name]
    request.headers["Cookie"] = "; ".join([*others, f"{name}={value}"])


def _put_body(request: PreparedRequest, name: str, value: str) -> None:
    content_type = media_type(request.headers)
    body = request.body
    if isinstance(body, str):
        body = body.encode()
    if body is None and request.method in {"POST", "PUT", "PATCH", "DELETE"}:
        request.headers["Content-Type"] = FORM
        request.body = urlencode({name: value})
    elif isinstance(body, bytes) and content_type == FORM:
        request.body = _form_with(body, name, value)
    elif isinstance(body, bytes) and content_type.endswith("json"):
        request.body = _json_with(body, name, value)
    else:
        raise _not_extendable(name)
    request.prepare_content_length(request.body)


def _form_with(body: bytes, name: str, value: str) -> str:
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True)
    except UnicodeDecodeError:
        raise _not_extendable(name) from None
    return urlencode([*(pair for pair in pairs if pair[0] != name), (name, value)])


def _json_with(body: bytes, name: str, value: str) -> bytes:
    try:
        content = read_json(body)
    except ValueError:
        raise _not_extendable(name) from None
    if not isinstance(content, dict):
        raise _not_extendable(name)
    return json.dumps({**content, name: value}).encode()


def _not_extendable(name: str) -> RequestError:
    return RequestError(
        [finding("body_not_extendable", f"This request's body can't take the body parameter {name!r}.")]
    )


_PUT: Mapping[str, Callable[[PreparedRequest, str, str], None]] = {
    "header": _put_header,
    "query": _put_query,
    "cookie": _put_cookie,
    "body": _put_body,
}
