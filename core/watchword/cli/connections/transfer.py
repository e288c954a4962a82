"""The commands `watchword connections push` and `pull`: between the vault and Google Secret Manager."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

from watchword.cli.connections.common import (
    NamedStore,
    YesOption,
    check_name,
    confirmed,
    document_in_payload,
    named_store,
    required_payload,
    store_document,
)
from watchword.cli.output import exit_status, reporting, say, say_error, worst_status
from watchword.connections import by_name
from watchword.connections.masked import is_plain_reference
from watchword.connections.storable import normalized
from watchword.document.reading import read
from watchword.errors import WatchwordError
from watchword.secrets import sources

NamesArgument = Annotated[list[str] | None, typer.Argument(metavar="NAME...", help="The connections' names.")]
AllOption = Annotated[bool, typer.Option("--all", help="Copy all connections.")]
_GOOGLE = "gcp://PROJECT or gcp://PROJECT/LOCATION; the first in WATCHWORD_SECRETS if left out."


def push(
    names: NamesArgument = None,
    everything: AllOption = False,  # noqa: FBT002 - an option
    to: Annotated[
        str | None, typer.Option("--to", metavar="SOURCE", help=f"The Secret Manager to copy to: {_GOOGLE}")
    ] = None,
    yes: YesOption = False,  # noqa: FBT002 - an option
    vault: Annotated[
        str, typer.Option("--in", metavar="SOURCE", help="Where to copy from; the vault by default.")
    ] = sources.VAULT,
) -> int:
    """Copy connections from the vault to Google Secret Manager, as secrets airflow-connections-NAME.

    Exit status, the worst of all: 0 done, 3 configuration, 4 transient.
    """
    with reporting():
        return _copy_all(names or [], named_store(vault), _secret_manager(to), everything=everything, yes=yes)


def pull(
    names: NamesArgument = None,
    everything: AllOption = False,  # noqa: FBT002 - an option
    origin: Annotated[
        str | None,
        typer.Option("--from", metavar="SOURCE", help=f"The Secret Manager to copy from: {_GOOGLE}"),
    ] = None,
    yes: YesOption = False,  # noqa: FBT002 - an option
    vault: Annotated[
        str, typer.Option("--in", metavar="SOURCE", help="Where to copy to; the vault by default.")
    ] = sources.VAULT,
) -> int:
    """Copy connections from Google Secret Manager to the vault.

    Exit status, the worst of all: 0 done, 3 configuration, 4 transient.
    """
    with reporting():
        return _copy_all(
            names or [], _secret_manager(origin), named_store(vault), everything=everything, yes=yes
        )


def _secret_manager(source: str | None) -> NamedStore:
    source = source or sources.default_google_source()
    return NamedStore(sources.secret_manager(source), source)


def _copy_all(
    names: Sequence[str], origin: NamedStore, target: NamedStore, *, everything: bool, yes: bool
) -> int:
    if bool(names) == everything:
        raise typer.BadParameter("give either names or --all")
    if origin.store is target.store:
        raise typer.BadParameter("the connections would be copied to where they are")
    if everything:
        names = by_name.names(origin.store)
        if not names:
            say(f"There are no connections in {origin.display_name}.")
    agrees: Callable[[str], bool] = (lambda _: True) if yes else confirmed
    return worst_status([_copy(name, origin, target, agrees) for name in dict.fromkeys(names)])


def _copy(name: str, origin: NamedStore, target: NamedStore, agrees: Callable[[str], bool]) -> int:
    """Copy a connection, print the outcome, and return its exit status."""
    try:
        check_name(name)
        document = document_in_payload(required_payload(origin, name), name)
        read(document, stored=True)  # a document with errors or asterisks is not copied
        say(f"{name}: {store_document(target, name, normalized(document), agrees)}")
    except WatchwordError as error:
        say_error(name, error)
        return exit_status(error)
    except typer.Exit as stopped:  # this name is wrong; the others go on
        return stopped.exit_code
    _warn_of_vault_references(name, document, target)
    return 0


def _warn_of_vault_references(name: str, document: dict[str, Any], target: NamedStore) -> None:
    if target.source == sources.VAULT:
        return
    texts = [text for value in document.values() for text in _texts(value)]
    prefix = f"{sources.VAULT}:"
    references = sorted({text for text in texts if text.startswith(prefix) and is_plain_reference(text)})
    if references:
        say(f"warning: {name} refers to {', '.join(references)[:300]}, which is not copied with it", err=True)


def _texts(value: object) -> list[str]:
    entries = value.values() if isinstance(value, dict) else [value]
    return [entry for entry in entries if isinstance(entry, str)]
