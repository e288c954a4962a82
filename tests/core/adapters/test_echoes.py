"""What an API echoes of a request never reaches a foreign origin, for each client."""

from __future__ import annotations

import base64
import contextlib
import re
from urllib.parse import quote, unquote

import pytest

import watchword

KEY = "s3cret/k+y w1th=all"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

PLACES = {
    "value": "{}/a?page=2&x={}",
    "name": "{}/a?page=2&{}=1",
    "inner URL": "{}/a?page=2&next=https%3A%2F%2Fh.test%2F%3Fx%3D{}",
    "fragment": "{}/a?page=2#{}",
    "path": "{}/a/{}/b?page=2",
    "user": "{at}/a?page=2",
    "password": "{colon_at}/a?page=2",
}
ENCODINGS = {
    "quoted": lambda text: quote(text, safe=""),
    "base64url": lambda text: base64.urlsafe_b64encode(f"xx{text}".encode()).decode().rstrip("="),
    "hex": lambda text: text.encode().hex().upper(),
    "UTF-16": lambda text: quote(text.encode("utf-16-le"), safe=""),
}
SIGNED = (
    "oauth1, header",
    "oauth1, query",
    "oauth1, body",
    "aws_sigv4",
    "aws_sigv4, query",
    "hmac_signature",
    "hmac_signature, query",
    "digest",
    "jwt_bearer, each anew",
)


@pytest.fixture
def documents(documents):
    """Give the table, and a JWT in a header that serves one request."""

    def single(url):
        return documents["jwt_bearer"](url) | {"lifetime": 0, "payload": {"jti": "{{uuid}}"}}

    return documents | {"jwt_bearer, each anew": single}


def echoing(place, target, echo):
    """Return a URL at the target that holds the echo at a place."""
    lead, _, host = target.partition("//")
    at, colon_at = f"{lead}//{echo}@{host}", f"{lead}//u:{echo}@{host}"
    return PLACES[place].format(target, echo, at=at, colon_at=colon_at)


def signature_of(seen):
    """Return what a stranger could use of a signed request: its signature or JWT."""
    text = f"{seen.headers.get('Authorization', '')} {seen.path} {seen.body.decode()}"
    (found,) = re.findall(r'(?:ignature="?=?|response="|Bearer |ACME reports:|sig=)([\w.%+/=-]{16,})', text)[
        :1
    ]
    return found


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_key_that_a_redirect_echoes_reaches_no_foreign_origin(
    api, serve, reply, senders, documents, encoding
):
    """Wherever and however the URL holds the key, it is removed, or the redirect isn't followed."""
    for client, send in senders.items():
        foreign = serve(reply())
        echo, places = ENCODINGS[encoding](KEY), iter(PLACES)
        server = api(lambda _: reply(302, headers={"Location": echoing(next(places), foreign.url, echo)}))  # noqa: B023
        made = watchword.load(documents["api_key, query"](server.url))
        for _ in PLACES:
            with contextlib.suppress(watchword.RequestError):
                result = send(made, "GET", f"{server.url}/start")
                assert "s3cret" not in result.text
        assert [seen.path for seen in foreign.seen] == ["/a?page=2"] * 6, client
        assert not any(echo in seen.text or "Authorization" in seen.headers for seen in foreign.seen), client


@pytest.mark.parametrize("name", SIGNED)
def test_a_signature_that_a_redirect_echoes_reaches_no_foreign_origin(
    api, serve, reply, senders, documents, name
):
    """A signature or JWT of the request itself is removed from a redirect like a key."""
    for client, send in senders.items():
        foreign = serve(reply())
        cases = iter([(place, encode) for place in PLACES for encode in ENCODINGS.values()])

        def answer(seen):
            place, encode = next(cases)  # noqa: B023
            echo = encode(signature_of(seen))
            return reply(302, headers={"Location": echoing(place, foreign.url, echo)})  # noqa: B023

        server = api(answer, digest=name == "digest")
        made = watchword.load(documents[name](server.url))
        for _ in range(len(PLACES) * len(ENCODINGS)):
            send(made, "POST", f"{server.url}/start", headers=FORM, content=b"a=1")
        assert [seen.path for seen in foreign.seen] == ["/a?page=2"] * 24, client
        assert not any("Authorization" in seen.headers for seen in foreign.seen), client


@pytest.mark.parametrize("name", SIGNED)
def test_a_link_that_echoes_the_last_requests_is_called_without_the_signature(
    api, serve, reply, documents, name, senders
):
    """The client remembers its last signatures: a link to a foreign origin is freed of them."""
    foreign = serve(reply())
    server = api(digest=name == "digest")
    made = watchword.load(documents[name](server.url))
    with made.session() as session:
        session.post("/a", headers=FORM, data=b"a=1")
        if name == "oauth1, body":
            return  # of a body, only the redirect that answers it is freed
        link = f"{foreign.url}/b?page=2&x={quote(signature_of(server.seen[-1]))}"
        assert session.get(link).status_code == 200
        with pytest.raises(watchword.RequestError, match="secret of a connection in its path"):
            session.get(f"{foreign.url}/{quote(signature_of(server.seen[-1]), safe='')}")
    assert [seen.path for seen in foreign.seen] == ["/b?page=2"]


def test_a_link_that_a_stranger_has_signed_stays_as_it_is(api, serve, reply, senders, documents):
    """A redirect to a download that another party has signed keeps its signature, for each client."""
    for client, send in senders.items():
        foreign = serve(reply())
        signed = (
            "/b/k%2Fa?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIASTRANGER%2F20231114%2Feu-central-1%2Fs3"
            "%2Faws4_request&X-Amz-Date=20231114T221320Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature="
            + "0f"
            * 32
        )
        server = api(lambda _: reply(302, headers={"Location": f"{foreign.url}{signed}"}))  # noqa: B023
        for name in ("aws_sigv4", "aws_sigv4, query", "jwt_bearer, each anew"):
            send(watchword.load(documents[name](server.url)), "GET", f"{server.url}/start")
        readable = unquote if client == "aiohttp" else str  # aiohttp quotes no slash in a query
        assert [readable(seen.path) for seen in foreign.seen] == [readable(signed)] * 3, client


@pytest.mark.parametrize("name", ["URI", "Location"])
def test_aiohttp_s_other_header_of_a_redirect_is_freed_too(api, serve, reply, documents, senders, name):
    """Aiohttp follows the old header URI if there is no Location."""
    foreign = serve(reply())
    echo = base64.b64encode(KEY.encode()).decode()
    server = api(lambda _: reply(302, headers={name: f"{foreign.url}/a?x={echo}&page=2"}))
    senders["aiohttp"](watchword.load(documents["api_key, query"](server.url)), "GET", f"{server.url}/start")
    assert [seen.path for seen in foreign.seen] == ["/a?page=2"]


def test_a_header_with_a_secret_stays_at_home(serve, reply, send, documents):
    """A header that holds the credential, in any encoding, isn't sent to a foreign origin; others are."""
    foreign = serve(reply())
    made = watchword.load(documents["api_key, query"]("https://api.test"))
    basic = "Basic " + base64.b64encode(f"{KEY}:".encode()).decode()
    headers = {
        "Authorization": basic,
        "X-Copy": quote(KEY, safe=""),
        "X-Other": "of the caller",
        "Cookie": "a=b",
    }
    send(made, "GET", f"{foreign.url}/a", headers=headers)
    (seen,) = foreign.seen
    assert not {"Authorization", "X-Copy"} & seen.headers.keys()
    assert (seen.headers["X-Other"], seen.headers["Cookie"]) == ("of the caller", "a=b")


def test_a_cookie_with_a_secret_stays_at_home(serve, reply, send, documents):
    """A cookie whose name or value holds the credential, in any encoding, isn't sent to a foreign origin."""
    foreign = serve(reply())
    made = watchword.load(documents["api_key, query"]("https://api.test"))
    echo = base64.urlsafe_b64encode(KEY.encode()).decode().rstrip("=")
    send(
        made,
        "GET",
        f"{foreign.url}/a",
        headers={"Cookie": f"a=1; x={echo}; {echo}=1; b={KEY.encode().hex()}"},
    )
    assert foreign.seen[0].headers["Cookie"] == "a=1"


def test_a_user_in_a_redirect_within_the_origin_is_dropped(api, reply, senders, documents):
    """No client makes a Basic header of a user that the API's redirect names."""
    for client, send in senders.items():

        def answer(seen):
            location = f"http://u:p@{seen.headers['Host']}/b"
            return reply(302, headers={"Location": location}) if seen.path.startswith("/a") else reply()

        server = api(answer)
        send(watchword.load(documents["none"](server.url)), "GET", f"{server.url}/a")
        assert len(server.seen) == 2, client
        assert "Authorization" not in server.seen[-1].headers, client
