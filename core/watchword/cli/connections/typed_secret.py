"""A secret that is typed unseen, read from a file, or given by a reference."""

from __future__ import annotations

from pathlib import Path

import typer

from watchword import redact
from watchword.cli.connections.typed_reference import reference_problem
from watchword.cli.output import say
from watchword.document.texts import PLACEHOLDERS

HELP = (
    "  It is not shown while you type. Instead of the secret you can give @PATH, which reads a file once, or "
    "a reference that is read at each use: env:WATCHWORD_SECRET_NAME, file:/run/secrets/NAME, "
    "gcp:watchword-secret-NAME, local:watchword-secret-NAME."
)

_TERMINAL_LIMITS = frozenset({1023, 1024, 4095, 4096})
"""The lengths in bytes at which a terminal cuts a line off: macOS and Linux have such limits."""


def secret(prompt: str, *, required: bool = True) -> str | None:
    """Return a secret that is typed unseen, or the content of a file that is named instead.

    None if nothing is typed and the secret is not required.
    """
    while True:
        text: str = typer.prompt(prompt, default="", hide_input=True, show_default=False)
        if not text and not required:
            return None
        try:
            value = _value(text)
        except ValueError as error:
            say(str(error), err=True)
        else:
            redact.register([value])
            return value


def _value(text: str) -> str:
    """Return the secret that a typed text gives; raises ValueError, whose message never shows the text."""
    if text.startswith("@"):
        return _content(text[1:])
    if not text:
        raise ValueError("It can't be left out.")
    if text.strip() in PLACEHOLDERS:
        raise ValueError("Asterisks stand for a secret that is stored already: type the real one.")
    if "-----BEGIN" in text and "-----END" not in text:
        raise ValueError("Only its first line has arrived: give @PATH or file:PATH for a key of many lines.")
    if len(text.encode("utf-8", "surrogateescape")) in _TERMINAL_LIMITS:
        raise ValueError("The terminal may have cut it off: give @PATH, which reads it from a file.")
    if problem := reference_problem(text):
        raise ValueError(problem)
    return text


def _content(path: str) -> str:
    try:
        content = Path(path).expanduser().read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        message = f"The file after the @ can't be read: {reason}."
        raise ValueError(f"{message} To type a secret that begins with @, write literal:@…") from None
    if not content:
        raise ValueError("The file after the @ is empty.")
    return content
