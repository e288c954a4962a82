"""What a task says about a call that failed: the same on the worker and after the triggerer.

An exception names the call, the connection, the code of what is wrong and what to do, and shows no secret.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from requests import Response

from watchword import redact
from watchword.adapters.refused_call import RefusedResponse
from watchword.findings.codes import finding
from watchword.findings.evidence import quote
from watchword.findings.finding import printable
from watchword.http import faults
from watchword.http.origins import host
from watchword.http.urls import display_call

if TYPE_CHECKING:
    from watchword.findings.finding import Finding

LONGEST_QUOTE = 300
"""How much of an API's error text is shown, in characters."""

_SERVER_ERROR = 500

_NETWORK_FAULTS = frozenset({
    "ConnectionError", "Timeout", "ChunkedEncodingError",  # requests
    "TransportError",  # httpx
})  # fmt: skip


def refused(response: Response, http_conn_id: str) -> str:
    """Return the text for a response that is an error; it begins with the status, as `HttpHook` says it."""
    reason = printable(redact.text(str(response.reason or "")))
    verb = getattr(response.request, "method", "") or ""  # a response that a caller made has no request
    call = display_call(verb, response.url or "")
    refusal = response.finding() if isinstance(response, RefusedResponse) else None
    start = f"{response.status_code}:{reason} for {call} (connection {http_conn_id!r})"
    if refusal is not None:
        return f"{start}: {refusal}"
    text = answer(response)
    advice = "" if response.status_code >= _SERVER_ERROR else " Check endpoint, method and data of this call."
    return f"{start}.{advice}{f' [answer: {text}]' if text else ''}"


def answer(response: Response) -> str:
    """Return the beginning of the API's text on one line, so that it can't imitate lines of the log."""
    return printable(quote(response.text))[:LONGEST_QUOTE]


def unanswered(error: Exception, verb: str, url: str, http_conn_id: str) -> str:
    """Return the text for a call that got no response, from the exception of requests or httpx."""
    found = _fault(error, url)
    where = {"call": display_call(verb, url), "connection": http_conn_id}
    if found is not None:
        return str(replace(found, evidence={**where, **found.evidence}))
    labels = "".join(f" [{label}: {text}]" for label, text in where.items())
    return f"{type(error).__name__}: {printable(quote(str(error)))}{labels}"


def _fault(error: Exception, url: str) -> Finding | None:
    names = {kind.__name__ for kind in type(error).__mro__}
    if "TooManyRedirects" in names:
        return finding("redirect_loop", f"The API at {host(url)} redirects again and again.")
    return faults.classify(error, f"the API at {host(url)}") if names & _NETWORK_FAULTS else None
