"""What the commands for stored connections and secrets share: options, stores, and documents in them."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from typing import Annotated, Any, NamedTuple

import typer

from watchword import redact
from watchword.cli.documents import content_of
from watchword.cli.output import fail
from watchword.connections import by_name
from watchword.connections.masked import secrets_in
from watchword.connections.payload import document_in
from watchword.connections.storable import normalized
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
        help="Where to look and store: local for the vault, gcp://PROJECT or gcp://PROJECT/LOCATION; "
        "the first of these in WATCHWORD_SECRETS if left out, which is the vault by default.",
    ),
]
NameArgument = Annotated[str, typer.Argument(help="The connection's name.")]
FromOption = Annotated[
    str | None,
    typer.Option("--from", metavar="FILE", help="Read it from a file, or from stdin with -."),
]
YesOption = Annotated[bool, typer.Option("--yes", help="Don't ask.")]

_ALTERED = frozenset({"store_damaged", "store_key_wrong", "store_row_replaced"})
"""What a row of the vault that can't be read is refused with; it can be removed all the same."""

_CONTENT = re.compile(r"\s*[\[{\"]|.*://", re.DOTALL)


class NamedStore(NamedTuple):
    """A store of secrets, and the source that names it on a command line: `local`, `gcp://PROJECT`."""

    store: SecretStore
    source: str

    @property
    def display_name(self) -> str:
        """The store's name for messages."""
        return self.store.display_name

    def document(self, name: str) -> str:
        """Return a command's DOCUMENT argument for a connection in the store."""
        return f"{sources.VAULT if self.source == sources.VAULT else sources.GOOGLE}:{name}"

    def command(self, verb: str, name: str) -> str:
        """Return the command line that runs a command for a connection in the store."""
        line = f"watchword {verb} {self.document(name)}"
        # gcp:NAME only finds connections in the first configured Secret Manager.
        found_by_default = {sources.VAULT, sources.default_google_source()}
        return line if self.source in found_by_default else f"WATCHWORD_SECRETS={self.source} {line}"


def named_store(source: str | None) -> NamedStore:
    """Return the store of a source, by default the first configured one; ends the command if it can't last.

    Raises:
        SecretError: the source is unknown.
    """
    configured = (each for each in sources.configured_sources() if each != sources.ENVIRONMENT)
    source = source or next(configured, "")
    if not source:
        fail("WATCHWORD_SECRETS names nothing that keeps secrets: add local to it, or give --in")
    store = sources.secret_store(source)
    if store.display_name.endswith(" memory://"):
        fail("the vault is in the token store memory://, which ends with this command: set WATCHWORD_STORE")
    return NamedStore(store, source)


def check_name(name: str) -> None:
    """End the command if an argument is a connection's content instead of its name; it is not printed.

    Raises:
        SecretError: no secret can have this name.
    """
    if _CONTENT.match(name):
        fail(
            "give a name here, not a connection: arguments end up in the shell's history and in the "
            "list of processes; give the connection by --from FILE, or --from - for stdin"
        )
    by_name.secret_name(name)


def content_at(path: str) -> bytes:
    """Return the content of a file or of stdin; ends the command if a connection was given as the path."""
    if _CONTENT.match(path):
        fail(
            "--from takes the name of a file, or - for stdin: content that is given as an argument ends up "
            "in the shell's history"
        )
    return content_of(path)


def stored_payload(target: NamedStore, name: str) -> bytes | None:
    """Return what is stored under a connection's name, or None if nothing is."""
    return target.store.current(by_name.secret_name(name))


def required_payload(target: NamedStore, name: str) -> bytes:
    """Return what is stored under a connection's name; raises SecretError if nothing is."""
    payload = stored_payload(target, name)
    if payload is None:
        raise by_name.missing(target.display_name, name)
    return payload


def payload_to_remove(target: NamedStore, secret: str) -> bytes | None:
    """Return what is stored under a secret's name, None if nothing is; b"" if it was altered by hand."""
    try:
        return target.store.current(secret)
    except SecretError as error:
        if error.code not in _ALTERED:
            raise
        return b""


def document_in_payload(payload: bytes, name: str) -> dict[str, Any]:
    """Return the document in a stored payload, and mask its secrets in all output from then on.

    Raises:
        WatchwordError: the payload holds no document.
    """
    document = document_in(payload, by_name.secret_name(name))
    redact.register(secrets_in(document))
    return document


def holds_document(payload: bytes, document: Mapping[str, Any], name: str) -> bool:
    """Return whether a stored payload holds this document, in any form; False if it can't be read."""
    try:
        return normalized(document_in_payload(payload, name)) == normalized(document)
    except WatchwordError:
        return False


def is_bare_document(payload: bytes) -> bool:
    """Return whether a stored payload is a document itself, rather than a connection in Airflow's format."""
    try:
        content = json.loads(payload)
    except (ValueError, RecursionError):
        return False
    return isinstance(content, dict) and "method" in content and "conn_type" not in content


def store_document(
    target: NamedStore, name: str, document: Mapping[str, Any], agrees: Callable[[str], bool]
) -> str:
    """Store a document unless it is stored already, and return the outcome in words.

    Args:
        target: where to store it.
        name: of the connection.
        document: to be stored.
        agrees: is asked before other content is replaced.
    """
    present = stored_payload(target, name)
    if present is not None:
        if holds_document(present, document, name):
            return f"unchanged in {target.display_name}"
        if not agrees(f"{name} is in {target.display_name} already, with other content. Replace it?"):
            return f"left as it is in {target.display_name}"
    check_unchanged(target, name, present)
    by_name.keep(target.store, name, document)
    return f"{'stored' if present is None else 'replaced'} in {target.display_name}"


def check_unchanged(target: NamedStore, name: str, read: bytes | None) -> None:
    """Raise SecretError if somebody has changed a connection since it was read."""
    if stored_payload(target, name) != read:
        message = f"Somebody changed the connection {name} in {target.display_name} while it was edited here."
        raise SecretError([finding("secret_changed_meanwhile", message)])


def confirmed(question: str) -> bool:
    """Ask, and return whether the user agrees; ends the command if no answer can be read."""
    try:
        return typer.confirm(printable(question))
    except typer.Abort:
        if not sys.stdin.isatty():
            fail("no answer could be read: give --yes to agree")
        raise
