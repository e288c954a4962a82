"""JSON fields as the names and values of a form or a query; no I/O.

No standard says how a form holds an object. PHP, Rails, Express and most other servers read `user[name]=ann`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from watchword.http.json_value import JsonValue

_JSON_TEXT = frozenset({"authorization_details", "claims", "presentation_definition", "registration"})
"""Parameters that are JSON text by their specifications, such as RFC 9396 and OpenID Connect Core 5.5."""


def form_fields(fields: Mapping[str, JsonValue]) -> list[tuple[str, str]]:
    """Return names and values: a list repeats its field, as `resource` in RFC 8707, and null has none.

    The members of an object are `name[member]`, those of a list inside an object `name[member][]`, and those
    of an object inside a list `name[0][member]`.
    """
    return [
        pair
        for name, value in fields.items()
        for pair in ([(name, json.dumps(value))] if _is_json_text(name, value) else _pairs(name, name, value))
    ]


def _is_json_text(name: str, value: JsonValue) -> bool:
    return name in _JSON_TEXT and isinstance(value, (dict, list))


def _pairs(name: str, repeated: str, value: JsonValue) -> Iterator[tuple[str, str]]:
    """Yield the pairs of a value; `repeated` is the name that each text of a list has."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict):
        for member, each in value.items():
            yield from _pairs(f"{name}[{member}]", f"{name}[{member}][]", each)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            is_simple = not isinstance(each, (dict, list))
            indexed = repeated if is_simple else f"{name}[{number}]"
            yield from _pairs(indexed, f"{indexed}[]", each)
    elif value is not None:
        yield name, json.dumps(value)
