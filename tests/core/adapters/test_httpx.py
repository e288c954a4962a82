"""The clients of httpx beyond what all clients share: URLs, retries, certificates, proxies and logout."""

from __future__ import annotations

import pickle  # noqa: TID251 - to see that it is refused
import ssl
import subprocess
import sys
import traceback

import httpx
import pytest

import watchword
from watchword.adapters import retry
from watchword.adapters.httpx_request import UnsignedHttpxRequest, address

KEY = {"method": "api_key", "api_key": "s3cret-key"}


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
    """All clients join paths by one rule; httpx's own would add a slash to the base URL, and drop a host."""
    server = serve(reply())
    with made(server.url + base).httpx_client() as api, made(server.url + base).session() as session:
        api.get(path)
        api.get(httpx.URL(path))
        session.get(path)
    assert [seen.path for seen in server.seen] == [arrives] * 3


def test_redirects_are_followed_if_the_caller_says_so(serve, reply, call):
    """As in any client of httpx, redirects are followed only on request."""
    server = serve(lambda seen: reply() if seen.path == "/b" else reply(302, headers={"Location": "/b"}))
    assert call(made(server.url), "GET", "/a").status_code == 302
    assert call(made(server.url), "GET", "/a", follow_redirects=True).status_code == 200


def test_transient_faults_of_idempotent_requests_are_tried_again(serve, reply, call, monkeypatch):
    """A GET is sent again after a 503 and a lost connection, not after a 500; POSTs and streams are not."""
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

    async def chunks():
        yield b"a"

    stream = chunks() if asynchronous else iter([b"a"])
    statuses = [
        call(connection, "GET", "/a").status_code,
        call(connection, "POST", "/a").status_code,
        call(connection, "PUT", "/a", content=stream).status_code,
        call(connection, "GET", "/a").status_code,
    ]
    assert statuses == [200, 503, 503, 500]
    assert len(server.seen) == len(answers)
    assert all(seen.headers["X-API-Key"] == "s3cret-key" for seen in server.seen)


def test_an_untrusted_certificate_is_not_tried_again(serve, reply, call, tls):
    """A TLS failure is final, since waiting doesn't repair a certificate."""
    server = serve(reply(), tls)
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        call(made(server.url, retries=3), "GET", "/a")
    assert server.connections <= 1


def test_a_private_authority_is_trusted_by_its_bundle(serve, reply, call, tls, ca_bundle):
    """`ca_bundle` makes a private authority's certificate valid, and `verify: false` accepts any."""
    server = serve(reply(), tls)
    assert call(made(server.url, ca_bundle=ca_bundle), "GET", "/a").status_code == 200
    assert call(made(server.url, verify=False), "GET", "/a").status_code == 200


def test_only_the_allowed_origins_get_the_client_certificate(serve, reply, call, authority, ca_bundle):
    """The certificate, given as text, is sent to the API, but not to a foreign origin after a redirect."""

    def asking():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        context.verify_mode = ssl.CERT_OPTIONAL
        authority.configure_trust(context)
        return context

    foreign = serve(reply(), asking())
    server = serve(reply(302, headers={"Location": f"{foreign.url}/b"}), asking())
    pem = authority.issue_cert("client@example.com").private_key_and_cert_chain_pem.bytes().decode()
    connection = made(server.url, client_certificate=pem, ca_bundle=ca_bundle)
    call(connection, "GET", "/a", follow_redirects=True)
    assert [seen.certificate for seen in server.seen] == [True]
    assert [seen.certificate for seen in foreign.seen] == [False]


def test_a_certificate_that_can_t_be_read_is_named(authority):
    """A key that doesn't fit its certificate is a typed error, which shows nothing of it."""
    pem = authority.issue_cert("client@example.com").cert_chain_pems[0].bytes().decode()
    garbage = "-----BEGIN PRIVATE KEY-----\ns3cret\n-----END PRIVATE KEY-----"
    connection = made("https://api.test", client_certificate=pem, client_private_key=garbage)
    for client in (connection.httpx_client, connection.async_httpx_client):
        with pytest.raises(watchword.DocumentError) as error:
            client()
        assert error.value.code == "key_unreadable"
        assert "s3cret" not in str(error.value)


@pytest.mark.parametrize("own", [True, False])
def test_proxies_are_the_connection_s_or_the_environment_s(serve, reply, call, monkeypatch, own):
    """A proxy gets the target as signed; the connection's proxy has priority, and NO_PROXY counts."""
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


def test_a_proxy_for_tls_learns_only_the_host(serve, reply, call):
    """The CONNECT request, which is in clear text, holds host and port, but not the signed target."""
    proxy = serve(reply(403))
    with pytest.raises(httpx.ProxyError):
        call(made("https://api.test", KEY | {"add_to": "query"}, proxy=proxy.url), "GET", "/a")
    (seen,) = proxy.seen
    assert (seen.method, seen.path) == ("CONNECT", "api.test:443")
    assert "s3cret" not in seen.text


def test_netrc_is_ignored(serve, reply, call, tmp_path, monkeypatch):
    """No credential of netrc or of a URL is sent, since neither is in the connection."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login bob password from-netrc\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server = serve(reply())
    call(made(server.url, {"method": "none"}), "GET", "/a")
    call(made(server.url, {"method": "none"}), "GET", f"http://u:p@127.0.0.1:{server.port}/a")
    assert len(server.seen) == 2
    assert not any("Authorization" in seen.headers for seen in server.seen)


def test_closing_the_last_client_logs_out(serve, reply, call):
    """Closing the last client that uses a login session ends that session at the server."""
    server = serve(reply(body={"token": "s3cret-session"}))
    fields = {
        "method": "session_login", "login_url": f"{server.url}/login", "logout_url": f"{server.url}/logout",
        "username": "ann", "password": "s3cret-password", "response_access_path": "token",
        "login_body": {"user": "{{username}}", "password": "{{secret:password}}"},
    }  # fmt: skip
    call(made(server.url, fields), "GET", "/a")
    assert [seen.path for seen in server.seen] == ["/login", "/a", "/logout"]


def test_an_error_that_quotes_a_header_quotes_no_secret(serve, reply, call):
    """In httpx's refusal of a header with a space at its end, which it quotes, the key is masked."""
    connection = made(serve(reply()).url, KEY | {"api_key": "s3cret-key "})
    with pytest.raises(httpx.LocalProtocolError) as error:
        call(connection, "GET", "/a")
    assert "Illegal header value" in str(error.value)
    assert "s3cret" not in "".join(traceback.format_exception(error.value))


def test_a_flow_s_target_is_sent_unchanged(serve, reply):
    """A target that httpx would quote again is sent as it was signed."""
    server = serve(reply())
    request = httpx.Request("GET", f"{server.url}/a")
    unsigned = UnsignedHttpxRequest(made(server.url).authenticator(), request, address(request.url))
    signed = unsigned.new_request()
    signed.url = f"{server.url}/a?k=<s3cret>|%2f"
    with httpx.HTTPTransport() as transport:
        transport.handle_request(unsigned.signed_copy(signed)).read()
    assert server.seen[0].path == "/a?k=<s3cret>|%2f"


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
        with pytest.raises(TypeError, match="load the document there"):
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
    """The error for a missing library names the extra to install."""
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
