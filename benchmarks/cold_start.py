"""The cold start of a task: a fresh process that makes one authenticated request, beside hand-written code.

A process is measured as a whole: Python's start, imports, loading the document and the first request to a
server on loopback. The figures are medians of interleaved runs; memory is the largest resident set.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from rich.console import Console
from rich.table import Table

ROUNDS = 9

MEBIBYTE = 1 << 20

SECRET = "s3cret-of-thirty-two-characters-"

BY_HAND = f"""
import sys, requests
with requests.Session() as session:
    session.headers["X-API-Key"] = "{SECRET}"
    session.get(sys.argv[1] + "/orders").raise_for_status()
"""

FIXED_KEY = f"""
import sys, watchword
document = {{"base_url": sys.argv[1], "method": "api_key", "api_key": "{SECRET}"}}
with watchword.load(document).session() as api:
    api.get("/orders").raise_for_status()
"""

REQUESTS_OAUTHLIB = f"""
import os, sys
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
from oauthlib.oauth2 import BackendApplicationClient
from requests_oauthlib import OAuth2Session
with OAuth2Session(client=BackendApplicationClient("client-1")) as session:
    session.fetch_token(sys.argv[1] + "/token", client_id="client-1", client_secret="{SECRET}")
    session.get(sys.argv[1] + "/orders").raise_for_status()
"""

CLIENT_CREDENTIALS = f"""
import sys, watchword
document = {{
    "base_url": sys.argv[1],
    "method": "oauth2_client_credentials",
    "token_url": sys.argv[1] + "/token",
    "client_id": "client-1",
    "client_secret": "{SECRET}",
}}
with watchword.load(document, name="acme").session() as api:
    api.get("/orders").raise_for_status()
"""

PROGRAMS: Mapping[str, Mapping[str, str]] = {
    "a fixed key": {"requests by hand": BY_HAND, "watchword": FIXED_KEY},
    "client credentials": {
        "requests-oauthlib, which fetches a token": REQUESTS_OAUTHLIB,
        "watchword, with a token in the SQLite store": CLIENT_CREDENTIALS,
    },
}
"""The programs by what they show; the first of each group is the baseline."""


@dataclass(frozen=True)
class Run:
    """One process: its time, the processor's time in it (both in seconds), and its memory in bytes."""

    seconds: float
    processor: float
    memory: int


class Handler(BaseHTTPRequestHandler):
    """Answers a token request with a token, and every other request with an empty list."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Issue a token for an hour."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._send({"access_token": SECRET[::-1], "token_type": "Bearer", "expires_in": 3600})

    def do_GET(self) -> None:
        """Send an empty list."""
        self._send([])

    def _send(self, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def server() -> Iterator[str]:
    """Serve on loopback and give the URL."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def run(program: str, url: str, environment: dict[str, str]) -> Run:
    """Run a program in a fresh process and measure it."""
    started = time.perf_counter()
    process = os.posix_spawn(sys.executable, [sys.executable, "-c", program, url], environment)
    _, status, usage = os.wait4(process, 0)
    seconds = time.perf_counter() - started
    assert status == 0, program
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def measured(programs: Mapping[str, str], url: str, environment: dict[str, str]) -> dict[str, list[Run]]:
    """Run each program once to warm caches and stores up, then in turns."""
    for program in programs.values():
        run(program, url, environment)
    runs: dict[str, list[Run]] = {name: [] for name in programs}
    for _ in range(ROUNDS):
        for name, program in programs.items():
            runs[name].append(run(program, url, environment))
    return runs


def main() -> None:
    """Measure and print the table."""
    table = Table("process", "seconds", "times", "processor, s", "times", "MiB")
    with tempfile.TemporaryDirectory() as home, server() as url:
        environment = {**os.environ, "WATCHWORD_HOME": home}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # byte code is cached, as for every second task
        environment.pop("WATCHWORD_STORE", None)
        for title, programs in PROGRAMS.items():
            table.add_row(title, style="bold")
            runs = measured(programs, url, environment)
            base = _median(next(iter(runs.values())))
            for name, each in runs.items():
                median = _median(each)
                table.add_row(
                    f"  {name}",
                    f"{median.seconds:.3f}",
                    f"{median.seconds / base.seconds:.2f}",
                    f"{median.processor:.3f}",
                    f"{median.processor / base.processor:.2f}",
                    f"{median.memory / MEBIBYTE:.0f}",
                )
    Console().print(table)


def _median(runs: list[Run]) -> Run:
    return Run(
        statistics.median(each.seconds for each in runs),
        statistics.median(each.processor for each in runs),
        int(statistics.median(each.memory for each in runs)),
    )


if __name__ == "__main__":
    main()
