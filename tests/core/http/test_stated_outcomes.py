"""What a response states about its outcome beside its status: in headers, and in the parts of a 207."""

import json
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.support.nightly import usually
from tests.support.work import slowdown
from watchword.http.stated_outcomes import stated


def parts(*statuses, name="status"):
    return json.dumps({"responses": [{"id": 1, name: status, "body": {"x": 1}} for status in statuses]})


def webdav(*statuses):
    inner = "".join(
        f"<D:response><D:href>/a</D:href><D:status>{each}</D:status></D:response>" for each in statuses
    )
    return f'<?xml version="1.0"?><D:multistatus xmlns:D="DAV:">{inner}</D:multistatus>'


CHALLENGE = "WWW-Authenticate"
OUTCOMES = {
    "gRPC unauthenticated": (200, {"grpc-status": "16"}, "", "refusal"),
    "gRPC unauthenticated, padded": (200, {"grpc-status": " 16 "}, "", "refusal"),
    "gRPC exhausted": (200, {"grpc-status": "8"}, "", "limit"),
    "gRPC denied": (200, {"grpc-status": "7"}, "", "failure"),
    "gRPC ok": (200, {"grpc-status": "0"}, "", ""),
    "gRPC in words": (200, {"grpc-status": "ok"}, "", ""),
    "wrong token": (200, {CHALLENGE: 'Bearer realm="x", error="invalid_token"'}, "", "refusal"),
    "scope": (200, {CHALLENGE: "Bearer error=insufficient_scope"}, "", "failure"),
    "challenge alone": (200, {CHALLENGE: 'Bearer realm="error"'}, "", ""),
    "parts refused": (207, {}, parts(401, 401), "refusal"),
    "parts refused, in text": (207, {}, parts("401", name="Status-Code"), "refusal"),
    "parts forbidden": (207, {}, parts(401, 403), "failure"),
    "parts failed": (207, {}, parts(500), "failure"),
    "one part failed": (207, {}, parts(401, 200), ""),
    "WebDAV refused": (207, {}, webdav("HTTP/1.1 401 Unauthorized"), "refusal"),
    "WebDAV": (207, {}, webdav("HTTP/1.1 200 OK", "HTTP/1.1 404 Not Found"), ""),
    "other numbers": (207, {}, parts("4012", 7, None), ""),
    "no parts": (207, {}, "no parts", ""),
    "parts of a 200": (200, {}, parts(401), ""),
}


@pytest.mark.parametrize("case", OUTCOMES)
def test_what_a_response_states_is_read(case):
    """A status of gRPC, an error in a challenge, and the same failure of all parts count against a 2xx."""
    status, headers, text, report = OUTCOMES[case]
    assert stated(status, headers, text).report == report
    assert bool(stated(status, headers, text).where) is bool(report)


VALUES = some.recursive(
    some.none() | some.integers(0, 999) | some.text(max_size=5),
    lambda inner: (
        some.lists(inner, max_size=3) | some.dictionaries(some.sampled_from(["status", "a"]), inner)
    ),
)


@settings(max_examples=usually(500, 10_000), deadline=None)
@given(VALUES.map(json.dumps) | some.text(max_size=40), some.text(max_size=20), some.text(max_size=40))
def test_any_response_can_be_read(text, grpc, challenge):
    """Any header and any body state an outcome or nothing, and never raise."""
    headers = {"grpc-status": grpc, CHALLENGE: challenge}
    assert stated(207, headers, text).report in {"", "refusal", "limit", "failure"}


HOSTILE = {
    "lists": lambda size: "[" * size,
    "objects": lambda size: '{"a":' * size,
    "numbers": lambda size: f"[{'1,' * size}1]",
    "elements": lambda size: "<a>" * size,
}


@pytest.mark.parametrize("form", HOSTILE)
def test_a_hostile_body_costs_time_in_proportion_to_its_length(form):
    """A body that is nested, endless or long states nothing, and is read in one pass."""
    assert stated(207, {}, HOSTILE[form](400_000)).report == ""
    assert slowdown(lambda size: partial(stated, 207, {}, HOSTILE[form](size)), 10_000) < 36
