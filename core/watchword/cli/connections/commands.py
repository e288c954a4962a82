"""The command group `watchword connections`."""

from __future__ import annotations

import typer

from watchword.cli.connections.edit import add, edit
from watchword.cli.connections.importing import import_
from watchword.cli.connections.show import list_, remove, show
from watchword.cli.connections.transfer import pull, push

connection_commands = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Store connections by name, in the encrypted vault or in Google Secret Manager.",
)

for name, command in (
    ("add", add),
    ("edit", edit),
    ("list", list_),
    ("show", show),
    ("push", push),
    ("pull", pull),
    ("remove", remove),
    ("import", import_),
):
    connection_commands.command(name)(command)
