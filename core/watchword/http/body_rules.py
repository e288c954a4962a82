"""How the document says that an API refuses a token in a reply's body: values at JSONPaths, no I/O."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pydantic import JsonValue

from watchword.http import jsonpaths
from watchword.http.bodies import parsed

if TYPE_CHECKING:
    from jsonpath import CompoundJSONPath, JSONPath

LARGEST_BODY = 1 << 16
"""A longer body, in bytes, is not looked at: what refuses is short."""


class BodyRules:
    """Tells from a body whether it refuses the token: any of the pairs of JSONPath and value is in it.

    Values are compared as JSON: `false` is neither `"false"` nor 0, and 1 is 1.0. Text that reads
    as the number that is found counts as it, since some forms know no numbers. Where a path leads
    to several values, one of them is enough; where it leads to none, not even null is found.
    """

    def __init__(self, pairs: Mapping[str, JsonValue]) -> None:
        self._rules = [(path, _compiled(path), wanted) for path, wanted in pairs.items()]

    def match(self, body: bytes) -> bool:
        """Return whether the body is JSON, of any declared type, and holds one of the pairs."""
        if len(body) > LARGEST_BODY:
            return False
        content = parsed(body.decode(json.detect_encoding(body), "replace"))
        return any(
            _same(wanted, found)
            for path, query, wanted in self._rules
            for found in _values(content, path, query)
        )


def flaw(path: str) -> str | None:
    """Return what is wrong with a path, None for nothing."""
    try:
        _compiled(path)
    except ValueError as reason:
        return str(reason)
    return None


def _compiled(path: str) -> JSONPath | CompoundJSONPath | None:
    """Return the path ready for use, None where it is a plain name, which needs no library.

    Raises:
        ValueError: it is no JSONPath, or one that may take for ever.
    """
    if path.isidentifier():
        return None
    reason = jsonpaths.slow(path)
    if reason:
        raise ValueError(reason)
    import jsonpath  # noqa: PLC0415 - costs 0.1 s, and few documents have rules

    try:
        return jsonpath.compile(jsonpaths.whole(path))
    except (jsonpath.JSONPathError, RecursionError):
        raise ValueError("is no JSONPath") from None


def _values(content: object, path: str, query: JSONPath | CompoundJSONPath | None) -> Iterator[object]:
    if isinstance(content, dict) and path in content:
        yield content[path]
    elif query is not None and isinstance(content, (dict, list)):
        import jsonpath  # noqa: PLC0415 - loaded, since there is a query

        try:
            yield from (match.obj for match in query.finditer(content))
        except (jsonpath.JSONPathError, RecursionError):  # the content is of another shape, or too deep
            return


def _same(wanted: object, found: object) -> bool:
    if isinstance(wanted, bool) or isinstance(found, bool):  # to Python true is 1
        return wanted is found
    if isinstance(wanted, str) and isinstance(found, (int, float)):
        return wanted.strip() == str(found)
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        return wanted.keys() == found.keys() and all(_same(wanted[name], found[name]) for name in wanted)
    if isinstance(wanted, list) and isinstance(found, list):
        return len(wanted) == len(found) and all(map(_same, wanted, found))
    return wanted == found
