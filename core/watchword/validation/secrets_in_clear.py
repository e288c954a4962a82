"""Findings about secrets in fields that are not secret, which hosts show and logs quote."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote_plus

from watchword.document.nested import named_urls
from watchword.document.reading import Document
from watchword.document.resolution import Resolved
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http.placement import parse_slot
from watchword.redact.clear_secrets import is_secret

_SENT_ADVICE = "Move the entry to secret_parameters, under the same name."
_BASE_ADVICE = "End it before the ?, and put the secret into secret_parameters as query:{}."
_OTHER_ADVICE = (
    "Remove it from the URL: give it in a secret field, or as {{secret:NAME}} in a JSON field of the request."
)


def findings(document: Document, resolved: Resolved) -> Iterator[Finding]:
    """Yield the secrets in what is sent with every request, and in the query of each URL but the test URL."""
    for key, value in document.common.extra_parameters.items():
        slot = parse_slot(key)
        if slot is not None and is_secret(slot.name, value):
            message = f"extra_parameters seems to hold a secret in clear, as {key[:40]!r}."
            yield finding("secret_in_clear", message, advice=_SENT_ADVICE)
    yield from _in_query("base_url", document.common.base_url)
    for name, url in named_urls(resolved.method, resolved.template_secrets):
        yield from _in_query(name, url)


def _in_query(field: str, url: str) -> Iterator[Finding]:
    query = url.partition("#")[0].partition("?")[2]
    for pair in filter(None, query.split("&")):
        name, value = map(unquote_plus, pair.partition("=")[::2])
        if is_secret(name, value):
            message = f"The query parameter {name[:40]!r} of the field {field} looks like a secret."
            advice = _BASE_ADVICE.format(name[:40]) if field == "base_url" else _OTHER_ADVICE
            yield finding("secret_in_url", message, advice=advice)
