"""Put one value into a request: as header, query parameter, cookie or body field."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from requests import PreparedRequest

from watchword import redact
from watchword.errors import RequestError
from watchword.findings.codes import finding
from watchword.http.headers import FORM, media_type, text_of

Place = Literal["header", "query", "cookie", "body"]


@dataclass(frozen=True)
class Slot:
    """A named place in a request; two owners of one slot are a conflict."""

    place: Place
    name: str

    @property
    def key(self) -> tuple[str, str]:
        """The slot's identity: header names are compared without regard to case (RFC 9110, 5.1)."""
        return self.place, self.name.lower() if self.place == "header" else self.name

    def __str__(self) -> str:
        return f"{self.place} {self.name}"


@dataclass(frozen=True)
class Placement:
    """A value and the slot it goes to."""

    slot: Slot
    value: str = field(repr=False)

    def put(self, request: PreparedRequest) -> None:
        """Write the value into the request; raises RequestError where its URL or body can't take it."""
        put(request, self.slot, self.value)


def put(request: PreparedRequest, slot: Slot, value: str) -> None:
    """Write a value into its slot of the request; raises RequestError where its URL or body can't take it."""
    _PUT[slot.place](request, slot.name, value)


def parse_slot(text: str) -> Slot | None:
    """Read `header:NAME`, `query:NAME`, `cookie:NAME` or `body:NAME`; None where it is neither."""
    place, separator, name = text.partition(":")
    if not (separator and name and place in _PUT):
        return None
    return Slot(place, name)  # type: ignore[arg-type] # the table's keys are the places


def with_defaults(request: PreparedRequest, placements: Iterable[Placement]) -> None:
    """Write the placements whose slot the caller of the request has not filled."""
    for placement in placements:
        if not _holds(request, placement.slot):
            placement.put(request)


def query_names(url: str) -> list[str]:
    """Return the names of the URL's query parameters, decoded, in their order."""
    return [name for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)]


def _holds(request: PreparedRequest, slot: Slot) -> bool:
    """Return whether the caller has filled the slot, or there is no body that could hold it."""
    if slot.place == "header":
        return slot.name in request.headers
    if slot.place == "query":
        return slot.name in query_names(request.url or "")
    if slot.place == "cookie":
        cookies = text_of(request.headers.get("Cookie"))
        return any(pair.partition("=")[0].strip() == slot.name for pair in cookies.split(";"))
    return request.body is None or slot.name in _body_names(request.body)


def _body_names(body: object) -> list[str]:
    """Return the names in a form or a JSON object; none in what is neither."""
    if not isinstance(body, (str, bytes)):
        return []
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        text = body.decode("latin-1") if isinstance(body, bytes) else body
        return [name for name, _ in parse_qsl(text, keep_blank_values=True)]
    return list(content) if isinstance(content, dict) else []


def _put_header(request: PreparedRequest, name: str, value: str) -> None:
    request.headers[name] = value


def _put_query(request: PreparedRequest, name: str, value: str) -> None:
    parts = urlsplit(_without(request.url or "", name, value))
    if name in query_names(parts.geturl()):
        raise RequestError(
            [
                finding(
                    "duplicate_query_parameter",
                    f"The request's URL has a query parameter {name!r} already, with another value.",
                )
            ]
        )
    # %20, not +, for a space: servers agree on the former alone.
    pair = f"{quote(name, safe='')}={quote(value, safe='')}"
    query = f"{parts.query}&{pair}" if parts.query else pair
    request.url = urlunsplit(parts._replace(query=query))


def _without(url: str, name: str, value: str) -> str:
    """Return the URL without our own parameter, of now or of a token before: a `next` link may echo it."""
    parts = urlsplit(url)
    pairs = parts.query.split("&")
    kept = [pair for pair in pairs if not _is_ours(pair, name, value)]
    return url if kept == pairs else urlunsplit(parts._replace(query="&".join(kept)))


def _is_ours(pair: str, name: str, value: str) -> bool:
    for given, content in parse_qsl(pair, keep_blank_values=True):
        if given == name and (content == value or redact.text(content) != content):
            return True
    return False


def _put_cookie(request: PreparedRequest, name: str, value: str) -> None:
    present = text_of(request.headers.get("Cookie"))
    others = [pair for pair in present.split("; ") if pair and pair.partition("=")[0] != name]
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
        content = json.loads(body)
    except (ValueError, RecursionError):
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
