"""Digest: requests, httpx and aiohttp answer the challenges, and a client here covers other variants."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import aiohttp
import httpx
import pytest
import requests
from aiohttp.client_middleware_digest_auth import DigestAuthMiddleware
from aiohttp.payload import BytesPayload
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from requests.auth import HTTPDigestAuth
from yarl import URL

from watchword_playground import AWKWARD_CREDENTIALS, CREDENTIALS, Playground
from watchword_playground.verifiers.digest import DigestInput, expected_response

FIELDS = CREDENTIALS["digest"]
AWKWARD = AWKWARD_CREDENTIALS["digest"]
PATH = "/digest/v1/me?a=%20b&c"

Answer = Callable[..., dict[str, str]]


@pytest.fixture(scope="module")
def playground() -> Iterator[Playground]:
    """Serve one playground for this module. Its tests leave it unchanged."""
    with Playground() as running:
        yield running


@pytest.fixture
def challenge(playground: Playground, session: requests.Session) -> Callable[[], dict[str, str]]:
    """Give the function that requests a challenge and returns the parameters of the first."""

    def asked() -> dict[str, str]:
        first = (
            session.get(f"{playground.url}/digest/v1/me").headers["WWW-Authenticate"].split(", Digest ")[0]
        )
        return parameters(first)

    return asked


@pytest.fixture
def send(playground: Playground, session: requests.Session) -> Callable[[dict[str, str]], requests.Response]:
    """Give the function that sends these parameters with a GET of PATH."""

    def sent(response: dict[str, str]) -> requests.Response:
        header = "Digest " + ", ".join(f'{name}="{value}"' for name, value in response.items())
        return session.get(playground.url + PATH, headers={"Authorization": header.encode()})

    return sent


def parameters(header: str) -> dict[str, str]:
    """Read the parameters of one challenge or credential."""
    found = re.findall(r'([a-z*]+)=(?:"([^"]*)"|([^",\s]+))', header)
    return {name: quoted or token for name, quoted, token in found}


def respond(
    challenge: dict[str, str], account: Any = FIELDS, first_cnonce: str = "", **own: str
) -> dict[str, str]:
    """Return a credential for a GET of PATH, computed here and not by the playground."""
    name = {"SHA-256": "sha256", "MD5": "md5"}[own.get("algorithm", "SHA-256").removesuffix("-sess")]

    def h(*parts: str) -> str:
        return hashlib.new(name, ":".join(parts).encode()).hexdigest()

    credential = {
        "username": account["username"], "realm": challenge["realm"], "nonce": challenge["nonce"],
        "opaque": challenge["opaque"], "uri": PATH, "algorithm": "SHA-256", "qop": "auth",
        "nc": "00000001", "cnonce": "client", **own,
    }  # fmt: skip
    secret = h(account["username"], credential["realm"], account["password"])
    if credential["algorithm"].endswith("-sess"):
        secret = h(secret, credential["nonce"], first_cnonce or credential["cnonce"])
    covered = h("GET", credential["uri"], *([h("")] if credential["qop"] == "auth-int" else []))
    counted = (credential["nonce"], credential["nc"], credential["cnonce"], credential["qop"])
    return {**credential, "response": h(secret, *counted, covered)}


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_example_of_the_rfc(algorithm: str, response: str) -> None:
    """The example of RFC 7616 §3.9.1 gives the response that is printed there."""
    given = {
        "realm": "http-auth@example.org", "uri": "/dir/index.html", "algorithm": algorithm,
        "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "nc": "00000001",
        "cnonce": "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", "qop": "auth",
    }  # fmt: skip
    mufasa = {"username": "Mufasa", "password": "Circle of Life"}
    asked = DigestInput("GET", "/dir/index.html", b"")
    assert expected_response(mufasa, given, asked, given["cnonce"]) == response


def test_two_challenges_the_stronger_first(playground: Playground) -> None:
    """SHA-256 and MD5 are offered in two headers, in this order."""
    headers = httpx.get(f"{playground.url}/digest/v1/me").headers.get_list("www-authenticate")
    offered = [parameters(each) for each in headers]
    assert [each["algorithm"] for each in offered] == ["SHA-256", "MD5"]
    for each in offered:
        said = {name: each[name] for name in ("qop", "charset", "userhash")}
        assert said == {"qop": "auth, auth-int", "charset": "UTF-8", "userhash": "true"}


def test_requests_gets_in_with_md5(playground: Playground, session: requests.Session) -> None:
    """The client of requests answers the second challenge, and continues with the same nonce."""
    session.auth = HTTPDigestAuth(FIELDS["username"], FIELDS["password"])
    first, second = (session.get(playground.url + PATH) for _ in range(2))
    assert parameters(first.request.headers["Authorization"])["algorithm"] == "MD5"
    assert (first.status_code, second.status_code, len(second.history)) == (200, 200, 0)
    assert parameters(second.request.headers["Authorization"])["nc"] == "00000002"


def test_httpx_gets_in_with_sha256(playground: Playground) -> None:
    """The client of httpx answers the first challenge, and continues with the same nonce."""
    with httpx.Client(auth=httpx.DigestAuth(FIELDS["username"], FIELDS["password"])) as client:
        first, second = (client.get(playground.url + PATH) for _ in range(2))
    assert parameters(first.request.headers["Authorization"])["algorithm"] == "SHA-256"
    assert (first.status_code, second.status_code, len(second.history)) == (200, 200, 0)


@pytest.mark.parametrize("account", [FIELDS, AWKWARD])
def test_aiohttp_gets_in_with_the_body_covered(playground: Playground, account: Any) -> None:
    """The client of aiohttp chooses auth-int, which covers the body, and sends a username in plain UTF-8."""

    async def posted() -> tuple[int, int]:
        middleware = DigestAuthMiddleware(account["username"], account["password"])
        url = f"{playground.url}/digest/v1/uploads"
        async with aiohttp.ClientSession(middlewares=(middleware,)) as client:
            async with client.post(url, data=b"a body") as response:
                content = await response.json()
            header = await middleware._encode("POST", URL(url), BytesPayload(b"a body"))
            assert parameters(header)["qop"] == "auth-int"
        altered = await asyncio.to_thread(
            requests.post, url, data=b"another", headers={"Authorization": header.encode()}, timeout=60
        )
        return content["bytes"], altered.status_code

    assert asyncio.run(posted()) == (6, 401)


@pytest.mark.parametrize("algorithm", ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess"])
@pytest.mark.parametrize("qop", ["auth", "auth-int"])
def test_aiohttp_agrees_on_every_formula(
    playground: Playground, session: requests.Session, challenge: Any, algorithm: str, qop: str
) -> None:
    """The response of aiohttp for each algorithm and qop is accepted, twice with one nonce."""
    middleware = DigestAuthMiddleware(FIELDS["username"], FIELDS["password"])
    middleware._challenge = {**challenge(), "algorithm": algorithm, "qop": qop}
    for _ in range(2):
        header = asyncio.run(middleware._encode("GET", URL(playground.url + PATH, encoded=True), b""))
        assert session.get(playground.url + PATH, headers={"Authorization": header}).status_code == 200


def test_a_session_key_may_keep_its_first_client_nonce(challenge: Any, send: Any) -> None:
    """A `-sess` key of the first client nonce stays valid (RFC 7616 §3.4.2), that of a third is wrong."""
    asked = challenge()
    own = {"algorithm": "SHA-256-sess"}
    assert send(respond(asked, cnonce="one", **own)).status_code == 200
    assert send(respond(asked, nc="00000002", cnonce="two", first_cnonce="one", **own)).status_code == 200
    assert send(respond(asked, nc="00000003", cnonce="two", first_cnonce="three", **own)).status_code == 401


def test_names_beyond_ascii(challenge: Any, send: Any) -> None:
    """The username may be encoded as `username*` (RFC 8187), hashed, or plain."""
    for spelt in ("UTF-8''j%C3%BCrgen", "utf-8'de'j%C3%BCrgen"):
        response = respond(challenge(), AWKWARD)
        del response["username"]
        assert send({**response, "username*": spelt}).json()["user"] == "jürgen"
    hashed = hashlib.sha256(f"jürgen:{challenge()['realm']}".encode()).hexdigest()
    assert send({**respond(challenge(), AWKWARD), "username": hashed, "userhash": "true"}).status_code == 200
    assert send({**respond(challenge(), AWKWARD), "username": hashed}).status_code == 401
    wrong = {**respond(challenge(), AWKWARD), "username": hashed, "username*": f"UTF-8''{quote('ü')}"}
    assert send(wrong).status_code == 401


def stale(response: requests.Response) -> tuple[int, bool]:
    return response.status_code, "stale=true" in response.headers["WWW-Authenticate"]


def test_the_nonce_count_must_rise(challenge: Any, send: Any) -> None:
    """A nonce count that isn't higher than the last makes the nonce stale. Gaps are allowed."""
    asked = challenge()
    assert send(respond(asked, nc="00000003")).status_code == 200
    assert stale(send(respond(asked, nc="00000003"))) == (401, True)
    assert stale(send(respond(asked, nc="00000002"))) == (401, True)
    assert send(respond(asked, nc="0000000a")).status_code == 200


def test_a_nonce_ends(playground: Playground, challenge: Any, send: Any) -> None:
    """An expired or made-up nonce is stale if the password is right. Otherwise the credential is wrong."""
    asked = challenge()
    playground.expire_tokens()
    assert stale(send(respond(asked))) == (401, True)
    assert stale(send(respond({**asked, "nonce": "mine"}))) == (401, True)
    assert stale(send(respond(asked, {**FIELDS, "password": "wrong"}))) == (401, False)
    assert send(respond(challenge())).status_code == 200


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"response": "0" * 64}, 401),
        ({"username": "jürgen"}, 401),
        ({"username": "unknown"}, 401),
        ({"realm": "elsewhere"}, 401),
        ({"opaque": "other"}, 401),
        ({"algorithm": "SHA-1"}, 401),
        ({"algorithm": "MD5"}, 401),
        ({"qop": "auth-conf"}, 401),
        ({"nc": "1"}, 401),
        ({"nc": "0000000x"}, 401),
        ({"cnonce": "another"}, 401),
        ({"uri": "/digest/v1/me"}, 400),
        ({"uri": PATH.replace("a=", "b=")}, 400),
    ],
)
def test_what_is_altered_is_refused(challenge: Any, send: Any, changes: dict[str, str], status: int) -> None:
    """A change of any parameter is refused. A digest for another address is 400 (RFC 7616 §3.4.6)."""
    response = {**respond(challenge()), **changes}
    assert stale(send(response)) == (status, False)


@pytest.mark.parametrize(
    "absent", ["realm", "nonce", "uri", "response", "qop", "nc", "cnonce", "opaque", "username"]
)
def test_no_parameter_may_be_absent(challenge: Any, send: Any, absent: str) -> None:
    """A header that lacks a parameter is refused, also in the older form without qop."""
    response = respond(challenge())
    del response[absent]
    assert send(response).status_code == 401


@pytest.mark.parametrize("password", ["wrong", AWKWARD["password"]])
def test_wrong_passwords(playground: Playground, password: str) -> None:
    """A wrong password, or that of another account, is refused after one retry."""
    response = httpx.get(playground.url + PATH, auth=httpx.DigestAuth(FIELDS["username"], password))
    assert (response.status_code, "wrong" in response.json()["detail"]) == (401, True)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=255, blacklist_characters="\x7f"), max_size=40))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_header_is_answered(playground: Playground, session: requests.Session, text: str) -> None:
    """A Digest header with any text is answered with 401 and a challenge, not with a crash."""
    headers = {"Authorization": f"Digest {text.strip()}".strip().encode("latin-1")}
    response = session.get(playground.url + PATH, headers=headers)
    assert (response.status_code, response.headers["WWW-Authenticate"][:7]) == (401, "Digest ")
