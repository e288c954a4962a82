"""The console of an Airflow that lets everybody in as administrator, as `airflow standalone` may do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests

from tests.support.airflow_site import Options

EXTRA = json.dumps({"schema_version": 1, "method": "api_key", "api_key": "made-up-key-0123456789"})


@pytest.fixture(scope="module")
def site(deploy: Callable[..., Any]) -> Iterator[Any]:
    settings = (("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS", "True"),)
    with ExitStack() as stack:
        found = deploy(stack, Options(settings=settings))
        found.store("acme", host="https://api.example.com", extra=EXTRA)
        yield found.site


def port_of(site: Any) -> str:
    return str(site.url.rpartition(":")[2])


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]"])
def test_this_machines_own_names_are_accepted(site: Any, name: str) -> None:
    """A person on this machine opens the console without a sign-in."""
    host = f"{name}:{port_of(site)}"
    response = requests.get(f"{site.url}/watchword/", headers={"Host": host}, timeout=60)
    assert response.status_code == 200
    assert "acme" in response.text


@pytest.mark.parametrize("name", ["rebound.example", "localhost.evil.example", "127.0.0.1.evil.example", ""])
@pytest.mark.parametrize("path", ["/", "/connections/acme", "/new/api_key"])
def test_a_page_of_another_site_finds_nothing(site: Any, name: str, path: str) -> None:
    """A page whose name points to this machine (DNS rebinding) gets no page, with a cookie or without."""
    host = f"{name}:{port_of(site)}"
    for cookie in ("", "_token=wrong", f"_token={site.token('admin')}"):
        headers = {"Host": host, "Accept": "text/html", **({"Cookie": cookie} if cookie else {})}
        url = f"{site.url}/watchword{path}"
        response = requests.get(url, headers=headers, timeout=60, allow_redirects=False)
        assert response.status_code == 421
        assert "acme" not in response.text
