"""Refresh tokens: rotation, reuse, grace, lifetimes, and revocation (RFC 7009)."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from watchword_playground import AWKWARD_CREDENTIALS, CREDENTIALS, Playground, SignInOptions

METHOD = "oauth2_authorization_code"
PUBLIC = AWKWARD_CREDENTIALS[METHOD]["client_id"]

Redeem = Callable[..., requests.Response]
Refresh = Callable[..., requests.Response]
Works = Callable[[dict[str, Any]], bool]
Revoke = Callable[..., requests.Response]


@pytest.fixture
def refresh(redeem: Redeem) -> Refresh:
    """Give the function that uses the refresh token of a token response."""

    def sent(token: dict[str, Any], **form: Any) -> requests.Response:
        own = {"grant_type": "refresh_token", "refresh_token": token["refresh_token"]}
        return redeem(METHOD, **own, **form)

    return sent


@pytest.fixture
def works(playground: Playground, session: requests.Session) -> Works:
    """Give the function that returns whether the access token of a response is accepted."""

    def tried(token: dict[str, Any]) -> bool:
        headers = {"Authorization": f"Bearer {token['access_token']}"}
        return session.get(f"{playground.url}/{METHOD}/v1/me", headers=headers).status_code == 200

    return tried


@pytest.fixture
def revoke(playground: Playground, session: requests.Session) -> Revoke:
    """Give the function that revokes a token, as a method's first client."""

    def sent(token: str, method: str = METHOD, **form: Any) -> requests.Response:
        own = {name: CREDENTIALS[method][name] for name in ("client_id", "client_secret")}
        return session.post(f"{playground.url}/oauth/revoke", data={**own, "token": token, **form})

    return sent


def test_each_refresh_token_serves_once(playground: Playground, refresh: Refresh, works: Works) -> None:
    """A refresh returns a new pair. The former access token stays valid until it expires."""
    first = playground.sign_in()
    second = refresh(first).json()
    third = refresh(second).json()
    tokens = [each[name] for each in (first, second, third) for name in ("access_token", "refresh_token")]
    assert len(set(tokens)) == 6
    assert [works(each) for each in (first, second, third)] == [True, True, True]
    assert (playground.families_revoked, playground.grants()) == (0, {"refresh_token": 2})


def test_reuse_ends_the_family(playground: Playground, refresh: Refresh, works: Works) -> None:
    """Using an old refresh token revokes all tokens of its sign-in, and only those."""
    first, other = playground.sign_in(), playground.sign_in()
    second = refresh(first).json()
    again = refresh(first)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert refresh(second).json()["error"] == "invalid_grant"
    assert [works(each) for each in (first, second, other)] == [False, False, True]
    assert playground.families_revoked == 1
    assert refresh(other).status_code == 200


def test_of_many_at_once_one_wins_and_all_lose(
    playground: Playground, refresh: Refresh, works: Works
) -> None:
    """Of eight uses of one refresh token at the same time, one succeeds and the next ends the family."""
    first = playground.sign_in()
    with ThreadPoolExecutor(8) as pool:
        responses = list(pool.map(lambda _: refresh(first), range(8)))
    assert sorted(response.status_code for response in responses) == [200, *[400] * 7]
    (won,) = [response.json() for response in responses if response.status_code == 200]
    assert (works(won), playground.families_revoked) == (False, 1)


def test_grace_forgives_a_reuse(playground: Playground, refresh: Refresh, works: Works) -> None:
    """Within the grace an old refresh token gets another pair, and both pairs stay valid."""
    playground.oauth_settings.grace = 30
    first = playground.sign_in()
    pairs = [refresh(first).json() for _ in range(2)]
    assert pairs[0]["refresh_token"] != pairs[1]["refresh_token"]
    assert [works(refresh(pair).json()) for pair in pairs] == [True, True]
    assert playground.families_revoked == 0


def test_grace_ends(playground: Playground, refresh: Refresh, advance: Callable[[float], None]) -> None:
    """After the grace, which starts at the first rotation, reuse ends the family."""
    playground.oauth_settings.grace = 30
    first = playground.sign_in()
    assert refresh(first).status_code == 200
    advance(30)
    assert refresh(first).status_code == 400
    assert playground.families_revoked == 1


def test_without_rotation_the_first_token_stays(playground: Playground, refresh: Refresh) -> None:
    """Without rotation a refresh returns no refresh token, and the first one stays valid."""
    playground.oauth_settings.rotation = False
    first = playground.sign_in()
    replies = [refresh(first) for _ in range(3)]
    assert [reply.status_code for reply in replies] == [200] * 3
    assert not [reply for reply in replies if "refresh_token" in reply.json()]


def test_lifetimes_are_announced_and_kept(
    playground: Playground, refresh: Refresh, works: Works, advance: Callable[[float], None]
) -> None:
    """Tokens live as long as is set. A refresh token's lifetime is announced if it is set."""
    assert "refresh_token_expires_in" not in playground.sign_in()
    playground.oauth_settings.access_token_lifetime = 1
    playground.oauth_settings.refresh_token_lifetime = 2
    token = playground.sign_in()
    assert (token["expires_in"], token["refresh_token_expires_in"]) == (1, 2)
    assert works(token)
    advance(1)
    assert not works(token)
    fresh = refresh(token).json()
    assert (works(fresh), fresh["refresh_token_expires_in"]) == (True, 2)
    advance(2)
    late = refresh(fresh)
    assert (late.status_code, late.json()["error"]) == (400, "invalid_grant")
    assert playground.families_revoked == 0


def test_expiring_spares_refresh_tokens(playground: Playground, refresh: Refresh, works: Works) -> None:
    """After expire_tokens, the access token is refused, but its refresh token gets another."""
    token = playground.sign_in()
    playground.expire_tokens()
    assert not works(token)
    assert works(refresh(token).json())


def test_a_refresh_may_ask_for_less(playground: Playground, refresh: Refresh) -> None:
    """A narrower scope is granted for one token. A wider one is refused, and the refresh token stays."""
    token = playground.sign_in(SignInOptions(scope="profile:read"))
    refused = refresh(token, scope="airports:read")
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_scope")
    assert refresh(token).json()["scope"] == "profile:read"
    wide = playground.sign_in()
    narrow = refresh(wide, scope="profile:read").json()
    assert narrow["scope"] == "profile:read"
    assert refresh(narrow).json()["scope"] == "airports:read profile:read"


def test_a_refresh_token_belongs_to_its_client(
    playground: Playground, redeem: Redeem, refresh: Refresh
) -> None:
    """Another client can neither use a refresh token nor end its family by trying."""
    token = playground.sign_in()
    stolen = {"grant_type": "refresh_token", "refresh_token": token["refresh_token"]}
    for thief in ({"client_id": PUBLIC}, {"method": "oauth2_device_code"}):
        assert redeem(**thief, **stolen).json()["error"] == "invalid_grant"
    assert redeem(client_id=CREDENTIALS[METHOD]["client_id"], **stolen).json()["error"] == "invalid_client"
    assert refresh(token).status_code == 200


@pytest.mark.parametrize("form", [{"refresh_token": "unknown"}, {"refresh_token": ""}, {}])
def test_no_such_refresh_token(redeem: Redeem, form: dict[str, str]) -> None:
    """An unknown refresh token is `invalid_grant`, a missing one `invalid_request`."""
    response = redeem(METHOD, grant_type="refresh_token", **form)
    assert response.json()["error"] == ("invalid_grant" if form else "invalid_request")


def test_a_public_client_refreshes_by_name(playground: Playground, redeem: Redeem) -> None:
    """A public client needs only its id to refresh."""
    token = playground.sign_in(SignInOptions(client_id=PUBLIC, user="grace"))
    form = {"grant_type": "refresh_token", "refresh_token": token["refresh_token"]}
    assert redeem(client_id=PUBLIC, **form).status_code == 200


def test_revoking_an_access_token_spares_the_rest(
    playground: Playground, refresh: Refresh, works: Works, revoke: Revoke
) -> None:
    """A revoked access token is refused, but its refresh token gets another."""
    token = playground.sign_in()
    response = revoke(token["access_token"], token_type_hint="refresh_token")
    assert (response.status_code, response.content) == (200, b"")
    assert not works(token)
    assert works(refresh(token).json())


def test_revoking_a_refresh_token_ends_the_family(
    playground: Playground, refresh: Refresh, works: Works, revoke: Revoke
) -> None:
    """Revoking a refresh token revokes all tokens of its sign-in, and doesn't count as reuse."""
    first = playground.sign_in()
    second = refresh(first).json()
    assert revoke(second["refresh_token"]).status_code == 200
    assert [works(first), works(second), refresh(second).status_code] == [False, False, 400]
    assert playground.families_revoked == 0


def test_revocation_by_the_book(
    playground: Playground, works: Works, revoke: Revoke, session: requests.Session
) -> None:
    """Revoking an unknown token succeeds. Another client's token, no token or a wrong client is an error."""
    token = playground.sign_in()
    assert revoke("unknown").status_code == 200
    other = revoke(token["refresh_token"], "oauth2_device_code")
    assert (other.status_code, other.json()["error"]) == (400, "unauthorized_client")
    assert revoke("").json()["error"] == "invalid_request"
    wrong = revoke(token["access_token"], client_secret="wrong")
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    text = session.post(f"{playground.url}/oauth/revoke", data="x", headers={"Content-Type": "text/plain"})
    assert (text.status_code, text.json()["error"]) == (400, "invalid_request")
    assert works(token)


def test_sign_in_over_http(playground: Playground, session: requests.Session, works: Works) -> None:
    """Another process gets the tokens of a new sign-in. Impossible options are refused."""
    url = f"{playground.url}/_control/sign_in"
    token = session.post(url, json={}).json()
    assert works(token)
    assert set(token) >= {"access_token", "refresh_token", "expires_in", "token_type", "scope"}
    headers = {"Authorization": f"Bearer {session.post(url, json={'user': 'grace'}).json()['access_token']}"}
    assert session.get(f"{playground.url}/{METHOD}/v1/me", headers=headers).json()["user"] == "grace"
    for wrong in ({"method": "bearer"}, {"client_id": "nobody"}, {"scope": "x"}, {"usr": "ada"}):
        assert session.post(url, json=wrong).status_code == 422
    foreign = session.post(url, json={}, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403


def test_settings_over_http(playground: Playground, session: requests.Session, refresh: Refresh) -> None:
    """Another process changes only the settings that it names. Impossible settings are refused."""
    url = f"{playground.url}/_control/oauth"
    assert session.post(url, json={"grace": 5}).json()["rotation"] is True
    said = session.post(url, json={"rotation": False, "refresh_token_lifetime": 9}).json()
    assert (said["rotation"], said["grace"], said["refresh_token_lifetime"]) == (False, 5, 9)
    assert playground.oauth_settings.refresh_token_lifetime == 9
    assert "refresh_token" not in refresh(playground.sign_in()).json()
    for wrong in ({"grace": -1}, {"access_token_lifetime": 0}, {"delay": 1e9}, {"rotate": True}):
        assert session.post(url, json=wrong).status_code == 422
    with pytest.raises(ValueError, match="grace"):
        playground.oauth_settings.grace = -1


def test_a_delay_for_each_token_request(playground: Playground, refresh: Refresh) -> None:
    """Every token request waits for the configured delay."""
    playground.oauth_settings.delay = 0.2
    token = playground.sign_in()
    begun = time.monotonic()
    assert refresh(token).status_code == 200
    assert time.monotonic() - begun >= 0.2


def test_no_token_is_logged(
    playground: Playground,
    redeem: Redeem,
    refresh: Refresh,
    revoke: Revoke,
    works: Works,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """With all loggers at DEBUG, the server logs none of the tokens that it issues, accepts or revokes."""
    caplog.set_level(logging.DEBUG)
    first = playground.sign_in()
    second = refresh(first).json()
    assert works(second)
    refresh({"refresh_token": "unknown-refresh-token"})
    revoke(second["refresh_token"])
    account = CREDENTIALS["oauth2_password"]
    form = {name: account[name] for name in ("username", "password")}
    third = redeem("oauth2_password", grant_type="password", **form).json()
    # The client of this test logs its own URLs.
    logged = "\n".join(record.getMessage() for record in caplog.records if "urllib3" not in record.name)
    secrets = [each[name] for each in (first, second, third) for name in ("access_token", "refresh_token")]
    secrets += ["unknown-refresh-token", account["password"]]
    assert not [secret for secret in secrets if secret in logged]


def test_counts_over_http(
    playground: Playground, session: requests.Session, refresh: Refresh, redeem: Redeem
) -> None:
    """Token requests are counted by grant type, and so are the revoked families."""
    token = playground.sign_in()
    for _ in range(2):
        refresh(token)
    redeem(grant_type="carrier_pigeon")
    counts = session.get(f"{playground.url}/_control/counts").json()
    assert (counts["token_requests"], counts["families_revoked"]) == (3, 1)
    assert counts["grants"] == {"refresh_token": 2, "other": 1}
