"""A document as it may be shown: without secrets, even if it has errors or a secret in the wrong field."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from watchword.document.common_fields import CommonFields
from watchword.document.field_names import SYNONYMS, normalized_entry
from watchword.document.references import is_elsewhere, without_mark
from watchword.methods import METHODS
from watchword.methods.base import LOGIN_WITH
from watchword.methods.fields import Fields, secret_names
from watchword.protocols import templates
from watchword.redact import MASK
from watchword.redact.clear_secrets import is_key_as_user
from watchword.redact.shown import is_template, shown

_LONGEST_REFERENCE = 300

_SHORTEST_SECRET = 8
"""A shorter secret is not replaced in other fields: it would blank ordinary words there."""


def masked(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document with `***` for its secrets, and for every value that may be secret.

    References are shown: they say where a secret is, not what it is.
    """
    literals = sorted(
        (text for text in secrets_in(document) if len(text) >= _SHORTEST_SECRET), key=len, reverse=True
    )
    entries = [normalized_entry(*entry) for entry in document.items()]
    keys = _keys_as_user(dict(entries))
    return {
        _without(name, literals): MASK if name in keys else _without(_masked_field(name, value), literals)
        for name, value in entries
    }


def lines(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield one line for each field of a masked document."""
    for name, value in document.items():
        yield f"{name}: {value if isinstance(value, str) else json.dumps(value)}"


def secrets_in(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the secrets that the secret fields of a document hold themselves, without references.

    A user name that is a key is one too.
    """
    yield from (str(document[name]) for name in _keys_as_user(document))
    for name, value in document.items():
        if name == LOGIN_WITH and isinstance(value, dict):
            yield from secrets_in({key: each for key, each in value.items() if not _names_secret(each)})
        elif _is_secret(name):
            for text in templates.texts(value):
                if not is_plain_reference(text):
                    yield without_mark(text)


def is_plain_reference(value: object) -> bool:
    """Return whether a secret field's value only says where the secret is, and may be shown."""
    return (
        isinstance(value, str)
        and is_elsewhere(value)
        and len(value) <= _LONGEST_REFERENCE
        and value.isprintable()
    )


@cache
def _field_names() -> tuple[frozenset[str], frozenset[str]]:
    """Return the names of all fields, and of those that are secret in any method."""
    models: list[type[Fields]] = [CommonFields, *METHODS.values()]
    fields = frozenset(name for model in models for name in model.model_fields)
    return fields, frozenset(name for model in models for name in secret_names(model))


def _keys_as_user(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the name of the field with the user name if that is a key; a reference to one is shown."""
    username = document.get("username")
    is_key = is_key_as_user(username, document.get("password")) and not is_elsewhere(str(username))
    return ("username",) if is_key else ()


def _is_secret(name: str) -> bool:
    return SYNONYMS.get(name, name) in _field_names()[1]


def _masked_field(name: str, value: object) -> object:
    if name == "method":
        return value if isinstance(value, str) and value in METHODS else MASK
    if name == LOGIN_WITH and isinstance(value, dict):
        keys = _keys_as_user(value)
        return {
            key: each if _names_secret(each) else MASK if key in keys else _masked_field(key, each)
            for key, each in value.items()
        }
    if _is_secret(name):
        if isinstance(value, dict):
            return {key: _masked_secret(each) for key, each in value.items()}
        return _masked_secret(value)
    # A field that no method has may hold anything, such as a secret under a mistyped name.
    return shown(value) if name in _field_names()[0] else MASK


def _masked_secret(value: object) -> object:
    return value if is_plain_reference(value) else MASK


def _names_secret(value: object) -> bool:
    """Return whether a field of a login only names secrets, such as `{{secret:NAME}}`."""
    return isinstance(value, str) and templates.has_secret(value) and is_template(value)


def _without(value: Any, literals: list[str]) -> Any:  # noqa: ANN401 - any JSON value
    """Return a value with `***` for the secrets of other fields in it."""
    if isinstance(value, str):
        for literal in literals:
            value = value.replace(literal, MASK)
        return value
    if isinstance(value, dict):
        return {_without(key, literals): _without(each, literals) for key, each in value.items()}
    return [_without(each, literals) for each in value] if isinstance(value, list) else value
