"""The commands `watchword store …`: look after the token store that the environment names."""

from __future__ import annotations

from typing import Annotated

import typer

from watchword.cli.environment import kept_store
from watchword.cli.output import fail, reporting, say
from watchword.findings.finding import printable

store_commands = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Look after the token store: WATCHWORD_STORE says which, WATCHWORD_KEY opens it.",
)

_REACH = {"sqlite": "the processes of this machine"}


@store_commands.command()
def health() -> None:
    """Say which store is in use, and whether the key opens it.

    Exit status: 0 it does, 3 configuration, 4 transient.
    """
    with reporting():
        store = kept_store()
        typer.echo(f"store:    {printable(store.display_url)}")
        kind = store.display_url.partition(":")[0].partition("+")[0]
        typer.echo(f"kind:     {printable(kind)}, for {_REACH.get(kind, 'all machines that reach it')}")
        # Reading opens all of it.
        typer.echo(f"tokens:   {sum(snapshot.record.token is not None for snapshot in store.records())}")
        typer.echo("key:      opens them")


@store_commands.command()
def rekey() -> None:
    """Encrypt everything anew by the first key of WATCHWORD_KEY, of which all may read.

    Exit status: 0 done, 3 configuration, 4 transient.
    """
    with reporting():
        store = kept_store()
        if not hasattr(store, "rekey"):
            fail(f"the token store {store.display_url} keeps nothing that could be encrypted anew")
        rows = store.rekey()
    say(f"Encrypted anew by the first key: {rows} {'row' if rows == 1 else 'rows'} of {store.display_url}.")


@store_commands.command()
def forget(
    name: Annotated[str, typer.Argument(help="The name of the connection, as `watchword tokens` shows it.")],
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,  # noqa: FBT002 - an option
) -> None:
    """Delete everything of a name; nothing is revoked at the provider, as `watchword logout` does.

    Exit status: 0 done, 3 configuration, 4 transient.
    """
    with reporting():
        store = kept_store()
        keys = [record.key for record, _ in store.records() if record.name == name]
        if not keys:
            fail(f"the token store {store.display_url} holds nothing of {name!r}")
        if not yes:
            typer.confirm(printable(f"Delete {_count(keys)} of {name} from {store.display_url}?"), abort=True)
        for key in keys:
            store.delete(key)
    say(f"Deleted: {_count(keys)} of {name}.")


def _count(keys: list[str]) -> str:
    return "1 record" if len(keys) == 1 else f"{len(keys)} records"
