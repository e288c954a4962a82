"""Templates of signatures: fixed text, and parts from a closed set, such as `{{method}}`; no expressions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

# No part holds a brace: in a text of many opening braces, each would begin a part that never ends.
_PART = re.compile(r"\{\{([^{}]{1,200})\}\}")

_TIME = re.compile(r"timestamp([+-][0-9]{1,9})", re.ASCII)

LONGEST = 10_000
"""The longest template, in characters."""

MOST = 50
"""The most templates of a document; more would be a mistake."""


class Part(NamedTuple):
    """A part of a template: `{{header:Date}}` has the name `header` and the argument `Date`.

    `offset` is that of a time, in seconds: `{{timestamp+60}}`.
    """

    name: str
    argument: str = ""
    offset: int = 0

    def __str__(self) -> str:
        if self.offset:
            return f"{self.name}{self.offset:+}"
        return f"{self.name}:{self.argument}" if self.argument else self.name


@dataclass(frozen=True)
class Template:
    """A template, taken apart: fixed texts and parts in their order."""

    pieces: tuple[str | Part, ...]

    @classmethod
    def parse(cls, text: str) -> Template:
        r"""Take a template apart; the two characters `\n` are a line break, as a form can't hold one."""
        pieces: list[str | Part] = []
        for index, piece in enumerate(_PART.split(text.replace("\\n", "\n"))):
            if index % 2:
                pieces.append(_part(piece.strip()))
            elif piece:
                pieces.append(piece)
        return cls(tuple(pieces))

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The parts, each as often as it is used."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Part))

    @property
    def texts(self) -> Iterator[str]:
        """The fixed texts."""
        return (piece for piece in self.pieces if isinstance(piece, str))

    def has(self, *names: str) -> bool:
        """Return whether the template has a part of one of these names."""
        return any(part.name in names for part in self.parts)


def _part(text: str) -> Part:
    if match := _TIME.fullmatch(text):
        return Part("timestamp", offset=int(match[1]))
    name, _, argument = text.partition(":")
    return Part(name, argument.strip())
