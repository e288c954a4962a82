"""OAuth 1.0: signed by oauthlib's client side through requests-oauthlib, and the three steps of a sign-in."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import requests
from requests_oauthlib import OAuth1, OAuth1Session
from requests_oauthlib.oauth1_session import TokenRequestDenied

from watchword_playground import AWKWARD_CREDENTIALS, CREDENTIALS, Playground

FIELDS = CREDENTIALS["oauth1"]
AWKWARD = {**FIELDS, **AWKWARD_CREDENTIALS["oauth1"]}
HMAC = ["HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512", "PLAINTEXT"]
RSA = ["RSA-SHA1", "RSA-SHA256", "RSA-SHA512"]

COMPLETE = (
    'oauth_consumer_key="a", oauth_signature="a", oauth_nonce="a", oauth_signature_method="HMAC-SHA1", '
    'oauth_token="a"'
)

Client = Callable[..., OAuth1Session]


def signed(fields: Any, **options: Any) -> OAuth1:
    """Return the client's side of a document, with some options of oauthlib's changed."""
    own = {
        "client_secret": fields["consumer_secret"],
        "resource_owner_key": fields["access_token"],
        "resource_owner_secret": fields["token_secret"],
        "rsa_key": fields.get("private_key"),
    }
    return OAuth1(fields["consumer_key"], **{**own, **options})


@pytest.fixture(scope="module")
def playground() -> Iterator[Playground]:
    """Serve one playground for this module. Its tests leave it unchanged."""
    with Playground() as running:
        yield running


@pytest.fixture
def me(playground: Playground) -> str:
    return f"{playground.url}/oauth1/v1/me"


def problem(response: requests.Response) -> tuple[int, str]:
    """Return the status and the problem code in the challenge."""
    found = re.search('oauth_problem="([a-z_]+)"', response.headers["WWW-Authenticate"])
    return response.status_code, found.group(1) if found else ""


WAYS = [(FIELDS, way) for way in HMAC] + [(AWKWARD, way) for way in HMAC + RSA]


@pytest.mark.parametrize(("fields", "way"), WAYS)
def test_seven_ways_to_sign(me: str, session: requests.Session, fields: Any, way: str) -> None:
    """Every signature method is verified, also with keys and tokens that must be encoded."""
    url = f"{me}?b=2&a=x%20y&a=1&q=ü<>"
    response = session.get(url, auth=signed(fields, signature_method=way))
    assert (response.status_code, response.json()["user"]) == (200, fields["consumer_key"])


@pytest.mark.parametrize("place", ["auth_header", "query", "body"])
def test_three_places(playground: Playground, session: requests.Session, place: str) -> None:
    """The signature may be in the header, the query or a form, and covers the form's fields."""
    url = f"{playground.url}/oauth1/v1/uploads?a=1"
    response = session.post(url, data={"b": "2 + ü"}, auth=signed(FIELDS, signature_type=place))
    assert response.status_code == 200


def test_other_bodies_are_not_covered(playground: Playground, session: requests.Session) -> None:
    """A body that isn't a form isn't part of the signature (RFC 5849 §3.4.1.3)."""
    auth = signed(FIELDS)
    assert session.post(f"{playground.url}/oauth1/v1/uploads", json={"a": 1}, auth=auth).status_code == 200


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"client_secret": "wrong"}, "signature_invalid"),
        ({"resource_owner_secret": "wrong"}, "signature_invalid"),
        ({"signature_method": "PLAINTEXT", "client_secret": "wrong"}, "signature_invalid"),
        ({"resource_owner_key": "unknown"}, "token_rejected"),
        ({"resource_owner_key": AWKWARD["access_token"]}, "token_rejected"),
        ({"resource_owner_key": None}, "parameter_absent"),
        ({"realm": "elsewhere"}, "parameter_rejected"),
        ({"timestamp": str(int(time.time()) - 700)}, "timestamp_refused"),
        ({"timestamp": str(int(time.time()) + 86400)}, "timestamp_refused"),
        ({"timestamp": "soon"}, "timestamp_refused"),
        # The key is published, but it isn't this client's.
        ({"signature_method": "RSA-SHA1", "rsa_key": AWKWARD["private_key"]}, "consumer_key_unknown"),
    ],
)
def test_a_refusal_names_the_problem(
    me: str, session: requests.Session, changes: dict[str, Any], expected: str
) -> None:
    """Wrong secrets, tokens, realms and clocks have different problem codes."""
    assert problem(session.get(me, auth=signed(FIELDS, **changes))) == (401, expected)


def test_an_unknown_consumer_is_named(me: str, session: requests.Session) -> None:
    """An unknown consumer key is consumer_key_unknown."""
    unknown = {**FIELDS, "consumer_key": "unknown"}
    assert problem(session.get(me, auth=signed(unknown))) == (401, "consumer_key_unknown")


def test_the_realm_may_be_named(me: str, session: requests.Session) -> None:
    """The realm of the challenge is accepted. A query parameter of that name isn't a realm."""
    assert session.get(me, auth=signed(FIELDS, realm="watchword playground")).status_code == 200
    assert session.get(f"{me}?realm=elsewhere", auth=signed(FIELDS)).status_code == 200


def test_a_nonce_counts_once(me: str, session: requests.Session) -> None:
    """The same request sent again is a replay. Another nonce or another time is accepted."""
    prepared = session.prepare_request(requests.Request("GET", me, auth=signed(FIELDS)))
    assert session.send(prepared).status_code == 200
    assert problem(session.send(prepared)) == (401, "nonce_used")
    for each in ({"nonce": "another"}, {"nonce": "same"}):
        assert session.get(me, auth=signed(FIELDS, **each)).status_code == 200


def test_what_is_altered_on_the_way_is_refused(playground: Playground, session: requests.Session) -> None:
    """A query, form or HTTP method that was changed after signing is a wrong signature."""
    url = f"{playground.url}/oauth1/v1/uploads"

    def prepared(**changes: Any) -> requests.PreparedRequest:
        request = requests.Request("POST", f"{url}?a=1", data={"b": "2"}, auth=signed(FIELDS))
        made = session.prepare_request(request)
        for name, value in changes.items():
            setattr(made, name, value)
        return made

    wrong = (401, "signature_invalid")
    assert session.send(prepared()).status_code == 200
    assert problem(session.send(prepared(body="b=3"))) == wrong
    assert problem(session.send(prepared(url=f"{url}?a=2"))) == wrong
    assert problem(session.send(prepared(url=f"{url}?a=1&c=3"))) == wrong
    assert problem(session.send(prepared(url=f"{playground.url}/oauth1/v1/me?a=1", method="GET"))) == wrong


@pytest.mark.parametrize(
    "value",
    [
        "OAuth",
        "OAuth x",
        'OAuth oauth_token="a", oauth_token="b"',
        'OAuth oauth_consumer_key="%zz", oauth_signature="\xfc"',
        f'OAuth oauth_version="2.0", oauth_timestamp="1", {COMPLETE}',
        f'OAuth oauth_timestamp="²²²²²²²²²²", {COMPLETE}',
    ],
)
def test_malformed_headers(me: str, session: requests.Session, value: str) -> None:
    """A header that can't be read is answered with 401, not with a crash."""
    headers = {"Authorization": value.encode("latin-1")}
    assert session.get(f"{me}?a=%zz", headers=headers).status_code == 401


@pytest.mark.parametrize("signature", ["a", "\xfc", "====", ""])
@pytest.mark.parametrize("way", ["RSA-SHA1", "HMAC-SHA1", "MD5"])
def test_malformed_signatures(me: str, session: requests.Session, signature: str, way: str) -> None:
    """A malformed signature is answered with 401, not with a crash."""
    query = {
        "oauth_consumer_key": AWKWARD["consumer_key"],
        "oauth_token": AWKWARD["access_token"],
        "oauth_nonce": signature + way,
        "oauth_timestamp": str(int(time.time())),
        "oauth_signature_method": way,
        "oauth_signature": signature,
    }
    assert session.get(me, params=query).status_code == 401


@pytest.fixture
def client() -> Iterator[Client]:
    """Give the function that creates the client of a sign-in."""
    made: list[OAuth1Session] = []

    def start(callback: str | None = "oob", fields: Any = FIELDS, **options: Any) -> OAuth1Session:
        own = {"client_secret": fields["consumer_secret"], "callback_uri": callback}
        session = OAuth1Session(fields["consumer_key"], **{**own, **options})
        session.trust_env = False
        made.append(session)
        return session

    yield start
    for session in made:
        session.close()


def decide(playground: Playground, token: str, decision: str = "allow", **headers: str) -> requests.Response:
    """Press a button on the page without following the redirect."""
    return requests.post(
        f"{playground.url}{FIELDS['authorize_url']}",
        data={"oauth_token": token, "decision": decision},
        headers=headers,
        allow_redirects=False,
        timeout=60,
    )


@pytest.mark.parametrize("fields", [FIELDS, AWKWARD])
def test_a_sign_in_by_callback(playground: Playground, client: Client, fields: Any) -> None:
    """The page sends token and verifier to the callback, and the API accepts the resulting access token."""
    api = client("https://client.example/back?a=1", fields)
    token = api.fetch_request_token(playground.url + FIELDS["request_token_url"])["oauth_token"]
    page = requests.get(api.authorization_url(playground.url + FIELDS["authorize_url"]), timeout=60)
    assert page.status_code == 200
    assert fields["consumer_key"] in page.text
    response = decide(playground, token)
    assert response.status_code == 303
    location = urlsplit(response.headers["Location"])
    assert (location.netloc, parse_qs(location.query)["a"]) == ("client.example", ["1"])
    api.parse_authorization_response(response.headers["Location"])
    issued = api.fetch_access_token(playground.url + FIELDS["access_token_url"])
    assert issued["oauth_token"] != FIELDS["access_token"]
    assert api.get(f"{playground.url}/oauth1/v1/me").json()["user"] == fields["consumer_key"]


def test_a_sign_in_without_a_callback(playground: Playground, client: Client) -> None:
    """With `oob` the page shows the verifier to copy."""
    api = client()
    token = api.fetch_request_token(playground.url + FIELDS["request_token_url"])["oauth_token"]
    shown = re.search("<pre>(.+)</pre>", decide(playground, token).text)
    assert shown is not None
    api.fetch_access_token(playground.url + FIELDS["access_token_url"], verifier=shown.group(1))
    assert api.get(f"{playground.url}/oauth1/v1/airports").json()["total"] == 3376


def test_a_refused_sign_in(playground: Playground, client: Client) -> None:
    """A refusal by the user redirects to the client with the reason, and ends the sign-in."""
    for callback in ("http://client.example/back", "oob"):
        api = client(callback)
        token = api.fetch_request_token(playground.url + FIELDS["request_token_url"])["oauth_token"]
        response = decide(playground, token, "deny")
        if callback == "oob":
            assert "You said no" in response.text
        else:
            query = dict(parse_qsl(urlsplit(response.headers["Location"]).query))
            assert query == {"oauth_token": token, "oauth_problem": "user_refused"}
        assert decide(playground, token).status_code == 400


def test_a_verifier_is_needed_and_good_for_one_exchange(playground: Playground, client: Client) -> None:
    """An early or wrong verifier is refused, and a right one is exchanged once."""
    api = client()
    exchange = playground.url + FIELDS["access_token_url"]
    token = api.fetch_request_token(playground.url + FIELDS["request_token_url"])
    with pytest.raises(TokenRequestDenied, match="401"):
        api.fetch_access_token(exchange, verifier="early")
    shown = re.search("<pre>(.+)</pre>", decide(playground, token["oauth_token"]).text)
    assert shown is not None
    with pytest.raises(TokenRequestDenied, match="401"):
        api.fetch_access_token(exchange, verifier="wrong")
    api.fetch_access_token(exchange, verifier=shown.group(1))
    again = client(resource_owner_key=token["oauth_token"], resource_owner_secret=token["oauth_token_secret"])
    with pytest.raises(TokenRequestDenied, match="401"):
        again.fetch_access_token(exchange, verifier=shown.group(1))


@pytest.mark.parametrize(
    ("callback", "options", "status"),
    [
        ("javascript:alert(1)", {}, 401),
        (None, {}, 400),
        ("oob", {"client_secret": "wrong"}, 401),
        ("oob", {"timestamp": "1"}, 400),
    ],
)
def test_sign_ins_that_do_not_begin(
    playground: Playground, client: Client, callback: str | None, options: Any, status: int
) -> None:
    """A missing or invalid callback, a wrong secret and a wrong clock are refused."""
    with pytest.raises(TokenRequestDenied, match=str(status)):
        client(callback, **options).fetch_request_token(playground.url + FIELDS["request_token_url"])


def test_the_page_is_safe(playground: Playground, client: Client) -> None:
    """The page runs no scripts, can't be framed, escapes markup, and refuses forms of other sites."""
    url = playground.url + FIELDS["authorize_url"]
    token = client().fetch_request_token(playground.url + FIELDS["request_token_url"])["oauth_token"]
    page = requests.get(url, params={"oauth_token": token}, timeout=60)
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "<script" not in page.text
    unknown = requests.get(url, params={"oauth_token": "<b>x"}, timeout=60)
    assert (unknown.status_code, "<b>" in unknown.text) == (400, False)
    assert decide(playground, token, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert decide(playground, token, **{"Sec-Fetch-Site": "same-origin"}).status_code == 200


def test_issued_tokens_end_with_the_credential(client: Client) -> None:
    """Revoking ends issued tokens and refuses new sign-ins. Expiring doesn't affect the published token."""
    with Playground() as playground:
        api = client()
        token = api.fetch_request_token(playground.url + FIELDS["request_token_url"])["oauth_token"]
        shown = re.search("<pre>(.+)</pre>", decide(playground, token).text)
        assert shown is not None
        api.fetch_access_token(playground.url + FIELDS["access_token_url"], verifier=shown.group(1))
        me = f"{playground.url}/oauth1/v1/me"
        assert api.get(me).status_code == 200
        playground.expire_tokens()
        assert problem(api.get(me)) == (401, "token_rejected")
        assert requests.get(me, auth=signed(FIELDS), timeout=60).status_code == 200
        playground.revoke("oauth1")
        assert problem(requests.get(me, auth=signed(FIELDS), timeout=60)) == (401, "consumer_key_rejected")
        with pytest.raises(TokenRequestDenied, match="revoked"):
            client().fetch_request_token(playground.url + FIELDS["request_token_url"])
