"""A text that is typed at a prompt; a wrong one is offered again, so that it can be corrected."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from importlib.util import find_spec

import typer

from watchword.cli.output import say


def asked(question: str, offered: str = "", *, required: bool = False) -> str:
    """Return the text that the user types; "" if nothing is typed and the text is not required.

    Args:
        question: what the prompt shows.
        offered: the text that the line holds at first, in a terminal that can show one.
        required: whether the question is repeated until something is typed.
    """
    while True:
        with _offering(offered):
            text: str = typer.prompt(question, default="", show_default=False)
        if text.strip() or not required:
            return text.strip()
        say("It can't be left out.", err=True)


@contextlib.contextmanager
def _offering(text: str) -> Iterator[None]:
    """Let the next line that is typed begin with a text."""
    if not (text and sys.stdin.isatty() and find_spec("readline")):  # Windows has no readline
        yield
        return
    import readline  # noqa: PLC0415 - importing it changes how lines are read

    # Else terminals receive codes that switch a special treatment of pasted text on and off.
    readline.parse_and_bind("set enable-bracketed-paste off")
    readline.set_startup_hook(lambda: readline.insert_text(text))
    try:
        yield
    finally:
        readline.set_startup_hook(None)
