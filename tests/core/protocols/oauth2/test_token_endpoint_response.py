"""Responses of token endpoints: every form of a token and of a refusal, and any other JSON."""

from __future__ import annotations

import json
import math
import time
from datetime import datetime, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import watchword
from tests.support.hostile_texts import any_text
from tests.support.nightly import usually
from watchword.protocols.oauth2 import request_words
from watchword.protocols.oauth2.token_endpoint_response import ResponsePaths, read_token
from watchword.tokens.lifetimes import remaining
from watchword.tokens.token import Token
from watchword.tokens.token_response import TokenResponse

URL = "https://auth.test/token"
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
NOW = 1_800_000_000.0
FULL = ResponsePaths(refresh="refresh_token")


def answered(text, headers=None, paths=FULL, status=200, asked=request_words.CLIENT):
    return read_token(TokenResponse(URL, status, headers or {}, text), paths, asked)


def test_a_form_is_read_where_it_is_declared_or_looks_like_one():
    """Form-encoded responses, as from GitHub and Facebook, are recognised by content type or field names."""
    assert answered("access_token=a&refresh_token=r%20s&scope=x+y").scope == "x y"
    assert answered("access_token=a&refresh_token=r%20s").refresh_token == "r s"
    assert answered("t=a&expires=60", FORM, ResponsePaths("t", "expires")).lifetime == 60
    assert answered("t=a", paths=ResponsePaths("t")).access_token == "a"
    with pytest.raises(watchword.TokenError) as error:
        answered("t=a", FORM)
    assert error.value.code == "token_field_missing"


def test_json_is_read_whatever_it_is_declared_as():
    """JSON is read even if a server declares it as text, HTML or a form."""
    assert answered('{"access_token": "a"}\r\n\0').access_token == "a"  # as programs in C end a text
    for kind in ("text/html", "text/plain", "", FORM["Content-Type"]):
        assert answered('{"access_token": "a"}', {"Content-Type": kind}).access_token == "a"


@pytest.mark.parametrize(
    ("stated", "lifetime"),
    [
        (3600, 3600), ("3600", 3600), (" 3600 ", 3600), (0.5, 0.5), (NOW + 60, 60), (str(int(NOW) + 60), 60),
        ((NOW + 60) * 1000, 60), ("2027-01-15T08:01:00Z", 60), ("2027-01-15T10:01:00+02:00", 60),
        ("2027-01-15T08:01:00", 60), (NOW - 60, None), (0, None), (-5, None), (1e9, None),
        ("soon", None), (None, None), (True, None), ([5], None), (1e300, None), ("nan", None), ("inf", None),
        ("0001-01-01T00:00:00+14:00", None), ("2027", 2027),
    ],
)  # fmt: skip
def test_a_lifetime_is_a_number_a_moment_or_a_date(stated, lifetime):
    """Seconds, times in seconds or milliseconds, and ISO 8601 are read; implausible values are ignored."""
    assert remaining(stated, NOW) == lifetime


def test_expires_at_stands_in_for_a_lifetime():
    """A response with only a time, as number or date, has a lifetime."""
    in_an_hour = time.time() + 3600
    date = datetime.fromtimestamp(in_an_hour, tz=timezone.utc).isoformat()
    for stated in (in_an_hour, date):
        token = answered(json.dumps({"access_token": "a", "expires_at": stated}))
        assert token.lifetime == pytest.approx(3600, abs=30)
    both = json.dumps({"access_token": "a", "expires_in": 60, "expires_at": in_an_hour})
    assert answered(both).lifetime == 60


def test_scopes_may_be_a_list():
    """A JSON list of granted scopes, as from Twitch, is read."""
    assert answered('{"access_token": "a", "scope": ["x", "y"]}').scope == "x y"
    assert answered('{"access_token": "a", "scope": [1]}').scope is None
    assert answered('{"access_token": "a", "token_type": {"a": 1}}').token_type == "Bearer"


ADVICE = [
    (request_words.CLIENT, "invalid_grant", "Getting a token:", "the provider allows"),
    (request_words.REFRESH, "invalid_grant", "Refreshing the token:", "Sign in again."),
    (request_words.CODE, "invalid_grant", "Exchanging the sign-in's code:", "redirect_uri"),
    (request_words.DEVICE, "invalid_grant", "Waiting for the sign-in", "too late"),
    (request_words.ASSERTION, "invalid_grant", "Getting a token for a signed JWT:", "clock"),
    (request_words.PASSWORD, "invalid_grant", "Getting a token for a user:", "username and password"),
    (request_words.EXCHANGE, "invalid_grant", "Exchanging a token:", "subject_token"),
    (request_words.PASSWORD, "unauthorized_client", "", "to allow the password grant"),
    (request_words.EXCHANGE, "unsupported_grant_type", "", "does not support token exchange"),
    (request_words.CLIENT, "unsupported_grant_type", "", "another method"),
]


@pytest.mark.parametrize(("asked", "error", "words", "advice"), ADVICE)
def test_a_refusal_is_explained_for_what_was_asked(asked, error, words, advice):
    """The same error of RFC 6749 has different advice for each grant."""
    with pytest.raises(watchword.TokenError) as raised:
        answered(json.dumps({"error": error}), status=400, asked=asked)
    (found,) = raised.value.findings
    assert found.code.name == error
    assert found.message.startswith(words)
    assert advice in found.advice
    assert found.evidence["error"] == error


@pytest.mark.parametrize("error", ["authorization_pending", "slow_down", "expired_token"])
def test_the_errors_of_a_device_sign_in_can_be_told_apart(error):
    """The errors of polling (RFC 8628 section 3.5) are in the evidence."""
    with pytest.raises(watchword.TokenError) as raised:
        answered(json.dumps({"error": error}), status=400, asked=request_words.DEVICE)
    assert raised.value.findings[0].evidence["error"] == error


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text(8), inner, max_size=3),
    max_leaves=12,
)
NAMES = [
    "access_token", "refresh_token", "expires_in", "expires_at", "refresh_expires_in", "scope", "token_type",
    "error", "error_description", "ok",
]  # fmt: skip
REPLY = JSON | st.dictionaries(st.sampled_from(NAMES), JSON, max_size=8)
PATHS = st.sampled_from(
    ["access_token", "$.access_token", "scope.a", "$", "$..*", "error[0]", "a b", "", "$["]
)


def outcome(text, headers, paths, status=200):
    try:
        token = answered(text, headers, paths, status)
    except watchword.TokenError as error:
        assert error.findings[0].advice
        return error
    assert isinstance(token.access_token, str)
    assert token.lifetime > 0
    assert token.refresh_lifetime is None or token.refresh_lifetime > 0
    assert token.scope is None or isinstance(token.scope, str)
    return token


@settings(max_examples=usually(500, 10_000))
@given(content=REPLY, path=PATHS, status=st.sampled_from([200, 201, 302, 400, 401, 403, 404, 429, 500]))
def test_any_json_is_a_token_or_a_finding(content, path, status):
    """Any JSON ends in a token or a TokenError."""
    paths = ResponsePaths(path, path, None, path, path)
    assert isinstance(outcome(json.dumps(content), {}, paths, status), Token | watchword.TokenError)


@settings(max_examples=usually(500, 10_000))
@given(text=any_text(), kind=st.sampled_from(["", "text/html", FORM["Content-Type"], "application/json"]))
def test_any_text_is_a_token_or_a_finding(text, kind):
    """Any other text ends in a token or a TokenError."""
    assert outcome(text, {"Content-Type": kind}, FULL)


@settings(max_examples=usually(500, 10_000))
@given(stated=JSON)
def test_any_lifetime_is_positive_or_none(stated):
    """Any stated lifetime is read as a positive number of seconds or ignored."""
    found = remaining(stated, NOW)
    assert found is None or 0 < found <= 10 * 365 * 86400


WHOLE = ResponsePaths("$")


@pytest.mark.parametrize(
    ("text", "content_type"),
    [
        ("s3cret-TOKEN.1", "text/plain"), ('"s3cret-TOKEN.1"', "application/json"),
        (" s3cret-TOKEN.1\r\n", ""), ('"s3cret-TOKEN.1"', "text/html"), ("s3cret-TOKEN.1", "application/jwt"),
    ],
)  # fmt: skip
def test_the_whole_body_can_be_the_token(text, content_type):
    """With the path $ a plain text or a JSON text is the token, unless it is declared as a page."""
    response = TokenResponse(URL, 200, {"Content-Type": content_type}, text)
    if content_type == "text/html":
        with pytest.raises(watchword.TokenError):
            read_token(response, WHOLE)
        return
    token = read_token(response, WHOLE)
    assert (token.access_token, token.lifetime) == ("s3cret-TOKEN.1", math.inf)


@pytest.mark.parametrize(
    ("status", "text", "code"),
    [
        (200, "Invalid credentials", "token_error_in_200"), (200, "Unauthorized", "token_worthless"),
        (200, "<html>x</html>", "reply_not_token"), (200, '{"access_token": "t"}', "token_field_missing"),
        (200, "", "reply_not_token"), (401, "nope", "invalid_client"),
        (200, '{"error": "invalid_client"}', "invalid_client"), (200, "[1]", "token_worthless"),
    ],
)  # fmt: skip
def test_what_is_no_token_is_not_taken_for_one(status, text, code):
    """An error, a page, an object and an empty body are refusals on the path $ too."""
    with pytest.raises(watchword.TokenError) as raised:
        read_token(TokenResponse(URL, status, {}, text), WHOLE)
    assert raised.value.code == code


@pytest.mark.parametrize(
    ("name", "code"),
    [("", "missing_field"), (" ", "missing_field"), ("X Ends", "header_illegal"), ("X:", "header_illegal")],
)
def test_the_header_of_a_lifetime_has_a_name(name, code):
    """Lint refuses a path such as header: without a name, or with one that no header can have."""
    document = {
        "base_url": "https://api.test", "method": "oauth2_client_credentials", "token_url": URL,
        "client_id": "a", "client_secret": "b", "response_expires_path": f"header:{name}",
    }  # fmt: skip
    assert [each.code.name for each in watchword.load(document).lint()] == [code]
    assert watchword.load({**document, "response_expires_path": "header:X-Ends"}).lint() == []
