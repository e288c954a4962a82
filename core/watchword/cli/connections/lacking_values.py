"""The values that an imported file lacks: a person is asked for them, or they become references."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace

import typer

from watchword.cli.connections.typed_secret import HELP, secret
from watchword.cli.connections.typed_text import asked
from watchword.cli.output import say
from watchword.connections.imports.entry import Entry, missing
from watchword.connections.imports.formats import not_chosen

PREFIX = "WATCHWORD_SECRET_"
"""The prefix of the variables that stored connections may use unless a deployment says otherwise."""


class ValueSource:
    """Where lacking values come from; each is asked for once, also if several connections need it.

    Args:
        asks: whether a person can be asked.
        references: whether a secret becomes a reference to a variable instead.
    """

    def __init__(self, *, asks: bool, references: bool) -> None:
        self._asks = asks
        self._references = references
        self._answers: dict[str, str] = {}

    def completed(self, entry: Entry) -> Entry:
        """Return an entry that lacks nothing.

        Raises:
            DocumentError: a value is lacking, and nobody can be asked.
        """
        if self._references and entry.lacking:
            entry, variables = entry.with_references(f"{PREFIX}{entry.label.replace('-', '_').upper()}_")
            for variable in variables:
                say(f"{entry.label}: set the variable {variable} for every process that uses the connection")
        while lacking := entry.lacking:
            unknown = [name for name in lacking if name not in self._answers]
            if unknown and not self._asks:
                raise missing(lacking)
            for name in unknown:
                self._answers[name] = _answer(f"{entry.label}: {name}", is_secret=lacking[name])
            entry = entry.completed(self._answers)
        return entry


def _answer(question: str, *, is_secret: bool) -> str:
    try:
        if not is_secret:
            return asked(question, required=True)
        typer.echo(HELP)
        return secret(question) or ""
    except typer.Abort:
        if sys.stdin.isatty():
            raise
        name = question.partition(": ")[2]
    raise missing([name])


def without_alternatives(entries: list[Entry], *, asks: bool) -> list[Entry]:
    """Return entries with one of the alternatives, which a person chooses by number or name.

    Raises:
        DocumentError: there are alternatives, and nobody can be asked.
    """
    alternatives = [entry for entry in entries if entry.is_alternative]
    usable = [entry for entry in alternatives if not entry.skipped]
    if len(usable) < 2:  # noqa: PLR2004 - nothing to choose from
        return entries
    names = [entry.label for entry in usable]
    if not asks:
        raise not_chosen(names, "The file offers several ways to authenticate")
    label = _chosen(usable)
    return [
        replace(entry, is_alternative=False)
        for entry in entries
        if not entry.is_alternative or entry.label == label
    ]


def _chosen(entries: Sequence[Entry]) -> str:
    names = [entry.label for entry in entries]
    for number, entry in enumerate(entries, 1):
        say(f"{number} {entry.label}: {entry.document.get('method', 'not read')}")
    while True:
        try:
            typed = asked("Which one is to be imported? (number or name)", required=True)
        except typer.Abort:
            if sys.stdin.isatty():
                raise
            break
        if typed in names:
            return typed
        if typed.isdecimal() and 0 < int(typed) <= len(names):
            return names[int(typed) - 1]
        say("There is no such connection: give a number or a name from the list.", err=True)
    raise not_chosen(names, "The file offers several ways to authenticate")
