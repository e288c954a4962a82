"""The rules of `refresh_on_body`: values at JSONPaths by which a response body refuses a token; no I/O."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from watchword.http import jsonpaths
from watchword.http.bodies import parsed
from watchword.http.json_value import JsonValue

if TYPE_CHECKING:
    from jsonpath import CompoundJSONPath, JSONPath

LARGEST_BODY = 1 << 16
"""A longer body, in bytes, is not read: refusals are short."""


class BodyRules:
    """Tells whether a body refuses the token: it does if it holds any of the pairs of JSONPath and value.

    Values are compared as JSON: `false` equals neither `"false"` nor 0, and 1 equals 1.0. A text in a rule
    also equals the number that it spells, since some forms can't hold numbers. If a path leads to several
    values, one equal value is enough; if it leads to none, the rule doesn't match, not even for null.
    """

    def __init__(self, pairs: Mapping[str, JsonValue]) -> None:
        self._rules = [(path, _compiled(path), expected) for path, expected in pairs.items()]

    def match(self, body: bytes) -> bool:
        """Return whether the body is JSON, of any declared type, and holds one of the pairs."""
        if len(body) > LARGEST_BODY:
            return False
        content = parsed(body.decode(json.detect_encoding(body), "replace"))
        return any(
            _equal(expected, value)
            for path, query, expected in self._rules
            for value in _values(content, path, query)
        )


def flaw(path: str) -> str | None:
    """Return what is wrong with a path, None if it is right."""
    try:
        _compiled(path)
    except ValueError as reason:
        return str(reason)
    return None


def _compiled(path: str) -> JSONPath | CompoundJSONPath | None:
    """Return the compiled path, or None for a plain name, which needs no library.

    Raises:
        ValueError: it is not a JSONPath, or one whose search may never end.
    """
    if path.isidentifier():
        return None
    reason = jsonpaths.slow(path)
    if reason:
        raise ValueError(reason)
    import jsonpath  # noqa: PLC0415 - it takes 0.1 s, and few documents have rules

    try:
        return jsonpath.compile(jsonpaths.whole(path))
    except (jsonpath.JSONPathError, RecursionError):
        raise ValueError("is not a JSONPath") from None


def _values(content: object, path: str, query: JSONPath | CompoundJSONPath | None) -> Iterator[object]:
    if isinstance(content, dict) and path in content:
        yield content[path]
    elif query is not None and isinstance(content, (dict, list)):
        import jsonpath  # noqa: PLC0415 - it is loaded already if there is a query

        try:
            yield from (match.obj for match in query.finditer(content))
        except (jsonpath.JSONPathError, RecursionError):  # the content is of another shape, or too deep
            return


def _equal(expected: object, value: object) -> bool:
    if isinstance(expected, bool) or isinstance(value, bool):  # in Python True equals 1
        return expected is value
    if isinstance(expected, str) and isinstance(value, (int, float)):
        return expected.strip() == str(value)
    if isinstance(expected, Mapping) and isinstance(value, Mapping):
        return expected.keys() == value.keys() and all(
            _equal(expected[name], value[name]) for name in expected
        )
    if isinstance(expected, list) and isinstance(value, list):
        return len(expected) == len(value) and all(map(_equal, expected, value))
    return expected == value
