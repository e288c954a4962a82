"""JSONPaths of a document: those whose search takes one pass over a response, and no others; no I/O.

The rule: names, indices, slices, `*`, at most one `..`, and filters that compare values below `@` with
literals. Every step then visits each value of the response at most once, so a search takes as long as the
response is, times the number of steps; `is_affordable` bounds that. The rest of RFC 9535, and what the
library adds to it, may take the square of that and more: a query or a function inside a filter, a second
`..`, several selectors in one pair of brackets, a comparison of two values of the response, a pattern.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

LONGEST = 1000
"""A longer path is refused, in characters: each of its steps may visit the whole response."""

MOST_VISITS = 100_000
"""How many values the steps of a search may visit together; the library needs about 10 µs for each."""

MOST_ALTERNATIVES = 5
"""A path may have so many alternatives, which are searched one after the other."""

_OR = " | "

ADVICE = (
    "Write names, indices, * and at most one .., such as error.code or $.errors[*].code; a filter may "
    "compare values below @ with literals, such as $.sessions[?@.active==true].id. Where responses differ, "
    "write alternatives, such as authed_user.access_token | access_token."
)

_MISSING = object()

_BLANK = r"[ \t]*"
_NAME = r"[A-Za-z_\x80-\uffff][A-Za-z0-9_\x80-\uffff-]*"
_INTEGER = r"-?[0-9]{1,15}"
_TEXT = r"(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
_LITERAL = rf"(?:{_TEXT}|{_INTEGER}(?:\.[0-9]{{1,15}})?|[Tt]rue|[Ff]alse|[Nn]ull)"
_VALUE = rf"@(?:\.{_NAME}|\[{_BLANK}(?:{_INTEGER}|{_TEXT}){_BLANK}\])*"
_OPERATOR = rf"{_BLANK}(?:==|!=|<=|>=|<|>){_BLANK}"
_TEST = rf"(?:{_LITERAL}{_OPERATOR}{_VALUE}|{_VALUE}(?:{_OPERATOR}{_LITERAL})?)"
_TERM = rf"(?:!{_BLANK}|not[ \t]+)?{_TEST}"
_TERMS = rf"{_TERM}(?:{_BLANK}(?:&&|\|\||and[ \t]|or[ \t]){_BLANK}{_TERM})*"
_FILTER = rf"\?{_BLANK}(?:{_TERMS}|\({_BLANK}{_TERMS}{_BLANK}\))"
_SLICE = rf"(?:{_INTEGER})?:(?:{_INTEGER})?(?::(?:{_INTEGER})?)?"
_BRACKETS = rf"\[{_BLANK}(?:\*|{_SLICE}|{_INTEGER}|{_TEXT}|{_FILTER}){_BLANK}\]"
_CHILD = rf"(?:\.(?:{_NAME}|\*)|{_BRACKETS})"
_ONE_PASS = re.compile(rf"\$(?:{_CHILD})*(?:\.\.(?:{_NAME}|\*|{_BRACKETS})(?:{_CHILD})*)?")

_KEY = re.compile(rf"\.({_NAME})|\[{_BLANK}(?:({_INTEGER})|'([^'\\]*)'|\"([^\"\\]*)\"){_BLANK}\]")
_STEP = re.compile(r"[.\[@]")

# The paths to elements and attributes; an index or a condition is written as in a JSONPath instead.
_XPATH_NAME = r"@?(?:[A-Za-z_][\w.:-]*|\*)"
_XPATH = re.compile(rf"//?{_XPATH_NAME}(?://?{_XPATH_NAME})*(?:/text\(\))?")
_XPATH_STEP = re.compile(r"(//?)(@?)(?:\w[\w.-]*:)?([\w.*-]+)")

# What no plain name has, and every path beyond names does: other texts are taken for the name of a field.
_MORE_THAN_NAMES = re.compile(r"[\[*?]|\.\.|[|&][ \t]*[$^]")


def whole(path: str) -> str:
    """Return a path that begins at the root: a document may leave out the `$`."""
    if path.startswith("$"):
        return path
    return f"${path}" if path.startswith("[") else f"$.{path}"


def as_jsonpath(path: str) -> str:
    """Return a path such as `//Token` or `/a/b/@c`, as people write it for XML, as a JSONPath.

    Any other path is returned as it is.
    """
    if not path.startswith("/") or not _XPATH.fullmatch(path):
        return path
    return "$" + "".join(_step(*found) for found in _XPATH_STEP.findall(path.removesuffix("/text()")))


def _step(separator: str, mark: str, name: str) -> str:
    if mark or not (name == "*" or re.fullmatch(_NAME, name)):
        return f"{'..' if separator == '//' else ''}['{mark}{name}']"
    return f"{'..' if separator == '//' else '.'}{name}"


def alternatives(path: str) -> tuple[str, ...]:
    """Return the paths of which the first that leads to a value counts: they are written as `a.b | c`."""
    if _OR not in path or takes_one_pass(path):
        return (path,)
    return tuple(each.strip() for each in path.split(_OR))


def takes_one_pass(path: str) -> bool:
    """Return whether a search by this path visits each value of a response at most once for each step."""
    return len(path) <= LONGEST and _ONE_PASS.fullmatch(whole(path)) is not None


def flaw(path: str) -> str | None:
    """Return why a response must not be searched by this path; None for paths and plain names."""
    if len(path) > LONGEST:
        return f"has more than {LONGEST} characters"
    if len(paths := alternatives(path)) > 1:
        if len(paths) > MOST_ALTERNATIVES:
            return f"is a JSONPath with more than {MOST_ALTERNATIVES} alternatives"
        return next((reason for each in paths if (reason := flaw(as_jsonpath(each)))), None)
    if not _MORE_THAN_NAMES.search(path) or takes_one_pass(path):
        return None
    return "is not a JSONPath that is searched in one pass"


def keys(path: str) -> list[str | int] | None:
    """Return the names and indices that a path consists of; None for another path."""
    found: list[str | int] = []
    text, end = whole(path), 1
    while end < len(text):
        match = _KEY.match(text, end)
        if match is None:
            return None
        end = match.end()
        index, names = match[2], (match[1], match[3], match[4])
        found.append(int(index) if index else next(name for name in names if name is not None))
    return found


def at_keys(content: object, path_keys: list[str | int]) -> Iterator[object]:
    """Yield the value at names and indices, nothing if there is none."""
    for key in path_keys:
        if isinstance(key, str):
            content = content.get(key, _MISSING) if isinstance(content, Mapping) else _MISSING
        elif isinstance(content, list) and -len(content) <= key < len(content):
            content = content[key]
        else:
            content = _MISSING
        if content is _MISSING:
            return
    yield content


def steps(path: str) -> int:
    """Return how many steps a search by a path has, those inside filters included."""
    return len(_STEP.findall(path))


def is_affordable(content: object, path_steps: int) -> bool:
    """Return whether a content is small enough to be searched with so many steps."""
    most = MOST_VISITS // max(path_steps, 1)
    pending, count = [content], 1
    while pending and count <= most:
        item = pending.pop()
        children = item.values() if isinstance(item, Mapping) else item if isinstance(item, list) else ()
        count += len(children)
        pending.extend(child for child in children if isinstance(child, (Mapping, list)))
    return count <= most
