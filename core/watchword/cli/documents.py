"""A command's DOCUMENT argument: a JSON file, `-` for stdin, or `SCHEME:NAME` for a stored connection.

Hosts offer their connections by an entry point in the group `watchword.connections`, and so do the vault
(`local:`) and Google Secret Manager (`gcp:`). The entry point's name is the scheme; its value is a function
that takes the NAME and returns the connection.
"""

from __future__ import annotations

import contextlib
import re
import shlex
import sys
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Annotated

import typer

import watchword
from watchword import redact
from watchword.cli.output import fail
from watchword.connection import Connection
from watchword.errors import DocumentError, WatchwordError

GROUP = "watchword.connections"

STDIN = "-"

HELP = (
    "The connection document: a JSON file, - for stdin, or SCHEME:NAME, such as local:acme, gcp:acme, "
    "airflow:acme."
)

DocumentArgument = Annotated[str, typer.Argument(help=HELP)]
NameOption = Annotated[
    str | None,
    typer.Option("--name", help="The name that tokens are stored under; the file's name if left out."),
]

_OWN_SCHEMES = frozenset({"local", "gcp"})
"""The schemes of watchword itself; those of hosts may have a token store of their own."""

_NAME = re.compile(r"[A-Za-z0-9_-]+")

# A scheme has two letters or more: C:\acme.json is a file.
_STORED = re.compile(r"([a-z][a-z0-9_.+-]+):(.+)", re.DOTALL)


def is_stored(argument: str) -> bool:
    """Return whether the argument is SCHEME:NAME; a file with such a name is given as ./NAME."""
    return _STORED.fullmatch(argument) is not None


def own_name(argument: str) -> str | None:
    """Return the NAME in local:NAME or gcp:NAME, whose tokens are in the environment's store; else None."""
    stored = _STORED.fullmatch(argument)
    return stored[2] if stored and stored[1] in _OWN_SCHEMES else None


def open_connection(argument: str, name: str | None = None) -> Connection:
    """Return the connection of a command's argument; ends the command if there is none.

    Args:
        argument: the DOCUMENT as it was typed.
        name: the connection's name; the file's name without its ending if left out.

    Raises:
        DocumentError: there is a document, and it can't be used.
    """
    stored = _STORED.fullmatch(argument)
    if stored is None:
        return load_file(argument, content_of(argument), name)
    if name is not None:
        fail(f"{argument} has a name already: leave --name out")
    return _stored_connection(stored[1], stored[2])


def load_file(path: str, content: bytes, name: str | None = None) -> Connection:
    """Return the connection in the content of a file or of stdin; a DocumentError names the file."""
    if path == STDIN:
        return watchword.load(content, name=name)
    arguments = shlex.join([path, *(["--name", name] if name else [])])
    try:
        return watchword.load(content, name=name or name_of(path), arguments=arguments)
    except DocumentError as error:
        findings = [replace(each, evidence={"file": path, **each.evidence}) for each in error.findings]
    # Raised outside of `except`: the first error would be this one's context.
    raise DocumentError(findings)


def name_of(path: str) -> str | None:
    """Return the default name of a file's connection, or None for stdin."""
    return None if path == STDIN else Path(path).stem


def content_of(path: str) -> bytes:
    """Return the content of a file or of stdin; ends the command if it can't be read."""
    try:
        return sys.stdin.buffer.read() if path == STDIN else Path(path).read_bytes()
    except OSError as error:
        hint = f"; a stored connection is given as local:{path}" if _NAME.fullmatch(path) else ""
        fail(f"the document {path} can't be read: {error.strerror}{hint}")
    except ValueError:  # a null character
        fail(f"the document {path!r} can't be read: no file can have this name")


def _stored_connection(scheme: str, name: str) -> Connection:
    entries = entry_points(group=GROUP)
    entry = next((entry for entry in entries if entry.name == scheme), None)
    if entry is None:
        schemes = ", ".join(sorted({entry.name for entry in entries}))
        installed = f"the installed schemes are {schemes}" if schemes else "no scheme is installed"
        fail(f"the scheme {scheme} is not installed: {installed}; a file of that name is ./{scheme}:{name}")
    try:
        # stdout is for the command's own result: what a host prints meanwhile goes to stderr.
        with contextlib.redirect_stdout(sys.stderr):
            return _load(entry, name)
    except WatchwordError:
        raise
    except Exception as error:  # noqa: BLE001 - a host may raise anything for a name that it doesn't know
        message = " ".join(redact.text(str(error)).split())
        fail(f"{scheme}:{name} can't be loaded: {type(error).__name__}: {message}")


def _load(entry: EntryPoint, name: str) -> Connection:
    connection = entry.load()(name)
    if not isinstance(connection, Connection):
        raise TypeError(f"{entry.value} returned no connection")
    return connection
