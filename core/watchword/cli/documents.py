"""What a command's DOCUMENT may be: a JSON file, `-` for stdin, or `SCHEME:NAME` for a connection of a host.

Hosts offer theirs by an entry point in the group `watchword.connections`, and so do the vault (`local:`)
and Google Secret Manager (`gcp:`): its name is the scheme, its value a function that is given the NAME
and returns the connection.
"""

from __future__ import annotations

import contextlib
import re
import sys
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Annotated

import typer

import watchword
from watchword import redact
from watchword.cli.output import fail
from watchword.connection import Connection
from watchword.errors import WatchwordError

GROUP = "watchword.connections"

STDIN = "-"

HELP = (
    "The connection document: a JSON file, - for stdin, or SCHEME:NAME: local:acme, gcp:acme, airflow:acme."
)

DocumentArgument = Annotated[str, typer.Argument(help=HELP)]
NameOption = Annotated[
    str | None,
    typer.Option("--name", help="The name that tokens are kept under; that of the file if left out."),
]

_NAME = re.compile(r"[A-Za-z0-9_-]+")

# Two letters at least: C:\acme.json is a file.
_HOSTED = re.compile(r"([a-z][a-z0-9_.+-]+):(.+)", re.DOTALL)


def is_hosted(argument: str) -> bool:
    """Return whether a host keeps the document; a file whose name looks like that is given as ./NAME."""
    return _HOSTED.fullmatch(argument) is not None


def opened(argument: str, name: str | None = None) -> Connection:
    """Return the connection of a command's argument; ends the command where there is none.

    Args:
        argument: as it was typed.
        name: what the connection is called, the file's name without its ending if left out.

    Raises:
        DocumentError: there is a document, and it can't be used.
    """
    hosted = _HOSTED.fullmatch(argument)
    if hosted is None:
        return watchword.load(content_of(argument), name=name or name_of(argument))
    if name is not None:
        fail(f"{argument} has a name already: leave --name out")
    return _hosted(hosted[1], hosted[2])


def name_of(path: str) -> str | None:
    """Return what a file's connection is called by default; None for stdin."""
    return None if path == STDIN else Path(path).stem


def content_of(path: str) -> bytes:
    """Return what is in a file; ends the command where it can't be read."""
    try:
        return sys.stdin.buffer.read() if path == STDIN else Path(path).read_bytes()
    except OSError as error:
        hint = f"; a connection that is kept is local:{path}" if _NAME.fullmatch(path) else ""
        fail(f"the document {path} can't be read: {error.strerror}{hint}")
    except ValueError:  # a null character
        fail(f"the document {path!r} can't be read: that is no name of a file")


def _hosted(scheme: str, name: str) -> Connection:
    found = [entry for entry in entry_points(group=GROUP) if entry.name == scheme]
    if not found:
        known = ", ".join(sorted({entry.name for entry in entry_points(group=GROUP)}))
        there = f"there is {known}" if known else "nothing that is installed here has any"
        fail(f"no connections can be had by {scheme}: {there}; a file of that name is ./{scheme}:{name}")
    try:
        # What a host prints on its way is no part of the command's answer.
        with contextlib.redirect_stdout(sys.stderr):
            connection = _called(found[0], name)
    except WatchwordError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a host makes of a name that it doesn't know
        words = " ".join(redact.text(str(error)).split())
        fail(f"{scheme}:{name} can't be had: {type(error).__name__}: {words}")
    return connection


def _called(entry: EntryPoint, name: str) -> Connection:
    connection = entry.load()(name)
    if not isinstance(connection, Connection):
        raise TypeError(f"{entry.value} returned no connection")
    return connection
