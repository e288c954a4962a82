"""The command `watchword methods`: which methods there are, and the fields of one of them."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable
from typing import Annotated

import typer
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from watchword.cli.connections.settings import method_name
from watchword.cli.output import table_console
from watchword.document.common_fields import CommonFields
from watchword.document.described_fields import Field, fields_of, usual_fields
from watchword.document.method_example import example_document
from watchword.methods import METHODS

_INDENT = (0, 0, 0, 2)


def methods(
    name: Annotated[
        str, typer.Argument(metavar="[METHOD]", help="Show the fields of this method, and an example.")
    ] = "",
) -> None:
    """List the authentication methods, or show the fields of one."""
    console = table_console()
    if name:
        _print_method(console, method_name(name))
        return
    width = max(map(len, METHODS))
    for each, method in METHODS.items():
        console.print(Text(f"{each:<{width}}", style="bold").append(f"  {method.title}", style="not bold"))
    console.print("\nThe fields of one method, with an example: watchword methods api_key")
    console.print("A new connection, field by field:          watchword connections add NAME")


def _print_method(console: Console, name: str) -> None:
    method = METHODS[name]
    usual = {field.name: field for field in usual_fields(name)}
    others = {key: field for key, field in fields_of(name).items() if key not in usual}
    own = [field for key, field in others.items() if key in method.model_fields]
    common = [key for key in others if key in CommonFields.model_fields]
    console.print(Text(f"{name}: {method.title}", style="bold"))
    console.print(Text(inspect.cleandoc(method.__doc__ or "").partition("\n")[0]))
    _print_fields(console, "What most connections need", usual.values())
    _print_fields(console, "Further fields", own)
    console.print(Text("\nEvery method also has", style="bold"))
    console.print(Padding(Text(", ".join(common)), _INDENT))
    console.print(Text("\nAn example", style="bold"))
    console.print_json(json.dumps(example_document(name)), indent=2)
    console.print(f"\nStore one: watchword connections add NAME --method {name}")


def _print_fields(console: Console, title: str, fields: Iterable[Field]) -> None:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(max_width=24, overflow="fold")
    for field in fields:
        table.add_row(Text(field.name), Text(_need(field), style="dim"), Text(_help(field)))
    if table.row_count:
        console.print(Text(f"\n{title}", style="bold"))
        console.print(Padding(table, _INDENT))


def _need(field: Field) -> str:
    """Return whether a field is needed, and its default, in a few words."""
    if field.required:
        return "required, secret" if field.secret else "required"
    if field.default:
        return f"default {field.default}"
    return "optional, secret" if field.secret else "optional"


def _help(field: Field) -> str:
    return f"{field.about.help} One of {', '.join(field.choices)}." if field.choices else field.about.help
