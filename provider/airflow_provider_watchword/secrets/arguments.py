"""What a backend is given, of which any may be text: Airflow takes single arguments from variables.

Each function raises ValueError with the argument's name, the value's type and what is wanted; the value
itself, which may be a key file, is never shown.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from watchword.redact import describe_value

_YES = frozenset({"true", "t", "yes", "y", "on", "1"})
_NO = frozenset({"false", "f", "no", "n", "off", "0"})
_NOTHING = frozenset({"none", "null"})
_PART_OF_NAME = re.compile(r"[A-Za-z0-9_-]{0,200}")
_VERSION = re.compile(r"latest|[0-9]{1,9}")


def wrong(name: str, value: object, wanted: str) -> ValueError:
    """Return the error for an argument that can't be used."""
    return ValueError(f"{name} is given as {describe_value(value)}; it has to be {wanted}.")


def text(name: str, value: object) -> str:
    """Return a text, "" where there is none."""
    if _is_absent(value):
        return ""
    if not isinstance(value, str):
        raise wrong(name, value, "text")
    return value.strip()


def matching(name: str, value: object, pattern: str, wanted: str) -> str:
    """Return a text that matches the whole pattern, "" where there is none."""
    found = text(name, value)
    if found and not re.fullmatch(pattern, found):
        raise wrong(name, value, wanted)
    return found


def prefix(name: str, value: object, separator: object) -> str | None:
    """Return a prefix with its separator, None where there is none; an empty one is one."""
    if value is None or (isinstance(value, str) and value.strip().lower() in _NOTHING):
        return None
    wanted = "letters, digits, _ and -, or null to leave this kind out"
    for argument, part in (("sep", separator), (name, value)):
        if not (isinstance(part, str) and _PART_OF_NAME.fullmatch(part)):
            raise wrong(argument, part, wanted if argument == name else "letters, digits, _ and -")
    return f"{value}{separator}"


def pattern(name: str, value: object) -> re.Pattern[str] | None:
    """Return a regular expression, None where there is none."""
    found = text(name, value)
    try:
        return re.compile(found) if found else None
    except (re.error, RecursionError, OverflowError):
        raise wrong(name, value, "a regular expression") from None


def seconds(name: str, value: object, *, least: float = 0.0) -> float:
    """Return a duration of at least so many seconds."""
    wanted = f"a number of seconds, {least:g} or more"
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise wrong(name, value, wanted)
    try:
        found = float(value)
    except (ValueError, OverflowError):
        raise wrong(name, value, wanted) from None
    if not (math.isfinite(found) and found >= least):
        raise wrong(name, value, wanted)
    return found


def flag(name: str, value: object) -> bool:
    """Return whether something is wanted; text as Airflow reads it, and absent is no."""
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else str(value)
    if _is_absent(value) or word in _NO:
        return False
    if word in _YES:
        return True
    raise wrong(name, value, "true or false")


def mapping(name: str, value: object) -> Mapping[str, Any]:
    """Return an object of JSON, an empty one where there is none."""
    if _is_absent(value):
        return {}
    found = _from_json(value) if isinstance(value, str) else value
    if not isinstance(found, Mapping):
        raise wrong(name, value, "an object, or its JSON")
    return dict(found)


def texts(name: str, value: object) -> tuple[str, ...]:
    """Return several texts, from a list, its JSON, or one text with commas; none where there is none."""
    if _is_absent(value):
        return ()
    found = value
    if isinstance(value, str):
        found = _from_json(value) if value.lstrip().startswith("[") else value.split(",")
    if not isinstance(found, Sequence) or not all(isinstance(each, str) for each in found):
        raise wrong(name, value, "text, with commas between several, or a list of texts")
    return tuple(stripped for each in found if (stripped := each.strip()))


def versions(name: str, value: object) -> Mapping[str, str]:
    """Return the number of a version by a secret's name."""
    numbers = {secret: str(number) for secret, number in mapping(name, value).items()}
    if not all(_PART_OF_NAME.fullmatch(key) and _VERSION.fullmatch(numbers[key]) for key in numbers):
        raise wrong(name, value, "an object of secrets' names and the numbers of their versions")
    return numbers


def _is_absent(value: object) -> bool:
    return value is None or (isinstance(value, str) and value.strip().lower() in _NOTHING | {""})


def _from_json(given: str) -> object:
    """Return what JSON says, None where it is none."""
    try:
        found: object = json.loads(given)
    except (ValueError, RecursionError):
        return None
    return found
