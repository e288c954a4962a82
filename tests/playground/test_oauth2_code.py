"""The exchange of an authorization code: once, in time, by its own client, with the exact parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import requests
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from watchword_playground import AWKWARD_CREDENTIALS, CREDENTIALS, Playground

METHOD = "oauth2_authorization_code"
FIELDS = CREDENTIALS[METHOD]
PUBLIC = AWKWARD_CREDENTIALS[METHOD]
CALLBACK = "http://127.0.0.1:4711/callback"

Redeem = Callable[..., requests.Response]


@pytest.fixture(scope="module")
def playground() -> Iterator[Playground]:
    """Serve one playground for this module. Its tests undo what they set."""
    with Playground() as running:
        yield running


def test_a_code_serves_once(
    playground: Playground, session: requests.Session, code: Callable[..., str], redeem: Redeem
) -> None:
    """The second use of a code is refused, and revokes the tokens of the first."""
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


def test_a_code_lasts_a_minute(
    playground: Playground, code: Callable[..., str], redeem: Redeem, advance: Callable[[float], None]
) -> None:
    """An expired code is refused."""
    assert playground.oauth_settings.code_lifetime == 60
    form = {"grant_type": "authorization_code", "code": code(), "redirect_uri": CALLBACK}
    advance(60)
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
    """A wrong redirect address, code, verifier or secret is refused."""
    form = {"grant_type": "authorization_code", "code": code(), "redirect_uri": CALLBACK, **change}
    assert redeem(METHOD, **form).json()["error"] == error


@pytest.mark.parametrize(
    ("verifier", "error"),
    [("right" * 10, None), ("wrong" * 10, "invalid_grant"), (None, "invalid_request")],
)
def test_a_challenge_must_be_met(
    code: Callable[..., str], redeem: Redeem, verifier: str | None, error: str | None
) -> None:
    """If a challenge was sent, only its verifier redeems the code (RFC 7636 §4.6)."""
    challenge = create_s256_code_challenge("right" * 10)
    challenged = code(code_challenge=challenge, code_challenge_method="S256")
    form = {"grant_type": "authorization_code", "code": challenged, "redirect_uri": CALLBACK}
    assert redeem(METHOD, **form, code_verifier=verifier).json().get("error") == error


def test_a_code_belongs_to_its_client(code: Callable[..., str], redeem: Redeem) -> None:
    """A code of another client is refused, and stays valid for its own client."""
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
    """A public client that sends a secret is refused, and so is a confidential client that sends none."""
    form = {"grant_type": "authorization_code", "code": "a", "redirect_uri": CALLBACK}
    assert redeem(client_id=PUBLIC["client_id"], **form, **extra).status_code == 401
    assert redeem(client_id=FIELDS["client_id"], **form).status_code == 401


def test_only_the_user_names_the_user(
    playground: Playground, code: Callable[..., str], redeem: Redeem, session: requests.Session
) -> None:
    """Fields that oauthlib uses internally have no effect if a client sends them."""
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
