"""The commands `watchword connections add` and `edit`: keep a connection, and change one."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from watchword.cli.connections import prompt
from watchword.cli.connections.common import (
    FromOption,
    InOption,
    NameArgument,
    Place,
    check_name,
    is_bare,
    normal,
    payload_at,
    payload_of,
    place_of,
    unless_changed,
)
from watchword.cli.connections.common import document_from as kept_document
from watchword.cli.connections.settings import (
    SetOption,
    document_from,
    known_method,
    sound,
    with_settings,
    without,
)
from watchword.cli.output import fail, reporting, say, say_error, status_of
from watchword.connections import by_name
from watchword.errors import DocumentError, WatchwordError
from watchword.methods import METHODS

_MEND = "Which field is to be mended? (name, -NAME removes one, ? lists them, empty to give up)"


def add(  # noqa: PLR0913, PLR0917 - one parameter an option
    name: NameArgument,
    method: Annotated[
        str | None, typer.Option(help="The authentication method; `watchword methods` lists them.")
    ] = None,
    origin: FromOption = None,
    settings: SetOption = None,
    yes: Annotated[  # noqa: FBT002 - an option
        bool, typer.Option("--yes", help="Ask for nothing: what is not given is left out.")
    ] = False,
    source: InOption = None,
) -> None:
    """Keep a new connection, whose fields are asked for unless a document is given; secrets don't show.

    A secret is typed, read from a file now (@PATH), or referred to (env:NAME, file:PATH, gcp:NAME,
    local:NAME). What is wrong is kept nowhere.

    Exit status: 0 kept, 3 configuration, 4 transient.
    """
    with reporting():
        check_name(name)
        place = place_of(source)
        if payload_at(place, name) is not None:
            known = f"there is a connection {name} in {place.store.display_name} already"
            fail(f"{known}: watchword connections edit {name}")
        document = document_from(origin) if origin else {}
        if method:
            document["method"] = known_method(method)
        document = with_settings(document, settings or [])
        asks = not (origin or yes)
        if asks:
            document = prompt.document_of(document.get("method") or prompt.method(), document)
            prompt.change(document)
        _settle(document, name, asks=asks)
        unless_changed(place, name, None)
        by_name.keep(place.store, name, document)
    _say_next(place, name, document)


def edit(
    name: NameArgument,
    settings: SetOption = None,
    unset: Annotated[
        list[str] | None, typer.Option("--unset", metavar="FIELD", help="Remove a field; may be repeated.")
    ] = None,
    origin: FromOption = None,
    source: InOption = None,
) -> None:
    """Change a connection: by options, by a whole new document, or by being asked; secrets don't show.

    Exit status: 0 changed or unchanged, 3 configuration, 4 transient.
    """
    with reporting():
        check_name(name)
        place = place_of(source)
        payload = payload_of(place, name)
        before = _readable(payload, name, is_replaced=origin is not None)
        document = document_from(origin) if origin else dict(before)
        document = without(with_settings(document, settings or []), unset or [])
        asks = not (origin or settings or unset)
        if asks:
            prompt.show(document)
            prompt.change(document, "Field (name, -NAME removes one, ? lists them, empty to finish)")
        if document == before:
            say(f"Unchanged: {name} in {place.store.display_name}.")
            return
        _settle(document, name, asks=asks)
        unless_changed(place, name, payload)
        by_name.keep(place.store, name, document)
    if not is_bare(payload):
        say("It was kept as Airflow writes connections; now it is a bare document.", err=True)
    _say_next(place, name, document)


def _readable(payload: bytes, name: str, *, is_replaced: bool) -> dict[str, Any]:
    """Return the kept document; one that can't be read may be replaced as a whole."""
    try:
        return normal(kept_document(payload, name))
    except WatchwordError:
        if is_replaced:
            return {}
        raise


def _settle(document: dict[str, Any], name: str, *, asks: bool) -> None:
    """Check a document; what is wrong may be mended by who is there to be asked, else ends the command."""
    while wrong := _wrong(document, name):
        if not asks:
            raise wrong
        say_error(name, wrong)
        before = dict(document)
        prompt.change(document, _MEND)
        if document == before:
            say("Nothing was kept.", err=True)
            raise typer.Exit(status_of(wrong))


def _wrong(document: dict[str, Any], name: str) -> DocumentError | None:
    """Return the error of a document that can't be kept as it is, None where it can."""
    try:
        sound(document, name)
    except DocumentError as error:
        return error
    return None


def _say_next(place: Place, name: str, document: dict[str, Any]) -> None:
    say(f"Kept: {name} in {place.store.display_name}.")
    method = METHODS[document["method"]]
    verb = "login" if method.signs_in else "validate"
    needs_url = not (method.signs_in or method.token_is_proof or document.get("test_url"))
    say(f"Next: {place.command(verb, name)}{' --test-url URL' if needs_url else ''}")
