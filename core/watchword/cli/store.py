"""The commands `watchword store …`: inspect and maintain the environment's token store."""

from __future__ import annotations

from typing import Annotated

import typer

from watchword.cli.environment import existing_store
from watchword.cli.output import fail, reporting, say
from watchword.findings.finding import printable

store_commands = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Inspect and maintain the token store of WATCHWORD_STORE, which WATCHWORD_KEY decrypts.",
)

_USERS = {"sqlite": "the processes of this machine"}


@store_commands.command()
def health() -> None:
    """Print which store is in use, and whether its key decrypts it.

    Exit status: 0 it does, 3 configuration, 4 transient.
    """
    with reporting():
        store = existing_store()
        typer.echo(f"store:    {printable(store.display_url)}")
        kind = store.display_url.partition(":")[0].partition("+")[0]
        typer.echo(f"kind:     {printable(kind)}, for {_USERS.get(kind, 'all machines that reach it')}")
        # Reading the records decrypts all of them.
        typer.echo(f"tokens:   {sum(snapshot.record.token is not None for snapshot in store.records())}")
        typer.echo("key:      opens them")


@store_commands.command()
def rekey() -> None:
    """Encrypt everything again with the first key of WATCHWORD_KEY; any of its keys may decrypt it.

    Exit status: 0 done, 3 configuration, 4 transient.
    """
    with reporting():
        store = existing_store()
        if not hasattr(store, "rekey"):
            fail(f"the token store {store.display_url} is not encrypted, so there is nothing to rekey")
        rows = store.rekey()
    count = f"{rows} {'row' if rows == 1 else 'rows'}"
    say(f"Encrypted again with the first key: {count} of {store.display_url}.")


@store_commands.command()
def forget(
    name: Annotated[str, typer.Argument(help="The connection's name, as `watchword tokens` shows it.")],
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,  # noqa: FBT002 - an option
) -> None:
    """Delete all records of a name. Nothing is revoked at the provider; `watchword logout` does that.

    Exit status: 0 done, 3 configuration, 4 transient.
    """
    with reporting():
        store = existing_store()
        number = store.count(name)
        if not number:
            fail(f"the token store {store.display_url} has no records of {name!r}")
        if not yes:
            question = f"Delete {_count(number)} of {name} from {store.display_url}?"
            typer.confirm(printable(question), abort=True)
        number = store.forget(name)
    say(f"Deleted: {_count(number)} of {name}.")


def _count(number: int) -> str:
    return "1 record" if number == 1 else f"{number} records"
