"""How a login command opens a page for its user, and learns where the browser came back to."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import typer

from watchword.cli.output import fail, say
from watchword.errors import TokenError
from watchword.findings.codes import finding
from watchword.http.durations import in_words
from watchword.sign_in.callback import HOST, Callback, ListenAddress, listening


@dataclass(frozen=True)
class LoginOptions:
    """How the user wants to sign in; `timeout` is how long they have, in seconds.

    `open_page` opens a browser and returns whether there is one; it is None if the user wants no browser.
    """

    paste: bool
    port: int
    timeout: float
    open_page: Callable[[str], bool] | None

    def announce(self, url: str, callback: Callback | None = None) -> None:
        """Show the URL of the sign-in page, and open it.

        With a callback the browser goes there first and is redirected. Every user of the machine can read
        the arguments of a browser's process, and could sign in as somebody else by the page's own URL.
        """
        say("Open this page and sign in:")
        say(url)
        if not self.paste and not self.opens(callback.redirecting_to(url) if callback else url):
            say(
                "No browser opened on this machine. To use a browser on another machine, add --paste.",
                err=True,
            )

    def explain(self, redirect_uri: str = "", *, is_port_free: bool = False) -> None:
        """Say how long there is time, where the browser comes back to, and what to do if it can't.

        Args:
            redirect_uri: the absolute URL that the browser comes back to; "" if it needs no registration.
            is_port_free: whether its port is another one each time.
        """
        limit = in_words(self.timeout)
        say(f"You have {limit}." if self.paste else f"Waiting {limit} for the browser to come back.")
        if is_port_free:
            fixed = f"http://{HOST}:{FIXED_PORT}{DEFAULT_ADDRESS.path}"
            say(f"It comes back to {redirect_uri} (the redirect URI), with another port each time. If the")
            say(f"provider wants this address registered, use --port {FIXED_PORT} and register {fixed}.")
        elif redirect_uri:
            say(f"Its redirect URI, {redirect_uri}, must be registered at the provider.")
        if not self.paste:
            say("If the browser is on another machine, stop this with Ctrl-C and add --paste.")

    def opens(self, url: str) -> bool:
        """Open a page if the user wants that; returns False if there is no browser."""
        return self.open_page is None or self.open_page(url)

    def pasted(self, question: str) -> str:
        """Return the text that the user pastes."""
        # Without readline a terminal cuts a line off after 4096 characters, on macOS after 1024.
        with contextlib.suppress(ImportError):
            import readline  # noqa: F401, PLC0415 - importing it changes how lines are read
        text: str = typer.prompt(question)
        return text.strip()

    @contextlib.contextmanager
    def listening(self, address: ListenAddress) -> Iterator[Callback]:
        """Listen for the browser; ends the command if the port can't be used."""
        with contextlib.ExitStack() as stack:
            try:
                callback = stack.enter_context(listening(address.port, address.path, address.host))
            except (OSError, OverflowError) as error:
                reason = getattr(error, "strerror", None) or error
                fail(f"port {address.port} of {address.host} can't be used: {reason}")
            yield callback

    def visited(self, callback: Callback) -> str:
        """Return the path and query that the browser came back with.

        Raises:
            TokenError: no browser came back in time.
        """
        url = callback.visited(self.timeout)
        if url is None:
            message = f"No browser came back from the sign-in page within {self.timeout / 60:g} minutes."
            advice = "Start the command again and sign in; if the browser is on another machine, add --paste."
            raise TokenError([finding("read_timeout", message, advice=advice)])
        return url

    def with_port(self, address: ListenAddress) -> ListenAddress:
        """Return the address with the port of --port; ends the command if the document has another port."""
        if address.port and self.port not in {0, address.port}:
            fail(f"the document's redirect_uri has the port {address.port}: leave --port out")
        return ListenAddress(address.host, address.port or self.port, address.path)


FIXED_PORT = 8400
"""The port of redirect URIs for providers that want each address registered, and of those that are pasted."""

DEFAULT_ADDRESS = ListenAddress(HOST, 0, "/callback")
"""Where to listen if the document names no redirect URI (RFC 8252 section 7.3)."""
