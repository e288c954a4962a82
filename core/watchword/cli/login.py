"""The command `watchword login`: a person signs in once for every process that uses the same store."""

from __future__ import annotations

import math
import webbrowser
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from watchword.cli import login_oauth1
from watchword.cli.browser import LoginOptions
from watchword.cli.documents import (
    STDIN,
    DocumentArgument,
    NameOption,
    content_of,
    is_stored,
    load_file,
    open_connection,
)
from watchword.cli.login_oauth2 import sign_in_by_browser, sign_in_by_device_code
from watchword.cli.output import fail, reporting, say, say_findings
from watchword.connection import Connection
from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http.bodies import read_json
from watchword.http.durations import in_words
from watchword.sign_in.stored_sign_in import stored_sign_in
from watchword.tokens.health import DAY, Health

TIMEOUT = 600.0
"""How long the user has to sign in, in seconds."""

_OAUTH1 = "oauth1"

_SIGN_INS: Mapping[str, Callable[[Connection, LoginOptions], list[Finding]]] = {
    "oauth2_authorization_code": sign_in_by_browser,
    "oauth2_device_code": sign_in_by_device_code,
}


def login(
    document: DocumentArgument,
    name: NameOption = None,
    paste: Annotated[  # noqa: FBT002 - an option
        bool,
        typer.Option(
            "--paste", help="Paste the URL that the browser ends at; for a browser on another machine."
        ),
    ] = False,
    port: Annotated[
        int,
        typer.Option(
            min=0,
            max=65535,
            help="Port on 127.0.0.1 that the browser comes back to; 0 takes a free one, with --paste 8400.",
        ),
    ] = 0,
    no_browser: Annotated[  # noqa: FBT002 - an option
        bool, typer.Option("--no-browser", help="Print the URL and don't open a browser.")
    ] = False,
) -> None:
    """Sign a person in. The token goes into the token store; a token of OAuth 1.0 goes into the document.

    The command waits ten minutes for the browser to come back. It prints the redirect URI to register at
    the provider: the document's redirect_uri, else http://127.0.0.1:PORT/callback, whose port --port fixes.
    If the browser is on another machine, use --paste.

    Exit status: 0 signed in, 2 refused, 3 configuration, 4 transient.
    """
    options = LoginOptions(paste, port, TIMEOUT, None if no_browser else webbrowser.open)
    with reporting():
        content = None if is_stored(document) else content_of(document)
        fields = _fields(content)
        if fields.get("method") == _OAUTH1:
            if document == STDIN:
                fail("an OAuth 1.0 sign-in writes its token into the document: give a file")
            login_oauth1.sign_in(Path(document), fields, options)
            return
        if content is None:
            connection = open_connection(document, name)
        else:
            connection = load_file(document, content, name)
        _sign_in(connection, options)


def _fields(content: bytes | None) -> dict[str, Any]:
    """Return a document's fields, or none if it can't be read: loading it says why later."""
    try:
        fields = read_json(content or b"")
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def _sign_in(connection: Connection, options: LoginOptions) -> None:
    method = connection.document.method.method
    if method == _OAUTH1:
        fail(
            "an OAuth 1.0 sign-in writes its token into the document, and this one is not a file: give a file"
        )
    sign_in = _SIGN_INS.get(method)
    if sign_in is None:
        methods = ", ".join((_OAUTH1, *_SIGN_INS))
        message = f"A sign-in needs one of the methods {methods}; this connection's method is {method}."
        raise DocumentError([finding("unknown_method", message, advice="Validate it: it needs no sign-in.")])
    if connection.store.display_url == "memory://":
        fail("the token store is memory://, which ends with this command: set WATCHWORD_STORE")
    remarks = sign_in(connection, options)
    health = stored_sign_in(connection).health()
    say(f"Signed in: {connection.name} at {health.host}; {_validity(health)}.")
    say(f"The token is stored in {connection.store.display_url}.")
    say_findings(remarks)


def _validity(health: Health) -> str:
    """Return in words how long the sign-in is valid."""
    if math.isfinite(health.ends):
        end = f"the access token ends in {in_words(health.ends)}"
    else:
        end = "the server does not say when the access token ends"
    if not health.can_renew:
        return end
    days = health.days_left
    renewal = "the server does not say for how long" if days is None else f"for {in_words(days * DAY)}"
    return f"{end} and is renewed ({renewal})"
