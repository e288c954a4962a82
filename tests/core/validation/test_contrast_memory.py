"""What is remembered of a contrast, for which call, for how long, and what ends it early."""

from __future__ import annotations

import asyncio
import base64
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import watchword
from tests.support.nightly import usually
from watchword.findings.finding import Verdict
from watchword.stores.memory import MemoryStore
from watchword.validation import contrast_memory, contrasting
from watchword.validation.states import state_of
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
    """The beginning of an archive or a binary table counts as a text without fields; it raises nothing."""
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


ME = {"id": 1, "name": "ann"}
CHANGES = {
    "another status": (ME, (403, {"error": "your address is blocked"})),
    "a page": (ME, (200, "<html><title>Just a moment...</title></html>")),
    "other fields": (ME, (200, {"works": True, "until": "noon"})),
    "null in place of a user": ({"user": ME}, (200, {"user": None})),
    "other columns": ("a,b\n1,2\n", (200, "code,text\n7,closed\n")),
    "a code": ({"code": 0, "data": "x"}, (200, {"code": 17, "data": ""})),
    "a state": (
        {"id": 1, "job": {"status": "open"}, "a": 1},
        (200, {"id": 1, "job": {"status": "x"}, "a": 1}),
    ),
    "no rows": ([ME], (200, [])),
    "a line": ("hello ann", (200, "gesperrt")),
    "a sentence": ({"id": 1, "a": 1, "b": "All is well"}, (200, {"id": 1, "a": 1, "b": "Kein Zugriff mehr"})),
    "a state in XML": ("<r><x>1</x><state>0</state></r>", (200, "<r><x>1</x><state>7</state></r>")),
    "a message in XML": ("<r><text>Hallo</text></r>", (200, "<r><text>gesperrt</text></r>")),
    "a message": ({"text": "Hallo Ann"}, (200, {"text": "gesperrt"})),
    "a sign": ("5", (200, "-1")),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_answer_is_asked_about_at_once(serve, reply, change):
    """After another answer, what is remembered proves nothing: here a wrong key gets the same now."""
    first, (status, later) = CHANGES[change]
    now = [(200, first), (401, None)]
    server = serve(lambda seen: reply(*now[0 if SECRET in seen.text else -1]))
    connection = connected(server, MemoryStore())
    assert connection.validate("/me").deciding.code.name == "authenticated"
    now[:] = [(status, later)]
    assert connection.validate("/me").verdict in {Verdict.INCONCLUSIVE, Verdict.INVALID}
    assert decoys(server) == len(["before", "after"])


def test_an_answer_that_changes_again_proves_nothing_until_it_may_be_asked_about(serve, reply):
    """After two decoys in a minute a changed answer is open, and the report says how long."""
    body = {"id": 1}
    server = serve(lambda seen: reply(200, body) if SECRET in seen.text else reply(401))
    connection = connected(server, MemoryStore())
    codes = []
    for name in "abcd":
        body[name] = 1
        report = connection.validate("/me")
        codes.append(report.deciding.code.name)
    assert codes == ["authenticated"] * 2 + ["contrast_unavailable"] * 2
    assert "something else than before" in report.summary
    assert "a wrong one is tried again in " in report.summary
    assert decoys(server) == len(["a", "b"])


def test_an_answer_whose_words_change_by_themselves_sends_few_decoys(serve, reply):
    """A text that is another one at each call asks four times a day at most, and stays proven."""
    words = iter("abcdefghijklmnopqrstuvwxyz")
    server = serve(lambda seen: reply(200, next(words)) if SECRET in seen.text else reply(401))
    connection = connected(server, MemoryStore())
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(contrast_memory, "PAUSE", 0.0)
        codes = {connection.validate("/me").deciding.code.name for _ in range(12)}
    assert codes == {"authenticated"}
    assert decoys(server) == len(["first"]) + contrast_memory._MOST_STATES


def test_counts_and_times_are_no_change(serve, reply):
    """Numbers in a line or a message change every minute, and are asked about no more than rows are."""
    numbers = iter(range(100))
    server = serve(
        lambda seen: reply(200, {"text": f"at 12:{next(numbers)}"}) if SECRET in seen.text else reply(401)
    )
    connection = connected(server, MemoryStore())
    assert {connection.validate("/me").ok for _ in range(4)} == {True}
    assert decoys(server) == 1


@pytest.mark.parametrize("same_name", [True, False])
def test_a_limit_is_about_one_credential(serve, reply, same_name):
    """Another key that gets a 403 is compared anew: the first one's 403 was about the first one's rights."""
    refused = [401]
    server = serve(lambda seen: reply(403 if SECRET in seen.text else refused[0], {"error": "scope"}))
    store = MemoryStore()
    first = connected(server, store).validate("/me")
    assert first.deciding.code.name == "authenticated_but_forbidden"
    refused[0] = 403
    other = connected(server, store, name="acme" if same_name else "other", api_key="an0ther-key-0002")
    assert other.validate("/me").verdict in {Verdict.INCONCLUSIVE, Verdict.INVALID}


def test_another_connections_answer_must_resemble_one_that_is_known(serve, reply):
    """A second connection uses the first one's contrast for an answer of its kind, and asks for any other."""
    bodies = {
        "acme": {"id": 1, "name": "ann"},
        "like": {"id": 2, "name": "b", "mail": "c"},
        "odd": {"code": 4},
    }
    others = [(401, None)]
    shown = ["acme"]
    server = serve(lambda seen: reply(200, bodies[shown[0]]) if SECRET in seen.text else reply(*others[0]))
    store = MemoryStore()
    found = []
    for name in ("acme", "like", "odd"):
        shown[0] = name
        others[0] = (200, bodies["odd"]) if name == "odd" else others[0]
        found.append((connected(server, store, name=name).validate("/me").ok, decoys(server)))
    assert found == [(True, 1), (True, 1), (False, 2)]


def test_what_proves_nothing_is_asked_for_again_soon(serve, reply, monkeypatch):
    """A contrast without proof lasts a minute, then twice as long each time; the report says how long."""
    server = serve(reply(200, ME))
    connection = connected(server, MemoryStore())
    assert "tried again" not in connection.validate("/me").summary
    monkeypatch.setattr(contrasting, "in_words", lambda seconds: f"{round(seconds, -1):g} s")
    clock = [0.0]
    monkeypatch.setattr("watchword.tokens.record.StoreTime.since", lambda *_: clock[0])
    asked = []
    for age in (50, 70, 70, 130, 130, 250):
        clock[0] = float(age)
        report = connection.validate("/me")
        asked.append(decoys(server))
        assert ("tried again in" in report.summary) is (age == 50 or asked[-1] == asked[-2])
    assert asked == [1, 2, 2, 3, 3, 4]
    assert report.deciding.code.name == "auth_not_required"


def test_a_token_from_memory_says_how_old_its_contrast_is(serve, reply, monkeypatch):
    """The report on a token names the age of the contrast, as that on a call does."""
    issued = reply(200, {"access_token": "abcdefgh-1", "expires_in": 3600})
    server = serve(lambda seen: issued if SECRET in seen.text else reply(401, {"error": "invalid_client"}))
    fields = {"method": "oauth2_client_credentials", "client_id": "me", "client_secret": SECRET}
    document = {
        "base_url": server.url,
        "token_url": f"{server.url}/t",
        **fields,
        "client_auth": "client_secret_post",
    }
    connection = watchword.load(document, name="acme", store=MemoryStore())
    assert "ago" not in connection.validate().summary
    monkeypatch.setattr("watchword.tokens.record.StoreTime.since", lambda *_: 7200.0)
    assert "(compared 2 hours ago)" in connection.validate().summary


BODIES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
)


@settings(max_examples=usually(500, 10_000), deadline=None)
@given(BODIES.map(json.dumps) | st.text(max_size=40))
def test_every_body_has_a_state(body):
    """The state of a body is a short hash, whatever the body holds."""
    assert re.fullmatch(r"[0-9a-f]{12}", state_of(body, ""))
    assert state_of(body, "") != state_of(body, "refused_in_200_body")
