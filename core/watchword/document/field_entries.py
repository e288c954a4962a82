"""The entries of a document, or of a login in it, as the fields of a class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from watchword.document.common_fields import CommonFields
from watchword.document.field_names import SYNONYMS, other_names
from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.methods import METHODS
from watchword.methods.base import Method
from watchword.methods.fields import Fields, InvalidFieldsError

_MOST_UNKNOWN = 20
"""So many unknown fields are reported, each with the most similar name, which takes a while to find."""

_Model = TypeVar("_Model", bound=Fields)


def given_once(named: Iterable[tuple[str, Any]], path: str = "") -> dict[str, Any]:
    """Return entries by their fields' names.

    Args:
        named: each entry's field and value.
        path: what stands before the fields' names in messages.

    Raises:
        DocumentError: two names of a field have two values.
    """
    entries: dict[str, Any] = {}
    for name, value in named:
        if name in entries and entries[name] != value:
            message = f"The field {path}{name} is given twice: also as {' or '.join(other_names(name))}."
            raise DocumentError([finding("given_twice", message)])
        entries[name] = value
    return entries


def validated(
    model: type[_Model], values: dict[str, Any], findings: list[Finding], path: str = ""
) -> _Model | None:
    """Return the fields; None if a value is missing or wrong, which is added to the findings."""
    try:
        return model.model_validate(values)
    except InvalidFieldsError as error:
        for field, is_missing, reason in error.problems:
            code = "missing_field" if is_missing else "wrong_type"
            problem = "is missing" if is_missing else f"has a wrong value: {reason}"
            findings.append(finding(code, f"The field {path}{field} {problem}."))
        return None


def unknown_fields(names: Sequence[str], method: type[Method]) -> Iterator[Finding]:
    """Yield a finding for each name that is not a field of the method, and one for those beyond the limit."""
    for name in names[:_MOST_UNKNOWN]:
        yield _unknown_field(name, method)
    if len(names) > _MOST_UNKNOWN:
        message = f"There are {len(names) - _MOST_UNKNOWN} more fields that are not known."
        yield finding("unknown_field", message)


def owners(field: str) -> list[str]:
    """Return the names of the methods that have a field."""
    return [name for name, method in METHODS.items() if field in method.model_fields]


def similar(name: str, known: Iterable[str]) -> list[str]:
    """Return the known name that is most similar, if one is similar at all."""
    import difflib  # noqa: PLC0415 - only for misspelt names

    return difflib.get_close_matches(name, list(known), 1)


def _unknown_field(name: str, method: type[Method]) -> Finding:
    if of_others := owners(name):
        message = f"The field {name} belongs to {', '.join(of_others)}, not to {method.method}."
        return finding("field_of_other_method", message)
    synonyms = (synonym for synonym, own in SYNONYMS.items() if own in method.model_fields)
    known = [*method.model_fields, *CommonFields.model_fields, "method", *synonyms]
    near = similar(name, known)
    advice = f"Did you mean {SYNONYMS.get(near[0], near[0])}?" if near else ""
    # A field's name is not secret, but it may be a whole key that was pasted there.
    message = f"The method {method.method} has no field {name[:40]!r}."
    return finding("unknown_field", message, advice=advice)
