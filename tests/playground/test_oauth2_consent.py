"""The authorization code grant with Authlib and requests-oauthlib as clients, and the consent page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from requests_oauthlib import OAuth2Session as OtherSession

from watchword_playground import AWKWARD_CREDENTIALS, CREDENTIALS, Playground

METHOD = "oauth2_authorization_code"
FIELDS = CREDENTIALS[METHOD]
PUBLIC = AWKWARD_CREDENTIALS[METHOD]
CALLBACK = "http://127.0.0.1:4711/callback"

Authlib = Callable[..., OAuth2Session]
Redeem = Callable[..., requests.Response]
Question = Callable[..., dict[str, str]]
Decide = Callable[..., requests.Response]
Back = Callable[[requests.Response], dict[str, str]]


@pytest.fixture(scope="module")
def playground() -> Iterator[Playground]:
    """Serve one playground for this module. Its tests undo what they set."""
    with Playground() as running:
        yield running


@pytest.mark.parametrize("other", [{}, PUBLIC])
@pytest.mark.parametrize("user", ["ada", "grace"])
def test_authlib_signs_in(
    decide: Decide, back: Back, playground: Playground, authlib: Authlib, other: dict[str, Any], user: str
) -> None:
    """With PKCE a confidential and a public client get the user's tokens, and refresh them."""
    client = authlib(METHOD, other, redirect_uri=CALLBACK, code_challenge_method="S256")
    verifier = generate_token(48)
    url, state = client.create_authorization_url(f"{playground.url}/oauth/authorize", code_verifier=verifier)
    response = decide(url, user=user)
    location = response.headers["Location"]
    assert location.startswith(CALLBACK + "?")
    assert back(response)["iss"] == playground.url
    endpoint = f"{playground.url}/oauth/token"
    token = client.fetch_token(endpoint, authorization_response=location, state=state, code_verifier=verifier)
    assert (token["token_type"], token["scope"]) == ("Bearer", "airports:read profile:read")
    assert client.get(f"{playground.url}/{METHOD}/v1/me").json()["user"] == user
    again = client.refresh_token(endpoint)
    assert {token["refresh_token"], token["access_token"]}.isdisjoint(again.values())
    assert client.get(f"{playground.url}/{METHOD}/v1/airports").json()["total"] == 3376
    assert client.get(f"{playground.url}/oauth2_device_code/v1/me").status_code == 401


def test_requests_oauthlib_signs_in(
    decide: Decide, playground: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """requests-oauthlib signs in without PKCE and with the secret in the body."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    with OtherSession(FIELDS["client_id"], redirect_uri=CALLBACK, scope=["profile:read"]) as client:
        client.trust_env = False
        url, _ = client.authorization_url(f"{playground.url}/oauth/authorize")
        location = decide(url).headers["Location"]
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
    decide: Decide, back: Back, page: Callable[..., str], redeem: Redeem, redirect_uri: str
) -> None:
    """Registered addresses and this machine on any port are allowed. The exchange must name the same one."""
    response = decide(page(redirect_uri=redirect_uri))
    assert response.headers["Location"].startswith(redirect_uri)
    form = {"grant_type": "authorization_code", "code": back(response)["code"], "redirect_uri": redirect_uri}
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
    question: Question, session: requests.Session, page: Callable[..., str], redirect_uri: str | None
) -> None:
    """A user is never redirected to an address that isn't the client's, not even with an error."""
    url = page(redirect_uri=redirect_uri)
    for response in (
        session.get(url, allow_redirects=False),
        session.post(
            url.partition("?")[0],
            data={**question(redirect_uri=redirect_uri), "user": "ada", "decision": "allow"},
            allow_redirects=False,
        ),
    ):
        assert (response.status_code, "Location" in response.headers) == (400, False)
        assert "trusted" in response.text


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
    back: Back,
    session: requests.Session,
    playground: Playground,
    page: Callable[..., str],
    changes: dict[str, str | None],
    error: str,
) -> None:
    """The client is told what is wrong. `plain` and public clients without PKCE are refused."""
    response = session.get(page(**changes), allow_redirects=False)
    said = back(response)
    assert (said["error"], said["state"], said["iss"]) == (error, "s", playground.url)


@pytest.mark.parametrize("client_id", ["nobody", None, "<script>alert(1)</script>"])
def test_unknown_client(session: requests.Session, page: Callable[..., str], client_id: str | None) -> None:
    """The users of an unknown client aren't redirected."""
    response = session.get(page(client_id=client_id), allow_redirects=False)
    assert (response.status_code, "<script>" in response.text) == (400, False)


def test_repeated_parameters_are_refused(session: requests.Session, page: Callable[..., str]) -> None:
    """A request with a repeated parameter is refused (RFC 6749 §3.1)."""
    url = page() + "&" + urlencode({"redirect_uri": "http://127.0.0.1:2/"})
    assert session.get(url, allow_redirects=False).status_code == 400


@pytest.mark.parametrize("how", [{"decision": "deny"}, {"decision": ""}, {"user": "mallory"}, {"user": ""}])
def test_no_means_no(decide: Decide, back: Back, page: Callable[..., str], how: dict[str, str]) -> None:
    """Unless a known user allows it, the client gets `access_denied` and its state."""
    said = back(decide(page(), **how))
    assert (said["error"], said["state"], "code" in said) == ("access_denied", "s", False)


def test_the_page_escapes_and_protects(
    decide: Decide, back: Back, session: requests.Session, page: Callable[..., str]
) -> None:
    """The client's parameters are shown as text and returned unchanged, and the page can't be framed."""
    state = "\"><script>alert('ü & <')</script>{content}"
    response = session.get(page(state=state))
    assert "<script" not in response.text
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
    assert (response.headers["Cache-Control"], response.headers["Referrer-Policy"]) == (
        "no-store",
        "no-referrer",
    )
    assert back(decide(page(state=state)))["state"] == state


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_cannot_decide(
    question: Question, session: requests.Session, page: Callable[..., str], playground: Playground, site: str
) -> None:
    """A form that another site sends is refused, for codes and for devices."""
    for path in ("/oauth/authorize", "/oauth/device"):
        form = {**question(), "user": "ada", "decision": "allow"}
        response = session.post(playground.url + path, data=form, headers={"Sec-Fetch-Site": site})
        assert response.status_code == 403


def test_nothing_but_what_is_asked_counts(decide: Decide, page: Callable[..., str]) -> None:
    """The response comes in the query, whatever response mode the client requests."""
    location = decide(page() + "&response_mode=fragment").headers["Location"]
    assert "#" not in location


def test_the_users_of_a_revoked_client_are_not_asked(
    playground: Playground, session: requests.Session, page: Callable[..., str]
) -> None:
    """The users of a revoked client aren't asked, and all its sign-ins end."""
    token = playground.sign_in()
    playground.revoke(METHOD)
    assert session.get(page()).status_code == 400
    playground.restore(METHOD)
    assert session.get(page()).status_code == 200
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    assert session.get(f"{playground.url}/{METHOD}/v1/me", headers=headers).status_code == 401
