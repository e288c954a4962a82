"""A thousand pages through Airflow's stock HttpOperator over TLS: our connection beside its own `http` one.

Counts the TCP connections that the server accepts and compares the time; both run in one
process, against the same local server, ours first and last, so that warming up favours nobody.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import socket
import ssl
import tempfile
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import trustme
from rich.console import Console
from rich.table import Table

PAGES = 1000
KEY = "an-api-key-for-pages"


class Handler(BaseHTTPRequestHandler):
    """Answers pages numbered up to PAGES to whoever has the key."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer one page."""
        page = int(self.path.rpartition("=")[2])
        known = self.headers.get("X-API-Key") == KEY
        content = json.dumps({"page": page, "next": page + 1 if page < PAGES else None}).encode()
        self.send_response(200 if known else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


class Server(ThreadingHTTPServer):
    """Serves TLS on loopback, in a process of its own, and counts the connections that it accepts."""

    request_queue_size = 64

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.accepted = multiprocessing.Value("i", 0)

    def get_request(self) -> tuple[socket.socket, object]:
        """Accept a connection."""
        self.accepted.value += 1
        return super().get_request()


def main() -> None:
    """Measure and print the table."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        authority.cert_pem.write_to_path(str(home / "ca.pem"))
        server = Server(context)
        serving = multiprocessing.get_context("fork").Process(target=server.serve_forever, daemon=True)
        serving.start()
        prepare(home, f"https://localhost:{server.server_port}")
        for _, connection in CONTENDERS:
            run(connection, server, f"/pages?page={PAGES}")  # what is imported once is not measured
        rows = [(name, *run(connection, server)) for name, connection in CONTENDERS]
        serving.terminate()
        serving.join()
    show(rows)


CONTENDERS = (("watchword", "ours"), ("Airflow http", "theirs"), ("watchword, again", "ours"))


def prepare(home: Path, url: str) -> None:
    """Set Airflow's home and the two connections, before Airflow is imported."""
    bundle = str(home / "ca.pem")
    ours = {"schema_version": 1, "method": "api_key", "api_key": KEY, "ca_bundle": bundle}
    theirs = {"X-API-Key": KEY, "verify": bundle}
    os.environ.update(
        AIRFLOW_HOME=str(home / "airflow"),
        AIRFLOW__CORE__LOAD_EXAMPLES="False",
        AIRFLOW__LOGGING__LOGGING_LEVEL="WARNING",
        AIRFLOW_CONN_OURS=json.dumps({"conn_type": "watchword", "host": url, "extra": ours}),
        AIRFLOW_CONN_THEIRS=json.dumps({"conn_type": "http", "host": url, "extra": theirs}),
    )


def run(connection: str, server: Server, endpoint: str = "/pages?page=1") -> tuple[int, int, float]:
    """Read all pages by the stock operator; return pages, connections and seconds."""
    from airflow.providers.http.operators.http import HttpOperator  # noqa: PLC0415 - after its home is set

    def next_page(response: object) -> dict[str, object] | None:
        following = response.json()["next"]  # type: ignore[attr-defined]
        return {"endpoint": f"/pages?page={following}"} if following else None

    pages = HttpOperator(
        task_id="pages",
        http_conn_id=connection,
        method="GET",
        endpoint=endpoint,
        pagination_function=next_page,
        deferrable=False,
    )
    before, started = server.accepted.value, time.perf_counter()
    read = pages.execute({})
    return len(read), server.accepted.value - before, time.perf_counter() - started


def show(rows: list[tuple[str, int, int, float]]) -> None:
    """Print a row for each run, its time as a multiple of our first."""
    table = Table("HttpOperator on a connection of", "pages", "TCP connections", "seconds", "ratio")
    for name, pages, connections, seconds in rows:
        ratio = f"{seconds / rows[0][3]:.1f}"
        table.add_row(name, f"{pages:,}", f"{connections:,}", f"{seconds:.1f}", ratio)
    Console().print(table)


if __name__ == "__main__":
    main()
