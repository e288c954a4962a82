"""Faults at the token endpoint, each of which some real server has."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests
import trustme

from watchword_playground import CREDENTIALS, Fault, Playground

METHOD = "oauth2_authorization_code"

Redeem = Callable[..., requests.Response]
Refresh = Callable[..., requests.Response]


@pytest.fixture
def refresh(redeem: Redeem) -> Refresh:
    """Give the function that uses the refresh token of a token response."""
    return lambda token: redeem(METHOD, grant_type="refresh_token", refresh_token=token["refresh_token"])


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_status_with_retry_after(playground: Playground, refresh: Refresh, status: int) -> None:
    """The response has Retry-After, and the refresh token wasn't used up."""
    token = playground.sign_in()
    playground.add_fault(
        Fault(status=status, retry_after=7, error="temporarily_unavailable", path="/oauth/token")
    )
    response = refresh(token)
    assert (response.status_code, response.headers["Retry-After"]) == (status, "7")
    assert response.json()["error"] == "temporarily_unavailable"
    assert playground.grants() == {}
    assert refresh(token).status_code == 200


def test_an_error_in_a_200(playground: Playground, refresh: Refresh) -> None:
    """A fault may return an error in the body with the status 200."""
    token = playground.sign_in()
    playground.add_fault(Fault(status=200, error="invalid_grant", path="/oauth/token"))
    response = refresh(token)
    assert (response.status_code, response.json()["error"]) == (200, "invalid_grant")


def test_a_lost_reply(playground: Playground, refresh: Refresh) -> None:
    """The refresh token is rotated, but the connection is dropped before the response."""
    token = playground.sign_in()
    playground.fault(kind="lost_reply")
    with pytest.raises(requests.ConnectionError):
        refresh(token)
    assert playground.grants() == {"refresh_token": 1}
    assert refresh(token).json()["error"] == "invalid_grant"
    assert playground.families_revoked == 1


def test_grace_makes_up_for_a_lost_reply(playground: Playground, refresh: Refresh) -> None:
    """With a grace, the second attempt gets the tokens that the first one lost."""
    playground.oauth_settings.grace = 30
    token = playground.sign_in()
    playground.fault(kind="lost_reply")
    with pytest.raises(requests.ConnectionError):
        refresh(token)
    assert refresh(refresh(token).json()).status_code == 200


def test_a_lost_reply_over_tls(session: requests.Session, tmp_path: Any) -> None:
    """A connection with TLS is dropped in the same way."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    pem, root = str(tmp_path / "cert.pem"), str(tmp_path / "root.pem")
    issued.private_key_and_cert_chain_pem.write_to_path(pem)
    authority.cert_pem.write_to_path(root)
    with Playground(ssl_certfile=pem, ssl_keyfile=pem) as playground:
        playground.fault(kind="lost_reply", path="/none")
        with pytest.raises(requests.ConnectionError):
            session.get(f"{playground.url}/none/v1/me", verify=root)
        assert session.get(f"{playground.url}/none/v1/me", verify=root).status_code == 200


def test_no_reply(playground: Playground, session: requests.Session, refresh: Refresh) -> None:
    """The refresh token is rotated, but no response comes until the client gives up."""
    token = playground.sign_in()
    playground.fault(kind="no_reply")
    client = {name: CREDENTIALS[METHOD][name] for name in ("client_id", "client_secret")}
    form = {"grant_type": "refresh_token", "refresh_token": token["refresh_token"], **client}
    with pytest.raises(requests.ReadTimeout):
        session.post(f"{playground.url}/oauth/token", data=form, timeout=0.3)
    assert playground.grants() == {"refresh_token": 1}
    assert refresh(token).json()["error"] == "invalid_grant"
    assert playground.families_revoked == 1


def test_no_reply_does_not_hold_up_the_exit(
    session: requests.Session, caplog: pytest.LogCaptureFixture
) -> None:
    """Leaving the block closes a connection that waits for a response."""
    with Playground() as playground:
        playground.fault(kind="no_reply", path="/none")
        with pytest.raises(requests.ReadTimeout):
            session.get(f"{playground.url}/none/v1/me", timeout=0.2)
    assert "graceful shutdown exceeded" not in caplog.text


def test_a_reply_as_a_form(playground: Playground, refresh: Refresh) -> None:
    """The response is encoded as a form. Its headers and status stay, and refusals are encoded too."""
    token = playground.sign_in()
    playground.fault(kind="form_reply", times=2)
    response = refresh(token)
    assert response.headers["Content-Type"].startswith("application/x-www-form-urlencoded")
    assert (response.status_code, response.headers["Cache-Control"]) == (200, "no-store")
    fields = {name: values[0] for name, values in parse_qs(response.text).items()}
    assert (fields["token_type"], fields["expires_in"]) == ("Bearer", "3600")
    refused = refresh(token)
    assert (refused.status_code, parse_qs(refused.text)["error"]) == (400, ["invalid_grant"])
    assert refresh(fields).status_code == 400


def test_an_expiry_as_text(playground: Playground, refresh: Refresh) -> None:
    """`expires_in` is a text, and the rest of the response is unchanged."""
    token = playground.sign_in()
    playground.fault(kind="text_expiry")
    distorted = refresh(token).json()
    assert distorted["expires_in"] == "3600"
    assert refresh(distorted).json()["expires_in"] == 3600


def test_a_fault_keeps_what_is_no_object(playground: Playground, session: requests.Session) -> None:
    """A fault doesn't change a response that isn't a JSON object."""
    playground.fault(kind="form_reply", path="/oauth/device")
    assert "<form" in session.get(f"{playground.url}/oauth/device").text


def test_faults_strike_the_token_endpoint_alone(playground: Playground, session: requests.Session) -> None:
    """Without a path, a fault distorts responses of the token endpoint only."""
    playground.fault(kind="lost_reply")
    assert session.get(f"{playground.url}/none/v1/me").status_code == 200


def test_faults_over_http(playground: Playground, session: requests.Session, refresh: Refresh) -> None:
    """Another process can request any kind of fault, also with a delay. Impossible faults are refused."""
    url = f"{playground.url}/_control/fault"
    made = session.post(url, json={"kind": "text_expiry", "delay": 0.2}).json()
    assert (made["kind"], made["path"]) == ("text_expiry", "/oauth/token")
    begun = time.monotonic()
    assert refresh(playground.sign_in()).json()["expires_in"] == "3600"
    assert time.monotonic() - begun >= 0.2
    impossible: list[dict[str, Any]] = [
        {"kind": "earthquake"},
        {"kind": "lost_reply", "status": 500},
        {"error": "invalid_grant"},
        {"delay": 1, "retry_after": 3},
        {"status": 500, "retry_after": -1},
    ]
    for wrong in impossible:
        assert session.post(url, json=wrong).status_code == 422
