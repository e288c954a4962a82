"""The token endpoint and the client credentials grant (RFC 6749 §2.3.1, §4.4, §5.2)."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus

import pytest
import requests

from watchword_playground import AWKWARD_CREDENTIALS, CREDENTIALS, Playground

Basic = Callable[[str, str], dict[str, str]]

AWKWARD = AWKWARD_CREDENTIALS["oauth2_client_credentials"]
GRANT = {"grant_type": "client_credentials"}


def me(playground: Playground, session: requests.Session, token: str) -> requests.Response:
    """Return the owner of a token."""
    url = f"{playground.url}/oauth2_client_credentials/v1/me"
    return session.get(url, headers={"Authorization": f"Bearer {token}"})


def test_form_body(playground: Playground, session: requests.Session, client: dict[str, str]) -> None:
    """A client in a form body gets a Bearer token that works, in a response that must not be cached."""
    response = session.post(f"{playground.url}/oauth/token", data=client)
    token = response.json()
    assert (response.status_code, token["token_type"], token["expires_in"]) == (200, "Bearer", 3600)
    assert token["scope"] == "airports:read profile:read"
    assert (response.headers["Cache-Control"], response.headers["Content-Type"]) == (
        "no-store",
        "application/json",
    )
    assert me(playground, session, token["access_token"]).json()["user"] == client["client_id"]


def test_json_body(playground: Playground, session: requests.Session, client: dict[str, str]) -> None:
    """The same fields are accepted as JSON, and `null` means absent."""
    response = session.post(f"{playground.url}/oauth/token", json={**client, "scope": None})
    assert me(playground, session, response.json()["access_token"]).status_code == 200


def test_basic_header(playground: Playground, session: requests.Session, basic: Basic) -> None:
    """The client may authenticate in a Basic header."""
    fields = CREDENTIALS["oauth2_client_credentials"]
    headers = basic(fields["client_id"], fields["client_secret"])
    response = session.post(f"{playground.url}/oauth/token", data=GRANT, headers=headers)
    assert me(playground, session, response.json()["access_token"]).status_code == 200


def test_awkward_secret_in_the_body(playground: Playground, session: requests.Session) -> None:
    """A secret with colon, plus, percent and umlaut is accepted in a form and in JSON."""
    for body in ({"data": {**GRANT, **AWKWARD}}, {"json": {**GRANT, **AWKWARD}}):
        response = session.post(f"{playground.url}/oauth/token", **body)  # type: ignore[arg-type]
        owner = me(playground, session, response.json()["access_token"]).json()["user"]
        assert owner == AWKWARD["client_id"]


def test_awkward_secret_in_the_header_is_form_encoded(
    playground: Playground, session: requests.Session, basic: Basic
) -> None:
    """In the header, id and secret are accepted only if they were form-encoded first (RFC 6749 §2.3.1)."""
    url = f"{playground.url}/oauth/token"
    encoded = basic(quote_plus(AWKWARD["client_id"]), quote_plus(AWKWARD["client_secret"]))
    assert session.post(url, data=GRANT, headers=encoded).status_code == 200
    raw = basic(AWKWARD["client_id"], AWKWARD["client_secret"])
    assert session.post(url, data=GRANT, headers=raw).json()["error"] == "invalid_client"


@pytest.mark.parametrize("change", [{"client_secret": "wrong"}, {"client_id": "ü"}, {"client_secret": ""}])
def test_wrong_client_in_the_body(
    change: dict[str, str], playground: Playground, session: requests.Session, client: dict[str, str]
) -> None:
    """An unknown client and a wrong or missing secret are `invalid_client`, status 401."""
    response = session.post(f"{playground.url}/oauth/token", data=client | change)
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("value", ["Basic", "Basic !!!", "Basic bm9jb2xvbg==", "Basic /w==", "Bearer x", ""])
def test_unreadable_client_header(value: str, playground: Playground, session: requests.Session) -> None:
    """A header without a client is `invalid_client` with the Basic challenge."""
    response = session.post(f"{playground.url}/oauth/token", data=GRANT, headers={"Authorization": value})
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")
    assert response.headers["WWW-Authenticate"].startswith("Basic ")


def test_two_ways_at_once(
    playground: Playground, session: requests.Session, basic: Basic, client: dict[str, str]
) -> None:
    """Header and body together are `invalid_request` (RFC 6749 §2.3), and so are two different client ids."""
    url = f"{playground.url}/oauth/token"
    headers = basic(client["client_id"], client["client_secret"])
    both = session.post(url, data=client, headers=headers)
    assert (both.status_code, both.json()["error"]) == (400, "invalid_request")
    other = session.post(url, data={**GRANT, "client_id": "another"}, headers=headers)
    assert (other.status_code, other.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"grant_type": "carrier_pigeon"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code", "code": "a"}, "unauthorized_client"),
        ({"grant_type": "refresh_token", "refresh_token": "a"}, "unauthorized_client"),
        ({"grant_type": ""}, "invalid_request"),
        ({"scope": "airports:write"}, "invalid_scope"),
    ],
)
def test_impossible_wishes(
    change: dict[str, str],
    error: str,
    playground: Playground,
    session: requests.Session,
    client: dict[str, str],
) -> None:
    """An unknown grant, a missing grant and an unknown scope have their own error codes, status 400."""
    response = session.post(f"{playground.url}/oauth/token", data=client | change)
    assert (response.status_code, response.json()["error"]) == (400, error)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{"),
        ("application/json", b"[]"),
        ("application/json", b"[" * 100_000),
        ("application/json", b'{"grant_type": ["client_credentials"]}'),
        ("application/json", b'{"client_id": "\\ud800"}'),
        ("application/x-www-form-urlencoded", b"\xff"),
        ("application/x-www-form-urlencoded", b"grant_type=%zz"),
        ("text/plain", b"grant_type=client_credentials"),
        ("", b""),
    ],
)
def test_unreadable_bodies(kind: str, body: bytes, playground: Playground, session: requests.Session) -> None:
    """A body that can't be read is `invalid_request`, not a crash."""
    response = session.post(f"{playground.url}/oauth/token", data=body, headers={"Content-Type": kind})
    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("query", ["grant_type=client_credentials", "a=%zz", "a=<>"])
def test_nothing_in_the_query(
    query: str, playground: Playground, session: requests.Session, client: dict[str, str]
) -> None:
    """A token request with a query is refused."""
    response = session.post(f"{playground.url}/oauth/token?{query}", data=client)
    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


def test_narrow_scope_is_enforced(
    playground: Playground, session: requests.Session, client: dict[str, str]
) -> None:
    """A token without `airports:read` is accepted by `/me` but refused by `/airports`."""
    form = {**client, "scope": "profile:read"}
    token = session.post(f"{playground.url}/oauth/token", data=form).json()
    assert token["scope"] == "profile:read"
    assert me(playground, session, token["access_token"]).status_code == 200
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    response = session.get(f"{playground.url}/oauth2_client_credentials/v1/airports", headers=headers)
    assert response.status_code == 403
    assert 'error="insufficient_scope"' in response.headers["WWW-Authenticate"]


def test_odd_queries_at_the_resource(
    playground: Playground, session: requests.Session, present: Callable[..., dict[str, Any]]
) -> None:
    """A valid token is accepted with a query that oauthlib itself can't parse."""
    url = f"{playground.url}/oauth2_client_credentials/v1/me?filter=<a>|%zz"
    assert session.get(url, **present("oauth2_client_credentials")).status_code == 200


def test_revoking_refuses_client_and_tokens(
    playground: Playground, session: requests.Session, client: dict[str, str]
) -> None:
    """Revoking refuses the client and its tokens. After restoring, only new tokens work."""
    url = f"{playground.url}/oauth/token"
    token = session.post(url, data=client).json()["access_token"]
    playground.revoke("oauth2_client_credentials")
    refused = session.post(url, data=client)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert me(playground, session, token).status_code == 401
    playground.restore("oauth2_client_credentials")
    assert me(playground, session, token).status_code == 401
    fresh = session.post(url, data=client).json()["access_token"]
    assert me(playground, session, fresh).status_code == 200


def test_expiring_tokens_spares_the_client(
    playground: Playground, session: requests.Session, client: dict[str, str]
) -> None:
    """After expire_tokens, issued tokens are `invalid_token`, and the client gets new ones."""
    url = f"{playground.url}/oauth/token"
    token = session.post(url, data=client).json()["access_token"]
    playground.expire_tokens()
    response = me(playground, session, token)
    assert response.status_code == 401
    assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]
    fresh = session.post(url, data=client).json()["access_token"]
    assert me(playground, session, fresh).status_code == 200


def test_tokens_live_as_long_as_promised(
    session: requests.Session, client: dict[str, str], advance: Callable[[float], None]
) -> None:
    """A token lifetime of one second is announced and enforced."""
    with Playground(token_lifetime=1) as short:
        token = session.post(f"{short.url}/oauth/token", data=client).json()
        assert token["expires_in"] == 1
        assert me(short, session, token["access_token"]).status_code == 200
        advance(1)
        assert me(short, session, token["access_token"]).status_code == 401


def test_tokens_stay_with_their_playground(
    playground: Playground, session: requests.Session, client: dict[str, str]
) -> None:
    """Two playgrounds don't share tokens, counts or revocations."""
    token = session.post(f"{playground.url}/oauth/token", data=client).json()["access_token"]
    playground.revoke("bearer")
    with Playground() as other:
        assert me(other, session, token).status_code == 401
        assert (other.token_requests, playground.token_requests) == (0, 1)
        headers = {"Authorization": f"Bearer {CREDENTIALS['bearer']['bearer_token']}"}
        assert session.get(f"{other.url}/bearer/v1/me", headers=headers).status_code == 200


def test_no_secret_is_logged(
    playground: Playground,
    session: requests.Session,
    client: dict[str, str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """With all loggers at DEBUG, the server logs no secret, no token and no key in the query."""
    caplog.set_level(logging.DEBUG)
    token = session.post(f"{playground.url}/oauth/token", data=client).json()["access_token"]
    me(playground, session, token)
    session.post(f"{playground.url}/oauth/token", json={**client, "client_id": "unknown"})
    key = CREDENTIALS["api_key"]["api_key"]
    session.get(f"{playground.url}/api_key/v1/me", params={"api_key": key})
    # The client of this test logs its own URLs.
    logged = json.dumps([record.getMessage() for record in caplog.records if "urllib3" not in record.name])
    assert not [secret for secret in (token, client["client_secret"], key) if secret in logged]
