"""How a command has its user open a page, and learns where the browser ended."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import typer

from watchword.cli.output import fail, say
from watchword.errors import TokenError
from watchword.findings.codes import finding
from watchword.sign_in.callback import HOST, Callback, ListenAddress, listening


@dataclass(frozen=True)
class Way:
    """How the user wants to sign in; `patience` is how long they have, in seconds.

    `open_page` opens a browser and returns whether there is one; None where none is wanted.
    """

    paste: bool
    port: int
    patience: float
    open_page: Callable[[str], bool] | None

    def announce(self, url: str, callback: Callback | None = None) -> None:
        """Show the URL of a page that comes back to this machine, and open it.

        With a callback the browser is sent there first: every user of the machine may read what a
        program is started with, and could sign in by the page's URL as somebody else.
        """
        say("Open this page and sign in:")
        say(url)
        if not self.paste and not self.opens(callback.leading_to(url) if callback else url):
            say("No browser opened here. One on another machine needs --paste.", err=True)

    def opens(self, url: str) -> bool:
        """Open a page; return False where a browser was wanted and there is none."""
        return self.open_page is None or self.open_page(url)

    def pasted(self, question: str) -> str:
        """Return what the user pastes."""
        # Without it a terminal takes no more of a line than 4096 characters, on macOS 1024.
        with contextlib.suppress(ImportError):
            import readline  # noqa: F401, PLC0415 - for its effect
        answer: str = typer.prompt(question)
        return answer.strip()

    @contextlib.contextmanager
    def listening(self, place: ListenAddress) -> Iterator[Callback]:
        """Listen for the browser; ends the command where the port can't be had."""
        with contextlib.ExitStack() as stack:
            try:
                callback = stack.enter_context(listening(place.port, place.path, place.host))
            except (OSError, OverflowError) as error:
                reason = getattr(error, "strerror", None) or error
                fail(f"port {place.port} of {place.host} can't be had: {reason}")
            yield callback

    def visit(self, callback: Callback) -> str:
        """Return path and query that the browser came back with; raises TokenError where nobody comes."""
        url = callback.visited(self.patience)
        if url is None:
            message = f"Nobody came back from the sign-in page within {self.patience / 60:g} minutes."
            advice = "Start the command again and sign in; use --paste where the browser is elsewhere."
            raise TokenError([finding("read_timeout", message, advice=advice)])
        return url

    def place(self, place: ListenAddress) -> ListenAddress:
        """Return the place with the wished port; ends the command where the document wants another."""
        if place.port and self.port not in {0, place.port}:
            fail(f"the document's redirect_uri has the port {place.port}: leave --port out")
        return ListenAddress(place.host, place.port or self.port, place.path)


ANYWHERE = ListenAddress(HOST, 0, "/callback")
"""Where to listen unless the document says it (RFC 8252 section 7.3)."""
