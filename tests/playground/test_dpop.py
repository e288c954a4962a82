"""The client whose tokens are bound to a key: its requests prove the key by JWTs of PyJWT (RFC 9449)."""

from __future__ import annotations

import base64
import hashlib
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from watchword_playground import (
    AWKWARD_CREDENTIALS,
    BOUND_CREDENTIALS,
    CREDENTIALS,
    Playground,
    SignInOptions,
)

METHOD = "oauth2_client_credentials"
KEY, OTHER_KEY = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
WITH_SECRET = CREDENTIALS["oauth2_authorization_code"]
ANOTHER = WITH_SECRET["client_id"]
PUBLIC = AWKWARD_CREDENTIALS["oauth2_authorization_code"]["client_id"]
ACCOUNT = BOUND_CREDENTIALS[METHOD]
CLIENT = {
    "grant_type": "client_credentials",
    "client_id": ACCOUNT["client_id"],
    "client_secret": ACCOUNT["client_secret"],
}

Prove = Callable[..., str]
Send = Callable[..., requests.Response]


def jwk(key: ec.EllipticCurvePrivateKey, *, private: bool = False) -> dict[str, Any]:
    shown = ECAlgorithm.to_jwk(key if private else key.public_key(), as_dict=True)
    return {name: shown[name] for name in ("kty", "crv", "x", "y", *(["d"] if private else []))}


def prove(verb: str, url: str, key: ec.EllipticCurvePrivateKey = KEY, **changes: Any) -> str:
    """Return a proof with changed claims, and with `header` also changed members of the header."""
    header = {"typ": "dpop+jwt", "jwk": jwk(key), **changes.pop("header", {})}
    claims = {"jti": str(uuid.uuid4()), "htm": verb, "htu": url, "iat": int(time.time()), **changes}
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, key, "ES256", header)


@pytest.fixture(scope="module")
def playground() -> Iterator[Playground]:
    """Serve one playground for this module. Its tests leave it as it was, except for nonces and tokens."""
    with Playground() as running:
        yield running


@pytest.fixture
def redeemed(playground: Playground, session: requests.Session) -> Send:
    """Give the function that sends a token request with a proof, and returns the response."""
    url = f"{playground.url}/oauth/token"

    def sent(**changes: Any) -> requests.Response:
        headers = {"DPoP": prove("POST", url, **changes)}
        return session.post(url, data=CLIENT, headers=headers, timeout=60)

    return sent


@pytest.fixture
def nonce(redeemed: Send) -> str:
    """Give a nonce that the token endpoint has demanded."""
    return redeemed().headers["DPoP-Nonce"]


@pytest.fixture
def token(redeemed: Send, nonce: str) -> str:
    """Give a token that is bound to the key."""
    return redeemed(nonce=nonce).json()["access_token"]


@pytest.fixture
def call(playground: Playground, session: requests.Session, token: str) -> Send:
    """Give the function that calls the API with the token and a proof; both can be replaced."""
    url = f"{playground.url}/{METHOD}/v1/me"

    def sent(scheme: str = "DPoP", proof: bytes | None = None, **changes: Any) -> requests.Response:
        claims = {"verb": "GET", "url": url, "ath": token_hash(token), **changes}
        headers = {"Authorization": f"{scheme} {token}", "DPoP": proof or prove(**claims)}
        return session.get(f"{url}?page=1", headers=headers, timeout=60)

    return sent


def token_hash(token: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()


def test_a_bound_token_is_accepted_with_its_key(redeemed: Send, nonce: str, call: Send) -> None:
    """The token endpoint issues a token of the type DPoP, and the API accepts it with a proof of the key."""
    answer = redeemed(nonce=nonce).json()
    assert (answer["token_type"], answer["expires_in"]) == ("DPoP", 3600)
    assert call().json() == {"method": METHOD, "user": ACCOUNT["client_id"]}
    assert call(scheme="dpop").status_code == 200


def test_the_token_endpoint_demands_a_nonce(redeemed: Send, playground: Playground) -> None:
    """A proof without a nonce, or with another, is refused with a new one, which serves until it expires."""
    refused = redeemed(nonce="made-up")
    assert (refused.status_code, refused.json()["error"]) == (400, "use_dpop_nonce")
    nonce = refused.headers["DPoP-Nonce"]
    assert [redeemed(nonce=nonce).status_code for _ in range(2)] == [200, 200]
    requests.post(f"{playground.url}/_control/expire_tokens", timeout=60).raise_for_status()
    assert redeemed(nonce=nonce).headers["DPoP-Nonce"] != nonce


def test_the_client_gets_no_token_without_a_proof(playground: Playground, session: requests.Session) -> None:
    """The refusal is Okta's, word for word."""
    refused = session.post(f"{playground.url}/oauth/token", data=CLIENT, timeout=60)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_dpop_proof")
    assert refused.json()["error_description"] == "The DPoP proof JWT header is missing."


WRONG: dict[str, dict[str, Any]] = {
    "another verb": {"htm": "PUT"},
    "another URL": {"htu": "http://127.0.0.1/oauth/token"},
    "no URL": {"htu": None},
    "a number as verb": {"htm": 7},
    "an old proof": {"iat": int(time.time()) - 3600},
    "a proof of the future": {"iat": int(time.time()) + 3600},
    "no time": {"iat": None},
    "a text as time": {"iat": "now"},
    "a time without end": {"iat": 10**400},
    "no id": {"jti": None},
    "a list as id": {"jti": ["x"]},
    "another type": {"header": {"typ": "JWT"}},
    "a private key": {"header": {"jwk": jwk(KEY, private=True)}},
    "the key of another signature": {"header": {"jwk": jwk(OTHER_KEY)}},
    "no key": {"header": {"jwk": {}}},
    "a text as key": {"header": {"jwk": "x"}},
}


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG)
def test_a_wrong_proof_is_refused(redeemed: Send, nonce: str, call: Send, changes: dict[str, Any]) -> None:
    """Token endpoint and API refuse each proof that section 4.3 refuses, and say invalid_dpop_proof."""
    refused = redeemed(nonce=nonce, **changes)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_dpop_proof")
    answer = call(**changes)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("DPoP ")
    assert 'error="invalid_dpop_proof"' in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("proof", ["x", "a.b.c", "ü", f"{'x' * 9000}.x.x", "W10.W10.", "e30.e30.e30"])
def test_text_that_is_no_proof_is_refused(call: Send, proof: str) -> None:
    """A header that can't be read is answered with 401, not with a crash."""
    assert call(proof=proof.encode()).status_code == 401


@pytest.mark.parametrize("nonce", [None, 7, ["x"], {}])
def test_a_nonce_of_any_type_is_answered(redeemed: Send, nonce: Any) -> None:
    """A nonce that isn't text is answered with a demand for one, not with a crash."""
    assert redeemed(nonce=nonce).json()["error"] == "use_dpop_nonce"


def test_a_proof_serves_once(call: Send) -> None:
    """The same proof again, and another one with the same id, are refused."""
    assert [call(jti="one").status_code for _ in range(2)] == [200, 401]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"ath": None}, "invalid_dpop_proof"),
        ({"ath": token_hash("another token")}, "invalid_dpop_proof"),
        ({"key": OTHER_KEY}, "invalid_token"),
        ({"scheme": "Bearer"}, "invalid_token"),
    ],
)
def test_a_token_needs_its_own_key(call: Send, changes: dict[str, Any], error: str) -> None:
    """A token is refused with a proof for another token or by another key, and as a bearer token."""
    answer = call(**changes)
    assert answer.status_code == 401
    assert f'error="{error}"' in answer.headers["WWW-Authenticate"]


def test_two_proofs_are_refused(playground: Playground, token: str) -> None:
    """A request has one header with a proof (section 4.3), not two, though each proof is good."""
    url = f"{playground.url}/{METHOD}/v1/me"
    for number, status in ((1, 200), (2, 401)):
        proofs = [("DPoP", prove("GET", url, ath=token_hash(token))) for _ in range(number)]
        headers = [("Authorization", f"DPoP {token}"), *proofs]
        assert httpx.get(url, headers=headers, timeout=60).status_code == status


def test_a_bearer_token_is_not_accepted_as_bound(
    playground: Playground, session: requests.Session, client: dict[str, str]
) -> None:
    """A token of a client without proofs is refused with a proof, by whatever key."""
    issued = session.post(f"{playground.url}/oauth/token", data=client, timeout=60).json()
    url, token = f"{playground.url}/{METHOD}/v1/me", issued["access_token"]
    headers = {"Authorization": f"DPoP {token}", "DPoP": prove("GET", url, ath=token_hash(token))}
    assert issued["token_type"] == "Bearer"
    assert session.get(url, headers=headers, timeout=60).status_code == 401


@pytest.mark.parametrize(
    ("client_id", "error"), [(PUBLIC, "invalid_grant"), (ANOTHER, None)], ids=["public", "with a secret"]
)
def test_a_public_clients_refresh_token_is_bound_too(
    playground: Playground, session: requests.Session, nonce: str, client_id: str, error: str | None
) -> None:
    """A public client's refresh token is refused with another key, or without a proof (section 5)."""
    options = SignInOptions(method="oauth2_authorization_code", client_id=client_id)
    url, held = f"{playground.url}/oauth/token", [playground.sign_in(options)["refresh_token"]]
    secret = {} if client_id == PUBLIC else {"client_secret": WITH_SECRET["client_secret"]}

    def refreshed(key: ec.EllipticCurvePrivateKey | None) -> str | None:
        form = {"grant_type": "refresh_token", "refresh_token": held[-1], "client_id": client_id, **secret}
        headers = {"DPoP": prove("POST", url, key, nonce=nonce)} if key else {}
        answer = session.post(url, data=form, headers=headers, timeout=60).json()
        held.extend([answer["refresh_token"]] if "refresh_token" in answer else [])
        return answer.get("error")

    assert [refreshed(key) for key in (KEY, KEY, OTHER_KEY, None)] == [None, None, error, error]
    assert refreshed(KEY) is None


def test_the_index_and_the_metadata_name_it(playground: Playground, session: requests.Session) -> None:
    """The index has the document, and the metadata the algorithm (section 5.1)."""
    shown = session.get(playground.url, timeout=60).json()["bound_clients"][METHOD]
    assert (shown["client_id"], shown["dpop"]) == (ACCOUNT["client_id"], True)
    said = session.get(f"{playground.url}/.well-known/oauth-authorization-server", timeout=60).json()
    assert said["dpop_signing_alg_values_supported"] == ["ES256"]
