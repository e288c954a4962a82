"""Cost of authenticating one request, beside the libraries that people use today.

Ours is the whole way through the signing transport, origin check and response included; only
the socket is taken out. The peers' is their auth object on a copy of the same request. Medians
of interleaved rounds in one process: compare the ratios, not the microseconds.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import requests
from authlib.integrations.requests_client import OAuth2Auth
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2
from rich.console import Console
from rich.table import Table

import watchword
from watchword.tokens.token import Token

ROUNDS, CALLS = 41, 1000
BASE = "https://api.example.com"
TOKEN = {"access_token": "an-access-token", "token_type": "Bearer"}

DOCUMENTS: dict[str, dict[str, object]] = {
    "none": {"method": "none"},
    "api_key": {"method": "api_key", "api_key": "an-api-key"},
    "bearer": {"method": "bearer", "bearer_token": "a-bearer-token"},
    "basic": {"method": "basic", "username": "ann", "password": "a-password"},
    "oauth2, cached token": {
        "method": "oauth2_client_credentials",
        "token_url": f"{BASE}/token",
        "client_id": "client",
        "client_secret": "a-client-secret",
    },
}


def main() -> None:
    """Measure and print the table."""
    HTTPAdapter.send = answered  # type: ignore[method-assign] # the socket is taken out
    request = requests.Request("GET", f"{BASE}/v1/orders", params={"page": 2}).prepare()
    contenders = {"floor: copy, set one header": floor(request)}
    contenders |= {f"watchword {name}": ours(request, document) for name, document in DOCUMENTS.items()}
    contenders |= {
        "requests HTTPBasicAuth": peer(request, HTTPBasicAuth("ann", "a-password")),
        "requests-oauthlib OAuth2": peer(request, OAuth2(token=TOKEN)),
        "Authlib OAuth2Auth": peer(request, OAuth2Auth(TOKEN)),
    }
    medians = measured(contenders)
    baseline = medians["floor: copy, set one header"]
    table = Table("authenticating one request", "µs", "times the floor")
    for name, seconds in medians.items():
        table.add_row(name, f"{seconds * 1e6:.1f}", f"{seconds / baseline:.2f}")
    Console().print(table)


def floor(request: requests.PreparedRequest) -> Callable[[], object]:
    """Return what nobody can do without: a copy of the request with one more header."""

    def run() -> object:
        signed = request.copy()
        signed.headers["X-API-Key"] = "an-api-key"
        return signed

    return run


def peer(
    request: requests.PreparedRequest, auth: Callable[[requests.PreparedRequest], object]
) -> Callable[[], object]:
    """Return a call of a library's auth object on a copy of the request."""
    return lambda: auth(request.copy())


ANSWER = requests.Response()
ANSWER.status_code = 200


def answered(*_: object, **__: object) -> requests.Response:
    """Stand where requests would open a socket."""
    return ANSWER


def ours(request: requests.PreparedRequest, document: dict[str, object]) -> Callable[[], object]:
    """Return a send through our transport."""
    connection = watchword.load({"base_url": BASE, **document})
    if connection._keeper:  # noqa: SLF001 - no network
        connection._keeper._fetch = lambda: Token("an-access-token", lifetime=3600)  # noqa: SLF001
    adapter = connection.adapter()
    return lambda: adapter.send(request)


def measured(contenders: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return the median seconds of one call each, rounds interleaved so that noise hits all alike."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(ROUNDS):
        for name, run in contenders.items():
            started = time.perf_counter()
            for _ in range(CALLS):
                run()
            times[name].append((time.perf_counter() - started) / CALLS)
    return {name: statistics.median(values) for name, values in times.items()}


if __name__ == "__main__":
    main()
