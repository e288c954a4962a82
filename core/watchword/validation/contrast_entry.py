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


_OUTDATED = Answer(0, "", "", Structure("empty"), "contrast_unavailable")


class Contrast(NamedTuple):
    """The answers to the decoy and to no credential, None for one that was not asked for.

    `age` is in seconds; `real` is what the same connection got at that time, None before that. `left` are the
    seconds until a contrast that proves nothing is asked for again, 0 for one that proves something.
    `is_outdated` says that the real answer has changed since, and that it is too early to ask again.
    """

    decoy: Answer | None
    none: Answer | None
    age: float = 0.0
    real: Observed | None = None
    left: float = 0.0
    is_outdated: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether every answer that was asked for can be compared."""
        return all(answer.is_comparable for answer in (self.decoy, self.none) if answer is not None)

    def outdated(self, left: float) -> Contrast:
        """Return a contrast that proves nothing, since the real answer is another one now."""
        decoy, none = (None if answer is None else _OUTDATED for answer in (self.decoy, self.none))
        return Contrast(decoy, none, self.age, None, left, is_outdated=True)


class Known(NamedTuple):
    """What one connection got, and the states of its answers that a contrast has proven.

    `credential` is a hash of the credential, so short that it confirms no guess.
    """

    observed: Observed
    states: frozenset[str]
    credential: str


class Entry(NamedTuple):
    """What is held of one call; `asked` is when the contrast was asked for, `claimed` since when it is.

    `before` is when it was asked for the time before, and `doubts` how often in a row it has proven nothing.
    """

    asked: StoreTime | None = None
    before: StoreTime | None = None
    claimed: StoreTime | None = None
    decoy: Answer | None = None
    none: Answer | None = None
    doubts: int = 0
    real: Mapping[str, Known] = {}


def packed(entry: Entry) -> bytes:
    """Return an entry as compressed JSON; named tuples become lists."""
    text = json.dumps(entry, default=_listed, separators=(",", ":"))
    return zlib.compress(text.encode(), 1)


def unpacked(content: bytes) -> Entry:
    """Return a packed entry; an empty one for b"", and for what can't be read: it is asked anew then."""
    if not content:
        return Entry()
    try:
        asked, before, claimed, decoy, none, doubts, real = json.loads(
            zlib.decompressobj().decompress(content, _LARGEST)
        )
        return Entry(
            _time(asked),
            _time(before),
            _time(claimed),
            _answer(decoy) if decoy else None,
            _answer(none) if none else None,
            int(doubts),
            {name: _known(*parts) for name, parts in real.items()},
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
    status, redirect, content_type, structure, problem, state = parts
    return Answer(
        int(status), str(redirect), str(content_type), _structure(*structure), str(problem), str(state)
    )


def _structure(kind: str, outer: list[str], rows: list[str]) -> Structure:
    return Structure(str(kind), frozenset(map(str, outer)), frozenset(map(str, rows)))


def _known(observed: Any, states: Any, credential: Any) -> Known:  # noqa: ANN401 - any JSON value
    return Known(_observed(*observed), frozenset(map(str, states)), str(credential))


def _observed(first: Any, stable: Any, seen: Any, is_steady: Any) -> Observed:  # noqa: ANN401 - any JSON value
    return Observed(_answer(first), _structure(*stable), _structure(*seen), bool(is_steady))
