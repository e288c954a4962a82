"""Signing in on another device (RFC 8628)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session

from watchword_playground import AWKWARD_CREDENTIALS, CREDENTIALS, Playground

METHOD = "oauth2_device_code"
FIELDS = CREDENTIALS[METHOD]
PUBLIC = AWKWARD_CREDENTIALS[METHOD]
GRANT = "urn:ietf:params:oauth:grant-type:device_code"

Authlib = Callable[..., OAuth2Session]
Begin = Callable[..., dict[str, Any]]
Poll = Callable[[dict[str, Any]], dict[str, Any]]
Decide = Callable[..., requests.Response]
Basic = Callable[[str, str], dict[str, str]]


@pytest.fixture(scope="module")
def playground() -> Iterator[Playground]:
    """Serve one playground for this module. Its devices may poll without waiting."""
    with Playground() as running:
        running.oauth_settings.device_interval = 0
        yield running


@pytest.fixture
def begin(playground: Playground, session: requests.Session) -> Begin:
    """Give the function that begins a sign-in."""

    def sent(**form: Any) -> dict[str, Any]:
        own = {name: FIELDS[name] for name in ("client_id", "client_secret")}
        response = session.post(f"{playground.url}/oauth/device_authorization", data={**own, **form})
        assert response.headers["Cache-Control"] == "no-store"
        return {**response.json(), "status": response.status_code}

    return sent


@pytest.fixture
def poll(redeem: Callable[..., requests.Response]) -> Poll:
    """Give the function that polls for the token."""
    return lambda begun: redeem(METHOD, grant_type=GRANT, device_code=begun["device_code"]).json()


@pytest.fixture
def decide(playground: Playground, session: requests.Session) -> Decide:
    """Give the function that sends the page's form."""

    def sent(user_code: str, decision: str = "allow", user: str = "grace") -> requests.Response:
        form = {"user_code": user_code, "decision": decision, "user": user}
        return session.post(f"{playground.url}/oauth/device", data=form)

    return sent


@pytest.mark.parametrize("other", [{}, PUBLIC])
def test_authlib_signs_in(
    playground: Playground, authlib: Authlib, decide: Decide, other: dict[str, Any]
) -> None:
    """A confidential and a public device get the user's tokens, and refresh them."""
    client = authlib(METHOD, other)
    own = {"client_id": client.client_id, "client_secret": client.client_secret, "scope": client.scope}
    url = f"{playground.url}/oauth/device_authorization"
    begun = client.post(url, data=own, withhold_token=True).json()
    assert decide(begun["user_code"]).status_code == 200
    endpoint = f"{playground.url}/oauth/token"
    client.fetch_token(endpoint, grant_type=GRANT, device_code=begun["device_code"])
    assert client.get(f"{playground.url}/{METHOD}/v1/me").json()["user"] == "grace"
    before = dict(client.token)
    assert client.refresh_token(endpoint)["refresh_token"] != before["refresh_token"]


def test_what_a_device_is_told(playground: Playground, begin: Begin, session: requests.Session) -> None:
    """A device gets its codes, the page's address with and without the code, and their lifetime."""
    begun = begin()
    assert (begun["status"], begun["expires_in"], begun["interval"]) == (200, 600, 0)
    assert begun["verification_uri"] == f"{playground.url}/oauth/device"
    assert (
        begun["verification_uri_complete"] == f"{playground.url}/oauth/device?user_code={begun['user_code']}"
    )
    assert re.fullmatch("[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}", begun["user_code"])
    shown = session.get(begun["verification_uri_complete"]).text
    assert begun["user_code"] in shown
    assert FIELDS["client_id"] in shown
    assert 'name="user_code"' in session.get(begun["verification_uri"]).text


def test_the_client_may_be_in_the_header(
    playground: Playground, session: requests.Session, basic: Basic
) -> None:
    """A Basic header authenticates the client, with a form and with JSON. A wrong secret is refused."""
    url = f"{playground.url}/oauth/device_authorization"
    headers = basic(FIELDS["client_id"], FIELDS["client_secret"])
    assert session.post(url, data={"scope": "profile:read"}, headers=headers).status_code == 200
    assert (
        session.post(url, json={"scope": "profile:read"}, headers=headers).json()["scope"] == "profile:read"
    )
    wrong = session.post(
        url,
        data={},
        headers=basic(FIELDS["client_id"], "wrong") | {"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "nobody"}, "invalid_request"),
        ({"client_id": None, "client_secret": None}, "invalid_request"),
        ({"scope": "airports:write"}, "invalid_scope"),
    ],
)
def test_impossible_beginnings(begin: Begin, change: dict[str, str], error: str) -> None:
    """A wrong client or scope is refused."""
    assert begin(**change)["error"] == error


def test_pending_until_somebody_decides(begin: Begin, poll: Poll, decide: Decide) -> None:
    """A device waits, then gets its token. Its code works once."""
    begun = begin(scope="profile:read")
    assert [poll(begun)["error"] for _ in range(2)] == ["authorization_pending"] * 2
    assert "Done" in decide(begun["user_code"]).text
    token = poll(begun)
    assert (token["scope"], "refresh_token" in token) == ("profile:read", True)
    assert poll(begun)["error"] == "invalid_grant"
    assert decide(begun["user_code"]).status_code == 404


@pytest.mark.parametrize(("decision", "user"), [("deny", "ada"), ("", "ada"), ("allow", "mallory")])
def test_no_means_no(begin: Begin, poll: Poll, decide: Decide, decision: str, user: str) -> None:
    """A device learns that it was refused, and this decision is final."""
    begun = begin()
    assert "no" in decide(begun["user_code"], decision, user).text
    assert poll(begun)["error"] == "access_denied"
    assert decide(begun["user_code"]).status_code == 404


def test_too_late(
    playground: Playground, begin: Begin, poll: Poll, decide: Decide, advance: Callable[[float], None]
) -> None:
    """A code that wasn't typed in time has expired, for the device and on the page."""
    playground.oauth_settings.device_code_lifetime = 1
    begun = begin()
    playground.oauth_settings.device_code_lifetime = 600
    advance(1)
    assert decide(begun["user_code"]).status_code == 404
    assert poll(begun)["error"] == "expired_token"


def test_too_fast(playground: Playground, begin: Begin, poll: Poll, decide: Decide) -> None:
    """A device that polls before the interval is over is told to slow down, and gets the token later."""
    playground.oauth_settings.device_interval = 60
    begun = begin()
    playground.oauth_settings.device_interval = 0
    assert [poll(begun)["error"] for _ in range(3)] == ["authorization_pending", "slow_down", "slow_down"]
    decide(begun["user_code"])
    assert "access_token" in poll(begun)


def test_slowing_down_adds_five_seconds(
    playground: Playground, begin: Begin, poll: Poll, advance: Callable[[float], None]
) -> None:
    """After `slow_down` the interval is five seconds longer (RFC 8628 section 3.5)."""
    playground.oauth_settings.device_interval = 1
    begun = begin()
    playground.oauth_settings.device_interval = 0
    assert [poll(begun)["error"] for _ in range(2)] == ["authorization_pending", "slow_down"]
    advance(5.9)
    assert poll(begun)["error"] == "slow_down"
    advance(11)
    assert poll(begun)["error"] == "authorization_pending"


@pytest.mark.parametrize("spell", [str.lower, lambda code: code.replace("-", " "), lambda code: f" {code} "])
def test_codes_are_typed_by_people(
    begin: Begin, poll: Poll, decide: Decide, spell: Callable[[str], str]
) -> None:
    """Case, spaces and the hyphen don't matter."""
    begun = begin()
    assert decide(spell(begun["user_code"])).status_code == 200
    assert "access_token" in poll(begun)


@pytest.mark.parametrize("form", [{"device_code": "unknown"}, {}])
def test_no_such_device(redeem: Callable[..., requests.Response], form: dict[str, str]) -> None:
    """An unknown device code is `invalid_grant`, a missing one `invalid_request`."""
    error = redeem(METHOD, grant_type=GRANT, **form).json()["error"]
    assert error == ("invalid_grant" if form else "invalid_request")


def test_a_device_code_belongs_to_its_client(
    begin: Begin, poll: Poll, decide: Decide, redeem: Callable[..., requests.Response]
) -> None:
    """A device code of another client is refused."""
    begun = begin()
    decide(begun["user_code"])
    form = {"client_id": PUBLIC["client_id"], "grant_type": GRANT, "device_code": begun["device_code"]}
    assert redeem(**form).json()["error"] == "invalid_grant"
    assert "access_token" in poll(begun)


def test_the_page_shows_nothing_that_is_typed(playground: Playground, session: requests.Session) -> None:
    """The page doesn't show any text of its address."""
    response = session.get(
        f"{playground.url}/oauth/device", params={"user_code": '"><script>alert(1)</script>'}
    )
    assert (response.status_code, "script" in response.text) == (404, False)
    assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
