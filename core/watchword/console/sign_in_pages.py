"""The pages of a sign-in: where it leads, how it ended, and where its connection's page is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from watchword.console import begun_sign_ins
from watchword.console.begun_sign_ins import Begun, redirect_uri_of
from watchword.console.guard import Guard
from watchword.console.host import Stored
from watchword.console.pages import Pages
from watchword.console.requests import CALLBACK_PATH
from watchword.errors import TokenError, WatchwordError
from watchword.findings.finding import Finding, errors
from watchword.http.origins import host as host_of
from watchword.http.origins import is_loopback
from watchword.methods.oauth1 import OAuth1

_REFUSED, _UNAVAILABLE = 400, 503


@dataclass(frozen=True)
class Outcome:
    """How something ended: a heading, a sentence, and findings; `connection` is the page to go back to."""

    heading: str
    text: str = ""
    findings: Sequence[Finding] = ()
    connection: str = ""
    status: int = 200


class SignInPages:
    """Renders the pages of sign-ins."""

    def __init__(self, guard: Guard, pages: Pages) -> None:
        self._guard = guard
        self._pages = pages

    def callback_url(self, request: Request) -> str:
        """Return the absolute URL of this console that browsers come back to."""
        return f"{self._guard.host.root_url(request)}{CALLBACK_PATH}"

    def asking(self, request: Request, handle: str, begun: Begun, problem: str = "") -> HTMLResponse:
        """Return the page that leads to the provider, or takes the URL at which the browser ended."""
        stored = begun_sign_ins.unchanged(self._guard.host, begun.connection, begun.document)
        values = {
            **self.described(request, stored),
            "begun": begun,
            "handle": handle,
            "problem": problem,
            "provider": host_of(begun.authorize_url),
            "is_own_callback": begun.redirect_uri == self.callback_url(request),
            "form_token": self._guard.form_token(request),
        }
        return self._pages.page(request, "sign_in.html", values, _REFUSED if problem else 200)

    def described(self, request: Request, stored: Stored) -> dict[str, object]:
        """Return what a person who signs in should know: which API and client, which scopes, and where."""
        connection = self._guard.host.open(stored.name, stored.document or {}, private=False)
        method = connection.document.method
        client = "consumer_key" if isinstance(method, OAuth1) else "client_id"
        return {
            "provider": host_of(getattr(method, "authorize_url", None) or ""),
            "redirect_uri": redirect_uri_of(connection, self.callback_url(request)),
            "api": host_of(connection.base_url),
            "client": getattr(method, client, ""),
            "scopes": sorted(method.scopes),
        }

    def is_local(self, request: Request) -> bool:
        """Return whether browsers reach this console on its own machine only."""
        return is_loopback(self._guard.host.root_url(request))

    def outcome(self, request: Request, outcome: Outcome) -> HTMLResponse:
        """Return the page that says how something ended; its script takes the query out of the history."""
        return self._pages.page(request, "sign_in_outcome.html", {"outcome": outcome}, outcome.status)

    def refused(
        self, request: Request, error: WatchwordError, connection: str = "", heading: str = "Not signed in"
    ) -> HTMLResponse:
        """Return the page that says why nobody is signed in, or out."""
        is_transient = isinstance(error, TokenError) and error.retryable
        status = _UNAVAILABLE if is_transient else _REFUSED
        found = errors(error.findings) or error.findings
        return self.outcome(request, Outcome(heading, "", found, connection, status))

    def to_connection(self, request: Request, name: str) -> Response:
        """Return the redirect to the part of a connection's page that is about its sign-in."""
        return RedirectResponse(self.connection_path(request, name), 303)

    def connection_path(self, request: Request, name: str) -> str:
        """Return the path of that part of the page."""
        return f"{request.scope.get('root_path', '')}/connections/{quote(name, safe='')}#sign-in"
