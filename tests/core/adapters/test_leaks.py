"""Security guarantees for each client: no credential leaves its origin, and none is shown."""

from __future__ import annotations

import contextlib
import logging
import socket
import traceback
from urllib.parse import unquote_plus

import pytest

import watchword

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
KNOWN = {
    "host", "connection", "user-agent", "accept", "accept-encoding", "accept-version", "content-length",
    "content-type",
}  # fmt: skip
"""The headers that a foreign origin may get: the client's own, and those without a secret."""

IN_URL = (
    "api_key, query",
    "custom",
    "oauth1, query",
    "aws_sigv4, query",
    "hmac_signature, query",
    "oauth2_client_credentials, query",
)


def test_a_redirect_to_another_port_carries_nothing(api, serve, reply, send, document, secrets_in):
    """A foreign origin gets the credential neither in a header, query or cookie nor in the body of a 307."""
    foreign = serve(reply())
    server = api(lambda _: reply(307, headers={"Location": f"{foreign.url}/away?page=2"}))
    result = send(
        watchword.load(document(server.url)), "POST", f"{server.url}/v1/a", headers=FORM, content=b"a=1"
    )
    assert result.status == 200
    (seen,) = foreign.seen
    assert (seen.path, seen.body) == ("/away?page=2", b"a=1")
    assert {name.lower() for name in seen.headers} <= KNOWN
    assert not secrets_in(f"{seen.text} {result.text}")


def test_a_redirect_to_another_host_carries_nothing(api, reply, send, document, secrets_in):
    """Another host name for the same address and port is a foreign origin."""
    server = api(
        lambda seen: (
            reply() if seen.path == "/b" else reply(302, headers={"Location": f"http://localhost:{port}/b"})
        )
    )
    port = server.port
    send(watchword.load(document(server.url)), "POST", f"{server.url}/a", headers=FORM, content=b"a=1")
    away = [seen for seen in server.seen if seen.path == "/b"]
    assert away
    assert not any(secrets_in(seen.text) for seen in away)


def test_a_hop_inside_the_origin_is_signed_for_its_own_url(api, reply, senders, documents):
    """In the clients that the connection makes, each hop within the origin carries the credential once."""
    for name, send in senders.items():
        server = api(
            lambda seen: reply() if "/b" in seen.path else reply(302, headers={"Location": "/b?x=1"})
        )
        send(watchword.load(documents["api_key, query"](server.url)), "GET", f"{server.url}/a")
        signed = "" if name == "dlt" else "&k=s3cret%2Fk%2By%20w1th%3Dall"  # dlt's session is a foreign one
        assert server.seen[-1].path == f"/b?x=1{signed}", name


@pytest.mark.parametrize(
    "echo", ["{seen.path}", "/l?next=%252Fa%253Fk%253Ds3cret%25252Fk%25252By%252520w1th%25253Dall"]
)
def test_a_key_echoed_in_a_location_does_not_travel(api, serve, reply, send, documents, echo):
    """A redirect that copies the query doesn't carry the key to a foreign origin."""
    foreign = serve(reply())
    server = api(lambda seen: reply(302, headers={"Location": foreign.url + echo.format(seen=seen)}))
    result = send(watchword.load(documents["api_key, query"](server.url)), "GET", f"{server.url}/a?page=2")
    received = unquote_plus(unquote_plus(unquote_plus("".join(seen.path for seen in foreign.seen))))
    assert foreign.seen
    assert "s3cret" not in received
    assert "s3cret" not in result.text


def test_a_key_in_the_path_of_a_redirect_is_not_told(api, serve, reply, send, documents):
    """A Location with the key in its path is not followed, or is refused with a finding."""
    foreign = serve(reply())
    server = api(lambda _: reply(302, headers={"Location": f"{foreign.url}/s3cret%2Fk%2By%20w1th%3Dall"}))
    with contextlib.suppress(watchword.RequestError):
        send(watchword.load(documents["api_key, query"](server.url)), "GET", f"{server.url}/a")
    assert foreign.seen == []
    assert len(server.seen) == 1


def test_a_call_to_a_foreign_origin_carries_nothing(serve, reply, send, document, secrets_in):
    """A pagination link to a foreign origin is followed without the credential and without an echo of it."""
    foreign = serve(reply())
    made = watchword.load(
        document("https://api.test") | {"secret_parameters": {"header:X-More": "s3cret-more"}}
    )
    send(made, "GET", f"{foreign.url}/next?page=3&echo=s3cret-more")
    (seen,) = foreign.seen
    assert seen.path == "/next?page=3"
    assert not secrets_in(seen.text)


def test_the_caller_s_own_authorization_stays_at_home(serve, reply, send):
    """A header that the caller set by hand does not survive a redirect to another host."""
    foreign = serve(reply())
    server = serve(reply(302, headers={"Location": f"http://localhost:{foreign.port}/"}))
    made = watchword.load({"base_url": server.url, "method": "none"})
    send(made, "GET", f"{server.url}/a", headers={"Authorization": "mine"})
    assert server.seen[0].headers["Authorization"] == "mine"
    assert "Authorization" not in foreign.seen[0].headers


def test_a_client_is_no_way_around_a_user_in_the_url(serve, reply, senders, documents):
    """In `https://api.example.com@evil.test` the host is evil.test, for the check and for the call."""
    foreign = serve(reply())
    for name in ("requests", "httpx", "async httpx", "aiohttp"):
        made = watchword.load(documents["api_key, header"]("http://localhost:1") | {"allowed_origins": []})
        senders[name](made, "GET", f"http://localhost:1@127.0.0.1:{foreign.port}/a")
    assert not any("s3cret" in seen.text for seen in foreign.seen)


def test_nothing_secret_is_logged_or_shown(api, reply, send, document, secrets_in, caplog):
    """No log at level DEBUG and no response shows a secret, after a redirect and after a failure."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("dlt").addHandler(caplog.handler)
    server = api(
        lambda seen: reply(307 if "/a" in seen.path else 404, headers={"Location": "/b", "X-Echo": seen.path})
    )
    made = watchword.load(document(server.url))
    texts = [
        send(made, "POST", f"{server.url}/a?page=2", headers=FORM, content=b"x=1").text,
        repr(made.dlt_auth()),
    ]
    logging.getLogger("dlt").removeHandler(caplog.handler)
    assert "page=2" in "".join(texts)
    assert not secrets_in("\n".join([*texts, caplog.text]))


def test_a_next_link_that_echoes_the_key_is_not_logged(api, send, documents, caplog):
    """If an API puts the key into its `next` link, the call has the key once, and no log shows it."""
    caplog.set_level(logging.INFO, "httpx")
    caplog.set_level(logging.INFO, "dlt")
    logging.getLogger("dlt").addHandler(caplog.handler)
    server = api()
    echo = "k=s3cret%2Fk%2By+w1th%3Dall"
    send(watchword.load(documents["api_key, query"](server.url)), "GET", f"{server.url}/a?{echo}&page=2")
    logging.getLogger("dlt").removeHandler(caplog.handler)
    assert server.seen[0].path == "/a?page=2&k=s3cret%2Fk%2By%20w1th%3Dall"
    assert "s3cret" not in caplog.text


@pytest.mark.parametrize("name", IN_URL)
def test_errors_hold_no_secret(api, reply, senders, documents, secrets_in, name):
    """The errors of a refused and of a lost connection show the request unsigned."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{unused.getsockname()[1]}"
        token = api()
        for client in ("requests", "httpx", "async httpx", "aiohttp"):
            fields = documents[name](dead)
            fields |= {"token_url": f"{token.url}/token"} if "token_url" in fields else {}
            with pytest.raises(Exception) as refused:  # noqa: PT011 - each library has its own
                senders[client](watchword.load(fields), "GET", f"{dead}/a?page=2")
            assert not isinstance(refused.value, watchword.WatchwordError)
            assert not secrets_in(text_of_error(refused.value)), client
            server = api(lambda _: reply(hang_up=True))
            with pytest.raises(Exception) as lost:  # noqa: PT011 - each library has its own
                senders[client](watchword.load(documents[name](server.url)), "GET", f"{server.url}/a?page=2")
            assert not secrets_in(text_of_error(lost.value)), client


def text_of_error(error):
    request = getattr(error, "request", None) or getattr(error, "request_info", None)
    return "\n".join(
        [
            *traceback.format_exception(error),
            repr(error),
            str(vars(error)),
            str(request and variables_of(request)),
        ]
    )


def variables_of(thing):
    return {**vars(thing), "headers": list(thing.headers.items())} if hasattr(thing, "__dict__") else thing
