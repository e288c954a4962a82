"""The rules of `refresh_on_body` and `refused_on_body`: values at JSONPaths that refuse a token; no I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http import jsonpaths
from watchword.http.bodies import decoded, parsed
from watchword.http.json_value import JsonValue
from watchword.http.xml_root import XmlRoot

if TYPE_CHECKING:
    from jsonpath import CompoundJSONPath, JSONPath

LARGEST_BODY = 1 << 16
"""A longer body, in bytes, is not read: refusals are short."""

MOST_RULES = 50
"""More rules are refused: each response is searched by each of them."""


_Query: TypeAlias = "JSONPath | CompoundJSONPath | list[str | int] | None"


class BodyRules:
    """Tells whether a body refuses the token: it does if it holds any of the pairs of JSONPath and value.

    Values are compared as JSON: `false` equals neither `"false"` nor 0, and 1 equals 1.0. A text in a rule
    also equals the number that it spells, since some forms can't hold numbers. If a path leads to several
    values, one equal value is enough; if it leads to none, the rule doesn't match, not even for null.
    """

    def __init__(self, pairs: Mapping[str, JsonValue]) -> None:
        self._rules = [(path, _compiled(path), expected) for path, expected in pairs.items()]
        self._steps = sum(
            jsonpaths.steps(path)
            for path, query, _ in self._rules
            if query is not None and not isinstance(query, list)
        )

    def match(self, body: bytes) -> bool:
        """Return whether the body is JSON, of any declared type, and holds one of the pairs."""
        return len(body) <= LARGEST_BODY and self.match_content(parsed(decoded(body)))

    def match_content(self, content: object) -> bool:
        """Return whether a content holds one of the pairs; in XML a path may leave out the root."""
        if self._steps and not jsonpaths.is_affordable(content, self._steps):
            return False
        return any(
            _equal(expected, value)
            for path, query, expected in self._rules
            for holder in _holders(content, query)
            for value in _values(holder, path, query)
        )


def findings(field: str, rules: Mapping[str, JsonValue]) -> Iterator[Finding]:
    """Yield what is wrong with the rules in a field of the document."""
    if len(rules) > MOST_RULES:
        yield finding("wrong_type", f"{field} has more than {MOST_RULES} rules.")
        return
    for path in rules:
        if reason := flaw(path):
            yield finding("wrong_type", f"In {field} {path[:40]!r} {reason}.", advice=jsonpaths.ADVICE)


def flaw(path: str) -> str | None:
    """Return what is wrong with a path, None if it is right."""
    try:
        _compiled(path)
    except ValueError as reason:
        return str(reason)
    return None


def _compiled(path: str) -> _Query:
    """Return the compiled path; its keys if it has no more, or None for a plain name: these need no library.

    Raises:
        ValueError: it is not a JSONPath, or one whose search takes more than one pass.
    """
    if path.isidentifier():
        return None
    path = jsonpaths.as_jsonpath(path)
    if reason := jsonpaths.flaw(path):
        raise ValueError(reason)
    if not jsonpaths.takes_one_pass(path):
        raise ValueError("is not a JSONPath")
    if (keys := jsonpaths.keys(path)) is not None:
        return keys
    import jsonpath  # noqa: PLC0415 - it takes 0.1 s, and few documents need it

    try:
        return jsonpath.compile(jsonpaths.whole(path))
    except (jsonpath.JSONPathError, RecursionError):
        raise ValueError("is not a JSONPath") from None


def _holders(content: object, query: _Query) -> Iterator[object]:
    """Yield the content and, for a plain path into XML, the root element; a search goes through it anyway."""
    yield content
    if isinstance(content, XmlRoot) and (query is None or isinstance(query, list)):
        yield content.element


def _values(content: object, path: str, query: _Query) -> Iterator[object]:
    if isinstance(content, dict) and path in content:
        yield content[path]
    elif isinstance(query, list):
        yield from jsonpaths.at_keys(content, query)
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
