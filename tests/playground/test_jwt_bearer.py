"""JWTs, signed by PyJWT and verified by the playground with joserfc."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from watchword_playground import AWKWARD_CREDENTIALS, CREDENTIALS, Playground

HMAC = CREDENTIALS["jwt_bearer"]
ES256 = AWKWARD_CREDENTIALS["jwt_bearer"]

Ask = Callable[..., requests.Response]


@pytest.fixture(scope="module")
def playground() -> Iterator[Playground]:
    """Serve one playground for this module. Its tests leave it unchanged."""
    with Playground() as running:
        yield running


@pytest.fixture
def ask(playground: Playground, session: requests.Session) -> Ask:
    """Give the function that sends a JWT, which it makes unless one is given."""

    def asked(token: str | None = None, **claims: Any) -> requests.Response:
        shown = token or jwt.encode(claims_of(HMAC, **claims), HMAC["jwt_secret"], "HS256")
        headers = {"Authorization": f"Bearer {shown}"}
        return session.get(f"{playground.url}/jwt_bearer/v1/me", headers=headers)

    return asked


def claims_of(account: Any, **changes: Any) -> dict[str, Any]:
    """Return valid claims with some changed. A change to None leaves the claim out."""
    now = int(time.time())
    claims = {**account["payload"], "iat": now, "nbf": now, "exp": now + 60, **changes}
    return {name: value for name, value in claims.items() if value is not None}


def test_the_key_id_names_the_account(ask: Ask) -> None:
    """An ES256 account is found by its key id, else by its issuer."""
    for headers in (ES256["jwt_headers"], None):
        token = jwt.encode(claims_of(ES256), ES256["jwt_secret"], "ES256", headers=headers)
        response = ask(token)
        assert (response.status_code, response.json()["user"]) == (200, "playground-client-es256")


def test_a_jwt_may_be_in_the_query_but_not_in_two_places(
    playground: Playground, session: requests.Session
) -> None:
    """A JWT is also accepted in the query. Two JWTs at once are refused."""
    url = f"{playground.url}/jwt_bearer/v1/me"
    token = jwt.encode(claims_of(HMAC), HMAC["jwt_secret"], "HS256")
    assert session.get(url, params={"jwt": token}).status_code == 200
    twice = session.get(url, params={"jwt": token}, headers={"Authorization": f"Bearer {token}"})
    assert (twice.status_code, "two JWTs" in twice.text) == (401, True)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"exp": int(time.time()) - 60}, "expired"),
        ({"exp": None}, "lacks exp"),
        ({"exp": "tomorrow"}, "expiry"),
        ({"aud": "elsewhere"}, "audience"),
        ({"aud": None}, "lacks aud"),
        ({"iss": "somebody"}, "no account has this issuer"),
        ({"iss": None}, "no account has this issuer"),
        ({"nbf": int(time.time()) + 86400}, "isn't valid yet"),
        ({"iat": int(time.time()) + 86400}, "issued in the future"),
        ({"jti": 7}, "jti"),
    ],
)
def test_a_refusal_says_what_is_wrong(ask: Ask, changes: dict[str, Any], why: str) -> None:
    """Each wrong claim is `invalid_token` with its own reason, in the body and in the challenge."""
    token = jwt.api_jws.encode(jwt_payload(changes), HMAC["jwt_secret"], "HS256")
    response = ask(token)
    assert response.status_code == 401
    assert why in response.json()["detail"]
    challenge = response.headers["WWW-Authenticate"]
    assert 'error="invalid_token"' in challenge
    assert why in challenge


def jwt_payload(changes: dict[str, Any]) -> bytes:
    """Return claims as bytes, because PyJWT refuses to sign wrong claims."""
    return jwt.api_jwt.json.dumps(claims_of(HMAC, **changes)).encode()


def test_clocks_may_differ_a_little(ask: Ask) -> None:
    """A JWT that is five seconds too late or too early is accepted."""
    now = int(time.time())
    assert ask(exp=now - 5).status_code == 200
    assert ask(nbf=now + 5, iat=now + 5).status_code == 200


def test_a_jwt_with_an_id_counts_once(ask: Ask) -> None:
    """With `jti` a JWT is refused the second time. Without it, a JWT may be used until it expires."""
    once = jwt.encode(claims_of(HMAC, jti="a"), HMAC["jwt_secret"], "HS256")
    often = jwt.encode(claims_of(HMAC), HMAC["jwt_secret"], "HS256")
    assert [ask(once).status_code for _ in range(2)] == [200, 401]
    assert "used before" in ask(once).json()["detail"]
    assert [ask(often).status_code for _ in range(2)] == [200, 200]


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
@pytest.mark.parametrize(
    ("account", "key", "algorithm", "headers", "why"),
    [
        (HMAC, "another-secret-of-thirty-two-bytes-or-more", "HS256", None, "signature"),
        (HMAC, HMAC["jwt_secret"], "HS512", None, "algorithm"),
        (HMAC, None, "none", None, "algorithm"),
        (HMAC, ES256["jwt_secret"], "ES256", None, "algorithm"),
        (ES256, HMAC["jwt_secret"], "HS256", None, "algorithm"),
        (ES256, HMAC["jwt_secret"], "HS256", ES256["jwt_headers"], "algorithm"),
        (HMAC, HMAC["jwt_secret"], "HS256", {"kid": "unknown"}, "key id"),
        (HMAC, ES256["jwt_secret"], "ES256", ES256["jwt_headers"], "issuer"),
    ],
)
def test_the_token_does_not_choose_how_it_is_verified(
    ask: Ask, account: Any, key: str | None, algorithm: str, headers: Any, why: str
) -> None:
    """The account decides on key and algorithm: another key or algorithm and `none` are refused."""
    response = ask(jwt.encode(claims_of(account), key, algorithm, headers=headers))
    assert response.status_code == 401
    assert why in response.json()["detail"]


@pytest.mark.parametrize(
    "token", ["a", "a.b.c", "e30.e30.", "eyJhbGciOiJIUzI1NiJ9.W10.x", "ü.ü.ü", "..", "e30.bnVsbA.x"]
)
def test_what_is_no_jwt_is_refused(ask: Ask, token: str) -> None:
    """Text that can't be read as a JWT is answered with 401, not with a crash."""
    assert ask(token).status_code == 401


@given(st.text(st.characters(min_codepoint=33, max_codepoint=255), min_size=1), st.integers(0, 2))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_in_a_part_is_refused(ask: Ask, text: str, part: int) -> None:
    """A JWT with any other text in one of its parts is answered with 401."""
    parts = jwt.encode(claims_of(HMAC), HMAC["jwt_secret"], "HS256").split(".")
    parts[part] = text
    assert ask(".".join(parts)).status_code == 401
