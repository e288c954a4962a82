"""The command `watchword login`: a person signs in once, and everything that shares the store goes on."""

from __future__ import annotations

import json
import math
import webbrowser
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

import watchword
from watchword.cli import login_oauth1
from watchword.cli.browser import Way
from watchword.cli.documents import (
    STDIN,
    DocumentArgument,
    NameOption,
    content_of,
    is_hosted,
    name_of,
    opened,
)
from watchword.cli.login_oauth2 import by_browser, by_code
from watchword.cli.output import fail, remark, reporting, say, span
from watchword.connection import Connection
from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.tokens.health import Health

PATIENCE = 600.0
"""How long the user has to sign in, in seconds."""

_OAUTH1 = "oauth1"

_WAYS: Mapping[str, Callable[[Connection, Way], list[Finding]]] = {
    "oauth2_authorization_code": by_browser,
    "oauth2_device_code": by_code,
}


def login(
    document: DocumentArgument,
    name: NameOption = None,
    paste: Annotated[  # noqa: FBT002 - an option
        bool,
        typer.Option("--paste", help="Paste what the browser ends with; for machines without a browser."),
    ] = False,
    port: Annotated[
        int,
        typer.Option(
            min=0, max=65535, help="Port on 127.0.0.1 to come back to; 0 takes a free one, with --paste 8400."
        ),
    ] = 0,
    no_browser: Annotated[  # noqa: FBT002 - likewise
        bool, typer.Option("--no-browser", help="Print the URL and open nothing.")
    ] = False,
) -> None:
    """Sign a person in; the token goes to the token store, that of OAuth 1.0 into the document.

    Exit status: 0 signed in, 2 refused, 3 configuration, 4 transient.
    """
    way = Way(paste, port, PATIENCE, None if no_browser else webbrowser.open)
    with reporting():
        content = None if is_hosted(document) else content_of(document)
        fields = _fields(content)
        if fields.get("method") == _OAUTH1:
            if document == STDIN:
                fail("the sign-in of OAuth 1.0 ends in the document: give a file")
            login_oauth1.sign_in(Path(document), fields, way)
            return
        if content is None:
            connection = opened(document, name)
        else:
            connection = watchword.load(content, name=name or name_of(document))
        _sign_in(connection, way)


def _fields(content: bytes | None) -> dict[str, Any]:
    """Return a document's entries, none where it has none that can be read: its loading says why."""
    try:
        fields = json.loads(content or b"")
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _sign_in(connection: Connection, way: Way) -> None:
    method = connection.document.method.method
    if method == _OAUTH1:
        fail("the sign-in of OAuth 1.0 ends in the document, which a host keeps here: sign in with a file")
    sign_in = _WAYS.get(method)
    if sign_in is None:
        wanted = ", ".join((_OAUTH1, *_WAYS))
        message = f"A sign-in is for the method {wanted}; this connection's method is {method}."
        raise DocumentError([finding("unknown_method", message, advice="Validate it: it needs no sign-in.")])
    if connection.store.display_url == "memory://":
        fail("the token store is memory://, which ends with this command: set WATCHWORD_STORE")
    remarks = sign_in(connection, way)
    health = connection.health()
    say(f"Signed in: {connection.name} at {health.host}; {_how_long(health)}.")
    say(f"Kept in the token store {connection.store.display_url}.")
    remark(remarks)


def _how_long(health: Health) -> str:
    ends = (
        f"the access token ends in {span(health.ends)}" if math.isfinite(health.ends) else "no end is known"
    )
    if not health.can_renew:
        return ends
    days = health.days_left
    lasts = "the server does not say how long" if days is None else f"{span(days * 86400)} long"
    return f"{ends} and is renewed ({lasts})"
