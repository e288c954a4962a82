"""The commands `watchword secrets …`: store the secrets of references such as `local:NAME` and `gcp:NAME`."""

from __future__ import annotations

import shlex
from typing import Annotated, NoReturn

import typer

from watchword import redact
from watchword.cli.connections.common import (
    FromOption,
    InOption,
    NamedStore,
    YesOption,
    confirmed,
    content_at,
    named_store,
    payload_to_remove,
)
from watchword.cli.output import fail, reporting, say
from watchword.connections import by_name
from watchword.document.reference_policy import ALLOWED_VARIABLE, ReferencePolicy
from watchword.document.references import Reference
from watchword.document.texts import PLACEHOLDERS
from watchword.errors import SecretError
from watchword.findings.codes import finding
from watchword.secrets.secret_store import check_name

SecretArgument = Annotated[str, typer.Argument(help="The secret's name.")]

secret_commands = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Store secrets by name, for fields that refer to them: local:NAME, gcp:NAME.",
)


@secret_commands.command("set")
def set_(name: SecretArgument, origin: FromOption = None, source: InOption = None) -> None:
    """Store a secret, and replace the one of that name. It is typed unseen, or read from a file or stdin.

    Exit status: 0 stored, 3 configuration, 4 transient.
    """
    with reporting():
        _check(name)
        target = named_store(source)
        text = _text(content_at(origin)) if origin else _typed()
        redact.register([text])
        if not text.strip() or text.strip() in PLACEHOLDERS:
            fail("nothing was stored: the secret is empty, or asterisks that stand for one")
        target.store.put(name, text.encode())
    reference = target.document(name)
    say(f"Stored: {name} in {target.display_name}. A secret field refers to it as {reference}.")
    if not ReferencePolicy.from_environment().allows(Reference.parse(reference)):
        say(
            f"warning: {ALLOWED_VARIABLE} does not allow {reference}, so a stored connection can't use it",
            err=True,
        )


@secret_commands.command("list")
def list_(source: InOption = None) -> None:
    """List the names of the secrets, without those that hold connections.

    Exit status: 0 listed, 3 configuration, 4 transient.
    """
    with reporting():
        target = named_store(source)
        names = [name for name in target.store.names() if not name.startswith(by_name.PREFIX)]
    for name in names:
        say(name)
    if not names:
        say(f"There are no secrets in {target.display_name}, apart from connections.", err=True)


@secret_commands.command()
def remove(name: SecretArgument, yes: YesOption = False, source: InOption = None) -> None:  # noqa: FBT002
    """Remove a secret with all its versions.

    Exit status: 0 removed, 3 configuration, 4 transient.
    """
    with reporting():
        _check(name)
        target = named_store(source)
        if payload_to_remove(target, name) is None:
            _missing(target, name)
        if not yes and not confirmed(f"Remove {name} from {target.display_name}?"):
            say(f"Left as it is: {name} in {target.display_name}.")
            return
        if not target.store.remove(name):
            _missing(target, name)
    say(f"Removed: {name} from {target.display_name}.")


def _check(name: str) -> None:
    """End the command if the name is that of a connection's secret; raises SecretError if it is illegal."""
    if name.startswith(by_name.PREFIX):
        fail(f"secrets called {by_name.PREFIX}… hold connections: watchword connections add, or remove")
    check_name(name)


def _typed() -> str:
    text: str = typer.prompt("Secret", hide_input=True, confirmation_prompt=True)
    return text


def _text(content: bytes) -> str:
    """Return a file's text without its last line break; ends the command if it is not UTF-8."""
    try:
        return content.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        fail("the secret is not UTF-8 text, and a field can hold nothing else")


def _missing(target: NamedStore, name: str) -> NoReturn:
    message = f"There is no secret {name!r} in {target.display_name}."
    advice = f"Correct the name, or store the secret: watchword secrets set {shlex.quote(name)}."
    raise SecretError([finding("secret_missing", message, advice=advice)])
