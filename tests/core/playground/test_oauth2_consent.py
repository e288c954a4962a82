"""The authorization code grant: Authlib and requests-oauthlib as clients, and every way to be refused."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from requests_oauthlib import OAuth2Session as OtherSession

from watchword.playground import AWKWARD_CREDENTIALS, CREDENTIALS, Playground

METHOD = "oauth2_authorization_code"
FIELDS = CREDENTIALS[METHOD]
PUBLIC = AWKWARD_CREDENTIALS[METHOD]
CALLBACK = "http://127.0.0.1:4711/callback"

Authlib = Callable[..., OAuth2Session]
Redeem = Callable[..., requests.Response]


@pytest.fixture(scope="module")
def playground() -> Iterator[Playground]:
    """Serve one playground for this module, whose tests undo what they set."""
    with Playground() as running:
        yield running


def asked(**changes: str | None) -> dict[str, str]:
    """Return the fields of a good authorization request with some changed, or left out by None."""
    usual = {
        "response_type": "code",
        "client_id": FIELDS["client_id"],
        "redirect_uri": CALLBACK,
        "state": "s",
    }
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


def decide(
    session: requests.Session, url: str, *, user: str = "ada", decision: str = "allow"
) -> requests.Response:
    """Look at the page as a browser does, and send its form with a decision."""
    shown = session.get(url, timeout=10)
    assert shown.status_code == 200, shown.text
    hidden = re.findall('<input type="hidden" name="([^"]*)" value="([^"]*)">', shown.text)
    form = {html.unescape(name): html.unescape(value) for name, value in hidden}
    form |= {"user": user, "decision": decision}
    action = url.partition("?")[0]
    headers = {"Sec-Fetch-Site": "same-origin", "Origin": "null"}
    return session.post(action, data=form, headers=headers, allow_redirects=False, timeout=10)


def back(answer: requests.Response) -> dict[str, str]:
    """Return what the user is sent back with."""
    assert answer.status_code == 303
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


@pytest.fixture
def page(playground: Playground) -> Callable[..., str]:
    """Give the function that returns the address of a page for an authorization request."""
    return lambda **changes: f"{playground.url}/oauth/authorize?{urlencode(asked(**changes))}"


@pytest.fixture
def code(session: requests.Session, page: Callable[..., str]) -> Callable[..., str]:
    """Give the function that returns a code that a user has allowed."""
    return lambda **changes: back(decide(session, page(**changes)))["code"]


@pytest.mark.parametrize("other", [{}, PUBLIC])
@pytest.mark.parametrize("user", ["ada", "grace"])
def test_authlib_signs_in(
    playground: Playground, session: requests.Session, authlib: Authlib, other: dict[str, Any], user: str
) -> None:
    """With PKCE a confidential and a public client get tokens of whoever signed in, and refresh them."""
    client = authlib(METHOD, other, redirect_uri=CALLBACK, code_challenge_method="S256")
    verifier = generate_token(48)
    url, state = client.create_authorization_url(f"{playground.url}/oauth/authorize", code_verifier=verifier)
    answer = decide(session, url, user=user)
    location = answer.headers["Location"]
    assert location.startswith(CALLBACK + "?")
    assert back(answer)["iss"] == playground.url
    endpoint = f"{playground.url}/oauth/token"
    token = client.fetch_token(endpoint, authorization_response=location, state=state, code_verifier=verifier)
    assert (token["token_type"], token["scope"]) == ("Bearer", "airports:read profile:read")
    assert client.get(f"{playground.url}/{METHOD}/v1/me").json()["user"] == user
    again = client.refresh_token(endpoint)
    assert {token["refresh_token"], token["access_token"]}.isdisjoint(again.values())
    assert client.get(f"{playground.url}/{METHOD}/v1/airports").json()["total"] == 3376
    assert client.get(f"{playground.url}/oauth2_device_code/v1/me").status_code == 401


def test_requests_oauthlib_signs_in(
    playground: Playground, session: requests.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another client library, without PKCE and with the secret in the body."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    with OtherSession(FIELDS["client_id"], redirect_uri=CALLBACK, scope=["profile:read"]) as client:
        client.trust_env = False
        url, _ = client.authorization_url(f"{playground.url}/oauth/authorize")
        location = decide(session, url).headers["Location"]
        token = client.fetch_token(
            f"{playground.url}/oauth/token",
            authorization_response=location,
            client_secret=FIELDS["client_secret"],
            include_client_id=True,
        )
        assert token["scope"] == ["profile:read"]
        assert client.get(f"{playground.url}/{METHOD}/v1/me").json()["user"] == "ada"
        assert client.get(f"{playground.url}/{METHOD}/v1/airports").status_code == 403


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "http://127.0.0.1:1/",
        "http://127.0.0.1:65000/a/b?c=d",
        "http://localhost:8080/watchword/callback",
        "http://[::1]:9/callback",
        "https://airflow.example.com/watchword/callback",
    ],
)
def test_where_users_are_sent(
    session: requests.Session, page: Callable[..., str], redeem: Redeem, redirect_uri: str
) -> None:
    """This machine on any port, and registered addresses; the exchange must name the same."""
    answer = decide(session, page(redirect_uri=redirect_uri))
    assert answer.headers["Location"].startswith(redirect_uri)
    form = {"grant_type": "authorization_code", "code": back(answer)["code"], "redirect_uri": redirect_uri}
    assert redeem(METHOD, **form).status_code == 200


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "https://airflow.example.com/watchword/callback/",
        "https://airflow.example.com.evil.example/watchword/callback",
        "https://evil.example/",
        "http://evil.example:80/callback",
        "http://127.0.0.1@evil.example/",
        "http://127.0.0.1.evil.example/",
        "http://evil.example\\@127.0.0.1/",
        "http://127.0.0.1/#here",
        "http://[::1/",
        "javascript:alert(1)",
        "/callback",
        "urn:ietf:wg:oauth:2.0:oob",
        None,
    ],
)
def test_where_users_are_not_sent(
    session: requests.Session, page: Callable[..., str], redirect_uri: str | None
) -> None:
    """An address that isn't the client's is never redirected to, not even with an error."""
    url = page(redirect_uri=redirect_uri)
    for answer in (
        session.get(url, allow_redirects=False),
        session.post(
            url.partition("?")[0],
            data={**asked(redirect_uri=redirect_uri), "user": "ada", "decision": "allow"},
            allow_redirects=False,
        ),
    ):
        assert (answer.status_code, "Location" in answer.headers) == (400, False)
        assert "trusted" in answer.text


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code token"}, "unauthorized_client"),
        ({"response_type": None}, "invalid_request"),
        ({"scope": "airports:write"}, "invalid_scope"),
        ({"code_challenge": "a" * 43}, "invalid_request"),
        ({"code_challenge": "a" * 43, "code_challenge_method": "plain"}, "invalid_request"),
        ({"client_id": PUBLIC["client_id"]}, "invalid_request"),
        ({"client_id": CREDENTIALS["oauth2_password"]["client_id"]}, "unauthorized_client"),
    ],
)
def test_impossible_questions_go_back(
    session: requests.Session,
    playground: Playground,
    page: Callable[..., str],
    changes: dict[str, str | None],
    error: str,
) -> None:
    """The client learns what it asked wrongly; `plain` and a public client without PKCE are refused."""
    answer = session.get(page(**changes), allow_redirects=False)
    said = back(answer)
    assert (said["error"], said["state"], said["iss"]) == (error, "s", playground.url)


@pytest.mark.parametrize("client_id", ["nobody", None, "<script>alert(1)</script>"])
def test_unknown_client(session: requests.Session, page: Callable[..., str], client_id: str | None) -> None:
    """An unknown client's users are sent nowhere."""
    answer = session.get(page(client_id=client_id), allow_redirects=False)
    assert (answer.status_code, "<script>" in answer.text) == (400, False)


def test_repeated_parameters_are_refused(session: requests.Session, page: Callable[..., str]) -> None:
    """A question that is asked in two ways isn't answered (RFC 6749 §3.1)."""
    url = page() + "&" + urlencode({"redirect_uri": "http://127.0.0.1:2/"})
    assert session.get(url, allow_redirects=False).status_code == 400


@pytest.mark.parametrize("how", [{"decision": "deny"}, {"decision": ""}, {"user": "mallory"}, {"user": ""}])
def test_no_means_no(session: requests.Session, page: Callable[..., str], how: dict[str, str]) -> None:
    """Without a yes of somebody who is known, the client gets `access_denied` and its state back."""
    said = back(decide(session, page(), **how))
    assert (said["error"], said["state"], "code" in said) == ("access_denied", "s", False)


def test_the_page_escapes_and_protects(session: requests.Session, page: Callable[..., str]) -> None:
    """What the client sends is shown as text, comes back unharmed, and no other page can frame this one."""
    state = "\"><script>alert('ü & <')</script>{content}"
    answer = session.get(page(state=state))
    assert "<script" not in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert (answer.headers["Cache-Control"], answer.headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert back(decide(session, page(state=state)))["state"] == state


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_cannot_decide(
    session: requests.Session, page: Callable[..., str], playground: Playground, site: str
) -> None:
    """A form that another site sends is refused, for codes and for devices."""
    for path in ("/oauth/authorize", "/oauth/device"):
        form = {**asked(), "user": "ada", "decision": "allow"}
        answer = session.post(playground.url + path, data=form, headers={"Sec-Fetch-Site": site})
        assert answer.status_code == 403


def test_nothing_but_what_is_asked_counts(session: requests.Session, page: Callable[..., str]) -> None:
    """The answer comes in the query, whatever mode the client asks for."""
    location = decide(session, page() + "&response_mode=fragment").headers["Location"]
    assert "#" not in location


def test_a_code_serves_once(
    playground: Playground, session: requests.Session, code: Callable[..., str], redeem: Redeem
) -> None:
    """The second use of a code is refused, and revokes what the first one brought."""
    revoked = playground.families_revoked
    form = {"grant_type": "authorization_code", "code": code(), "redirect_uri": CALLBACK}
    token = redeem(METHOD, **form).json()
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    me = f"{playground.url}/{METHOD}/v1/me"
    assert session.get(me, headers=headers).status_code == 200
    again = redeem(METHOD, **form)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert session.get(me, headers=headers).status_code == 401
    refresh = {"grant_type": "refresh_token", "refresh_token": token["refresh_token"]}
    assert redeem(METHOD, **refresh).json()["error"] == "invalid_grant"
    assert playground.families_revoked - revoked == 1


def test_a_code_lasts_a_minute(playground: Playground, code: Callable[..., str], redeem: Redeem) -> None:
    """A code that comes too late is refused."""
    assert playground.oauth_settings.code_lifetime == 60
    playground.oauth_settings.code_lifetime = 0.05
    form = {"grant_type": "authorization_code", "code": code(), "redirect_uri": CALLBACK}
    playground.oauth_settings.code_lifetime = 60
    time.sleep(0.1)
    assert redeem(METHOD, **form).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"redirect_uri": "http://127.0.0.1:4712/callback"}, "invalid_grant"),
        ({"redirect_uri": CALLBACK + "/"}, "invalid_grant"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"code": "another"}, "invalid_grant"),
        ({"code": None}, "invalid_request"),
        ({"code_verifier": "b" * 43}, "invalid_grant"),
        ({"client_secret": "wrong"}, "invalid_client"),
    ],
)
def test_a_code_is_exchanged_by_the_letter(
    code: Callable[..., str], redeem: Redeem, change: dict[str, str | None], error: str
) -> None:
    """Another address, code, verifier or secret than the right one brings nothing."""
    form = {"grant_type": "authorization_code", "code": code(), "redirect_uri": CALLBACK, **change}
    assert redeem(METHOD, **form).json()["error"] == error


@pytest.mark.parametrize(
    ("verifier", "error"),
    [("right" * 10, None), ("wrong" * 10, "invalid_grant"), (None, "invalid_request")],
)
def test_a_challenge_must_be_met(
    code: Callable[..., str], redeem: Redeem, verifier: str | None, error: str | None
) -> None:
    """Where a challenge was sent, only its verifier redeems the code (RFC 7636 §4.6)."""
    challenge = create_s256_code_challenge("right" * 10)
    challenged = code(code_challenge=challenge, code_challenge_method="S256")
    form = {"grant_type": "authorization_code", "code": challenged, "redirect_uri": CALLBACK}
    assert redeem(METHOD, **form, code_verifier=verifier).json().get("error") == error


def test_a_code_belongs_to_its_client(code: Callable[..., str], redeem: Redeem) -> None:
    """A code of another client is refused, and stays good for its own."""
    challenge = create_s256_code_challenge("right" * 10)
    public = {"client_id": PUBLIC["client_id"], "grant_type": "authorization_code"}
    own = code(client_id=PUBLIC["client_id"], code_challenge=challenge, code_challenge_method="S256")
    form = {"code": own, "redirect_uri": CALLBACK, "code_verifier": "right" * 10}
    stolen = redeem(METHOD, grant_type="authorization_code", **form)
    assert stolen.json()["error"] == "invalid_grant"
    assert redeem(**public, **form).status_code == 200


@pytest.mark.parametrize("extra", [{"client_secret": "guess"}, {"client_secret": ""}])
def test_a_public_client_has_no_secret(
    code: Callable[..., str], redeem: Redeem, extra: dict[str, str]
) -> None:
    """A public client that shows a secret is refused; a confidential one that shows none, too."""
    form = {"grant_type": "authorization_code", "code": "a", "redirect_uri": CALLBACK}
    assert redeem(client_id=PUBLIC["client_id"], **form, **extra).status_code == 401
    assert redeem(client_id=FIELDS["client_id"], **form).status_code == 401


def test_a_revoked_client_asks_nobody(
    playground: Playground, session: requests.Session, page: Callable[..., str]
) -> None:
    """Revoked, a client's users see no question, and all its sign-ins end."""
    token = playground.sign_in()
    playground.revoke(METHOD)
    assert session.get(page()).status_code == 400
    playground.restore(METHOD)
    assert session.get(page()).status_code == 200
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    assert session.get(f"{playground.url}/{METHOD}/v1/me", headers=headers).status_code == 401


def test_nobody_names_the_user_but_the_user(
    playground: Playground, code: Callable[..., str], redeem: Redeem, session: requests.Session
) -> None:
    """Fields that oauthlib uses inside do nothing when a client sends them."""
    form = {"grant_type": "authorization_code", "code": code(), "redirect_uri": CALLBACK}
    inside = {
        "user": "grace",
        "client": "x",
        "family": "x",
        "scopes": "admin",
        "verdict": "x",
        "expires_in": "9",
    }
    token = redeem(METHOD, **form, **inside, refresh_token="chosen").json()
    assert (token["scope"], token["expires_in"]) == ("airports:read profile:read", 3600)
    assert token["refresh_token"] != "chosen"
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    assert session.get(f"{playground.url}/{METHOD}/v1/me", headers=headers).json()["user"] == "ada"
