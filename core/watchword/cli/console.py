"""The command `watchword console`: the console on this machine, for the person who starts it."""

from __future__ import annotations

import webbrowser
from typing import Annotated

import typer

from watchword.cli.output import fail, say


def console(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")
    ] = 8643,
    no_browser: Annotated[  # noqa: FBT002 - an option
        bool, typer.Option("--no-browser", help="Print the URL and don't open a browser.")
    ] = False,
) -> None:
    """Build, sign in, validate and watch connections in a browser; Ctrl-C stops it.

    It shows the connections of WATCHWORD_SECRETS: the vault, Google Secret Manager and the environment. The
    URL that it prints lets one browser in, once.

    Exit status: 0 stopped, 3 configuration.
    """
    try:
        from watchword.console.local_app import serve  # noqa: PLC0415 - an extra
    except ImportError:
        fail('the console needs an extra: pip install "watchword[console]"')

    def announce(url: str) -> None:
        say(f"The console: {url}")
        say("The URL lets one browser in, once. Ctrl-C stops the console.")
        if not no_browser:
            webbrowser.open(url)

    try:
        serve(port, announce)
    except OSError as error:
        fail(f"port {port} of 127.0.0.1 can't be used: {error.strerror or error}")
