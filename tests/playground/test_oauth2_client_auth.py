"""Client authentication with JWTs (RFC 7523 section 3), signed by PyJWT and by Authlib."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import ClientSecretJWT, PrivateKeyJWT

from watchword_playground import ASSERTING_CREDENTIALS, AWKWARD_CREDENTIALS, CREDENTIALS, Playground

METHOD = "oauth2_client_credentials"
USUAL = CREDENTIALS[METHOD]
KEYED = ASSERTING_CREDENTIALS[METHOD]
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KID = {"kid": KEYED["assertion_key_id"]}

Show = Callable[..., requests.Response]


@pytest.fixture(scope="module")
def playground() -> Iterator[Playground]:
    """Serve one playground for this module. Its tests leave it unchanged."""
    with Playground() as running:
        yield running


@pytest.fixture
def show(playground: Playground, redeem: Callable[..., requests.Response]) -> Show:
    """Give the function that requests a token with an assertion whose claims may be changed."""

    def sent(
        claims: dict[str, Any] | None = None,
        key: str = KEYED["private_key"],
        algorithm: str = "RS256",
        headers: dict[str, str] | None = None,
        **form: Any,
    ) -> requests.Response:
        assertion = jwt.encode(claims_of(playground, **(claims or {})), key, algorithm, headers=headers)
        own = {"client_assertion": assertion, "client_assertion_type": TYPE, **form}
        return redeem(grant_type="client_credentials", **own)

    return sent


def claims_of(playground: Playground, **changes: Any) -> dict[str, Any]:
    """Return valid claims with some changed, or left out by None."""
    usual = {
        "iss": KEYED["client_id"],
        "sub": KEYED["client_id"],
        "aud": f"{playground.url}/oauth/token",
        "jti": str(uuid.uuid4()),
        "exp": int(time.time()) + 60,
    }
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


@pytest.mark.parametrize(
    ("client_id", "secret", "way"),
    [
        (KEYED["client_id"], KEYED["private_key"], PrivateKeyJWT),
        (USUAL["client_id"], USUAL["client_secret"], ClientSecretJWT),
    ],
)
def test_authlib_asserts(
    playground: Playground, monkeypatch: pytest.MonkeyPatch, client_id: str, secret: str, way: type[Any]
) -> None:
    """A client may sign with its private key, or with its secret."""
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    endpoint = f"{playground.url}/oauth/token"
    with OAuth2Session(client_id, secret, token_endpoint_auth_method=way.name) as client:
        client.trust_env = False
        client.register_client_auth_method(way(endpoint))
        client.fetch_token(endpoint, grant_type="client_credentials")
        assert client.get(f"{playground.url}/{METHOD}/v1/me").json()["user"] == client_id


def test_audiences_and_names(playground: Playground, show: Show) -> None:
    """The audience is the token endpoint or the issuer. Key id and client_id are optional."""
    assert show().status_code == 200
    assert show({"aud": playground.url}).status_code == 200
    assert show({"aud": ["https://elsewhere.example", playground.url]}).status_code == 200
    assert show(headers=KID, client_id=KEYED["client_id"]).status_code == 200


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"aud": "https://elsewhere.example"}, "audience"),
        ({"aud": None}, "lacks aud"),
        ({"exp": None}, "lacks exp"),
        ({"exp": int(time.time()) - 60}, "expired"),
        ({"exp": int(time.time()) + 86400}, "3600 seconds"),
        ({"nbf": int(time.time()) + 86400}, "isn't valid yet"),
        ({"jti": None}, "lacks jti"),
        ({"sub": "somebody"}, "subject"),
        ({"sub": None}, "subject"),
        ({"iss": "somebody"}, "issuer"),
        ({"iss": None}, "issuer"),
        ({"iss": "playground-public-client", "sub": "playground-public-client"}, "can sign"),
        ({"iss": USUAL["client_id"], "sub": USUAL["client_id"]}, "algorithm"),
    ],
)
def test_a_refusal_says_what_is_wrong(show: Show, claims: dict[str, Any], why: str) -> None:
    """Each wrong claim is `invalid_client` with its own reason."""
    response = show(claims)
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")
    assert why in response.json()["error_description"]


def test_an_assertion_serves_once(playground: Playground, redeem: Callable[..., requests.Response]) -> None:
    """The same assertion is refused the second time."""
    assertion = jwt.encode(claims_of(playground), KEYED["private_key"], "RS256")
    form = {"grant_type": "client_credentials", "client_assertion": assertion, "client_assertion_type": TYPE}
    assert redeem(**form).status_code == 200
    again = redeem(**form)
    assert (again.status_code, "used before" in again.text) == (401, True)


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
@pytest.mark.parametrize(
    ("key", "algorithm", "headers", "why"),
    [
        (AWKWARD_CREDENTIALS["jwt_bearer"]["jwt_secret"], "ES256", None, "algorithm"),
        (KEYED["private_key"], "RS512", None, "algorithm"),
        ("a-guess-of-thirty-two-bytes-or-more-in-all", "HS256", None, "algorithm"),
        (None, "none", None, "algorithm"),
        (KEYED["private_key"], "RS256", {"kid": "another"}, "key with this id"),
    ],
)
def test_the_client_decides_how_it_signs_beforehand(
    show: Show, key: Any, algorithm: str, headers: dict[str, str] | None, why: str
) -> None:
    """The registered key and algorithm are used, not those in the assertion."""
    response = show(None, key, algorithm, headers)
    assert (response.status_code, why in response.json()["error_description"]) == (401, True)


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"client_assertion_type": "x"}, 400, "invalid_request"),
        ({"client_assertion_type": None}, 400, "invalid_request"),
        ({"client_secret": "x"}, 400, "invalid_request"),
        ({"client_id": USUAL["client_id"]}, 400, "invalid_request"),
        ({"client_assertion": "a.b.c"}, 401, "invalid_client"),
        ({"client_assertion": "", "client_id": KEYED["client_id"]}, 401, "invalid_client"),
        ({"client_assertion": None, "client_id": KEYED["client_id"]}, 401, "invalid_client"),
    ],
)
def test_malformed_assertions(show: Show, form: dict[str, Any], status: int, error: str) -> None:
    """A wrong assertion type, two ways at once, another client's id and text that isn't a JWT are refused."""
    response = show(**form)
    assert (response.status_code, response.json()["error"]) == (status, error)


def test_a_client_with_a_key_has_no_secret(redeem: Callable[..., requests.Response]) -> None:
    """A client with a key is refused with any secret, also with an empty one."""
    for secret in ("", "None", "guess"):
        form = {"client_id": KEYED["client_id"], "client_secret": secret}
        assert redeem(grant_type="client_credentials", **form).status_code == 401


def test_metadata_names_what_there_is(playground: Playground, session: requests.Session) -> None:
    """The metadata names the server's endpoints (RFC 8414)."""
    said = session.get(f"{playground.url}/.well-known/oauth-authorization-server").json()
    assert said["issuer"] == playground.url
    assert said["token_endpoint"] == f"{playground.url}/oauth/token"
    assert len(said["grant_types_supported"]) == 7
