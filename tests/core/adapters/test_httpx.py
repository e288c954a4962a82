"""The clients of httpx beyond what all share: URLs, bodies, retries, certificates, proxies, logout."""

from __future__ import annotations

import asyncio
import io
import pickle  # noqa: TID251 - to see that it is refused
import ssl
import subprocess
import sys

import httpx
import pytest

import watchword
from watchword.adapters import retry

KEY = {"method": "api_key", "api_key": "s3cret-key"}
SIGNED = {
    "method": "aws_sigv4",
    "access_key": "A",
    "secret_key": "s3cret",
    "region": "r",
    "service": "execute-api",
}
OAUTH2 = {"method": "oauth2_client_credentials", "client_id": "c", "client_secret": "s3cret-client"}


@pytest.fixture(params=["sync", "async"])
def call(request):
    """Give a function that sends with `conn.httpx_client()`, and with its asynchronous twin."""

    def once(made, method, url, **options):
        with made.httpx_client() as api:
            return api.request(method, url, **options)

    def once_async(made, method, url, **options):
        async def run():
            async with made.async_httpx_client() as api:
                return await api.request(method, url, **options)

        return asyncio.run(run())

    return once if request.param == "sync" else once_async


def made(url, fields=KEY, **more):
    return watchword.load({"base_url": url, **fields, **more})


@pytest.mark.parametrize(
    ("base", "path", "arrives"),
    [
        ("", "/v1/a", "/v1/a"),
        ("/root/", "v1/a", "/root/v1/a"),
        ("/root", "/v1/a?x=1", "/root/v1/a?x=1"),
        ("/v1/items", "?page=2", "/v1/items?page=2"),
        ("/v1/items", "", "/v1/items"),
        ("/root", "//other.test/a", "/root/other.test/a"),
    ],
)
def test_relative_paths_join_the_base_url_as_in_a_session(serve, reply, base, path, arrives):
    """One rule for all clients: httpx's own would put a slash behind the base URL, and drop a host."""
    server = serve(reply())
    with made(server.url + base).httpx_client() as api, made(server.url + base).session() as session:
        api.get(path)
        api.get(httpx.URL(path))
        session.get(path)
    assert [seen.path for seen in server.seen] == [arrives] * 3


def test_redirects_are_followed_where_the_caller_says_so(serve, reply, call):
    """As with any client of httpx, a redirect is an answer unless it is turned on."""
    server = serve(lambda seen: reply() if seen.path == "/b" else reply(302, headers={"Location": "/b"}))
    assert call(made(server.url), "GET", "/a").status_code == 302
    assert call(made(server.url), "GET", "/a", follow_redirects=True).status_code == 200


def test_retries_are_for_passing_faults_of_idempotent_requests(serve, reply, call, monkeypatch):
    """A 503 and a lost connection of a GET are tried again; a POST, a stream and a 500 are not."""
    monkeypatch.setattr(retry.random, "uniform", lambda *_: 0.0)
    now = {"Retry-After": "0"}
    answers = [
        reply(503, headers=now),
        reply(hang_up=True),
        reply(),
        reply(503, headers=now),
        reply(503),
        reply(500),
    ]
    remaining = iter(answers)
    server = serve(lambda _: next(remaining))
    connection = made(server.url, retries=2)
    asynchronous = "async" in call.__name__

    async def pieces():
        yield b"a"

    stream = pieces() if asynchronous else iter([b"a"])
    statuses = [
        call(connection, "GET", "/a").status_code,
        call(connection, "POST", "/a").status_code,
        call(connection, "PUT", "/a", content=stream).status_code,
        call(connection, "GET", "/a").status_code,
    ]
    assert statuses == [200, 503, 503, 500]
    assert len(server.seen) == len(answers)
    assert all(seen.headers["X-API-Key"] == "s3cret-key" for seen in server.seen)


def test_a_certificate_that_is_not_trusted_is_no_passing_fault(serve, reply, call, tls):
    """TLS that refuses is not tried again, since no waiting mends a certificate."""
    server = serve(reply(), tls)
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        call(made(server.url, retries=3), "GET", "/a")
    assert server.connections <= 1


def test_a_private_authority_is_trusted_by_its_bundle(serve, reply, call, tls, ca_bundle):
    """`ca_bundle` makes a private authority's certificate good, and `verify: false` any."""
    server = serve(reply(), tls)
    assert call(made(server.url, ca_bundle=ca_bundle), "GET", "/a").status_code == 200
    assert call(made(server.url, verify=False), "GET", "/a").status_code == 200


def test_a_client_certificate_is_for_the_allowed_origins_alone(serve, reply, call, authority, ca_bundle):
    """The certificate, given as text, is shown to the API and not to a stranger behind a redirect."""

    def asking():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        context.verify_mode = ssl.CERT_OPTIONAL
        authority.configure_trust(context)
        return context

    stranger = serve(reply(), asking())
    server = serve(reply(302, headers={"Location": f"{stranger.url}/b"}), asking())
    pem = authority.issue_cert("client@example.com").private_key_and_cert_chain_pem.bytes().decode()
    connection = made(server.url, client_certificate=pem, ca_bundle=ca_bundle)
    call(connection, "GET", "/a", follow_redirects=True)
    assert [seen.certificate for seen in server.seen] == [True]
    assert [seen.certificate for seen in stranger.seen] == [False]


@pytest.mark.parametrize("own", [True, False])
def test_proxies_are_the_connection_s_or_the_environment_s(serve, reply, call, monkeypatch, own):
    """Through a proxy the target goes out as signed; the connection's own wins, and NO_PROXY is heard."""
    proxy, api = serve(reply()), serve(reply())
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9" if own else proxy.url)
    monkeypatch.setenv("no_proxy", "direct.test,127.0.0.1")
    fields = KEY | {"add_to": "query", "key_name": "k"} | ({"proxy": proxy.url} if own else {})
    allowed = ["http://api.test"]
    call(made("http://api.test", fields, allowed_origins=allowed), "GET", "/a?x=%2f")
    assert [seen.path for seen in proxy.seen] == ["http://api.test/a?x=%2f&k=s3cret-key"]
    if not own:
        call(made(api.url, fields), "GET", "/a")
        assert [seen.path for seen in api.seen] == ["/a?k=s3cret-key"]


def test_a_proxy_on_the_way_to_tls_learns_the_host_alone(serve, reply, call):
    """What asks a proxy for a tunnel is in the clear: host and port, no signed target."""
    proxy = serve(reply(403))
    with pytest.raises(httpx.ProxyError):
        call(made("https://api.test", KEY | {"add_to": "query"}, proxy=proxy.url), "GET", "/a")
    (seen,) = proxy.seen
    assert (seen.method, seen.path) == ("CONNECT", "api.test:443")
    assert "s3cret" not in seen.text


def test_netrc_is_ignored(serve, reply, call, tmp_path, monkeypatch):
    """A credential that nobody put into the connection is not sent, nor one from a URL."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login bob password from-netrc\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server = serve(reply())
    call(made(server.url, {"method": "none"}), "GET", "/a")
    call(made(server.url, {"method": "none"}), "GET", f"http://u:p@127.0.0.1:{server.port}/a")
    assert len(server.seen) == 2
    assert not any("Authorization" in seen.headers for seen in server.seen)


def test_a_form_with_files_is_signed_and_sent_again(serve, reply, call):
    """A method that needs the body reads it; one that doesn't leaves it to httpx, and both arrive whole."""
    server = serve(reply())
    arrived = []
    for fields in (KEY, SIGNED):
        call(
            made(server.url, fields),
            "POST",
            "/a",
            data={"n": "1"},
            files={"f": ("f.txt", io.BytesIO(b"content"))},
        )
        arrived.append(server.seen[-1])
    assert all(b"content" in seen.body and b'name="n"' in seen.body for seen in arrived)
    assert "SignedHeaders=content-type;host;x-amz-" in arrived[1].headers["Authorization"]


def test_a_body_is_left_unread_where_nothing_needs_it(serve, reply):
    """A file goes out piece by piece under a key in a header."""
    server = serve(reply())
    with made(server.url).httpx_client() as api:
        request = api.build_request("POST", "/a", files={"f": io.BytesIO(b"content")})
        api.send(request)
        with pytest.raises(httpx.RequestNotRead):
            request.content  # noqa: B018 - reading it is the point
    assert b"content" in server.seen[0].body


def test_a_stream_that_is_gone_or_can_t_be_signed_is_named(serve, reply, call):
    """A generator goes out once: not to be signed over, not to be sent again to a newer token."""
    tokens = iter(("s3cret-1", "s3cret-2", "s3cret-3"))
    server = serve(
        lambda seen: reply(body={"access_token": next(tokens)}) if seen.path == "/token" else reply(401)
    )
    asynchronous = "async" in call.__name__

    async def pieces():
        yield b"abc"

    def stream():
        return pieces() if asynchronous else iter([b"abc"])

    with pytest.raises(watchword.RequestError) as unsigned:
        call(made(server.url, SIGNED), "POST", "/a", content=stream())
    with pytest.raises(watchword.RequestError) as gone:
        call(made(server.url, OAUTH2, token_url=f"{server.url}/token"), "POST", "/a", content=stream())
    assert (unsigned.value.code, gone.value.code) == ("body_not_signable", "body_not_replayable")


def test_a_refused_token_is_replaced_within_the_call(serve, reply, call):
    """A 401 is answered with a newer token and the same request again, a form with files too."""
    tokens = iter(("s3cret-1", "s3cret-2"))
    server = serve(
        lambda seen: (
            reply(body={"access_token": next(tokens), "expires_in": 3600})
            if seen.path == "/token"
            else reply(200 if seen.headers["Authorization"].endswith("2") else 401)
        )
    )
    connection = made(server.url, OAUTH2, token_url=f"{server.url}/token")
    assert call(connection, "POST", "/a", files={"f": b"content"}).status_code == 200
    first, second = (seen.body for seen in server.seen if seen.path == "/a")
    assert first == second


def test_closing_the_last_client_logs_out(serve, reply, call):
    """A session that was opened by logging in is closed with the client that used it."""
    server = serve(reply(body={"token": "s3cret-session"}))
    fields = {
        "method": "session_login", "login_url": f"{server.url}/login", "logout_url": f"{server.url}/logout",
        "username": "ann", "password": "s3cret-password", "response_access_path": "token",
        "login_body": {"user": "{{username}}", "password": "{{secret:password}}"},
    }  # fmt: skip
    call(made(server.url, fields), "GET", "/a")
    assert [seen.path for seen in server.seen] == ["/login", "/a", "/logout"]


def test_connections_are_kept_alive_and_closed(serve, reply):
    """Fifty calls of a client use one connection."""
    server = serve(reply())
    with made(server.url).httpx_client() as api:
        for _ in range(50):
            api.get("/a")
    assert server.connections == 1


def test_nothing_that_holds_secrets_is_pickled(serve, reply):
    """Clients and auth refuse pickling and say what to do instead."""
    connection = made("https://api.test", {"method": "bearer", "bearer_token": "s3cret-token"})
    things = [connection.httpx_client(), connection.async_httpx_client(), connection.httpx_auth()]
    things += [connection.aiohttp_middleware(), connection.dlt_auth()]
    for thing in things:
        with pytest.raises(TypeError, match="load the connection there"):
            pickle.dumps(thing)
        assert "s3cret" not in repr(thing)


@pytest.mark.parametrize(
    ("maker", "library"),
    [
        ("httpx_client", "httpx"),
        ("async_httpx_client", "httpx"),
        ("httpx_auth", "httpx"),
        ("aiohttp_middleware", "aiohttp"),
        ("dlt_auth", "dlt"),
    ],
)
def test_a_missing_library_is_named_with_its_extra(maker, library):
    """Who has not installed the library reads what to install."""
    program = f"""
import sys
sys.modules[{library!r}] = None
import watchword
try:
    watchword.load({{"base_url": "https://api.test", "method": "none"}}).{maker}()
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert f'pip install "watchword[{library}]"' in done.stdout
