"""Login pages: a session is a token and a cookie, begins with a password and ends with a logout."""

from __future__ import annotations

import time
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
    """Log in without a session of requests, which would keep the cookie."""
    options = options or {"json": {"user": FIELDS["username"], "password": FIELDS["password"]}}
    return requests.post(f"{playground.url}/session/login", timeout=5, **options)


def me(playground: Playground, **options: Any) -> requests.Response:
    return requests.get(f"{playground.url}/session_login/v1/me", timeout=5, **options)


def bearer(answer: requests.Response) -> dict[str, Any]:
    """Return requests' options that show the token of a login."""
    return {"headers": {"Authorization": f"Bearer {answer.json()['data']['token']}"}}


@pytest.mark.parametrize("account", [FIELDS, AWKWARD])
def test_three_ways_in(
    playground: Playground, account: Any, basic: Callable[[str, str], dict[str, str]]
) -> None:
    """JSON, a form and a Basic header begin a session, for an awkward name and password as well."""
    for way in ways(account, basic):
        answer = login(playground, **way)
        assert (answer.status_code, answer.json()["expires_in"]) == (200, 3600)
        assert answer.headers["Cache-Control"] == "no-store"
        assert me(playground, **bearer(answer)).json()["user"] == account["username"]
    assert playground.logins == 3


def test_the_cookie_is_as_good_as_the_token(playground: Playground) -> None:
    """The cookie alone opens the API; beside a wrong token it does not."""
    answer = login(playground)
    cookies = answer.cookies.get_dict()
    assert list(cookies) == ["playground_session"]
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert me(playground, cookies=cookies).status_code == 200
    wrong = {"Authorization": "Bearer wrong"}
    assert me(playground, cookies=cookies, headers=wrong).status_code == 401


@pytest.mark.parametrize(
    "account", [{**FIELDS, "password": "wrong"}, {**FIELDS, "password": AWKWARD["password"]}]
)
def test_a_wrong_password_begins_nothing(
    playground: Playground, account: Any, basic: Callable[[str, str], dict[str, str]]
) -> None:
    """A wrong password, another account's too, is a 401 without token or cookie."""
    for way in ways(account, basic):
        answer = login(playground, **way)
        assert (answer.status_code, answer.headers["WWW-Authenticate"].partition(" ")[0]) == (401, "Basic")
        assert "data" not in answer.json()
        assert not answer.cookies


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
    """A body that can't be read is 400, one without name and password 401."""
    assert login(playground, data=body, headers={"Content-Type": kind}).status_code == status


@pytest.mark.parametrize("verb", ["POST", "DELETE"])
@pytest.mark.parametrize("place", ["token", "cookie"])
def test_logout_ends_the_session(playground: Playground, verb: str, place: str) -> None:
    """After a logout the token is refused, and so is another logout; other sessions go on."""
    answer, other = login(playground), login(playground)
    shown = bearer(answer) if place == "token" else {"cookies": answer.cookies.get_dict()}
    url = f"{playground.url}/session/logout"
    assert requests.request(verb, url, timeout=5, **shown).status_code == 204
    assert me(playground, **shown).status_code == 401
    assert requests.request(verb, url, timeout=5, **shown).status_code == 401
    assert me(playground, **bearer(other)).status_code == 200
    assert (playground.logins, playground.logouts) == (2, 2)


def test_expiring_spares_the_account(playground: Playground) -> None:
    """Expired on command, a session is `invalid_token`, and the next login works."""
    answer = login(playground)
    playground.expire_tokens()
    refused = me(playground, **bearer(answer))
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]
    assert me(playground, **bearer(login(playground))).status_code == 200


def test_revoking_refuses_login_and_sessions(playground: Playground) -> None:
    """Revoking ends every session for good and refuses logins until restored."""
    answer = login(playground)
    playground.revoke("session_login")
    assert me(playground, **bearer(answer)).status_code == 401
    refused = login(playground)
    assert (refused.status_code, "revoked" in refused.json()["detail"]) == (401, True)
    playground.restore("session_login")
    assert me(playground, **bearer(answer)).status_code == 401
    assert login(playground).status_code == 200


def test_sessions_live_as_long_as_promised() -> None:
    """A lifetime of one second is announced, for the cookie too, and kept."""
    with Playground(token_lifetime=1) as short:
        answer = login(short)
        assert answer.json()["expires_in"] == 1
        assert "Max-Age=1;" in answer.headers["Set-Cookie"]
        assert me(short, **bearer(answer)).status_code == 200
        time.sleep(1.05)
        assert me(short, **bearer(answer)).status_code == 401
