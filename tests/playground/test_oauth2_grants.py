"""The grants without a page: password, signed assertion (RFC 7523) and token exchange (RFC 8693)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
import requests
from authlib.integrations.requests_client import AssertionSession, OAuth2Session
from joserfc.jwk import RSAKey

from watchword_playground import AWKWARD_CREDENTIALS, CREDENTIALS, Playground, document
from watchword_playground.oauth.grants import SERVICE_KEYS

SERVICE = CREDENTIALS["oauth2_jwt_bearer"]
EXCHANGE = CREDENTIALS["oauth2_token_exchange"]
OTHER_EXCHANGE = AWKWARD_CREDENTIALS["oauth2_token_exchange"]
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"

Redeem = Callable[..., requests.Response]
Me = Callable[[str, dict[str, Any]], str]


@pytest.fixture(scope="module")
def playground() -> Iterator[Playground]:
    """Serve one playground for this module. Its tests undo what they do."""
    with Playground() as running:
        yield running


@pytest.fixture
def me(playground: Playground, session: requests.Session) -> Me:
    """Give the function that returns the user of the token in a response."""

    def ask(method: str, token: dict[str, Any]) -> str:
        headers = {"Authorization": f"Bearer {token['access_token']}"}
        return session.get(f"{playground.url}/{method}/v1/me", headers=headers).json()["user"]

    return ask


@pytest.mark.parametrize("account", [CREDENTIALS["oauth2_password"], AWKWARD_CREDENTIALS["oauth2_password"]])
def test_authlib_signs_in_with_a_password(
    playground: Playground, authlib: Callable[..., OAuth2Session], account: dict[str, str]
) -> None:
    """A username and password get tokens of that user, with a refresh token."""
    client = authlib("oauth2_password")
    endpoint = f"{playground.url}/oauth/token"
    client.fetch_token(endpoint, username=account["username"], password=account["password"])
    assert client.get(f"{playground.url}/oauth2_password/v1/me").json()["user"] == account["username"]
    assert client.refresh_token(endpoint)["refresh_token"]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"password": "wrong"}, "invalid_grant"),
        ({"username": "grace"}, "invalid_grant"),
        ({"username": "jürgen"}, "invalid_grant"),
        ({"password": None}, "invalid_request"),
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"scope": "airports:write"}, "invalid_scope"),
    ],
)
def test_wrong_passwords(redeem: Redeem, change: dict[str, str], error: str) -> None:
    """A wrong username, password, client or scope is refused."""
    account = {name: CREDENTIALS["oauth2_password"][name] for name in ("username", "password")}
    response = redeem("oauth2_password", **{"grant_type": "password", **account, **change})
    assert response.json()["error"] == error


def assertion(
    playground: Playground,
    key: Any = SERVICE_KEYS[0].material,
    algorithm: str = "RS256",
    headers: dict[str, str] | None = None,
    **changes: Any,
) -> dict[str, str]:
    """Return the form with an assertion, with some claims changed or left out by None."""
    claims = (
        document(playground.url, "oauth2_jwt_bearer")["payload"] | {"exp": int(time.time()) + 60} | changes
    )
    said = {name: value for name, value in claims.items() if value is not None}
    made = jwt.encode(said, key, algorithm, headers=headers)
    return {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": made}


def test_authlib_asserts(playground: Playground) -> None:
    """Authlib's session for service accounts gets a token of the subject."""
    claims = document(playground.url, "oauth2_jwt_bearer")["payload"]
    with AssertionSession(
        f"{playground.url}/oauth/token",
        issuer=claims["iss"],
        subject="grace",
        audience=claims["aud"],
        key=RSAKey.import_key(SERVICE["private_key"]),
        header={"alg": "RS256"},
    ) as client:
        client.trust_env = False
        assert client.get(f"{playground.url}/oauth2_jwt_bearer/v1/me").json()["user"] == "grace"


@pytest.mark.parametrize("key", SERVICE_KEYS)
def test_three_kinds_of_keys(playground: Playground, redeem: Redeem, me: Me, key: Any) -> None:
    """Without a key id RS256 is used. ES256 and HS256 are found by theirs. No refresh token is issued."""
    headers = {"kid": key.key_id} if key.key_id else None
    token = redeem(**assertion(playground, key.material, key.algorithm, headers)).json()
    assert me("oauth2_jwt_bearer", token) == "ada"
    assert "refresh_token" not in token


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"aud": "https://elsewhere.example"}, "audience"),
        ({"aud": None}, "lacks aud"),
        ({"exp": None}, "lacks exp"),
        ({"exp": int(time.time()) - 60}, "expired"),
        ({"exp": int(time.time()) + 86400}, "3600 seconds"),
        ({"iat": int(time.time()) + 86400}, "in the future"),
        ({"iss": "somebody"}, "issuer"),
        ({"sub": "mallory"}, "subject"),
        ({"sub": None}, "subject"),
        ({"algorithm": "RS384"}, "algorithm"),
        ({"key": SERVICE_KEYS[1].material, "algorithm": "ES256"}, "algorithm"),
        ({"headers": {"kid": "another"}}, "key is registered"),
        ({"headers": {"kid": SERVICE_KEYS[1].key_id}}, "algorithm"),
        ({"key": None, "algorithm": "none"}, "algorithm"),
        (
            {
                "key": "a guess of thirty-two bytes or more",
                "algorithm": "HS256",
                "headers": {"kid": SERVICE_KEYS[2].key_id},
            },
            "signature",
        ),
    ],
)
def test_a_refusal_says_what_is_wrong(
    playground: Playground, redeem: Redeem, changes: dict[str, Any], why: str
) -> None:
    """Each wrong claim, key or algorithm is `invalid_grant` with its own reason."""
    response = redeem(**assertion(playground, **changes))
    assert (response.status_code, response.json()["error"]) == (400, "invalid_grant")
    assert why in response.json()["error_description"]


def test_the_issuer_alone_is_no_audience(playground: Playground, redeem: Redeem) -> None:
    """The audience of a grant's assertion is the token endpoint, not the issuer."""
    assert redeem(**assertion(playground, aud=playground.url)).json()["error"] == "invalid_grant"


def test_an_assertion_with_an_id_serves_once(playground: Playground, redeem: Redeem) -> None:
    """With `jti` an assertion is refused the second time. Without it, an assertion may be used again."""
    once, often = assertion(playground, jti="a"), assertion(playground)
    assert [redeem(**once).status_code for _ in range(2)] == [200, 400]
    assert [redeem(**often).status_code for _ in range(2)] == [200, 200]


@pytest.mark.parametrize("form", [{"assertion": ""}, {"assertion": None}, {"assertion": ["a", "b"]}])
def test_malformed_assertion_requests(playground: Playground, redeem: Redeem, form: dict[str, Any]) -> None:
    """A request with no assertion or with two is `invalid_request`."""
    assert redeem(**{**assertion(playground), **form}).json()["error"] == "invalid_request"


def test_what_is_no_jwt_is_refused(playground: Playground, redeem: Redeem) -> None:
    """Text that isn't a JWT is `invalid_grant`, not a crash."""
    for text in ("a", "a.b.c", "..", "ü.ü.ü", "e30.bnVsbA.x"):
        assert redeem(**{**assertion(playground), "assertion": text}).json()["error"] == "invalid_grant"


def test_a_service_may_be_revoked(playground: Playground, redeem: Redeem) -> None:
    """A revoked service gets no token, and a client of another grant can't use this one."""
    playground.revoke("oauth2_jwt_bearer")
    assert "revoked" in redeem(**assertion(playground)).json()["error_description"]
    playground.restore("oauth2_jwt_bearer")
    assert redeem(**assertion(playground)).status_code == 200
    wrong = redeem(client_id="nobody", client_secret="x", **assertion(playground))
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")


def exchange(**changes: Any) -> dict[str, Any]:
    """Return the form of a valid exchange with some fields changed or left out by None."""
    usual = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": EXCHANGE["subject_token"],
        "subject_token_type": ACCESS_TOKEN,
    }
    return {**usual, **changes}


ACTOR = {"actor_token": OTHER_EXCHANGE["actor_token"], "actor_token_type": ACCESS_TOKEN}


@pytest.mark.parametrize(
    ("changes", "user"),
    [
        ({}, "ada"),
        ({"subject_token": OTHER_EXCHANGE["subject_token"]}, "grace"),
        ({"subject_token": OTHER_EXCHANGE["subject_token"], **ACTOR}, "a robot for grace"),
        ({"requested_token_type": ACCESS_TOKEN, "audience": "playground"}, "ada"),
    ],
)
def test_one_token_for_another(redeem: Redeem, me: Me, changes: dict[str, str], user: str) -> None:
    """The new token is the subject's, and names the actor."""
    token = redeem("oauth2_token_exchange", **exchange(**changes)).json()
    assert (token["issued_token_type"], token["token_type"]) == (ACCESS_TOKEN, "Bearer")
    assert me("oauth2_token_exchange", token) == user


def test_a_token_of_this_server_is_exchanged(playground: Playground, redeem: Redeem, me: Me) -> None:
    """A user's token is exchanged while it is valid. Its type must be right."""
    own = playground.sign_in()
    given = exchange(subject_token=own["access_token"])
    assert me("oauth2_token_exchange", redeem("oauth2_token_exchange", **given).json()) == "ada"
    refresh = exchange(subject_token=own["refresh_token"])
    assert redeem("oauth2_token_exchange", **refresh).json()["error"] == "invalid_request"
    playground.expire_tokens()
    assert redeem("oauth2_token_exchange", **given).json()["error"] == "invalid_request"


def test_targets(playground: Playground, redeem: Redeem) -> None:
    """This API is a valid target by name and by address. One wrong target of several is refused."""
    here = [playground.url, f"{playground.url}/oauth2_token_exchange"]
    assert redeem("oauth2_token_exchange", **exchange(resource=here)).status_code == 200
    for wrong in ({"audience": ["playground", "other"]}, {"resource": playground.url + ".evil.example"}):
        response = redeem("oauth2_token_exchange", **exchange(**wrong))
        assert (response.status_code, response.json()["error"]) == (400, "invalid_target")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"subject_token": "unknown"}, "invalid_request"),
        ({"subject_token": None}, "invalid_request"),
        ({"subject_token": OTHER_EXCHANGE["actor_token"]}, "invalid_request"),
        ({"subject_token_type": None}, "invalid_request"),
        ({"subject_token_type": "urn:ietf:params:oauth:token-type:saml2"}, "invalid_request"),
        ({"subject_token_type": "access_token"}, "invalid_request"),
        ({"subject_token": ["a", "b"]}, "invalid_request"),
        ({"actor_token": OTHER_EXCHANGE["actor_token"]}, "invalid_request"),
        ({"actor_token_type": ACCESS_TOKEN}, "invalid_request"),
        ({**ACTOR, "actor_token": "unknown"}, "invalid_request"),
        ({"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"}, "invalid_request"),
        ({"scope": "airports:write"}, "invalid_scope"),
        ({"client_secret": "wrong"}, "invalid_client"),
    ],
)
def test_impossible_exchanges(redeem: Redeem, changes: dict[str, Any], error: str) -> None:
    """Unknown tokens and types, an incomplete actor and a wrong client are refused."""
    assert redeem("oauth2_token_exchange", **exchange(**changes)).json()["error"] == error


@pytest.mark.parametrize("method", ["oauth2_password", "oauth2_client_credentials", "oauth2_device_code"])
def test_each_client_has_one_grant(playground: Playground, redeem: Redeem, method: str) -> None:
    """A client that is registered for another grant can't use this one."""
    response = redeem(method, **exchange())
    assert (response.status_code, response.json()["error"]) == (400, "unauthorized_client")
