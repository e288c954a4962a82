"""The listener on loopback: where it listens, and which visits it accepts."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from watchword.errors import TokenError
from watchword.findings.codes import finding
from watchword.sign_in.callback import ListenAddress, listen_address_of, listening


@pytest.mark.parametrize(
    ("redirect_uri", "address"),
    [
        ("http://127.0.0.1:4711/callback", ListenAddress("127.0.0.1", 4711, "/callback")),
        ("http://localhost:80/a/b?c=d", ListenAddress("127.0.0.1", 80, "/a/b")),
        ("http://127.0.0.1", ListenAddress("127.0.0.1", 0, "/")),
        ("http://[::1]:9/", ListenAddress("::1", 9, "/")),
        ("HTTP://127.0.0.2:9/x", ListenAddress("127.0.0.2", 9, "/x")),
        ("https://127.0.0.1:4711/callback", None),
        ("https://airflow.example.com/callback", None),
        ("http://127.0.0.1.evil.test/", None),
        ("http://127.0.0.1@evil.test/", None),
        ("http://127.0.0.1:99999/", None),
        ("urn:ietf:wg:oauth:2.0:oob", None),
        ("", None),
    ],
)
def test_where_a_redirect_uri_leads(redirect_uri, address):
    """Only a redirect URI with plain http on loopback can be listened for."""
    assert listen_address_of(redirect_uri) == address


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_only_the_state_that_is_waited_for_counts(host):
    """A visit with another state, or without one, is refused, and the right one still counts."""
    with listening(path="/callback", host=host) as callback:
        assert callback.url.endswith("/callback")
        callback.state = "the-state"
        for query in ("", "?state=another&code=c", "?code=the-state", "?state=the-state-and-more"):
            response = requests.get(f"{callback.url}{query}", timeout=60)
            assert (response.status_code, "not the sign-in" in response.text) == (400, True)
        assert callback.visited(0.01) is None
        assert requests.get(f"{callback.url}?state=the-state&code=c", timeout=60).status_code == 200
        assert callback.visited(60) == "/callback?state=the-state&code=c"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_browser_is_led_on_once(host):
    """An unguessable URL redirects to the page once; a second visit gets status 410."""
    page = "https://auth.test/ü?a=%2F&state=s#x\r\ny"
    with listening(path="/callback", host=host) as callback:
        url = callback.redirecting_to(page)
        assert callback.redirecting_to(page) != url
        assert "state" not in url
        response = requests.get(url, timeout=60, allow_redirects=False)
        assert (response.status_code, response.headers["Referrer-Policy"]) == (302, "no-referrer")
        assert response.headers["Location"] == "https://auth.test/%C3%BC?a=%2F&state=s#x%0D%0Ay"
        again = requests.get(url, timeout=60, allow_redirects=False)
        assert (again.status_code, "opened before" in again.text) == (410, True)
        assert callback.visited(0.01) is None


def test_nobody_else_is_served():
    """Other paths and methods, and visits before the state is known, are refused."""
    with listening(path="/callback") as callback:
        assert requests.get(f"{callback.url}/more?state=s", timeout=60).status_code == 404
        assert requests.post(callback.url, timeout=60).status_code == 501
        early = requests.get(callback.url, timeout=60)
        assert (early.status_code, early.headers["Referrer-Policy"]) == (400, "no-referrer")
        assert callback.visited(0.01) is None


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (None, "Signed in to acme."),
        (TokenError([finding("access_denied", "No.")]), "The sign-in to acme was refused."),
        (TokenError([finding("temporarily_unavailable", "Later.")]), "The sign-in to acme failed."),
        (OSError("full"), "The sign-in to acme failed."),
    ],
)
def test_the_page_says_how_the_sign_in_ended(error, words):
    """The browser's page waits for the result, and then says it."""
    with listening(path="/callback") as callback, ThreadPoolExecutor() as browsers:
        callback.state = "s"
        with contextlib.suppress(TokenError, OSError), callback.showing_result("acme"):
            page = browsers.submit(requests.get, f"{callback.url}?state=s", timeout=60)
            assert callback.visited(60) == "/callback?state=s"
            if error:
                raise error
        assert page.result().text.startswith(words)


def test_a_sign_in_without_a_visit_waits_for_nobody():
    """If no browser comes back, nothing waits to show a page."""
    with listening(path="/callback") as callback, callback.showing_result("acme"):
        assert callback.visited(0.01) is None
