"""The end of `make demo`: what a newcomer can try next."""

from __future__ import annotations

import io
import shlex

import pytest
import typer
from rich.console import Console

from example_dags.demo.tables import NEXT, show_next
from watchword.cli.app import app


@pytest.mark.parametrize("line", [command for command, _ in NEXT])
def test_the_commands_to_try_next_exist(line):
    """Each command that the demo names at its end is understood, with its arguments."""
    program, *words = shlex.split(line)
    command = typer.main.get_command(app)
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    assert program == "watchword"
    assert command.make_context(command.name, words).params is not None


def test_what_to_try_next_fits_a_terminal():
    """The demo's last lines fit 100 columns, and name every command."""
    console = Console(file=io.StringIO(), width=100)
    show_next(console)
    shown = console.file.getvalue()
    assert max(map(len, shown.splitlines())) <= 100
    assert all(command in shown for command, _ in NEXT)
