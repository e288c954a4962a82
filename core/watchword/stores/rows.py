"""A record as a row of a table: the token's secrets apart from all else, which is JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from functools import cache
from types import NoneType
from typing import NamedTuple, get_args, get_type_hints

from watchword.tokens.record import Record, StoreTime
from watchword.tokens.token import Token

_SECRETS = tuple(field.name for field in fields(Token) if not field.repr)


class Row(NamedTuple):
    """A row as it is before its secrets are encrypted; None where there is no token.

    `name` is for whoever looks into the table; the record's own stands in `state`.
    """

    key: str
    name: str
    generation: int
    state: str
    secrets: bytes | None

    def __repr__(self) -> str:
        return f"Row({self.key!r}, {self.generation})"  # its secrets are no one's to see


class RowMalformedError(ValueError):
    """A row holds what no record was ever written as; the message shows nothing of it."""


def column(text: str) -> str:
    """Return a text as every database takes it: the same for the same text, another for another."""
    return text.replace("\\", "\\\\").replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()


def to_row(record: Record) -> Row:
    """Return the row of a record."""
    state = asdict(record)
    del state["generation"]
    secrets = None
    if record.token:
        hidden = {name: state["token"].pop(name) for name in _SECRETS}
        secrets = json.dumps(hidden).encode()
    return Row(column(record.key), column(record.name), record.generation, _dumped(state), secrets)


def to_record(row: Row) -> Record:
    """Return the record of a row; raises RowMalformedError where it is none."""
    state = _loaded(row.state)
    if row.secrets is not None:
        token = state.get("token")
        state["token"] = {**(token if isinstance(token, dict) else {}), **_loaded(row.secrets)}
    record = _read(Record, {**state, "generation": row.generation})
    if not isinstance(record, Record):
        raise RowMalformedError
    return record


def to_text(now: StoreTime) -> str:
    """Return a moment as text."""
    return _dumped(asdict(now))


def to_moment(text: str) -> StoreTime:
    """Return the moment of a text; raises RowMalformedError where it is none."""
    now = _read(StoreTime, _loaded(text))
    if not isinstance(now, StoreTime):
        raise RowMalformedError
    return now


def _dumped(state: Mapping[str, object]) -> str:
    return json.dumps(_finite(state), separators=(",", ":"), allow_nan=False)


def _finite(value: object) -> object:
    """Return the value with numbers that JSON has no words for as text."""
    if isinstance(value, Mapping):
        return {name: _finite(inner) for name, inner in value.items()}
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _loaded(text: str | bytes) -> dict[str, object]:
    try:
        loaded = json.loads(text)
    except (ValueError, RecursionError):
        raise RowMalformedError from None
    if not isinstance(loaded, dict):
        raise RowMalformedError
    return loaded


@cache
def _kinds(kind: type) -> dict[str, tuple[type, ...]]:
    """Return the types that each field of a dataclass may have."""
    return {name: get_args(hint) or (hint,) for name, hint in get_type_hints(kind).items()}


def _read(kind: type, value: object) -> object:
    """Return the value as that type, which is a record, a part of one, or plain."""
    if is_dataclass(kind):
        kinds = _kinds(kind)
        if not isinstance(value, dict) or not set(value) <= set(kinds):
            raise RowMalformedError
        try:
            return kind(**{name: _any_of(kinds[name], inner) for name, inner in value.items()})
        except TypeError:  # something is missing
            raise RowMalformedError from None
    if kind is float and isinstance(value, (int, float, str)) and not isinstance(value, bool):
        return _number(value)
    if type(value) is not kind:
        raise RowMalformedError
    return value


def _number(value: float | str) -> float:
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise RowMalformedError from None
    if math.isnan(number):
        raise RowMalformedError
    return number


def _any_of(kinds: tuple[type, ...], value: object) -> object:
    if value is None and NoneType in kinds:
        return None
    return _read(next(kind for kind in kinds if kind is not NoneType), value)
