"""The structure of a response body: names and types of its fields, not their values; no I/O.

Two bodies of one structure may hold different rows. Each part of a structure is kept as a short hash, so
that what is remembered of a response holds no content.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import islice
from typing import NamedTuple

from watchword.http.bodies import parsed

MOST_PARTS = 256
"""More parts of a body are not looked at."""

_DEEPEST = 8
"""Deeper levels are not looked at."""

_MOST_ROWS = 40
"""Of a longer list, only so many elements are looked at."""

_MOST_NAMES = 40
"""The names of a larger object are data, such as ids."""

_SCANNED = 1 << 16
"""So many characters are looked at if a text isn't complete JSON."""

_TAG = re.compile(r"<(/?)([A-Za-z_][\w:.-]{0,80})((?:\s[^<>]{0,2000})?)(/?)>")
_ATTRIBUTE = re.compile(r"\s([A-Za-z_][\w:.-]{0,80})\s*=")
_NAME = re.compile(r'"((?:[^"\\]|\\.){1,80})"\s*:')
_IDENTIFIER = re.compile(r"[@$]?[A-Za-z_][A-Za-z_ .:-]*[0-9]{0,3}")
_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?")
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
)


class Structure(NamedTuple):
    """What a body consists of: its `kind`, and the hashed parts outside and inside of its lists.

    `kind` is `json`, `xml`, `html`, `csv`, `text`, `number` or `empty`.
    """

    kind: str
    outer: frozenset[str] = frozenset()
    rows: frozenset[str] = frozenset()


def structure_of(text: str) -> Structure:
    """Return the structure of a body; of a long or deep one, that of its beginning."""
    text = text.lstrip("\ufeff \t\r\n")
    if not text:
        return Structure("empty")
    if text.startswith(("{", "[")):
        return _of_json(text)
    if text.startswith("<"):
        kind = "html" if re.match(r"(?i)<(!doctype html|html|head|body|script)\b", text) else "xml"
        return _split(kind, _tags(text[:_SCANNED]))
    return _of_text(text)


def _of_json(text: str) -> Structure:
    content = parsed(text)
    if content is None:
        content = _lines(text)
    if content is None:  # cut off, too deep, or only like JSON
        return _split("json", (f"[]{name}" for name in _NAME.findall(text[:_SCANNED])))
    return _split("json", _parts(content, "", 0))


def _lines(text: str) -> object:
    """Return the objects of a body with one on each line, None if it is something else."""
    rows = [parsed(line) for line in text[:_SCANNED].splitlines()[: _MOST_ROWS + 1] if line.strip()]
    return rows[:_MOST_ROWS] if len(rows) > 1 and None not in rows[:_MOST_ROWS] else None


def _of_text(text: str) -> Structure:
    line = text[:_SCANNED].splitlines()[0].strip()
    if line.startswith('"') or line in {"true", "false", "null"}:
        return Structure("json", frozenset({hashed(_type_of(_scalar(line)))}))
    if _NUMBER.fullmatch(text.strip()):
        return Structure("number")
    if "\0" in line:  # binary data, which the csv module of Python 3.10 refuses
        return Structure("text")
    separator = max(",;\t|", key=line.count)
    if line.count(separator) and "\n" in text.strip():
        readable = line.replace("\0", "")  # the csv of Python 3.10 refuses a zero byte
        return _split("csv", next(csv.reader([readable], delimiter=separator), []))
    return Structure("text")


def _scalar(line: str) -> object:
    try:
        return json.loads(line)
    except ValueError:
        return line


def _split(kind: str, parts: Iterator[str] | Sequence[str]) -> Structure:
    """Return a structure of the first parts; those inside of a list have `[]` in their path."""
    first = list(islice(dict.fromkeys(parts), MOST_PARTS))
    outer = frozenset(hashed(part) for part in first if "[]" not in part)
    return Structure(kind, outer, frozenset(hashed(part) for part in first if "[]" in part))


def _parts(value: object, path: str, depth: int) -> Iterator[str]:
    """Yield the path and type of each field; that of true and false is told apart outside of lists."""
    if depth > _DEEPEST:
        return
    in_list = "[]" in path
    if not (in_list and value and isinstance(value, (dict, list))):  # in rows the fields count alone
        yield f"{path}:{_type_of(value, exact=not in_list)}"
    if isinstance(value, dict):
        children: Iterator[tuple[str, object]] = ((str(name), item) for name, item in value.items())
        if not _names_fields(value):
            children = (("[]", item) for item in islice(value.values(), _MOST_ROWS))
        for name, item in children:
            yield from _parts(item, f"{path}.{name}", depth + 1)
    elif isinstance(value, list):
        for item in islice(value, _MOST_ROWS):
            yield from _parts(item, f"{path}[]", depth + 1)


def _names_fields(value: Mapping[str, object]) -> bool:
    """Return whether the names of an object are those of fields, rather than ids, dates or other data."""
    if len(value) > _MOST_NAMES:
        return False
    odd = sum(1 for name in value if not _IDENTIFIER.fullmatch(name))
    return 2 * odd <= len(value)


def _type_of(value: object, *, exact: bool = True) -> str:
    if isinstance(value, bool):
        return str(value) if exact else "boolean"
    if value is None:
        return "null"
    if isinstance(value, (int, float)) or (isinstance(value, str) and _NUMBER.fullmatch(value)):
        return "number"
    if isinstance(value, list):
        return "list"
    return "object" if isinstance(value, dict) else "text"


def _tags(text: str) -> Iterator[str]:
    """Yield the path of each element and its attributes; those below the root's children count as rows."""
    path: list[str] = []
    for closing, name, attributes, empty in _TAG.findall(text):
        tag = name.lower()  # HTML ignores the case
        if closing:
            if tag in path:
                del path[len(path) - 1 - path[::-1].index(tag) :]
            continue
        place = "/".join([*path, tag])
        row = "[]" if len(path) > 1 else ""
        yield f"{row}{place}"
        yield from (f"{row}{place}@{attribute}" for attribute in _ATTRIBUTE.findall(attributes))
        if not empty and tag not in _VOID and len(path) < _DEEPEST:
            path.append(tag)


def hashed(part: str) -> str:
    """Return a hash of 12 hexadecimal digits, which is enough to tell parts apart."""
    return blake2b(part.encode("utf-8", "replace"), digest_size=6).hexdigest()
