"""A response as plain JSON, from the triggerer to the task, and back as one of requests.

The body is compressed: with pagination, all former pages pass through Airflow's database for each new one.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from requests import Request, Response
from requests.cookies import RequestsCookieJar
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers

from watchword.adapters.refused_call import explained
from watchword.findings.report_data import finding_of

if TYPE_CHECKING:
    import httpx


def data_of(response: httpx.Response, body: bytes) -> dict[str, Any]:
    """Return a response with its decoded body as JSON-ready data; those before it have no body."""
    return {
        "method": response.request.method,
        "url": str(response.url),
        "status": response.status_code,
        "reason": response.reason_phrase,
        "headers": dict(response.headers),
        "body": base64.b64encode(zlib.compress(body, 1)).decode("ascii"),
        "elapsed": response.elapsed.total_seconds(),
        "cookies": [
            {"name": cookie.name, "value": cookie.value or "", "domain": cookie.domain, "path": cookie.path}
            for cookie in response.cookies.jar
        ],
        "history": [data_of(former, b"") for former in response.history],
        **_refusal(response, body),
    }


def response_of(data: Mapping[str, Any]) -> Response:
    """Return the response that `data_of` has described, as requests would have read it."""
    response = Response()
    response.status_code = data["status"]
    response.reason = data["reason"]
    response.url = data["url"]
    response.headers = CaseInsensitiveDict(data["headers"])
    response.encoding = get_encoding_from_headers(response.headers)
    response.elapsed = timedelta(seconds=data["elapsed"])
    response.cookies = _cookies(data["cookies"])
    response.history = [response_of(former) for former in data["history"]]
    response.request = Request(data["method"], data["url"]).prepare()
    response._content = zlib.decompress(base64.b64decode(data["body"]))  # noqa: SLF001 - requests has no other way
    response._content_consumed = True  # type: ignore[attr-defined] # noqa: SLF001 - as above
    if "finding" in data:
        finding = finding_of(data["finding"])
        explained(response, lambda _: finding)
    return response


def _refusal(response: httpx.Response, body: bytes) -> dict[str, Any]:
    """Return the finding that explains an error: only here the connection's method can read the response."""
    from watchword.adapters.httpx_refused import RefusedHttpxResponse  # noqa: PLC0415 - import time

    finding = response.finding(body) if isinstance(response, RefusedHttpxResponse) else None
    return {"finding": finding.as_dict()} if finding else {}


def size_of(pages: list[dict[str, Any]]) -> int:
    """Return how much room pages take in Airflow's database, nearly, in bytes."""
    return sum(len(page["body"]) for page in pages)


def _cookies(described: list[dict[str, str]]) -> RequestsCookieJar:
    jar = RequestsCookieJar()
    for cookie in described:
        jar.set(cookie["name"], cookie["value"], domain=cookie["domain"], path=cookie["path"])
    return jar
