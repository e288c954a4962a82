"""The rules of `refresh_on_body`, and the bodies that they match."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import watchword
from tests.support.hostile_texts import any_text
from tests.support.nightly import usually
from watchword.http.body_rules import LARGEST_BODY, BodyRules
from watchword.tokens.token_response import value_at

KEY = {"base_url": "https://api.test", "method": "api_key", "api_key": "s3cret-key"}


@pytest.mark.parametrize(
    ("rules", "content", "matches"),
    [
        ({"ok": False}, {"ok": False}, True),
        ({"ok": False}, {"ok": "false"}, False),
        ({"ok": False}, {"ok": 0}, False),
        ({"ok": "false"}, {"ok": False}, False),
        ({"ok": 1}, {"ok": True}, False),
        ({"code": 401}, {"code": 401}, True),
        ({"code": 401}, {"code": 401.0}, True),
        ({"code": "401"}, {"code": 401}, True),
        ({"code": 401}, {"code": "401"}, False),
        ({"code": "expired"}, {"code": "Expired"}, False),
        ({"user": None}, {"user": None}, True),
        ({"user": None}, {"rows": []}, False),
        ({"error": {"code": 1}}, {"error": {"code": 1}}, True),
        ({"error": {"code": 1}}, {"error": {"code": True}}, False),
        ({"error": {"code": 1}}, {"error": {"code": 1, "text": ""}}, False),
        ({"errors": ["expired"]}, {"errors": ["expired"]}, True),
        ({"errors": ["expired"]}, {"errors": ["expired", "other"]}, False),
        ({"error.code": "expired"}, {"error": {"code": "expired"}}, True),
        ({"error.code": "expired"}, {"error.code": "expired"}, True),
        ({"error.code": "expired"}, {"error": "expired"}, False),
        ({"$.errors[*].code": 7}, {"errors": [{"code": 6}, {"code": 7}]}, True),
        ({"$[0].errorCode": "INVALID_SESSION_ID"}, [{"errorCode": "INVALID_SESSION_ID"}], True),
        ({"a": 1, "b": 2}, {"b": 2}, True),
        ({"error": "x"}, ["error", "x"], False),
        ({"error": "x"}, "x", False),
    ],
)
def test_values_are_compared_as_json(rules, content, matches):
    """One pair is enough. Types must be equal, but a text in a rule also equals the number that it spells."""
    assert BodyRules(rules).match(json.dumps(content).encode()) is matches


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_encodings_do_not_hide_it(encoding):
    """A pair is found in a body of any encoding, even with other characters around it."""
    body = json.dumps({"ok": False, "note": "é"}, ensure_ascii=False).encode(encoding)
    assert BodyRules({"ok": False}).match(body)


def test_big_broken_and_deep_bodies_match_nothing():
    """A body over 64 KiB, a truncated body and a body that is nested too deeply match no rule."""
    rules = BodyRules({"ok": False, "$..code": 1})
    assert rules.match(b'{"ok": false}'.ljust(LARGEST_BODY))
    assert not rules.match(b'{"ok": false}'.ljust(LARGEST_BODY + 1))
    assert not rules.match(b'{"ok": false')
    for depth in (500, 10_000):
        assert not rules.match(b'{"a":' * depth + b"1" + b"}" * depth)


CONTENTS = st.recursive(
    any_text() | st.integers() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=6,
)


@settings(max_examples=usually(500, 10_000))
@given(st.binary() | CONTENTS.map(json.dumps))
def test_any_body_matches_or_not(body):
    """No body raises."""
    body = body if isinstance(body, bytes) else body.encode()
    assert BodyRules({"a.b": 1, "$[*]": 10**9}).match(body) in {True, False}


@pytest.mark.parametrize(
    "path",
    ["", "$[", "a..", "$[?@.a =~ /(a+)+$/]", "$[?match(@.a, '(a+)+')]", "$..a..b", ".a..b", "$..[?@..a]"],
)
def test_a_path_that_can_t_be_used_is_refused(path):
    """An invalid path, or one whose search may never end, is an error of the document."""
    made = watchword.load(KEY | {"refresh_on_body": {path: 1}})
    (found,) = [item for item in made.lint() if "refresh_on_body" in item.message]
    assert found.code.name == "wrong_type"
    with pytest.raises(watchword.DocumentError):
        made.session()


@pytest.mark.parametrize(
    ("path", "found"), [("$..b", 1), ("$..a..b", None), (".a..b", None), ("$[?@.b =~ /1/]", None)]
)
def test_no_token_response_is_searched_by_such_a_path(path, found):
    """A path whose search may never end finds nothing in a token response either."""
    assert value_at({"a": {"b": 1}}, path) == found


@settings(max_examples=usually(500, 10_000))
@given(st.text(max_size=12))
def test_any_path_is_usable_or_refused(path):
    """Any text for a path makes rules, or a finding."""
    made = watchword.load(KEY | {"refresh_on_body": {path: 1}})
    if not any("refresh_on_body" in item.message for item in made.lint()):
        BodyRules(made.document.common.refresh_on_body).match(b'{"a": [{"b": 1}]}')


def test_json_text_is_accepted_and_other_types_are_not():
    """The object may be given as JSON text, as forms do; a list or a word is refused."""
    made = watchword.load(KEY | {"refresh_on_body": '{"error.code": "token_expired", "ok": false}'})
    assert made.document.common.refresh_on_body == {"error.code": "token_expired", "ok": False}
    assert watchword.load(KEY | {"refresh_on_body": ""}, stored=True).document.common.body_rules is None
    for wrong in (["ok"], "ok", 5):
        with pytest.raises(watchword.DocumentError) as refused:
            watchword.load(KEY | {"refresh_on_body": wrong})
        assert refused.value.code == "wrong_type"
