"""Logins: a session is a token and a cookie, starts with a password and ends with a logout."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from watchword_playground import AWKWARD_CREDENTIALS, CREDENTIALS, Playground

FIELDS = CREDENTIALS["session_login"]
AWKWARD = AWKWARD_CREDENTIALS["session_login"]


def ways(account: Any, basic: Callable[[str, str], dict[str, str]]) -> list[dict[str, Any]]:
    """Return requests' options for the three ways to log in."""
    given = {"user": account["username"], "password": account["password"]}
    return [{"json": given}, {"data": given}, {"headers": basic(account["username"], account["password"])}]


def login(playground: Playground, **options: Any) -> requests.Response:
    """Log in without a requests session, because that would keep the cookie."""
    options = options or {"json": {"user": FIELDS["username"], "password": FIELDS["password"]}}
    return requests.post(f"{playground.url}/session/login", timeout=60, **options)


def me(playground: Playground, **options: Any) -> requests.Response:
    return requests.get(f"{playground.url}/session_login/v1/me", timeout=60, **options)


def bearer(response: requests.Response) -> dict[str, Any]:
    """Return requests' options with the token of a login."""
    return {"headers": {"Authorization": f"Bearer {response.json()['data']['token']}"}}


@pytest.mark.parametrize("account", [FIELDS, AWKWARD])
def test_three_ways_in(
    playground: Playground, account: Any, basic: Callable[[str, str], dict[str, str]]
) -> None:
    """JSON, a form and a Basic header start a session, also for an account that needs encoding."""
    for way in ways(account, basic):
        response = login(playground, **way)
        assert (response.status_code, response.json()["expires_in"]) == (200, 3600)
        assert response.headers["Cache-Control"] == "no-store"
        assert me(playground, **bearer(response)).json()["user"] == account["username"]
    assert playground.logins == 3


def test_the_cookie_is_as_good_as_the_token(playground: Playground) -> None:
    """The cookie alone is accepted. Together with a wrong token it is refused."""
    response = login(playground)
    cookies = response.cookies.get_dict()
    assert list(cookies) == ["playground_session"]
    assert "HttpOnly" in response.headers["Set-Cookie"]
    assert me(playground, cookies=cookies).status_code == 200
    wrong = {"Authorization": "Bearer wrong"}
    assert me(playground, cookies=cookies, headers=wrong).status_code == 401


@pytest.mark.parametrize(
    "account", [{**FIELDS, "password": "wrong"}, {**FIELDS, "password": AWKWARD["password"]}]
)
def test_a_wrong_password_begins_nothing(
    playground: Playground, account: Any, basic: Callable[[str, str], dict[str, str]]
) -> None:
    """A wrong password, or that of another account, is answered with 401 without token or cookie."""
    for way in ways(account, basic):
        response = login(playground, **way)
        assert (response.status_code, response.headers["WWW-Authenticate"].partition(" ")[0]) == (
            401,
            "Basic",
        )
        assert "data" not in response.json()
        assert not response.cookies


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", b"{", 400),
        ("application/json", b"[]", 400),
        ("application/json", b"[" * 100_000, 400),
        ("application/json", b"{}", 401),
        ("application/json", b'{"user": null, "password": {"a": 1}}', 401),
        ("application/json", b'{"user": "\\ud800", "password": "x"}', 401),
        ("application/x-www-form-urlencoded", b"\xff", 400),
        ("", b"", 401),
    ],
)
def test_unreadable_logins(playground: Playground, kind: str, body: bytes, status: int) -> None:
    """A body that can't be read is 400. A body without username and password is 401."""
    assert login(playground, data=body, headers={"Content-Type": kind}).status_code == status


@pytest.mark.parametrize("verb", ["POST", "DELETE"])
@pytest.mark.parametrize("place", ["token", "cookie"])
def test_logout_ends_the_session(playground: Playground, verb: str, place: str) -> None:
    """After a logout the token is refused, and so is another logout. Other sessions stay valid."""
    response, other = login(playground), login(playground)
    shown = bearer(response) if place == "token" else {"cookies": response.cookies.get_dict()}
    url = f"{playground.url}/session/logout"
    assert requests.request(verb, url, timeout=60, **shown).status_code == 204
    assert me(playground, **shown).status_code == 401
    assert requests.request(verb, url, timeout=60, **shown).status_code == 401
    assert me(playground, **bearer(other)).status_code == 200
    assert (playground.logins, playground.logouts) == (2, 2)


def test_expiring_spares_the_account(playground: Playground) -> None:
    """After expire_tokens, a session is `invalid_token`, and the next login works."""
    response = login(playground)
    playground.expire_tokens()
    refused = me(playground, **bearer(response))
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]
    assert me(playground, **bearer(login(playground))).status_code == 200


def test_revoking_refuses_login_and_sessions(playground: Playground) -> None:
    """Revoking ends every session for good, and refuses logins until the method is restored."""
    response = login(playground)
    playground.revoke("session_login")
    assert me(playground, **bearer(response)).status_code == 401
    refused = login(playground)
    assert (refused.status_code, "revoked" in refused.json()["detail"]) == (401, True)
    playground.restore("session_login")
    assert me(playground, **bearer(response)).status_code == 401
    assert login(playground).status_code == 200


def test_sessions_live_as_long_as_promised(advance: Callable[[float], None]) -> None:
    """A lifetime of one second is announced, also for the cookie, and enforced."""
    with Playground(token_lifetime=1) as short:
        response = login(short)
        assert response.json()["expires_in"] == 1
        assert "Max-Age=1;" in response.headers["Set-Cookie"]
        assert me(short, **bearer(response)).status_code == 200
        advance(1)
        assert me(short, **bearer(response)).status_code == 401
