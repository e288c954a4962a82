"""References to kept secrets: `gcp:NAME`, `gcp:projects/P/secrets/NAME/versions/3`, `local:NAME`."""

from __future__ import annotations

import re

from watchword.errors import WatchwordError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.secrets import sources
from watchword.secrets.google.resource_names import LOCATION, PROJECT

_NAME = r"([A-Za-z0-9_-]{1,255})"
_VAULT = re.compile(_NAME)
_GOOGLE = re.compile(
    rf"(projects/({PROJECT})/(?:locations/({LOCATION})/)?secrets/)?{_NAME}"
    r"(?:/versions/(latest|[0-9]{1,9}))?"
)


def unversioned(reference: str) -> str:
    """Return a reference without its version, as a fence judges it; "" for what is no such reference."""
    scheme, _, place = reference.partition(":")
    if scheme == sources.VAULT:
        return reference if _VAULT.fullmatch(place) else ""
    parts = _GOOGLE.fullmatch(place)
    return f"{scheme}:{parts[1] or ''}{parts[4]}" if parts else ""


def read(reference: str, field: str) -> str | Finding:
    """Return the secret that a reference leads to, or the finding that says why there is none."""
    if not unversioned(reference):
        return _unresolved(field, reference, "which names no secret")
    try:
        content = _content(reference)
    except WatchwordError as error:
        first = error.findings[0]
        message = f"The field {field} refers to {reference!r}: {first.message}"
        return finding(first.code.name, message, advice=first.advice, evidence=dict(first.evidence))
    if content is None:
        return _unresolved(field, reference, "which is not there")
    try:
        text = content.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        return _unresolved(field, reference, "which is no UTF-8 text")
    return text or _unresolved(field, reference, "which is empty")


def _content(reference: str) -> bytes | None:
    scheme, _, place = reference.partition(":")
    if scheme == sources.VAULT:
        return sources.opened(sources.VAULT).get(place)
    parts = _GOOGLE.fullmatch(place)
    assert parts is not None  # noqa: S101 - unversioned() has seen it
    project, location, name, version = parts[2], parts[3], parts[4], parts[5]
    if project:
        place = f"/{location}" if location else ""
        return sources.google(f"{sources.GOOGLE}://{project}{place}").get(name, version or "")
    return sources.google().get(name, version or "")


def _unresolved(field: str, reference: str, why: str) -> Finding:
    place = "" if reference.startswith(sources.VAULT) else " --in gcp://PROJECT"
    message = f"The field {field} refers to {reference[:300]!r}, {why}."
    advice = f"Correct the name, or store the secret: watchword secrets set NAME{place}."
    return finding("reference_unresolved", message, advice=advice)
