"""What is remembered of a contrast, for which call, for how long, and what ends it early."""

from __future__ import annotations

import asyncio
import base64

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


OTHER_REQUESTS = {
    "query": ({"path": "/rpc?action=me"}, {"path": "/rpc?action=ping"}),
    "value of a parameter": ({"path": "/rows?of=1"}, {"path": "/rows?of=2"}),
    "public header": (
        {"extra_parameters": {"header:X-Tenant": "one"}},
        {"extra_parameters": {"header:X-Tenant": "two"}},
    ),
    "prefix": ({"prefix": "Token"}, {"prefix": "Key"}),
    "place": ({"key_name": "X-API-Key"}, {"key_name": "X-Key"}),
    "without any contrast before": ({"counterfactual": False}, {"decoy": False}),
}


@pytest.mark.parametrize("difference", OTHER_REQUESTS)
def test_another_request_has_a_contrast_of_its_own(serve, reply, difference):
    """What one call has shown says nothing about a call that differs in anything but the credential."""
    server, store = serve(reply(200, {"id": 1})), MemoryStore()
    codes, asked = [], []
    for each in OTHER_REQUESTS[difference]:
        options = {name: value for name, value in each.items() if name in {"decoy", "counterfactual"}}
        fields = {name: value for name, value in each.items() if name not in {"path", *options}}
        before = len(server.seen)
        report = connected(server, store, **fields).validate(each.get("path", "/me"), **options)
        codes.append(report.deciding.code.name)
        asked.append(len(server.seen) - before)
    assert codes[-1] == "auth_not_required"
    assert asked[-1] > len(["real"])


def test_another_credential_of_the_form_shares_the_contrast(serve, reply):
    """Logins and clients under other names use one contrast: a decoy stands for all of them."""
    server = serve(lambda seen: reply(401 if "watchword-decoy" in decoded(seen) else 200, {"id": 1}))
    store = MemoryStore()
    for name in ("ann", "ben", "eve"):
        document = {"base_url": server.url, "method": "basic", "username": name, "password": f"p-{name}-123"}
        assert watchword.load(document, name=name, store=store).validate("/me").ok
    users = [decoded(seen) for seen in server.seen]
    assert len([user for user in users if user.startswith("watchword-decoy")]) == 1


def decoded(seen):
    return base64.b64decode(seen.headers.get("Authorization", "").removeprefix("Basic ")).decode()
