"""What a body says about its own outcome: codes, flags, whether there are rows, and sentences; no I/O.

A contrast is asked for anew after that has changed. The names and types of the fields may be the same then.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from watchword.http.bodies import content_of, parsed
from watchword.validation.structure import hashed

_LONGEST = 1 << 14
"""Of a longer body, in characters, only the problem counts: it holds data."""

_DEEPEST = 3
_FEW = 2
"""An object with so few values and nothing else is a message, as a line of text is."""

_STATE = re.compile(
    r"(?i)(http|inner|api|result|return|error|err|fault|response)?[_-]?"
    r"(code|cod|no|num|status|state|success|succeeded|ok|ret|error|valid|active|authenticated|enabled)"
)
_SENTENCE = re.compile(r"\S+\s+\S+\s+\S", re.DOTALL)
"""Three words: they are about something, while names and ids are data."""

_NUMBERS = re.compile(r"\d+")


def state_of(text: str, problem: str) -> str:
    """Return a hash of what a body says about its outcome; `problem` is the code of what its words mean."""
    text = text.lstrip("\ufeff \t\r\n")
    said = [f"problem:{problem}"]
    if len(text) <= _LONGEST:
        content = content_of(text).value if text.startswith("<") else parsed(text)
        if content is not None:
            said += _said(content)
        elif not text.startswith("<") and len(text.splitlines()) == 1:
            said.append(_without_numbers(text))
    return hashed("\n".join(said))


def _said(content: object) -> Iterator[str]:
    values = dict(_values(content, "", 0))
    lists = [value for value in values.values() if isinstance(value, list)]
    if lists:
        yield f"rows:{any(lists)}"
    scalars = {path: value for path, value in values.items() if not isinstance(value, list)}
    is_message = not lists and len(scalars) <= _FEW
    for path, value in scalars.items():
        if _STATE.fullmatch(path.rpartition(".")[2]):
            yield f"{path}:{value!r}"
        elif is_message or (isinstance(value, str) and _SENTENCE.match(value.strip())):
            yield f"{path}:{_without_numbers(str(value))}"


def _values(content: object, path: str, depth: int) -> Iterator[tuple[str, object]]:
    """Yield each list and each scalar outside of lists, with its path."""
    if isinstance(content, dict) and depth <= _DEEPEST:
        for name, value in content.items():
            yield from _values(value, f"{path}.{name}", depth + 1)
    elif not isinstance(content, dict):
        yield path, content


def _without_numbers(text: str) -> str:
    """Return a text in which counts, dates and times are alike."""
    return _NUMBERS.sub("0", text.strip())
