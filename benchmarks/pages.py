"""Reads 1,000 pages with Airflow's HttpOperator over TLS: a watchword against an `http` connection.

It counts the TCP connections that the server accepts, and compares the times. Both run in one process against
the same local server, watchword before and after Airflow's own. Each first trusts only the server's
authority, which makes handshakes as cheap as possible, and then also the authorities of certifi, like a
machine that calls public APIs.
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

import certifi
import trustme
from rich.console import Console
from rich.table import Table

PAGES = 1000
KEY = "an-api-key-for-pages"


class Handler(BaseHTTPRequestHandler):
    """Serves pages numbered up to PAGES to requests with the key."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Serve one page."""
        page = int(self.path.rpartition("=")[2])
        authorized = self.headers.get("X-API-Key") == KEY
        content = json.dumps({"page": page, "next": page + 1 if page < PAGES else None}).encode()
        self.send_response(200 if authorized else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


class Server(ThreadingHTTPServer):
    """Serves TLS on loopback in its own process, and counts the accepted connections."""

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
        alone = authority.cert_pem.bytes().decode()
        bundles = {"its own": alone, "public too": Path(certifi.where()).read_text() + alone}
        server = Server(context)
        serving = multiprocessing.get_context("fork").Process(target=server.serve_forever, daemon=True)
        serving.start()
        prepare(home)
        connect("warm", f"https://localhost:{server.server_port}", home, alone)
        run("warm_ours", server, 10)
        run("warm_theirs", server, 10)
        table = Table("connection of", "trusts", "pages", "TCP connections", "seconds", "ratio")
        for trusts, bundle in bundles.items():
            name = trusts.replace(" ", "_")
            for turn in ("first", "second"):
                connect(f"{name}_{turn}", f"https://localhost:{server.server_port}", home, bundle)
            compare(table, trusts, name, server)
        serving.terminate()
        serving.join()
    Console().print(table)


def prepare(home: Path) -> None:
    """Set Airflow's home before Airflow is imported."""
    os.environ.update(
        AIRFLOW_HOME=str(home / "airflow"),
        AIRFLOW__CORE__LOAD_EXAMPLES="False",
        AIRFLOW__LOGGING__LOGGING_LEVEL="ERROR",
    )


def connect(name: str, url: str, home: Path, bundle: str) -> None:
    """Create a watchword connection and an `http` connection with the same key and the same trust."""
    path = home / f"{name}.pem"
    path.write_text(bundle)
    ours = {"schema_version": 1, "method": "api_key", "api_key": KEY, "ca_bundle": str(path)}
    theirs = {"X-API-Key": KEY, "verify": str(path)}
    for whose, conn_type, extra in (("ours", "watchword", ours), ("theirs", "http", theirs)):
        stored = json.dumps({"conn_type": conn_type, "host": url, "extra": extra})
        os.environ[f"AIRFLOW_CONN_{name}_{whose}".upper()] = stored


def compare(table: Table, trusts: str, name: str, server: Server) -> None:
    """Add rows for watchword, Airflow and watchword again. The ratio is to watchword's mean."""
    first = run(f"{name}_first_ours", server, PAGES)
    theirs = run(f"{name}_first_theirs", server, PAGES)
    second = run(f"{name}_second_ours", server, PAGES)
    mean = (first[1] + second[1]) / 2
    for who, (connections, seconds) in (
        ("watchword", first),
        ("Airflow http", theirs),
        ("watchword", second),
    ):
        ratio = f"{seconds / mean:.1f}"
        table.add_row(who, trusts, f"{PAGES:,}", f"{connections:,}", f"{seconds:.1f}", ratio)


def run(connection: str, server: Server, count: int) -> tuple[int, float]:
    """Read the last `count` pages with the operator. Return connections and seconds."""
    from airflow.providers.http.operators.http import HttpOperator  # noqa: PLC0415 - AIRFLOW_HOME must be set first

    def next_page(response: object) -> dict[str, object] | None:
        next_number = response.json()["next"]  # type: ignore[attr-defined]
        return {"endpoint": f"/pages?page={next_number}"} if next_number else None

    pages = HttpOperator(
        task_id="pages",
        http_conn_id=connection,
        method="GET",
        endpoint=f"/pages?page={PAGES - count + 1}",
        pagination_function=next_page,
        deferrable=False,
    )
    before, started = server.accepted.value, time.perf_counter()
    read = pages.execute({})
    seconds = time.perf_counter() - started
    assert len(read) == count
    return server.accepted.value - before, seconds


if __name__ == "__main__":
    main()
