"""The command `watchword keepalive`: refresh the sign-ins that would end because nobody uses them."""

from __future__ import annotations

from typing import Annotated, NamedTuple

import typer

from watchword.cli.documents import HELP, NameOption, opened
from watchword.cli.output import say, say_error, status_of, worst
from watchword.cli.tokens import sign_in_ends
from watchword.connection import Connection
from watchword.errors import SignInRequired, WatchwordError
from watchword.findings.codes import finding
from watchword.tokens.health import DAY


class _Limits(NamedTuple):
    """How soon an end is soon, and how long unused is long, in seconds."""

    within: float
    idle: float


def keepalive(
    documents: Annotated[list[str], typer.Argument(metavar="DOCUMENT...", help=HELP)],
    within_days: Annotated[
        float, typer.Option(min=0, help="Refresh what ends in less than so many days.")
    ] = 14.0,
    idle_days: Annotated[
        float,
        typer.Option(min=0, help="Where the end is not known, refresh what was not refreshed for so long."),
    ] = 7.0,
    name: NameOption = None,
) -> int:
    """Refresh the sign-ins that would end from disuse, and say how each is.

    Exit status: that of the worst: 0 fine, 2 somebody has to sign in, 3 configuration, 4 transient.
    """
    if name and len(documents) > 1:
        raise typer.BadParameter("one name can't be that of several connections", param_hint="--name")
    limits = _Limits(within_days * DAY, idle_days * DAY)
    return worst([_kept_alive(document, name, limits) for document in documents])


def _kept_alive(document: str, name: str | None, limits: _Limits) -> int:
    try:
        connection = opened(document, name)
        say(f"{connection.name or document}: {_outcome(connection, limits)}")
    except WatchwordError as error:
        say_error(document, error)
        return status_of(error)
    except typer.Exit as ended:  # there is no document; the others may be good
        return ended.exit_code
    return 0


def _outcome(connection: Connection, limits: _Limits) -> str:
    """Refresh where that is due and return what there is to say.

    Raises:
        SignInRequired: the sign-in has ended, or there never was one.
        TokenError: it could not be refreshed for now.
    """
    if not connection.signs_in:
        return "nobody signs in for it, so there is nothing to keep alive."
    connection.authenticator()  # raises what is wrong with the document
    health = connection.health()
    if health.obtained is None or health.lapses(*limits):
        connection.renew_token()
        return f"refreshed; the sign-in ends: {sign_in_ends(connection.health())}."
    if health.days_left == 0:
        raise SignInRequired([finding("sign_in_required", health.refusal or "The sign-in has ended.")])
    if not health.can_renew:
        return f"can't be refreshed; the sign-in ends: {sign_in_ends(health)}."
    return f"needs nothing; the sign-in ends: {sign_in_ends(health)}."
