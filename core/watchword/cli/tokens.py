"""The command `watchword tokens`: the state of the tokens in the store, in time to sign in again."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.measure import Measurement
from rich.table import Column, Table
from rich.text import Text

from watchword.cli.environment import existing_store
from watchword.cli.output import fail, say, table_console
from watchword.findings.finding import Permanence, printable
from watchword.http.durations import in_words
from watchword.methods import METHODS
from watchword.tokens.health import DAY, Health, health
from watchword.tokens.token_store import StoreError

_WHERE = ("name", "method", "host")
_NAME_WIDTH = max(map(len, METHODS))
_TIMES = ("signed in", "last used", "token ends", "sign-in ends")


def tokens(
    warn_days: Annotated[
        float, typer.Option(min=0, help="Exit with 2 if a sign-in ends within this many days.")
    ] = 0.0,
    as_json: Annotated[  # noqa: FBT002 - an option
        bool, typer.Option("--json", help="Print JSON; times are in seconds from now.")
    ] = False,
) -> int:
    """List the tokens in the store and how long each lasts; a token itself is never shown.

    Exit status: 0 fine, 2 a sign-in has ended or is about to end, 3 the store can't be used.
    """
    try:
        store = existing_store()
        tokens = list(health(store))
    except StoreError as error:
        fail(str(error))
    if as_json:
        typer.echo(json.dumps([_as_dict(token, warn_days) for token in tokens], indent=2))
    elif tokens:
        _print_table(tokens, warn_days)
    else:
        say(f"The token store {store.display_url} holds no tokens.")
    is_any_due = any(is_due(token, warn_days) for token in tokens)
    return Permanence.PERMANENT.exit_code if is_any_due else 0


def is_due(token: Health, warn_days: float) -> bool:
    """Return whether a person has to sign in again within so many days."""
    return token.signs_in and token.days_left is not None and token.days_left <= warn_days


def _print_table(tokens: Sequence[Health], warn_days: float) -> None:
    """Print one line for each token if the terminal is wide enough, else more lines, in fewer columns."""
    console = table_console()
    table = Table(*(Column(name, overflow="fold") for name in (*_WHERE, *_TIMES, "problem")))
    narrow = Table(
        Column("name", min_width=_NAME_WIDTH, overflow="fold"),
        *(Column(name, overflow="fold") for name in _TIMES),
    )
    for token in tokens:
        style = "red" if is_due(token, warn_days) else ""
        where = [_text(cell) for cell in (token.name or "-", token.method, token.host)]
        times = [_ago(token.signed_in), _ago(token.used), _token_ends(token), sign_in_ends(token)]
        problem = _text(token.refusal or token.waits or "")
        table.add_row(*where, *times, problem, style=style)
        lines = [*where, Text("problem: ").append(problem)] if problem else where
        narrow.add_row(Text("\n").join(lines), *times, style=style, end_section=True)
    fits = Measurement.get(console, console.options, table).maximum <= console.width
    console.print(table if fits else narrow)


def _text(cell: str) -> Text:
    return Text(printable(cell), overflow="fold")


def _ago(seconds: float | None) -> str:
    return "-" if seconds is None else f"{in_words(-seconds)} ago"


def _token_ends(token: Health) -> str:
    """Return when the access token ends, in words."""
    if math.isinf(token.ends):
        return "not known"
    if token.ends > 0:
        return f"in {in_words(token.ends)}"
    return "renewed when used" if token.can_renew or not token.signs_in else "ended"


def sign_in_ends(token: Health) -> str:
    """Return when a person has to sign in again, in words."""
    if not token.signs_in:
        return "-"
    if token.days_left is None:
        return "not known"
    return f"in {in_words(token.days_left * DAY)}" if token.days_left > 0 else "ended"


def _as_dict(token: Health, warn_days: float) -> dict[str, object]:
    """Return a token's state for JSON; null means that it is not known, or does not apply."""
    days = token.days_left if token.signs_in else None
    return {
        "name": token.name,
        "method": token.method,
        "host": token.host,
        "signs_in": token.signs_in,
        "signed_in": _rounded(token.signed_in),
        "last_used": _rounded(token.used),
        "token_ends": _rounded(token.ends),
        "can_renew": token.can_renew,
        "days_left": None if days is None else round(days, 2),
        "is_due": is_due(token, warn_days),
        "refusal": token.refusal,
        "waits": token.waits,
    }


def _rounded(seconds: float | None) -> int | None:
    return None if seconds is None or math.isinf(seconds) else round(seconds)
