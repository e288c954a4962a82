"""Templates of signatures: fixed text, and parts from a closed set, such as `{{method}}`; no expressions.

A section stands around a piece of a template, and says how that is written: `{{#base64}}…{{/base64}}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

# No part holds a brace: in a text of many opening braces, each would begin a part that never ends.
_PART = re.compile(r"\{\{([^{}]{1,200})\}\}")

_TIME = re.compile(r"timestamp([+-][0-9]{1,9})", re.ASCII)

BEGIN, END = "#", "/"
"""The marks of a section's begin and end, before its name."""

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
class Section:
    """A piece of a template that is written in another way, or only if a condition holds."""

    name: str
    content: Template


@dataclass(frozen=True)
class Template:
    """A template, taken apart: fixed texts, parts and sections in their order."""

    pieces: tuple[str | Part | Section, ...]

    @classmethod
    def parse(cls, text: str) -> Template:
        r"""Take a template apart; the two characters `\n` are a line break, as a form can't hold one."""
        pieces: list[str | Part | Section] = []
        for index, piece in enumerate(_PART.split(text.replace("\\n", "\n"))):
            if index % 2:
                pieces.append(_part(piece.strip()))
            elif piece:
                pieces.append(piece)
        return cls(tuple(_with_sections(pieces)))

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The parts, also those in sections, each as often as it is used."""
        return tuple(piece for piece in self._flat if isinstance(piece, Part))

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """The sections; none has another inside."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Section))

    @property
    def texts(self) -> Iterator[str]:
        """The fixed texts, also those in sections."""
        return (piece for piece in self._flat if isinstance(piece, str))

    @property
    def _flat(self) -> Iterator[str | Part | Section]:
        for piece in self.pieces:
            yield from piece.content.pieces if isinstance(piece, Section) else (piece,)

    def has(self, *names: str) -> bool:
        """Return whether the template has a part of one of these names."""
        return any(part.name in names for part in self.parts)


def _part(text: str) -> Part:
    if match := _TIME.fullmatch(text):
        return Part("timestamp", offset=int(match[1]))
    name, _, argument = text.partition(":")
    return Part(name, argument.strip())


def _with_sections(pieces: Iterable[str | Part | Section]) -> list[str | Part | Section]:
    """Put the pieces between `{{#NAME}}` and `{{/NAME}}` into a section.

    A begin or an end without the other, or around another section, stays a part, which no request knows.
    """
    found: list[str | Part | Section] = []
    begun: Part | None = None
    start = 0
    for piece in pieces:
        mark = piece.name[:1] if isinstance(piece, Part) else ""
        if begun and isinstance(piece, Part) and mark == END and piece.name[1:] == begun.name[1:]:
            found[start:] = [Section(begun.name[1:], Template(tuple(found[start + 1 :])))]
            begun = None
            continue
        if isinstance(piece, Part) and mark == BEGIN:
            begun, start = piece, len(found)
        found.append(piece)
    return found
