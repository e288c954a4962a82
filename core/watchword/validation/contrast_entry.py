"""What the store holds of one call: the contrast, who asks for it now, and what each connection got."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from watchword.tokens.record import StoreTime
from watchword.validation.contrast import Answer, Observed
from watchword.validation.structure import Structure

_LARGEST = 1 << 20
"""More than any entry, in bytes."""


class Contrast(NamedTuple):
    """The answers to the decoy and to no credential, None for one that was not asked for.

    `age` is in seconds; `real` is what the same connection got at that time, None before that.
    """

    decoy: Answer | None
    none: Answer | None
    age: float = 0.0
    real: Observed | None = None

    @property
    def is_complete(self) -> bool:
        """Whether every answer that was asked for can be compared."""
        return all(answer.is_comparable for answer in (self.decoy, self.none) if answer is not None)


class Entry(NamedTuple):
    """What is held of one call; `asked` is when the contrast was asked for, `claimed` since when it is."""

    asked: StoreTime | None = None
    claimed: StoreTime | None = None
    decoy: Answer | None = None
    none: Answer | None = None
    real: Mapping[str, Observed] = {}


def packed(entry: Entry) -> bytes:
    """Return an entry as compressed JSON; named tuples become lists."""
    text = json.dumps(entry, default=_listed, separators=(",", ":"))
    return zlib.compress(text.encode(), 1)


def unpacked(content: bytes) -> Entry:
    """Return a packed entry; an empty one for b"", and for what can't be read: it is asked anew then."""
    if not content:
        return Entry()
    try:
        asked, claimed, decoy, none, real = json.loads(zlib.decompressobj().decompress(content, _LARGEST))
        return Entry(
            _time(asked),
            _time(claimed),
            _answer(decoy) if decoy else None,
            _answer(none) if none else None,
            {name: _observed(*parts) for name, parts in real.items()},
        )
    except (ValueError, TypeError, AttributeError, zlib.error):
        return Entry()


def _listed(value: object) -> object:
    if isinstance(value, StoreTime):
        return [value.epoch, value.tick, value.wall]
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(f"an entry holds no {type(value).__name__}")


def _time(parts: Any) -> StoreTime | None:  # noqa: ANN401 - any JSON value
    return None if parts is None else StoreTime(str(parts[0]), float(parts[1]), float(parts[2]))


def _answer(parts: Any) -> Answer:  # noqa: ANN401 - any JSON value
    status, redirect, content_type, structure, problem = parts
    return Answer(int(status), str(redirect), str(content_type), _structure(*structure), str(problem))


def _structure(kind: str, outer: list[str], rows: list[str]) -> Structure:
    return Structure(str(kind), frozenset(map(str, outer)), frozenset(map(str, rows)))


def _observed(first: Any, stable: Any, seen: Any, is_steady: Any) -> Observed:  # noqa: ANN401 - any JSON value
    return Observed(_answer(first), _structure(*stable), _structure(*seen), bool(is_steady))
