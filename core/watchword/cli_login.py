"""The command `watchword login`: a user signs in once, and the document gets the token."""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
import webbrowser
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

import watchword
from watchword.codes import finding
from watchword.connection import Connection
from watchword.diagnosis import Permanence
from watchword.errors import TokenError, WatchwordError
from watchword.references import is_reference
from watchword.sign_in.callback import listening
from watchword.sign_in.oauth1 import AccessToken, begin, finish, verifier_from

PATIENCE = 600.0
"""How long the user has to sign in, in seconds."""

_RESULT = ("access_token", "token_secret")
_LITERAL = "literal:"
_SURROGATE = re.compile("[\ud800-\udfff]")


def login(
    document: Annotated[
        Path, typer.Argument(help="The connection document: a JSON file, which is changed.", readable=False)
    ],
    paste: Annotated[  # noqa: FBT002 - an option
        bool, typer.Option("--paste", help="Paste what the page shows; for machines without a browser.")
    ] = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1 to come back to; 0 takes a free one.")
    ] = 0,
    no_browser: Annotated[  # noqa: FBT002 - likewise
        bool, typer.Option("--no-browser", help="Print the URL and open nothing.")
    ] = False,
) -> None:
    """Sign a user in at an API of OAuth 1.0 and save the token in the document.

    Exit status: 0 signed in, 2 refused, 3 configuration, 4 transient.
    """
    content = _content(document)
    _refuse_what_can_t_be_saved(document, content)
    # An old token, good or not, is no part of the sign-in.
    without = {name: value for name, value in content.items() if name not in _RESULT}
    try:
        connection = watchword.load(without)
        token = _pasted(connection) if paste else _called_back(connection, port, browser=not no_browser)
    except WatchwordError as error:
        typer.echo(f"watchword: {error}", err=True)
        raise typer.Exit(error.findings[0].code.permanence.exit_code) from None
    _save(document, token)
    typer.echo(f"Signed in: access_token and token_secret are in {document}.")


def _pasted(connection: Connection) -> AccessToken:
    sign_in = begin(connection)
    typer.echo(f"Open this page and sign in:\n{sign_in.authorize_url}")
    answer = typer.prompt("The code that it shows, or the URL that it leads to").strip()
    verifier = verifier_from(answer, sign_in) if "?" in answer else answer
    return finish(connection, sign_in, verifier)


def _called_back(connection: Connection, port: int, *, browser: bool) -> AccessToken:
    with contextlib.ExitStack() as stack:
        try:
            callback = stack.enter_context(listening(port))
        except OSError as error:
            _fail(f"port {port} of 127.0.0.1 can't be had: {error.strerror}")
        sign_in = begin(connection, callback.url)
        typer.echo(f"Open this page and sign in:\n{sign_in.authorize_url}")
        if browser:
            webbrowser.open(sign_in.authorize_url)
        url = callback.visited(PATIENCE)
        if url is None:
            message = f"Nobody came back from the sign-in page within {PATIENCE / 60:g} minutes."
            advice = "Start the command again and sign in; use --paste where the browser is elsewhere."
            raise TokenError([finding("read_timeout", message, advice=advice)])
        return finish(connection, sign_in, verifier_from(url, sign_in))


def _content(path: Path) -> dict[str, Any]:
    """Return the document's entries; ends the command where there are none."""
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        _fail(f"the document {path} can't be read: {error.strerror}")
    except (ValueError, RecursionError):
        _fail(f"the document {path} is no readable JSON")
    if not isinstance(content, dict):
        _fail(f"the document {path} is no JSON object")
    return content


def _refuse_what_can_t_be_saved(path: Path, content: dict[str, Any]) -> None:
    """End the command before anybody signs in for nothing."""
    for name in _RESULT:
        value = content.get(name)
        if isinstance(value, str) and is_reference(value) and not value.startswith(_LITERAL):
            _fail(f"{name} is a reference, {value!r}, which login can't write to: remove it first")
    if not os.access(path.resolve().parent, os.W_OK):
        _fail(f"the folder of {path} can't be written to")


def _save(path: Path, token: AccessToken) -> None:
    """Write the token into the document as it is by now: whole or not at all, for the owner's eyes alone."""
    content = _content(path)
    _refuse_what_can_t_be_saved(path, content)
    for name in _RESULT:
        value = getattr(token, name)
        # What the server chose must not turn into a reference to this machine's files.
        content[name] = f"{_LITERAL}{value}" if is_reference(value) else value
    target = path.resolve()
    try:
        number, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        with contextlib.ExitStack() as undo:
            undo.callback(Path(temporary).unlink, missing_ok=True)
            with os.fdopen(number, "w", encoding="utf-8") as file:
                file.write(_as_text(content))
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(target)
    except OSError as error:
        _fail(f"the document {path} can't be written: {error.strerror}")


def _as_text(content: dict[str, Any]) -> str:
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    # Half a character can't be written but as the escape that it was read from.
    return json.dumps(content, indent=2) + "\n" if _SURROGATE.search(text) else text


def _fail(message: str) -> NoReturn:
    typer.echo(f"watchword: {message}", err=True)
    raise typer.Exit(Permanence.CONFIGURATION.exit_code)
