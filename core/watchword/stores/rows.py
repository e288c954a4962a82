"""A record as a row of a table: the token's secrets apart, all other fields as JSON.

The names in the JSON are those of version 2 of the schema.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache
from types import NoneType
from typing import Any, NamedTuple, get_args, get_type_hints

from watchword.tokens.record import Record, StoreTime
from watchword.tokens.token import LATER_SECRETS, Token

_SECRETS = tuple(field.name for field in fields(Token) if not field.repr)

_STORED_NAMES = {"request_fingerprint": "guard", "token_destinations": "reach"}
"""The names in the JSON of fields that were renamed in the code."""


_TEXTS = Mapping[str, str]

_ESCAPED = re.compile(r"\\(\\|0|u([0-9a-f]{4}))")


class Row(NamedTuple):
    """A row before its secrets are encrypted; they are an empty JSON object if there is no token.

    `name` is for people who look into the table; the record's own name stands in `state`.
    """

    key: str
    name: str
    generation: int
    state: str
    secrets: bytes

    @property
    def bound(self) -> tuple[str, str, int, str]:
        """What its secrets are bound to when they are encrypted: every other column."""
        return self.key, self.name, self.generation, self.state

    def __repr__(self) -> str:
        return f"Row({self.key!r}, {self.generation})"  # without the secrets


class RowMalformedError(ValueError):
    """A row holds something that no record was ever written as; the message shows nothing of it."""


def column(text: str) -> str:
    """Return a text in a form that every database accepts: equal texts give equal forms, and only these."""
    return text.replace("\\", "\\\\").replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()


def from_column(column_text: str) -> str:
    """Return the text that has this form as a column; a form that no text has comes back as it is."""
    return _ESCAPED.sub(_unescaped, column_text) if "\\" in column_text else column_text


def _unescaped(escaped: re.Match[str]) -> str:
    return chr(int(escaped[2], 16)) if escaped[2] else {"0": "\0"}.get(escaped[1], escaped[1])


def to_row(record: Record) -> Row:
    """Return the row of a record."""
    state = asdict(record)
    del state["generation"]
    secrets = {}
    if record.token:
        token = state["token"]
        del token["unread_end"]
        secrets = {name: token.pop(name) for name in _SECRETS}
        for name in LATER_SECRETS:
            if not secrets[name]:
                del secrets[name]  # earlier releases can read the row then
        for name in ("lifetime", "refresh_lifetime"):
            if token[name] is not None and math.isinf(token[name]):
                token[name] = str(token[name])  # a number that JSON can't express
    for name, stored in _STORED_NAMES.items():
        state[stored] = state.pop(name)
    sealed = json.dumps(secrets).encode()
    return Row(column(record.key), column(record.name), record.generation, _json(state), sealed)


def to_record(row: Row) -> Record:
    """Return the record of a row; raises RowMalformedError where the row is none."""
    state = _loaded(row.state)
    for name, stored in _STORED_NAMES.items():
        if stored in state:
            state[name] = state.pop(stored)
    token, secrets = state.get("token"), _loaded(row.secrets)
    if secrets:
        # A secret is believed only where it was encrypted.
        if not isinstance(token, dict) or not token.keys().isdisjoint(_SECRETS):
            raise RowMalformedError
        state["token"] = {**token, **secrets}
    elif token is not None:
        raise RowMalformedError
    state["generation"] = row.generation
    record = _read(Record, state)
    if not isinstance(record, Record) or column(record.key) != row.key:
        raise RowMalformedError
    return record


def to_text(time: StoreTime) -> str:
    """Return a time as text."""
    return _json(asdict(time))


def to_time(text: object) -> StoreTime:
    """Return the time of a column's text; raises RowMalformedError where the column holds none."""
    if type(text) is not str:
        raise RowMalformedError
    time = _read(StoreTime, _loaded(text))
    if not isinstance(time, StoreTime):
        raise RowMalformedError
    return time


def _json(state: dict[str, Any]) -> str:
    return json.dumps(state, separators=(",", ":"))


def _loaded(text: str | bytes) -> dict[str, Any]:
    try:
        loaded = json.loads(text)
    except (ValueError, RecursionError):
        raise RowMalformedError from None
    if not isinstance(loaded, dict):
        raise RowMalformedError
    return loaded


@dataclass(frozen=True)
class _Field:
    """What a field may hold: values of plain types, a number, texts by name, or a dataclass of its own."""

    plain: frozenset[type]
    is_number: bool
    has_texts: bool
    part: type | None


@cache
def _fields(kind: type) -> dict[str, _Field]:
    """Return the fields of a dataclass by name."""
    found = {}
    for name, hint in get_type_hints(kind).items():
        types = {hint} if hint == _TEXTS else set(get_args(hint) or (hint,))
        plain = types & {str, int, bool, NoneType}
        [part] = types - plain - {float, _TEXTS} or [None]
        found[name] = _Field(frozenset(plain), float in types, _TEXTS in types, part)
    return found


def _read(kind: type, state: object) -> object:
    """Return the dataclass of that type whose fields are in the state; raises RowMalformedError."""
    known = _fields(kind)
    if type(state) is not dict or not state.keys() <= known.keys():
        raise RowMalformedError
    values: dict[str, Any] = {}
    for name, value in state.items():
        field = known[name]
        if type(value) in field.plain:
            values[name] = value
        elif field.is_number:
            values[name] = value if type(value) is float and value == value else _number(value)  # noqa: PLR0124 - NaN
        elif field.has_texts:
            values[name] = _texts(value)
        elif field.part is not None:
            values[name] = _read(field.part, value)
        else:
            raise RowMalformedError
    try:
        return kind(**values)
    except TypeError:  # a field is missing
        raise RowMalformedError from None


def _texts(value: object) -> dict[str, str]:
    if type(value) is not dict or not all(type(text) is str for text in value.values()):
        raise RowMalformedError
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise RowMalformedError
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise RowMalformedError from None
    if math.isnan(number):
        raise RowMalformedError
    return number
