"""One playground per test, and how each of its credentials is presented, written without watchword."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from watchword.playground import CREDENTIALS, Playground


@pytest.fixture
def playground() -> Iterator[Playground]:
    with Playground() as running:
        yield running


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as made:
        made.trust_env = False  # neither proxies nor netrc of whoever runs the tests
        yield made


@pytest.fixture
def basic() -> Callable[[str, str], dict[str, str]]:
    """Give the function that makes a Basic header in UTF-8."""
    return _basic


@pytest.fixture
def client() -> dict[str, str]:
    """Give the form of a token request by the playground's client."""
    fields = CREDENTIALS["oauth2_client_credentials"]
    return {
        "grant_type": "client_credentials",
        "client_id": fields["client_id"],
        "client_secret": fields["client_secret"],
    }


@pytest.fixture
def present(
    playground: Playground, session: requests.Session, client: dict[str, str]
) -> Callable[..., dict[str, Any]]:
    """Give the function that returns requests' options for a method's credential, `spoil` added to it."""

    def options(method: str, spoil: str = "") -> dict[str, Any]:
        fields = CREDENTIALS[method]
        if method == "api_key":
            return {"headers": {fields["key_name"]: fields["api_key"] + spoil}}
        if method == "bearer":
            return {"headers": {"Authorization": f"Bearer {fields['bearer_token']}{spoil}"}}
        if method == "basic":
            return {"headers": _basic(fields["username"], fields["password"] + spoil)}
        if method == "custom":
            return _stacked(fields["secret_parameters"], spoil)
        token = session.post(f"{playground.url}/oauth/token", data=client).json()["access_token"]
        return {"headers": {"Authorization": f"Bearer {token}{spoil}"}}

    return options


def _basic(username: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()}


def _stacked(parameters: dict[str, str], spoil: str) -> dict[str, Any]:
    found: dict[str, dict[str, str]] = {"header": {}, "query": {}}
    for name, value in parameters.items():
        place, _, key = name.partition(":")
        found[place][key] = value
    found["header"]["X-Client-Secret"] += spoil
    return {"headers": found["header"], "params": found["query"]}
