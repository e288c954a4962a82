"""Check a single answer at once, while the rest of the document is still unknown; no network is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from watchword.connections.storable import check_storable
from watchword.document.described_fields import Field, fields_of
from watchword.document.references import is_reference
from watchword.errors import DocumentError
from watchword.findings.finding import Finding
from watchword.methods import METHODS

_UNKNOWN_URL = "https://unknown.invalid/"
_UNKNOWN = "literal:not-known-yet"

_LATER = ("missing_field", "template_unresolved")
"""The codes of what a later answer may still complete."""

_OF_ONE_FIELD = (
    "header_", "origin_", "parameter_", "placeholder_", "test_url_", "url_", "userinfo_", "username_",
)  # fmt: skip
"""The codes that begin like this are right even if fields, or the secrets behind references, are unknown."""


def new_problems(document: Mapping[str, Any], field: Field, value: object) -> Sequence[Finding]:
    """Return the errors that a document has with this value of a field, and doesn't have without it.

    None if the document has no method: then its check at the end says so.
    """
    method = document.get("method")
    if not isinstance(method, str) or method not in METHODS:
        return ()
    before = _problems(document)
    return [found for found in _problems({**document, field.name: value}) if found not in before]


def _problems(document: Mapping[str, Any]) -> Sequence[Finding]:
    fields = fields_of(document["method"])
    unknown = {
        name: _stand_in(field, document["method"])
        for name, field in fields.items()
        if field.required and name not in document
    }
    known = {name: _readable(fields.get(name), value) for name, value in document.items()}
    try:
        check_storable({**unknown, **known}, "unknown")
    except DocumentError as error:
        found = [each for each in error.findings if each.code.name not in _LATER]
        is_complete = not unknown and known == document
        return found if is_complete else [each for each in found if each.code.name.startswith(_OF_ONE_FIELD)]
    return ()


def _stand_in(field: Field, method: str) -> str:
    """Return a value without errors for a field that isn't known yet."""
    if field.secret:
        return _UNKNOWN
    if field.choices:
        return field.choices[0]
    return _UNKNOWN_URL if field.name in {"base_url", *METHODS[method].urls} else "unknown"


def _readable(field: Field | None, value: object) -> object:
    """Return a value with plain text in place of references: following them may need a network."""
    if field is None or not field.secret:
        return value
    if isinstance(value, Mapping):
        return {key: _UNKNOWN if _refers(text) else text for key, text in value.items()}
    # A proxy is a URL: any other text would be wrong there.
    return (None if field.name == "proxy" else _UNKNOWN) if _refers(value) else value


def _refers(value: object) -> bool:
    return isinstance(value, str) and is_reference(value)
