"""The commands `watchword connections push` and `pull`: between the vault and Google Secret Manager."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

from watchword.cli.connections.common import (
    Place,
    YesOption,
    check_name,
    confirmed,
    document_from,
    normal,
    payload_of,
    place_of,
    settle,
)
from watchword.cli.connections.masked import refers
from watchword.cli.output import reporting, say, say_error, status_of, worst
from watchword.connections import by_name
from watchword.document.reading import read
from watchword.errors import WatchwordError
from watchword.secrets import sources

NamesArgument = Annotated[
    list[str] | None, typer.Argument(metavar="NAME...", help="The names of the connections.")
]
AllOption = Annotated[bool, typer.Option("--all", help="All that there are.")]
VaultOption = Annotated[
    str, typer.Option("--in", metavar="SOURCE", help="The other place: the vault unless given.")
]
_GOOGLE = "gcp://PROJECT or gcp://PROJECT/LOCATION; the first in WATCHWORD_SECRETS if left out."


def push(
    names: NamesArgument = None,
    everything: AllOption = False,  # noqa: FBT002 - an option
    to: Annotated[str | None, typer.Option("--to", metavar="SOURCE", help=f"Where to: {_GOOGLE}")] = None,
    yes: YesOption = False,  # noqa: FBT002 - likewise
    vault: VaultOption = sources.VAULT,
) -> int:
    """Copy connections from the vault to Google Secret Manager, as secrets airflow-connections-NAME.

    Exit status: that of the worst: 0 done, 3 configuration, 4 transient.
    """
    with reporting():
        return _copied(names or [], place_of(vault), _google(to), everything=everything, yes=yes)


def pull(
    names: NamesArgument = None,
    everything: AllOption = False,  # noqa: FBT002 - an option
    origin: Annotated[
        str | None, typer.Option("--from", metavar="SOURCE", help=f"Where from: {_GOOGLE}")
    ] = None,
    yes: YesOption = False,  # noqa: FBT002 - likewise
    vault: VaultOption = sources.VAULT,
) -> int:
    """Copy connections from Google Secret Manager to the vault.

    Exit status: that of the worst: 0 done, 3 configuration, 4 transient.
    """
    with reporting():
        return _copied(names or [], _google(origin), place_of(vault), everything=everything, yes=yes)


def _google(source: str | None) -> Place:
    wanted = source or sources.first_google()
    return Place(sources.google(wanted), wanted)


def _copied(names: Sequence[str], origin: Place, target: Place, *, everything: bool, yes: bool) -> int:
    if bool(names) == everything:
        raise typer.BadParameter("give either names or --all")
    if origin.store is target.store:
        raise typer.BadParameter("it is the same place that they would be copied to")
    if everything:
        names = by_name.names(origin.store)
        if not names:
            say(f"There are no connections in {origin.store.display_name}.")
    agreed: Callable[[str], bool] = (lambda _: True) if yes else confirmed
    return worst([_outcome(name, origin, target, agreed) for name in dict.fromkeys(names)])


def _outcome(name: str, origin: Place, target: Place, agreed: Callable[[str], bool]) -> int:
    """Copy a connection, print what came of it, and return its exit status."""
    try:
        check_name(name)
        document = document_from(payload_of(origin, name), name)
        read(document, stored=True)  # nobody can use what is broken, nor what holds asterisks
        say(f"{name}: {settle(target, name, normal(document), agreed)}")
    except WatchwordError as error:
        say_error(name, error)
        return status_of(error)
    except typer.Exit as ended:  # the name is none; the others may be good
        return ended.exit_code
    _say_what_stays(name, document, target)
    return 0


def _say_what_stays(name: str, document: dict[str, Any], target: Place) -> None:
    if target.source == sources.VAULT:
        return
    values = [value for entry in document.values() for value in _each(entry)]
    left = sorted({value for value in values if value.startswith(f"{sources.VAULT}:") and refers(value)})
    if left:
        say(f"warning: {name} refers to {', '.join(left)[:300]}, which is not copied with it", err=True)


def _each(entry: object) -> list[str]:
    values = entry.values() if isinstance(entry, dict) else [entry]
    return [value for value in values if isinstance(value, str)]
