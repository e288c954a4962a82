"""The sign-in on another device: the code, the polling, and how it ends."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import replace
from email.utils import formatdate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.hostile_texts import any_text
from tests.support.nightly import usually
from watchword.errors import DocumentError, TokenError
from watchword.sign_in import device
from watchword.sign_in.stored_sign_in import stored_sign_in
from watchword.tokens.token_response import TokenResponse
from watchword.tokens.token_store import StoreError
from watchword_playground import Fault

METHOD = "oauth2_device_code"


class Clock:
    """Time that passes in sleeps; `at` maps the number of a sleep to a function that runs after it."""

    def __init__(self, at=None):
        self.now, self.slept, self._at = 0.0, [], at or {}

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds
        self._at.get(len(self.slept), lambda: None)()

    def __call__(self):
        return self.now


def finish(connection, begun, clock):
    return device.finish(connection, begun, sleep=clock.sleep, clock=clock)


@pytest.fixture
def quick(playground):
    """Let the playground be polled at any rate."""
    playground.oauth_settings.device_interval = 0
    return playground


@pytest.mark.parametrize("public", [False, True])
def test_a_person_signs_in_elsewhere(connect, quick, browser, me, public):
    """The token is issued once somebody has agreed, not before; page and code come from the server."""
    connection = connect(method=METHOD, public=public)
    begun = device.begin(connection)
    assert begun.verification_uri == f"{quick.url}/oauth/device"
    assert begun.user_code in begun.verification_uri_complete
    assert begun.device_code not in repr(begun)
    clock = Clock({3: lambda: browser.decide(begun.verification_uri_complete, person="grace")})
    assert finish(connection, begun, clock) == []
    assert me(connection) == "grace"
    assert stored_sign_in(connection).health().can_renew
    assert len(clock.slept) == 3


def test_the_server_says_how_often(connect, playground, browser):
    """The first poll waits for the interval; after `slow_down` the interval grows."""
    playground.oauth_settings.device_interval = 60
    connection = connect(method=METHOD)
    begun = device.begin(connection)
    assert begun.interval == 60
    clock = Clock({3: lambda: browser.decide(begun.verification_uri_complete)})
    finish(connection, begun, clock)
    # The clock of the test runs faster than the server's: from the second question on it is too soon.
    assert clock.slept == [60, 60, 65]


def test_somebody_says_no(connect, quick, browser):
    """A refusal ends the polling at once."""
    connection = connect(method=METHOD)
    begun = device.begin(connection)
    browser.decide(begun.verification_uri_complete, decision="deny")
    with pytest.raises(TokenError, match="ask them") as error:
        finish(connection, begun, Clock())
    assert error.value.code == "access_denied"
    assert stored_sign_in(connection).health().obtained is None


def test_nobody_comes(connect, quick):
    """The polling ends when the code expires, by the server's response or by the clock."""
    connection = connect(method=METHOD)
    quick.oauth_settings.device_code_lifetime = 700
    begun = device.begin(connection)
    assert begun.expires_in == 700
    clock = Clock()
    with pytest.raises(TokenError) as error:
        finish(connection, replace(begun, interval=200.0), clock)
    assert (error.value.code, error.value.retryable) == ("expired_token", False)
    assert clock.slept == [200, 200, 200, 100]


@pytest.mark.parametrize(
    ("error", "code"), [("expired_token", "expired_token"), ("invalid_grant", "invalid_grant")]
)
def test_the_server_ends_it(connect, quick, error, code):
    """A final error of the server ends the polling."""
    connection = connect(method=METHOD)
    begun = device.begin(connection)
    quick.add_fault(Fault(path="/oauth/token", status=400, error=error))
    with pytest.raises(TokenError) as ended:
        finish(connection, begun, Clock())
    assert ended.value.code == code


@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 503, "retry_after": 9}, {"status": 500}])
def test_a_server_that_is_down_for_a_while(connect, quick, browser, me, fault):
    """A temporary failure is polled again, at growing intervals."""
    connection = connect(method=METHOD)
    begun = device.begin(connection)
    browser.decide(begun.verification_uri_complete)
    quick.add_fault(Fault(path="/oauth/token", times=3, **fault))
    clock = Clock()
    finish(connection, begun, clock)
    assert me(connection) == "ada"
    assert clock.slept[1:] == ([9, 18, 36] if "retry_after" in fault else [2, 4, 8])


@pytest.mark.parametrize("wait", ["100", "100.5", " 100 ", "date"])
@pytest.mark.parametrize(
    ("status", "error"), [(400, "authorization_pending"), (400, "slow_down"), (429, "x"), (503, "x")]
)
def test_a_wait_that_the_server_asks_for_is_kept(connect, quick, serve, reply, wait, status, error):
    """Retry-After, as seconds or as a date, holds the next poll back, whatever the answer is."""
    header = formatdate(time.time() + 105, usegmt=True) if wait == "date" else wait
    outcomes = [
        reply(status, {"error": error}, {"Retry-After": header}),
        reply(200, {"access_token": "t0ken-of-the-provider", "refresh_token": "r3fresh-of-the-provider"}),
    ]
    server = serve(lambda _: outcomes.pop(0))
    connection = connect(method=METHOD, token_url=f"{server.url}/token")
    clock = Clock()
    finish(connection, device.begin(connection), clock)
    assert 100 <= clock.slept[-1] <= 106


def test_a_network_that_breaks(connect, quick, serve, reply):
    """A lost connection does not end the polling."""
    outcomes = [
        reply(hang_up=True),
        reply(400, {"error": "authorization_pending"}),
        reply(200, {"error": "slow_down"}),  # as some servers say it
        reply(200, {"access_token": "t0ken-of-the-provider", "refresh_token": "r3fresh-of-the-provider"}),
    ]
    server = serve(lambda _: outcomes.pop(0))
    connection = connect(method=METHOD, token_url=f"{server.url}/token")
    clock = Clock()
    finish(connection, device.begin(connection), clock)
    assert clock.slept == [1, 2, 2, 7]
    assert stored_sign_in(connection).health().can_renew


def test_what_the_question_holds(connect, serve, reply):
    """The request holds the client, the scope in the server's format and grant_body, and is authenticated."""
    codes = {"device_code": "d3vice-code", "user_code": "AB-CD", "verification_url": "https://a.test/d"}
    server = serve(reply(200, codes))
    connection = connect(
        method=METHOD,
        device_authorization_endpoint=f"{server.url}/device",
        scope="one two",
        scope_separator=",",
        grant_body={"audience": "orders"},
    )
    begun = device.begin(connection)
    (seen,) = server.seen
    assert seen.body == b"client_id=playground-device-client&scope=one%2Ctwo&audience=orders"
    assert seen.headers["Authorization"].startswith("Basic ")
    assert (begun.interval, begun.expires_in) == (5, 1800)
    assert (begun.verification_uri, begun.verification_uri_complete) == ("https://a.test/d", "")


CODES = {"device_code": "d3vice-code", "user_code": "AB-CD", "verification_uri": "https://a.test/d"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"device_code": None}, "token_field_missing"),
        ({"user_code": None}, "reply_not_token"),
        ({"user_code": "\x1b[2J"}, "reply_not_token"),
        ({"verification_uri": "javascript:alert(1)"}, "reply_not_token"),
        ({"verification_uri": "file:///etc/passwd"}, "reply_not_token"),
        ({"verification_uri": ["https://a.test"]}, "reply_not_token"),
        ({"error": "invalid_client"}, "invalid_client"),
        ({"error": "unauthorized_client"}, "unauthorized_client"),
    ],
)
def test_a_beginning_that_is_none(connect, serve, reply, change, code):
    """A response without a usable page or code is a TokenError about the device authorization endpoint."""
    server = serve(reply(200, {**CODES, **change}))
    with pytest.raises(TokenError, match="Beginning the sign-in") as error:
        device.begin(connect(method=METHOD, device_authorization_endpoint=f"{server.url}/device"))
    assert error.value.code == code


@pytest.mark.parametrize(
    ("stated", "interval", "expires_in"),
    [
        ({"interval": "7", "expires_in": "60"}, 7, 60),
        ({"interval": -1, "expires_in": -1}, 5, 1800),
        ({"interval": 0, "expires_in": 0}, 1, 1800),
        ({"interval": 1e9, "expires_in": 1e9}, 60, 1800),
        ({"interval": "often", "expires_in": None}, 5, 1800),
    ],
)
def test_times_that_make_no_sense(connect, serve, reply, stated, interval, expires_in):
    """The server's times are limited: a command neither waits for ever nor polls without a pause."""
    server = serve(reply(200, {**CODES, **stated}))
    begun = device.begin(connect(method=METHOD, device_authorization_endpoint=f"{server.url}/device"))
    assert (begun.interval, begun.expires_in) == (interval, expires_in)


@pytest.mark.parametrize(
    ("status", "code"),
    [(404, "token_endpoint_not_found"), (503, "temporarily_unavailable")],
)
def test_a_device_url_that_is_wrong(connect, serve, reply, status, code):
    """The advice names the field with the wrong URL."""
    server = serve(reply(status, "<html>"))
    with pytest.raises(TokenError) as error:
        device.begin(connect(method=METHOD, device_authorization_endpoint=f"{server.url}/device"))
    assert error.value.code == code
    assert status != 404 or "device_authorization_endpoint" in str(error.value)


def test_another_method_has_no_device(connect):
    """A document of another method, or without the URL, is refused."""
    for fields in (
        {},
        {"method": METHOD, "device_authorization_endpoint": None, "refresh_token": "imported-token"},
    ):
        with pytest.raises(DocumentError):
            device.begin(connect(**fields))


def test_nobody_signs_in_for_a_store_that_can_t_keep_it(connect, quick):
    """A store that can't be used raises an error before a code is requested."""
    before = quick.counts()
    with pytest.raises(StoreError):
        device.begin(connect(method=METHOD, kept="sqlite:////proc/nowhere/tokens.db"))
    assert quick.counts() == before


def test_nothing_secret_is_logged(connect, quick, browser, caplog, store):
    """DEBUG logs hold neither the device code nor tokens."""
    caplog.set_level(logging.DEBUG)
    connection = connect(method=METHOD)
    begun = device.begin(connection)
    browser.decide(begun.verification_uri_complete)
    caplog.clear()
    finish(connection, begun, Clock())
    token = store.records()[0].record.token
    assert "/oauth/token" in caplog.text
    for secret in (begun.device_code, token.access_token, token.refresh_token):
        assert secret not in caplog.text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(any_text(), inner, max_size=2),
    max_leaves=4,
)


@given(content=st.fixed_dictionaries({}, optional=dict.fromkeys([*CODES, "interval", "expires_in"], JSON)))
@settings(max_examples=usually(500, 10_000))
def test_any_response_for_a_beginning(content):
    """Any response gives a sign-in that can be shown, or a TokenError."""
    response = TokenResponse("https://a.test/device", 200, {}, json.dumps({**CODES, **content}))
    try:
        begun = device._device_sign_in(response, "d3vice-code")
    except TokenError:
        return
    assert begun.user_code.isprintable()
    assert begun.verification_uri.lower().startswith(("http://", "https://"))
    assert 1 <= begun.interval <= 60
    assert 0 < begun.expires_in <= 1800
