"""The console of an Airflow that lets everybody in as administrator, as `airflow standalone` may do."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import requests

from tests.support.open_airflow import Server

EXTRA = json.dumps({"schema_version": 1, "method": "api_key", "api_key": "made-up-key-0123456789"})


@pytest.fixture(scope="module")
def site(server: Server) -> Iterator[Server]:
    body = {
        "connection_id": "acme",
        "conn_type": "watchword_api_key",
        "host": "https://api.example.com",
        "extra": EXTRA,
    }
    connections = f"{server.url}/api/v2/connections"
    server.api.post(connections, json=body, timeout=60).raise_for_status()
    yield server
    server.api.delete(f"{connections}/acme", timeout=60).raise_for_status()


def port_of(site: Server) -> str:
    return str(site.url.rpartition(":")[2])


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]"])
def test_this_machines_own_names_are_accepted(site: Server, name: str) -> None:
    """A person on this machine opens the console without a sign-in."""
    host = f"{name}:{port_of(site)}"
    response = requests.get(f"{site.url}/watchword/", headers={"Host": host}, timeout=60)
    assert response.status_code == 200
    assert "acme" in response.text


@pytest.mark.parametrize("name", ["rebound.example", "localhost.evil.example", "127.0.0.1.evil.example", ""])
@pytest.mark.parametrize("path", ["/", "/connections/acme", "/new/api_key"])
def test_a_page_of_another_site_finds_nothing(site: Server, name: str, path: str) -> None:
    """A page whose name points to this machine (DNS rebinding) gets no page, with a cookie or without."""
    host = f"{name}:{port_of(site)}"
    for cookie in ("", "_token=wrong", f"_token={site.token}"):
        headers = {"Host": host, "Accept": "text/html", **({"Cookie": cookie} if cookie else {})}
        url = f"{site.url}/watchword{path}"
        response = requests.get(url, headers=headers, timeout=60, allow_redirects=False)
        assert response.status_code == 421
        assert "acme" not in response.text
