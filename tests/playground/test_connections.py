"""The published documents, used by watchword itself. Client and server were written independently."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

import watchword
from watchword_playground import (
    ASSERTING_CREDENTIALS,
    AWKWARD_CREDENTIALS,
    BOUND_CREDENTIALS,
    CREDENTIALS,
    Playground,
    SignInOptions,
    document,
)

ACCOUNTS = [
    *((method, {}) for method in CREDENTIALS),
    *AWKWARD_CREDENTIALS.items(),
    *ASSERTING_CREDENTIALS.items(),
    *BOUND_CREDENTIALS.items(),
]
SIGN_IN = ("oauth2_authorization_code", "oauth2_device_code")


@pytest.fixture(scope="module")
def playground() -> Iterator[Playground]:
    """Serve one playground for this module. Its tests leave it unchanged."""
    with Playground() as running:
        yield running


@pytest.mark.parametrize(("method", "other"), ACCOUNTS)
def test_the_document_of_every_account_gets_in(
    playground: Playground, method: str, other: Mapping[str, Any]
) -> None:
    """Each account reads twice, and sends a form with a query that must be encoded."""
    fields = document(playground.url, method) | dict(other)
    if method in SIGN_IN:
        options = SignInOptions(method=method, client_id=fields["client_id"])
        fields["refresh_token"] = playground.sign_in(options)["refresh_token"]
    with watchword.load(fields, name=f"{method} {fields.get('client_id')}").session() as api:
        assert [api.get("/v1/me").json()["method"] for _ in range(2)] == [method, method]
        sent = api.post("/v1/uploads?b=2&a=%20x+%2B", data={"ü": "a b+"})
        assert (sent.status_code, sent.json().get("bytes")) == (200, 13)


def test_a_sign_in_of_a_public_client_keeps_its_key(playground: Playground) -> None:
    """A sign-in whose refresh token is bound to the key of its first use is refreshed again and again."""
    method = "oauth2_authorization_code"
    fields = {**document(playground.url, method), **AWKWARD_CREDENTIALS[method], "dpop": True}
    options = SignInOptions(method=method, client_id=fields["client_id"])
    fields["refresh_token"] = playground.sign_in(options)["refresh_token"]
    connection = watchword.load(fields, name="bound sign-in")
    with connection.session() as api:
        assert api.get("/v1/me").status_code == 200
        for _ in range(2):
            connection.renew_token()
            assert api.get("/v1/me").status_code == 200
