"""Chromium without a window, and what a page must not do while a test looks at it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Request, WebError, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
"""The browser of the operating system: a test downloads none."""

_OPTIONS = (
    # A name that isn't this machine's leads nowhere, also for what Chromium itself would like to ask.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    "--disable-dev-shm-usage",  # containers have little shared memory
)


@contextmanager
def launched() -> Iterator[Browser]:
    """Run Chromium, and end it with all its processes."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_OPTIONS))
        try:
            yield browser
        finally:
            browser.close()


class Watch:
    """Notes what the pages of a context must not do: errors in the console, requests to other origins.

    Args:
        context: the context; its pages and their popups are watched.
        origins: the origins that pages may load from, such as http://127.0.0.1:8080.
        expected: parts of errors that the test provokes. One that doesn't occur is a fault too.
    """

    def __init__(self, context: BrowserContext, origins: Iterable[str], expected: Iterable[str] = ()) -> None:
        self._origins = frozenset(origins)
        self._expected = dict.fromkeys(expected, False)
        self._faults: list[str] = []
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("request", self._request)

    @property
    def faults(self) -> list[str]:
        """What happened that must not, and what was expected and didn't happen."""
        absent = [text for text, occurred in self._expected.items() if not occurred]
        return [*self._faults, *(f"expected, but absent: {text}" for text in absent)]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._note(f"console: {message.text} ({message.location['url']})")

    def _error(self, error: WebError) -> None:
        self._note(f"error: {error.error}")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob"} and f"{parts.scheme}://{parts.netloc}" not in self._origins:
            self._note(f"request to another origin: {request.url}")

    def _note(self, fault: str) -> None:
        expected = [text for text in self._expected if text in fault]
        if not expected:
            self._faults.append(fault)
        self._expected.update(dict.fromkeys(expected, True))
