"""Every method accepts the right credential and refuses all others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from watchword_playground import AWKWARD_CREDENTIALS, CREDENTIALS, Playground, document

Present = Callable[..., dict[str, Any]]

SECURED = [method for method in CREDENTIALS if method != "none"]
CHALLENGES = {
    "api_key": "APIKey",
    "bearer": "Bearer",
    "basic": "Basic",
    "digest": "Digest",
    "jwt_bearer": "Bearer",
    "oauth1": "OAuth",
    "oauth2_client_credentials": "Bearer",
    "oauth2_authorization_code": "Bearer",
    "oauth2_device_code": "Bearer",
    "oauth2_jwt_bearer": "Bearer",
    "oauth2_token_exchange": "Bearer",
    "oauth2_password": "Bearer",
    "session_login": "Bearer",
    "aws_sigv4": "",
    "hmac_signature": "HMAC",
    "custom": "APIKey",
}


def refusal(response: requests.Response) -> tuple[int, str, str]:
    """Return a refusal's status, the scheme of its challenge, and its reason."""
    scheme = response.headers.get("WWW-Authenticate", "").partition(" ")[0]
    content = response.json()
    return response.status_code, scheme, (content.get("detail") or content["message"]).lower()


def expected(method: str) -> tuple[int, str]:
    """Return the status and scheme of a method's refusal. AWS answers 403 without a challenge."""
    return (403 if method == "aws_sigv4" else 401), CHALLENGES[method]


@pytest.fixture(scope="module")
def playground() -> Iterator[Playground]:
    """Serve one playground for this module. Its tests leave it unchanged."""
    with Playground() as running:
        yield running


def test_none_is_open(playground: Playground, session: requests.Session) -> None:
    """The open API needs no credential."""
    response = session.get(f"{playground.url}/none/v1/me")
    assert (response.status_code, response.json()) == (200, {"method": "none", "user": "anonymous"})


@pytest.mark.parametrize("method", SECURED)
def test_right_credential_is_accepted(
    method: str, playground: Playground, session: requests.Session, present: Present
) -> None:
    """The published credential is accepted by both resources."""
    presented = present(method)
    me = session.get(f"{playground.url}/{method}/v1/me", **presented)
    assert (me.status_code, me.json()["method"]) == (200, method)
    assert session.get(f"{playground.url}/{method}/v1/airports", **presented).json()["total"] == 3376


@pytest.mark.parametrize("method", SECURED)
@pytest.mark.parametrize("resource", ["me", "airports", "airports?per_page=0", "admin"])
def test_missing_credential_is_refused(
    method: str, resource: str, playground: Playground, session: requests.Session
) -> None:
    """Without a credential every resource answers 401 in JSON and names its scheme."""
    response = session.get(f"{playground.url}/{method}/v1/{resource}")
    *how, words = refusal(response)
    assert (*how,) == expected(method)
    assert "error=" not in response.headers.get("WWW-Authenticate", "")
    assert "missing" in words


@pytest.mark.parametrize("method", SECURED)
@pytest.mark.parametrize("suffix", ["x", "\u00fc", "%00"])
def test_wrong_credential_is_refused(
    method: str, suffix: str, playground: Playground, session: requests.Session, present: Present
) -> None:
    """A credential with one character too many is refused, whatever the character."""
    response = session.get(f"{playground.url}/{method}/v1/me", **present(method, suffix=suffix))
    assert refusal(response)[:2] == expected(method)


@pytest.mark.parametrize("method", SECURED)
def test_revoked_credential_is_refused_until_restored(
    method: str, playground: Playground, session: requests.Session, present: Present
) -> None:
    """Revoking refuses the right credential, and restoring accepts it again."""
    presented = present(method)
    playground.revoke(method)
    refused = session.get(f"{playground.url}/{method}/v1/me", **presented)
    *how, words = refusal(refused)
    assert (*how,) == expected(method)
    assert "revoked" in words
    playground.restore(method)
    assert session.get(f"{playground.url}/{method}/v1/me", **present(method)).status_code == 200


@pytest.mark.parametrize("method", SECURED)
def test_admin_is_known_but_not_allowed(
    method: str, playground: Playground, session: requests.Session, present: Present
) -> None:
    """A valid credential gets 403 at the admin resource. For bearer methods, a challenge names the scope."""
    response = session.get(f"{playground.url}/{method}/v1/admin", **present(method))
    assert response.status_code == 403
    said = 'error="insufficient_scope"' in response.headers.get("WWW-Authenticate", "")
    assert said == (CHALLENGES[method] == "Bearer")


@pytest.mark.parametrize("method", CREDENTIALS)
def test_uploads_take_any_body(
    method: str, playground: Playground, session: requests.Session, present: Present
) -> None:
    """A body of any kind is accepted behind every method, but only with the credential."""
    url = f"{playground.url}/{method}/v1/uploads"
    presented = {} if method == "none" else present(method)
    assert session.post(url, data=b"\xff\x00{", **presented).json()["bytes"] == 3
    assert method == "none" or session.post(url, data=b"\xff\x00{").status_code == expected(method)[0]


@pytest.mark.parametrize("place", ["headers", "params", "cookies"])
@pytest.mark.parametrize(("suffix", "status"), [("", 200), ("x", 401)])
def test_api_key_travels_three_ways(
    place: str, suffix: str, status: int, playground: Playground, session: requests.Session
) -> None:
    """The API key is verified in header, query and cookie."""
    name = "X-API-Key" if place == "headers" else "api_key"
    options: dict[str, Any] = {place: {name: CREDENTIALS["api_key"]["api_key"] + suffix}}
    assert session.get(f"{playground.url}/api_key/v1/me", **options).status_code == status


def test_two_api_keys_must_both_be_right(
    playground: Playground, session: requests.Session, present: Present
) -> None:
    """A wrong key is refused, even together with a right one."""
    response = session.get(f"{playground.url}/api_key/v1/me?api_key=wrong", **present("api_key"))
    assert response.status_code == 401


@pytest.mark.parametrize("absent", ["X-Client-Id", "X-Client-Secret", "tenant"])
def test_custom_wants_all_three(
    absent: str, playground: Playground, session: requests.Session, present: Present
) -> None:
    """Two of three secrets are refused."""
    presented = present("custom")
    for place in presented.values():
        place.pop(absent, None)
    assert session.get(f"{playground.url}/custom/v1/me", **presented).status_code == 401


@pytest.mark.parametrize("method", ["bearer", *(name for name in CREDENTIALS if name.startswith("oauth2_"))])
def test_bearer_token_may_be_in_the_query(
    method: str, playground: Playground, session: requests.Session, present: Present
) -> None:
    """A token is also accepted as `access_token` in the query (RFC 6750 §2.3)."""
    token = present(method)["headers"]["Authorization"].partition(" ")[2]
    url = f"{playground.url}/{method}/v1/me"
    assert session.get(url, params={"access_token": token}).status_code == 200
    assert session.get(url, params={"access_token": token + "x"}).status_code == 401


def test_basic_speaks_utf8(
    playground: Playground, session: requests.Session, basic: Callable[[str, str], dict[str, str]]
) -> None:
    """A username and password with umlauts, colon and euro sign are accepted in UTF-8 only."""
    account = AWKWARD_CREDENTIALS["basic"]
    url = f"{playground.url}/basic/v1/me"
    response = session.get(url, headers=basic(account["username"], account["password"]))
    assert (response.status_code, response.json()["user"]) == (200, "jürgen")
    assert session.get(url, headers=basic(account["username"], "pä:ss+wörd 100%")).status_code == 401
    other_name = basic(CREDENTIALS["basic"]["username"], account["password"])
    assert session.get(url, headers=other_name).status_code == 401


@pytest.mark.parametrize("value", ["Basic", "Basic !!!", "Basic bm9jb2xvbg==", "Basic /w==", "Bearer x", "x"])
def test_malformed_basic_is_refused(value: str, playground: Playground, session: requests.Session) -> None:
    """A Basic header that can't be read is answered with 401, not with a crash."""
    response = session.get(f"{playground.url}/basic/v1/me", headers={"Authorization": value})
    assert response.status_code == 401
    assert 'charset="UTF-8"' in response.headers["WWW-Authenticate"]


def test_documents_are_complete() -> None:
    """A document has absolute URLs and is a copy that can be changed."""
    made = document("http://127.0.0.1:8765/", "oauth2_client_credentials")
    assert made["base_url"] == "http://127.0.0.1:8765/oauth2_client_credentials"
    assert made["token_url"] == "http://127.0.0.1:8765/oauth/token"
    others = [document("http://127.0.0.1", method) for method in CREDENTIALS]
    urls = [text for each in others for name, text in each.items() if name.endswith(("_url", "_endpoint"))]
    urls.append(document("http://127.0.0.1", "oauth2_jwt_bearer")["payload"]["aud"])
    assert len(urls) == 33
    assert all(text.startswith("http://127.0.0.1/") for text in urls)
    document("http://127.0.0.1", "custom")["secret_parameters"].clear()
    assert len(CREDENTIALS["custom"]["secret_parameters"]) == 3


def test_unknown_method_has_no_document() -> None:
    """The error of an unknown method names the known methods."""
    with pytest.raises(ValueError, match=r"'carrier_pigeon'.*api_key.*bearer"):
        document("http://127.0.0.1", "carrier_pigeon")
