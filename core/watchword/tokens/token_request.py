"""Build a request for a token, in the formats that servers accept; no I/O."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Literal

from requests import PreparedRequest, Request

from watchword.http.json_value import JsonValue

BodyFormat = Literal["form", "json", "query"]


def token_request(
    http_method: str,
    url: str,
    fields: Mapping[str, JsonValue],
    headers: Mapping[str, str],
    body_format: BodyFormat,
) -> PreparedRequest:
    """Return the request to the absolute `url`; without fields it has no body."""
    request = Request(http_method, url, headers={"Accept": "application/json", **headers})
    if body_format == "query":
        request.params = _as_text(fields)
    elif body_format == "form":
        request.data = _as_text(fields)
    elif fields:
        request.json = dict(fields)
    return request.prepare()


def _as_text(fields: Mapping[str, JsonValue]) -> list[tuple[str, str]]:
    """Return the fields as pairs; a list repeats its field, as `resource` in RFC 8707."""
    return [
        (name, each if isinstance(each, str) else json.dumps(each))
        for name, value in fields.items()
        for each in (value if isinstance(value, list) else [value])
    ]
