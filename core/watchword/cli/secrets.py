"""The commands `watchword secrets …`: keep what references such as `local:NAME` and `gcp:NAME` lead to."""

from __future__ import annotations

from typing import Annotated, NoReturn

import typer

from watchword import redact
from watchword.cli.connections.common import (
    FromOption,
    InOption,
    Place,
    YesOption,
    confirmed,
    content_at,
    place_of,
)
from watchword.cli.output import fail, reporting, say
from watchword.connections import by_name
from watchword.document.reading import STAND_INS
from watchword.document.references import ALLOWED_VARIABLE, ReferencePolicy
from watchword.errors import SecretError
from watchword.findings.codes import finding
from watchword.secrets.secret_store import check_name

SecretArgument = Annotated[str, typer.Argument(help="The name of the secret.")]

secret_commands = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Keep secrets by name, for fields that refer to them: local:NAME, gcp:NAME.",
)


@secret_commands.command("set")
def set_(name: SecretArgument, origin: FromOption = None, source: InOption = None) -> None:
    """Keep a secret in the place of what there was; it is typed unseen, or comes by a file or stdin.

    Exit status: 0 kept, 3 configuration, 4 transient.
    """
    with reporting():
        _check(name)
        place = place_of(source)
        text = _text(content_at(origin)) if origin else _typed()
        redact.register([text])
        if not text.strip() or text.strip() in STAND_INS:
            fail("nothing was kept: the secret is empty, or asterisks that stand for one")
        place.store.put(name, text.encode())
    reference = place.document(name)
    say(f"Kept: {name} in {place.store.display_name}. A secret field refers to it as {reference}.")
    if not ReferencePolicy.from_environment().allows(reference):
        say(
            f"warning: {ALLOWED_VARIABLE} does not admit {reference}, so no kept connection may use it",
            err=True,
        )


@secret_commands.command("list")
def listed(source: InOption = None) -> None:
    """List the names of the secrets, without those that hold connections.

    Exit status: 0 listed, 3 configuration, 4 transient.
    """
    with reporting():
        place = place_of(source)
        names = [name for name in place.store.names() if not name.startswith(by_name.PREFIX)]
    for name in names:
        say(name)
    if not names:
        say(f"There are no secrets in {place.store.display_name}, but for connections.", err=True)


@secret_commands.command()
def remove(name: SecretArgument, yes: YesOption = False, source: InOption = None) -> None:  # noqa: FBT002
    """Remove a secret with all its versions.

    Exit status: 0 removed, 3 configuration, 4 transient.
    """
    with reporting():
        _check(name)
        place = place_of(source)
        if place.store.get(name) is None:
            _missing(place, name)
        if not yes and not confirmed(f"Remove {name} from {place.store.display_name}?"):
            say(f"Left as it is: {name} in {place.store.display_name}.")
            return
        if not place.store.remove(name):
            _missing(place, name)
    say(f"Removed: {name} from {place.store.display_name}.")


def _check(name: str) -> None:
    """End the command for what is a connection's; raises SecretError for what can't be a name."""
    if name.startswith(by_name.PREFIX):
        fail(f"secrets called {by_name.PREFIX}… hold connections: watchword connections add, or remove")
    check_name(name)


def _typed() -> str:
    text: str = typer.prompt("Secret", hide_input=True, confirmation_prompt=True)
    return text


def _text(content: bytes) -> str:
    """Return what a file holds without its last line break; ends the command where it is no text."""
    try:
        return content.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        fail("the secret is no UTF-8 text, which is all that a field can hold")


def _missing(place: Place, name: str) -> NoReturn:
    raise SecretError(
        [finding("secret_missing", f"There is no secret {name!r} in {place.store.display_name}.")]
    )
