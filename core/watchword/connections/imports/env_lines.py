"""Lines of NAME=VALUE, as Airflow exports its connections and as shells and `.env` files write variables."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from watchword.connections.imports.entry import unreadable

_LINE = re.compile(r"\s*(?:export\s+|declare\s+-x\s+|setx?\s+|\$env:)?([\w.-]{1,250})\s*=[^\S\n]*([^\n]*)")
_REMARK = re.compile(r"\s*(?:#.*)?")
_TRAILING_REMARK = re.compile(r"(?<!\s)\s+#.*")

_MOST_PARTS = 1 << 16
"""The most parts of a word, and the most escapes in a part: each takes memory while it is matched."""

# What a shell takes for one word: each part begins with another character, so that no text is read twice.
_DOUBLE = rf"\"([^\"\\]*(?:\\.[^\"\\]*){{0,{_MOST_PARTS}}})\""
_PART = re.compile(rf"'([^']*)'|{_DOUBLE}|\\(.)", re.DOTALL)
_WORD = re.compile(rf"((?:'[^']*'|{_DOUBLE}|\\.){{1,{_MOST_PARTS}}})[^\S\n]*(?:#[^\n]*)?(?=\n|\Z)", re.DOTALL)
_ESCAPE = re.compile(r'\\(["\\$`])')

MOST_LINES = 20_000
"""The most lines of a text; the names and values of each take a while to read."""


class Line(NamedTuple):
    """One setting: the number of its line, its name and value, and what is wrong with it, if anything."""

    number: int
    name: str
    value: str
    problem: str = ""


def looks_like_lines(text: str) -> bool:
    """Return whether the first line of a text, apart from remarks, is NAME=VALUE."""
    # A long text isn't split at once.
    lines = (line.rstrip("\n") for line in islice(io.StringIO(text, newline=None), MOST_LINES))
    first = next((line for line in lines if not _REMARK.fullmatch(line)), "")
    return _LINE.fullmatch(first) is not None


def lines_in(text: str) -> Iterator[Line]:
    """Yield the settings of a text; a quoted value may have several lines.

    Raises:
        DocumentError: the text has too many lines.
    """
    if text.count("\n") > MOST_LINES:
        raise unreadable(f"The text has more than {MOST_LINES} lines.", "Leave out what isn't needed.")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    number, position = 1, 0
    while position < len(text):
        end = (text.find("\n", position) + 1 or len(text) + 1) - 1
        parts = _LINE.fullmatch(text, position, end)
        if parts is None:
            if not _REMARK.fullmatch(text, position, end):
                yield Line(number, "", "", "it is not NAME=VALUE")
        elif parts[2][:1] in {'"', "'"}:
            word = _WORD.match(text, parts.start(2))
            value = _unquoted(word[1]) if word else _between_quotes(parts[2].strip())
            end = word.end() if word else end
            yield Line(number, parts[1], value or "", _problem_of(value))
        else:
            value = _plain(parts[2].strip())
            yield Line(number, parts[1], value, _problem_of(value))
        number += text.count("\n", position, end + 1)
        position = end + 1


def _problem_of(value: str | None) -> str:
    if value is None:
        return "its quotes don't match"
    return "" if value.strip() else "it has no value"


def _plain(value: str) -> str:
    """Return an unquoted value; Airflow writes JSON there, in which a # begins no remark."""
    if value.startswith("{"):
        try:
            json.loads(value)
        except (ValueError, RecursionError):
            pass
        else:
            return value
    return _TRAILING_REMARK.sub("", value)


def _between_quotes(value: str) -> str | None:
    """Return JSON that stands in quotes and whose own quotes aren't escaped; None for other texts."""
    is_json = value.startswith(('"{', "'{")) and value.endswith((f"}}{value[0]}",))
    return value[1:-1] if is_json else None


def _unquoted(word: str) -> str:
    """Return a word as a shell reads it."""
    return _PART.sub(
        lambda part: _ESCAPE.sub(r"\1", part[2]) if part[2] is not None else part[1] or part[3] or "", word
    )
