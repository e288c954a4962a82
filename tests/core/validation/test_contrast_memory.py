"""What is remembered of a contrast, for which call, for how long, and what ends it early."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import watchword
from tests.support.nightly import usually
from watchword.stores.memory import MemoryStore
from watchword.validation import contrasting
from watchword.validation.structure import structure_of

SECRET = "s3cret-key-0001"


def connected(server, store, name="acme", **fields):
    document = {"base_url": server.url, "method": "api_key", "api_key": SECRET, **fields}
    return watchword.load(document, name=name, store=store)


def decoys(server):
    """Return how many calls came with a key that isn't real."""
    return len([seen for seen in server.seen if seen.headers.get("X-API-Key") not in {None, SECRET}])


@settings(max_examples=usually(500, 10_000), deadline=None)
@given(st.text(st.sampled_from('\0,;\t|"\r\n\x1c\x85a1<{['), max_size=40))
def test_every_text_has_a_structure(text):
    """The beginning of an archive or a table that is no text is a text without fields, and no error."""
    assert structure_of(text).kind in {"json", "xml", "html", "csv", "text", "number", "empty"}
    assert structure_of(f"PK\0,{text}").kind == "text"


@pytest.mark.timeout(30)  # a claim lasts longer
@pytest.mark.parametrize("validate", ["validate", "avalidate"])
def test_a_validation_that_fails_while_it_asks_leaves_no_claim(serve, reply, monkeypatch, validate):
    """After an error while the contrast is asked for, the next validation asks at once."""
    server, store = serve(lambda seen: reply(200 if SECRET in seen.text else 401)), MemoryStore()

    def validated():
        outcome = getattr(connected(server, store), validate)("/me")
        return asyncio.run(outcome) if validate == "avalidate" else outcome

    monkeypatch.setattr(contrasting, "Contrast", None)
    with pytest.raises(TypeError):
        validated()
    monkeypatch.undo()
    assert validated().deciding.code.name == "authenticated"
