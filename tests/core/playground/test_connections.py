"""The published documents, used by watchword itself: both halves were written apart, and must meet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import watchword
from watchword.playground import AWKWARD_CREDENTIALS, CREDENTIALS, Playground, document

ACCOUNTS = [(method, False) for method in CREDENTIALS] + [(method, True) for method in AWKWARD_CREDENTIALS]


@pytest.fixture(scope="module")
def playground() -> Iterator[Playground]:
    """Serve one playground for this module, whose tests leave no trace in it."""
    with Playground() as running:
        yield running


@pytest.mark.parametrize(("method", "awkward"), ACCOUNTS)
def test_the_document_of_every_account_gets_in(playground: Playground, method: str, *, awkward: bool) -> None:
    """Each account reads, reads again, and sends a form with a query that must be encoded."""
    fields = document(playground.url, method) | (AWKWARD_CREDENTIALS[method] if awkward else {})
    with watchword.load(fields).session() as api:
        assert [api.get("/v1/me").json()["method"] for _ in range(2)] == [method, method]
        sent = api.post("/v1/uploads?b=2&a=%20x+%2B", data={"ü": "a b+"})
        assert (sent.status_code, sent.json().get("bytes")) == (200, 13)
