"""A document as it may be shown: without a secret, be it broken or with one in the wrong place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from watchword.document.common_fields import CommonFields
from watchword.document.reading import SYNONYMS
from watchword.document.references import is_reference
from watchword.methods import METHODS
from watchword.methods.fields import Fields, secret_names
from watchword.redact import MASK

_LITERAL = "literal:"
_LONGEST_REFERENCE = 300

_SHORTEST = 8
"""A shorter secret is not looked for in other fields: it would blank ordinary words there."""

# What may be secret, in the doubt: nobody is helped by seeing it.
_PERHAPS_SECRET = re.compile(r"(?i)auth|cookie|credential|key|passw|pwd|secret|session|signature|token")
_MENTION = re.compile(r"\{\{[^}]{1,1000}\}\}")
_SCHEME = re.compile(r"(?i)(basic|bearer|token)?\s*")
_USERINFO = re.compile(r"(//)\S*:\S*@|(//)[^/?#\s]*@|^[^\s@/:]*:(?!//)\S*@")
"""User and password, though one of them may hold unescaped what would end it."""

_PARAMETER = re.compile(r"([?&;#]([^=&;#]+)=)[^&;#]+")


def masked(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document with `***` for its secrets, and for whatever is not known to be none.

    References are shown: they say where a secret is, not what it is.
    """
    literals = sorted(
        (each for each in secrets_in(document) if len(each) >= _SHORTEST), key=len, reverse=True
    )
    return {_cut(name, literals): _cut(_shown(name, value), literals) for name, value in document.items()}


def lines(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for each entry of a document that may be shown."""
    for name, value in document.items():
        yield f"{name}: {value if isinstance(value, str) else json.dumps(value)}"


def secrets_in(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the secrets that a document holds itself, in fields that are made for them."""
    for name, value in document.items():
        if _is_secret(name):
            for text in _texts(value):
                if not refers(text):
                    yield text.removeprefix(_LITERAL)


def refers(value: object) -> bool:
    """Return whether a secret field's value says where the secret is, and nothing more."""
    return (
        isinstance(value, str)
        and is_reference(value)
        and not value.startswith(_LITERAL)
        and len(value) <= _LONGEST_REFERENCE
        and value.isprintable()
    )


@cache
def _known() -> tuple[frozenset[str], frozenset[str]]:
    """Return the names of all fields, and of those that are secret in any method."""
    models: list[type[Fields]] = [CommonFields, *METHODS.values()]
    fields = frozenset(name for model in models for name in model.model_fields)
    return fields, frozenset(name for model in models for name in secret_names(model))


def _is_secret(name: str) -> bool:
    return SYNONYMS.get(name, name) in _known()[1]


def _shown(name: str, value: object) -> object:
    if name == "method":
        return value if isinstance(value, str) and value in METHODS else MASK
    if _is_secret(name):
        if isinstance(value, dict):
            return {key: _secret(each) for key, each in value.items()}
        return _secret(value)
    # Under a name that no method knows, anything may lie.
    return _plain(value) if SYNONYMS.get(name, name) in _known()[0] else MASK


def _secret(value: object) -> object:
    return value if refers(value) else MASK


def _plain(value: object, *, secret: bool = False) -> object:
    """Return a value of a field that is not secret; `secret` says that it goes by a name which sounds so."""
    if isinstance(value, dict):
        return {key: _plain(each, secret=secret or _sounds(key)) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each, secret=secret) for each in value]
    if isinstance(value, str):
        return MASK if secret and not _is_mention(value) else _text(value)
    return MASK if secret and value is not None and not isinstance(value, bool) else value


def _sounds(name: str) -> bool:
    return bool(_PERHAPS_SECRET.search(name))


def _is_mention(text: str) -> bool:
    """Return whether text stands for a secret that is kept elsewhere: `Bearer {{secret:NAME}}`."""
    return "{{" in text and bool(_SCHEME.fullmatch(_MENTION.sub("", text)))


def _text(text: str) -> str:
    if "PRIVATE KEY" in text:  # a certificate's file may hold its key too
        return MASK
    bare = _USERINFO.sub(lambda found: f"{found[1] or found[2] or ''}{MASK}@", text)
    return _PARAMETER.sub(lambda found: found[1] + MASK if _sounds(found[2]) else found[0], bare)


def _cut(value: Any, literals: list[str]) -> Any:  # noqa: ANN401 - any JSON value
    """Return a value without the secrets of other fields."""
    if isinstance(value, str):
        for literal in literals:
            value = value.replace(literal, MASK)
        return value
    if isinstance(value, dict):
        return {_cut(key, literals): _cut(each, literals) for key, each in value.items()}
    return [_cut(each, literals) for each in value] if isinstance(value, list) else value


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
