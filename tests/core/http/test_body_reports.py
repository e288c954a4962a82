"""Which bodies are nothing but a report on the call, and what they report."""

import json
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.support.nightly import usually
from watchword.http.body_reports import reported

REPORTS = [
    ({"message": "This key was revoked"}, "refusal"),
    ({"detail": "Access denied"}, "refusal"),
    ({"ok": False, "error": "unknown token"}, "refusal"),
    ({"status": "error", "reason": "trial ended"}, "refusal"),
    ({"error": {"message": "Request limit reached", "type": "OAuthException"}}, "limit"),
    ({"message": "Too many calls, try again later"}, "limit"),
    ({"code": 17, "data": None}, "failure"),
    ({"status": 403, "title": "?"}, "failure"),
    ({"isOk": "false"}, "failure"),
    ({"hasError": True}, "failure"),
    ({"token_required": True}, "failure"),
    ({"errors": ["a", "b"]}, "failure"),
    ({"user": None, "server": "eu"}, "nothing"),
    ({"data": None}, "nothing"),
    ({"data": {"me": None, "team": {"name": None}}}, "nothing"),
    ({"data": None, "links": {"self": "/me"}, "meta": {"v": 1}}, "nothing"),
    ({"data": {"me": None}, "errors": [{"path": ["me"]}]}, "nothing"),
    ({"maintenance": True, "message": "Back at 06:00"}, "limit"),
    ({"suspended": True}, "refusal"),
    ({"revoked": True}, "failure"),
    ({"quota_limit_exceeded": True}, "limit"),
    ({"message": "Key revoked", "logref": "e1", "_links": {"help": {"href": "/h"}}}, "refusal"),
    ("<r><status>error</status></r>", "failure"),
    ("<error>unknown key</error>", "refusal"),
    ("code;text\n7;key expired", "refusal"),
    ("Account suspended", "refusal"),
    ("ERR 7", "failure"),
    ("temporarily unavailable", "limit"),
]

DATA = [
    {"code": 0, "message": "ok", "data": None},
    {"status": 200, "message": "OK"},
    {"success": "yes"},
    {"ok": True, "result": None},
    {"result": 3},
    {"message": "pong"},
    {"hasError": False},
    {"error": None, "data": {"x": 1}},
    {"code": "DE", "name": "Germany"},
    {"data": None, "team": {"id": 1}},
    {"data": {"me": None, "team": 1}},
    {"maintenance": False, "until": None},
    {"error": "unknown key", "orders": {"id": 1}},
    {"id": 7, "status": "failed", "amount": 5},
    {"errors": [{"code": "E1", "text": "Invalid key"}, {"code": "E2", "text": "Forbidden"}]},
    {"user": {"name": "a", "last_error": "invalid password"}},
    [{"message": "denied"}, {"message": "denied"}],
    '<plan><exception date="2026-01-01"/></plan>',
    "<log><error>disk</error><error>fan</error></log>",
    "<p><errors>0</errors><rows>3</rows></p>",
    "<html><body>Access denied</body></html>",
    "user;state\na;denied\nb;denied",
    "7",
    "true",
    "",
]


def sent(body):
    return body if isinstance(body, str) else json.dumps(body)


@pytest.mark.parametrize(("body", "kind"), REPORTS)
def test_a_body_that_is_nothing_but_a_report_is_recognized(body, kind):
    """A report is read by its words, its code, its flag, or what it lacks."""
    assert reported(sent(body)) == kind


@pytest.mark.parametrize("body", DATA)
def test_data_and_reports_of_success_are_no_report(body):
    """One value that no report has makes a body data, whatever its words are."""
    assert reported(sent(body)) == ""


@settings(max_examples=usually(500, 10_000), deadline=None)
@given(
    some.recursive(
        some.none() | some.booleans() | some.integers() | some.text(string.printable, max_size=20),
        lambda children: (
            some.lists(children, max_size=4)
            | some.dictionaries(
                some.sampled_from(["error", "status", "code", "data", "message", "x", "a.b"]), children
            )
        ),
        max_leaves=8,
    )
)
def test_every_body_is_read(body):
    """Whatever JSON holds, the reading ends with one of its five results."""
    assert reported(json.dumps(body)) in {"", "refusal", "limit", "failure", "nothing"}
