"""What the commands for kept connections and secrets share: where they are kept, and how one gets there."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from typing import Annotated, Any, NamedTuple

import typer

from watchword import redact
from watchword.cli.connections.masked import secrets_in
from watchword.cli.documents import content_of
from watchword.cli.output import fail
from watchword.connections import by_name
from watchword.connections.payload import document_in
from watchword.document.reading import SYNONYMS
from watchword.errors import SecretError, WatchwordError
from watchword.findings.codes import finding
from watchword.findings.finding import printable
from watchword.secrets import sources
from watchword.secrets.secret_store import SecretStore

InOption = Annotated[
    str | None,
    typer.Option(
        "--in",
        metavar="SOURCE",
        help="Where they are kept: local for the vault, gcp://PROJECT or gcp://PROJECT/LOCATION; "
        "the first such place in WATCHWORD_SECRETS if left out, normally the vault.",
    ),
]
NameArgument = Annotated[str, typer.Argument(help="The name of the connection.")]
FromOption = Annotated[
    str | None,
    typer.Option("--from", metavar="FILE", help="Read it from a file, or with - from stdin."),
]
YesOption = Annotated[bool, typer.Option("--yes", help="Don't ask.")]

_CONTENT = re.compile(r"\s*[\[{\"]|.*://", re.DOTALL)


class Place(NamedTuple):
    """A place that keeps secrets, and how its connections are named as a DOCUMENT."""

    store: SecretStore
    source: str

    def document(self, name: str) -> str:
        """Return what a connection in it is called as a command's DOCUMENT."""
        return f"{sources.VAULT if self.source == sources.VAULT else sources.GOOGLE}:{name}"

    def command(self, verb: str, name: str) -> str:
        """Return the command line that does something with a connection in it."""
        line = f"watchword {verb} {self.document(name)}"
        # gcp:NAME is looked for in the first of them alone.
        at_hand = {sources.VAULT, sources.first_google()}
        return line if self.source in at_hand else f"WATCHWORD_SECRETS={self.source} {line}"


def place_of(source: str | None) -> Place:
    """Return the place that is meant; ends the command where there is none that lasts.

    Raises:
        SecretError: no place is called so.
    """
    wanted = source or next((known for known in sources.sources() if known != sources.ENVIRONMENT), "")
    if not wanted:
        fail("WATCHWORD_SECRETS names no place that keeps secrets: add local to it, or give --in")
    store = sources.opened(wanted)
    if store.display_name.endswith(" memory://"):
        fail("the vault lies in the token store memory://, which ends with this command: set WATCHWORD_STORE")
    return Place(store, wanted)


def check_name(name: str) -> None:
    """End the command where an argument is no name but what belongs into a file; it is not shown.

    Raises:
        SecretError: no secret can be called so.
    """
    if _CONTENT.match(name):
        fail(
            "a name is wanted here, not a connection: arguments end up in the shell's history and in the "
            "list of processes; give it by --from FILE, or --from - for stdin"
        )
    by_name.secret_name(name)


def content_at(path: str) -> bytes:
    """Return what a file or stdin holds; ends the command where a connection was given in its place."""
    if _CONTENT.match(path):
        fail(
            "--from wants the name of a file, or - for stdin: what is given as argument ends up in the "
            "shell's history"
        )
    return content_of(path)


def payload_at(place: Place, name: str) -> bytes | None:
    """Return what a place keeps under a connection's name, None where there is nothing."""
    return place.store.current(by_name.secret_name(name))


def payload_of(place: Place, name: str) -> bytes:
    """Return what a place keeps under a connection's name; raises SecretError where there is nothing."""
    payload = payload_at(place, name)
    if payload is None:
        raise by_name.missing(place.store.display_name, name)
    return payload


def document_from(payload: bytes, name: str) -> dict[str, Any]:
    """Return the document that a kept payload holds; from then on its secrets are masked wherever they show.

    Raises:
        WatchwordError: it holds none.
    """
    document = document_in(payload, by_name.secret_name(name))
    redact.register(secrets_in(document))
    return document


def normal(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document as it is kept: fields by their own names, without those that mean absent."""
    return {
        SYNONYMS.get(name, name): value
        for name, value in document.items()
        if value is not None and value != "" and not (name == "schema_version" and value == 1)
    }


def says_the_same(payload: bytes, document: Mapping[str, Any], name: str) -> bool:
    """Return whether a kept payload holds this document, in whichever form; what can't be read does not."""
    try:
        return normal(document_from(payload, name)) == normal(document)
    except WatchwordError:
        return False


def is_bare(payload: bytes) -> bool:
    """Return whether a kept payload is a document by itself rather than a connection as Airflow writes it."""
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and "method" in found and "conn_type" not in found


def settle(place: Place, name: str, document: Mapping[str, Any], agreed: Callable[[str], bool]) -> str:
    """Keep a document unless that is there already, and return the outcome in words.

    Args:
        place: where to.
        name: of the connection.
        document: what is to be kept.
        agreed: asked before other content is replaced.
    """
    present = payload_at(place, name)
    if present is not None:
        if says_the_same(present, document, name):
            return f"unchanged in {place.store.display_name}"
        if not agreed(f"{name} is in {place.store.display_name} already, with other content. Replace it?"):
            return f"left as it is in {place.store.display_name}"
    unless_changed(place, name, present)
    by_name.keep(place.store, name, document)
    return f"{'kept' if present is None else 'replaced'} in {place.store.display_name}"


def unless_changed(place: Place, name: str, seen: bytes | None) -> None:
    """Raise SecretError where somebody has changed a connection since it was looked at."""
    if payload_at(place, name) != seen:
        message = f"The connection {name} in {place.store.display_name} was changed while it was edited here."
        raise SecretError([finding("secret_changed_meanwhile", message)])


def confirmed(question: str) -> bool:
    """Ask, and return whether the user agrees; ends the command where nobody answers."""
    try:
        return typer.confirm(printable(question))
    except typer.Abort:
        if not sys.stdin.isatty():
            fail("no answer could be read: give --yes to agree")
        raise
