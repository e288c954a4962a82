"""Build the request that logs in; no I/O."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Literal

from pydantic import JsonValue
from requests import PreparedRequest, Request

LoginMethod = Literal["POST", "GET", "PUT"]
LoginFormat = Literal["json", "form", "query"]


def login_request(
    method: LoginMethod,
    url: str,
    body: Mapping[str, JsonValue],
    headers: Mapping[str, str],
    login_format: LoginFormat,
) -> PreparedRequest:
    """Return the request to the absolute `url`; without anything to say it has no body."""
    request = Request(method, url, headers={"Accept": "application/json", **headers})
    if login_format == "query":
        request.params = _as_text(body)
    elif login_format == "form":
        request.data = _as_text(body)
    elif body:
        request.json = dict(body)
    return request.prepare()


def _as_text(body: Mapping[str, JsonValue]) -> dict[str, str]:
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()}
