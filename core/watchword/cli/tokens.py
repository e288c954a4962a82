"""The command `watchword tokens`: how the tokens in the store are, in time to do something about it."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.table import Column, Table
from rich.text import Text

from watchword.cli.environment import kept_store
from watchword.cli.output import console, fail, say, span
from watchword.findings.finding import Permanence, printable
from watchword.tokens.health import DAY, Health, health
from watchword.tokens.token_store import StoreError

_COLUMNS = (
    "name", "method", "host", "signed in", "last used", "token ends", "sign-in ends", "what is wrong",
)  # fmt: skip


def tokens(
    warn_days: Annotated[
        float, typer.Option(min=0, help="Exit with 2 where a sign-in ends in so many days or less.")
    ] = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, times in seconds from now.")] = False,  # noqa: FBT002
) -> int:
    """List the tokens in the store: never a token itself, but how long each lasts.

    Exit status: 0 fine, 2 a sign-in has ended or is about to, 3 the store can't be used.
    """
    try:
        store = kept_store()
        found = list(health(store))
    except StoreError as error:
        fail(str(error))
    if as_json:
        typer.echo(json.dumps([_as_dict(one, warn_days) for one in found], indent=2))
    elif found:
        _show(found, warn_days)
    else:
        say(f"The token store {store.display_url} holds no tokens.")
    ends = any(is_due(one, warn_days) for one in found)
    return Permanence.PERMANENT.exit_code if ends else 0


def is_due(one: Health, warn_days: float) -> bool:
    """Return whether a person has to sign in again within so many days."""
    return one.signs_in and one.days_left is not None and one.days_left <= warn_days


def _show(found: Sequence[Health], warn_days: float) -> None:
    table = Table(*(Column(name, overflow="fold") for name in _COLUMNS))
    for one in found:
        cells = (
            one.name or "-",
            one.method,
            one.host,
            _ago(one.signed_in),
            _ago(one.used),
            _until(one),
            sign_in_ends(one),
            one.refusal or one.waits or "",
        )
        shown = (Text(printable(cell)) for cell in cells)
        table.add_row(*shown, style="red" if is_due(one, warn_days) else "")
    console().print(table)


def _ago(seconds: float | None) -> str:
    return "-" if seconds is None else f"{span(-seconds)} ago"


def _until(one: Health) -> str:
    if math.isinf(one.ends):
        return "not known"
    if one.ends > 0:
        return f"in {span(one.ends)}"
    return "renewed when used" if one.can_renew or not one.signs_in else "ended"


def sign_in_ends(one: Health) -> str:
    """Return when a person has to sign in again, in words."""
    if not one.signs_in:
        return "-"
    if one.days_left is None:
        return "not known"
    return f"in {span(one.days_left * DAY)}" if one.days_left > 0 else "ended"


def _as_dict(one: Health, warn_days: float) -> dict[str, object]:
    """Return what JSON tells of a token; null is what nobody knows, or what does not apply."""
    days = one.days_left if one.signs_in else None
    return {
        "name": one.name,
        "method": one.method,
        "host": one.host,
        "signs_in": one.signs_in,
        "signed_in": _rounded(one.signed_in),
        "last_used": _rounded(one.used),
        "token_ends": _rounded(one.ends),
        "can_renew": one.can_renew,
        "days_left": None if days is None else round(days, 2),
        "is_due": is_due(one, warn_days),
        "refusal": one.refusal,
        "waits": one.waits,
    }


def _rounded(seconds: float | None) -> int | None:
    return None if seconds is None or math.isinf(seconds) else round(seconds)
