"""The command `watchword keepalive`: refresh the sign-ins that would end because nothing uses them."""

from __future__ import annotations

from typing import Annotated, NamedTuple

import typer

from watchword.cli.documents import HELP, NameOption, open_connection
from watchword.cli.output import exit_status, say, say_error, worst_status
from watchword.cli.tokens import sign_in_ends
from watchword.connection import Connection
from watchword.errors import SignInRequired, WatchwordError
from watchword.findings.codes import finding
from watchword.sign_in.stored_sign_in import stored_sign_in
from watchword.tokens.health import DAY


class _Thresholds(NamedTuple):
    """When a refresh is due, in seconds: before the end of the sign-in, and after its last refresh."""

    before_end: float
    idle: float


def keepalive(
    documents: Annotated[list[str], typer.Argument(metavar="DOCUMENT...", help=HELP)],
    within_days: Annotated[
        float, typer.Option(min=0, help="Refresh a sign-in that ends within this many days.")
    ] = 14.0,
    idle_days: Annotated[
        float,
        typer.Option(
            min=0,
            help="If the end is not known, refresh a sign-in that was not refreshed for this many days.",
        ),
    ] = 7.0,
    name: NameOption = None,
) -> int:
    """Refresh the sign-ins that would end because nothing uses them, and print the state of each.

    Exit status, the worst of all: 0 fine, 2 a person has to sign in, 3 configuration, 4 transient.
    """
    if name and len(documents) > 1:
        raise typer.BadParameter("several connections can't have one name", param_hint="--name")
    thresholds = _Thresholds(within_days * DAY, idle_days * DAY)
    return worst_status([_keep_alive(document, name, thresholds) for document in documents])


def _keep_alive(document: str, name: str | None, thresholds: _Thresholds) -> int:
    try:
        connection = open_connection(document, name)
        say(f"{connection.name or document}: {_outcome(connection, thresholds)}")
    except WatchwordError as error:
        say_error(document, error)
        return exit_status(error)
    except typer.Exit as stopped:  # this document can't be read; the others go on
        return stopped.exit_code
    return 0


def _outcome(connection: Connection, thresholds: _Thresholds) -> str:
    """Refresh the sign-in if that is due, and return the outcome in words.

    Raises:
        SignInRequired: the sign-in has ended, or there never was one.
        TokenError: it could not be refreshed now.
    """
    if not connection.document.method.signs_in:
        return "its method has no sign-in, so there is nothing to keep alive."
    connection.authenticator()  # raises the errors of the document
    sign_in = stored_sign_in(connection)
    health = sign_in.health()
    if health.obtained is None or health.lapses(*thresholds):
        connection.renew_token()
        return f"refreshed; the sign-in ends: {sign_in_ends(sign_in.health())}."
    if health.days_left == 0:
        message = health.refusal or "The sign-in has ended."
        raise SignInRequired([finding("sign_in_required", message, advice=sign_in.login_advice)])
    if not health.can_renew:
        return f"can't be refreshed; the sign-in ends: {sign_in_ends(health)}."
    return f"no refresh needed; the sign-in ends: {sign_in_ends(health)}."
