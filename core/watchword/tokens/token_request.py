"""Build a request for a token, in the formats that servers accept; no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from requests import PreparedRequest, Request

from watchword.http.form_fields import form_fields
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
        request.params = form_fields(fields)
    elif body_format == "form":
        request.data = form_fields(fields)
    elif fields:
        request.json = dict(fields)
    return request.prepare()
