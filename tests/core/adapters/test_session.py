"""The session on real sockets: it authenticates, and no secret leaves its origin or is shown."""

from __future__ import annotations

import contextlib
import io
import logging
import pickle  # noqa: TID251 - to see that it is refused
import socket
import ssl
import traceback
from urllib.parse import unquote_plus

import pytest
import requests
from requests.structures import CaseInsensitiveDict

import watchword

SECRET = "s3cret/k+y w1th=all"

METHODS = {
    "header": {"method": "api_key", "api_key": SECRET},
    "query": {"method": "api_key", "api_key": SECRET, "add_to": "query", "key_name": "api_key"},
    "cookie": {"method": "api_key", "api_key": "s3cret-cookie", "add_to": "cookie", "key_name": "sid"},
    "bearer": {"method": "bearer", "bearer_token": SECRET},
    "basic": {"method": "basic", "username": "ann", "password": SECRET},
    "custom": {
        "method": "custom",
        "secret_parameters": {"header:X-Id": "s3cret-id", "header:X-Key": SECRET, "query:k": "s3cret-q"},
    },
}
FORMS = ("s3cret", "YW5uOnMzY3JldC9r")


def api(url, **fields):
    return watchword.load({"base_url": url, **fields})


ARRIVES = {
    "header": ("/v1/me?page=2", {"X-API-Key": SECRET}),
    "query": ("/v1/me?page=2&api_key=s3cret%2Fk%2By%20w1th%3Dall", {}),
    "cookie": ("/v1/me?page=2", {"Cookie": "sid=s3cret-cookie"}),
    "bearer": ("/v1/me?page=2", {"Authorization": f"Bearer {SECRET}"}),
    "basic": ("/v1/me?page=2", {"Authorization": "Basic YW5uOnMzY3JldC9rK3kgdzF0aD1hbGw="}),
    "custom": ("/v1/me?page=2&k=s3cret-q", {"X-Id": "s3cret-id", "X-Key": SECRET}),
}


@pytest.mark.parametrize("method", METHODS)
def test_the_credential_arrives(serve, reply, method):
    """Each method sends its secret to the API, in exactly the configured place."""
    server = serve(reply())
    with api(server.url, **METHODS[method]).session() as session:
        assert session.get("/v1/me?page=2").status_code == 200
    path, headers = ARRIVES[method]
    assert server.seen[0].path == path
    assert headers.items() <= server.seen[0].headers.items()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("fields", METHODS.values(), ids=METHODS)
def test_a_redirect_to_another_port_carries_nothing(serve, reply, fields, status):
    """Another port is a foreign origin, which gets no secret in a header, query, cookie or 307 body."""
    foreign = serve(reply())
    server = serve(reply(status, headers={"Location": f"{foreign.url}/away"}))
    with api(server.url, **fields).session() as session:
        response = session.post("/v1/orders", data={"a": "1"})
    assert response.status_code == 200
    assert any(form in server.seen[0].text for form in FORMS)
    assert foreign.seen
    assert not any(form in foreign.seen[0].text for form in FORMS)
    assert not any(form in str(vars(hop.request)) + hop.url for hop in response.history for form in FORMS)


def test_a_redirect_to_another_host_carries_nothing(serve, reply):
    """Another host name is a foreign origin, even for the same address and port."""
    server = serve(lambda seen: reply() if seen.path == "/b" else reply(302, headers={"Location": away}))
    away = f"http://localhost:{server.port}/b"
    with api(server.url, **METHODS["header"]).session() as session:
        session.get("/a")
    assert [SECRET in seen.text for seen in server.seen] == [True, False]


def test_a_redirect_to_another_scheme_carries_nothing(serve, reply, tls, ca_bundle):
    """After a redirect from https to http nothing secret is sent."""
    plain = serve(reply())
    away = f"http://localhost:{plain.port}/b"
    server = serve(reply(302, headers={"Location": away}), tls)
    with api(server.url, **METHODS["query"], ca_bundle=ca_bundle).session() as session:
        session.get("/a")
    assert "s3cret" in server.seen[0].path
    assert "s3cret" not in plain.seen[0].text


def test_a_body_parameter_stays_at_home_on_a_307(serve, reply):
    """A 307 sends the body again without the secret that was added to it."""
    foreign = serve(reply())
    server = serve(reply(307, headers={"Location": f"{foreign.url}/b"}))
    fields = {"method": "api_key", "api_key": SECRET, "add_to": "body", "key_name": "key"}
    with api(server.url, **fields).session() as session:
        session.post("/a", json={"page": 1})
    assert b"s3cret" in server.seen[0].body
    assert foreign.seen[0].body == b'{"page": 1}'


@pytest.mark.parametrize(
    "body", [{"data": b"raw"}, {"json": [1]}, {"files": {"f": b"x"}}, {"data": iter([b"x"])}]
)
def test_a_body_that_takes_no_parameter_is_refused_before_sending(serve, reply, body):
    """Raw, list, multipart and streamed bodies can't take a body parameter: nothing is sent."""
    server = serve(reply())
    fields = {"method": "api_key", "api_key": SECRET, "add_to": "body", "key_name": "key"}
    with api(server.url, **fields).session() as session:
        with pytest.raises(watchword.RequestError) as error:
            session.post("/a", **body)
        assert error.value.code == "body_not_extendable"
        session.post("/a", data={"a": "1"})
        session.post("/a")
    assert [seen.body for seen in server.seen] == [
        b"a=1&key=s3cret%2Fk%2By+w1th%3Dall",
        b"key=s3cret%2Fk%2By+w1th%3Dall",
    ]


def test_a_redirect_inside_the_origin_is_signed_again(serve, reply):
    """A hop within the origin is authenticated for its own URL."""
    server = serve(lambda seen: reply() if "/b" in seen.path else reply(302, headers={"Location": "/b?x=1"}))
    with api(server.url, **METHODS["query"]).session() as session:
        response = session.get("/a")
    assert server.seen[1].path == "/b?x=1&api_key=s3cret%2Fk%2By%20w1th%3Dall"
    assert response.url == f"{server.url}/b?x=1"


def test_a_key_echoed_in_a_location_does_not_travel(serve, reply):
    """A redirect that copies the query doesn't carry the key to a foreign origin."""
    foreign = serve(reply())
    server = serve(lambda seen: reply(302, headers={"Location": f"{foreign.url}{seen.path}"}))
    with api(server.url, **METHODS["query"]).session() as session:
        session.get("/a?page=2")
    assert foreign.seen[0].path == "/a?page=2"


ODD = "ab/cd+EF==9z"


@pytest.mark.parametrize(
    "echo",
    [
        "/l?key=ab%2fcd%2bEF%3d%3d9z",
        "/l?next=%2Fx%3Fkey%3Dab%252Fcd%252BEF%253D%253D9z",
        "/l?key=ab/cd+EF%3D%3D9z",
        "/l?page=2#key=ab%2Fcd%2BEF%3D%3D9z",
        "/l/ab%2fcd%2bEF%3d%3d9z",
    ],
)
def test_a_key_echoed_in_any_encoding_does_not_travel(serve, reply, echo):
    """A foreign origin doesn't get the key of a redirect or a link, in any encoding."""
    foreign_server = serve(reply())
    server = serve(reply(302, headers={"Location": foreign_server.url + echo}))
    connection = api(server.url, method="api_key", api_key=ODD, add_to="query", key_name="key")
    with connection.session() as session:
        session.get("/a")
        with contextlib.suppress(watchword.RequestError):
            session.get(foreign_server.url + echo)
    with requests.Session() as plain, contextlib.suppress(watchword.RequestError):
        plain.trust_env = False
        plain.get(f"{server.url}/a", auth=connection.auth())
        plain.get(foreign_server.url + echo, auth=connection.auth())
    received = "".join(unquote_plus(unquote_plus(unquote_plus(seen.path))) for seen in foreign_server.seen)
    assert "EF==9z" not in received
    assert "ab/cd" not in received


def test_a_caller_s_parameter_of_the_same_value_stays(serve, reply):
    """Only a parameter with the connection's name and value counts as an echo."""
    server = serve(reply())
    connection = api(server.url, method="api_key", api_key="acme-inc", add_to="query", key_name="tenant")
    with connection.session() as session:
        session.get("/a?name=acme-inc&page=2")
    assert server.seen[0].path == "/a?name=acme-inc&page=2&tenant=acme-inc"


def test_a_header_that_can_t_be_parsed_shows_no_key_in_the_log(serve, reply, caplog):
    """urllib3 logs the called URL when it warns of a broken header: the key in it is masked."""
    caplog.set_level(logging.DEBUG)
    server = serve(reply(headers={"X-Ok": "1\r\nbroken header line"}))
    with api(server.url, **METHODS["query"]).session() as session:
        response = session.get("/a")
    assert not any(form in caplog.text for form in FORMS)
    assert "s3cret" not in str(vars(response.raw))


def test_a_direct_call_to_a_foreign_origin_carries_nothing_and_is_logged(serve, reply, caplog):
    """A pagination link to a foreign origin is followed without the credential, with one warning."""
    home, foreign = serve(reply()), serve(reply())
    with api(home.url, **METHODS["header"]).session() as session, caplog.at_level(logging.WARNING):
        session.get(f"{foreign.url}/next")
        session.get(f"{foreign.url}/next")
    assert "s3cret" not in "".join(seen.text for seen in foreign.seen)
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_listed_origin_receives_the_credential(serve, reply):
    """An origin that the document lists gets the credential, like the base URL's own."""
    home, second = serve(reply()), serve(reply())
    connection = api(home.url, **METHODS["header"], allowed_origins=[home.url, second.url])
    with connection.session() as session:
        session.get(f"{second.url}/x")
    assert second.seen[0].headers["X-API-Key"] == SECRET


def test_a_next_link_that_echoes_the_key_works(serve, reply):
    """If an API puts the key into its `next` link, the call has the key once, not twice."""
    server = serve(reply())
    connection = api(server.url, **METHODS["query"])
    with connection.session() as session:
        session.get(f"{server.url}/a?api_key=s3cret%2Fk%2By+w1th%3Dall&page=2")
    assert server.seen[0].path == "/a?page=2&api_key=s3cret%2Fk%2By%20w1th%3Dall"


def test_a_duplicate_query_parameter_is_refused_before_sending(serve, reply):
    """Two values for one parameter raise a typed error, and nothing is sent."""
    server = serve(reply())
    with (
        api(server.url, **METHODS["query"]).session() as session,
        pytest.raises(watchword.RequestError) as error,
    ):
        session.get("/a?api_key=other")
    assert error.value.code == "duplicate_query_parameter"
    assert server.seen == []


@pytest.mark.parametrize("fields", METHODS.values(), ids=METHODS)
def test_response_and_exceptions_hold_no_secret(serve, reply, fields, caplog):
    """Request, URL, history, HTTPError, the error of a refused connection and DEBUG logs show no secret."""
    caplog.set_level(logging.DEBUG)
    server = serve(reply(500, {"error": "x"}))
    with api(server.url, **fields).session() as session:
        response = session.get("/a")
        with pytest.raises(requests.HTTPError) as http_error:
            response.raise_for_status()
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with api(dead, **fields).session() as session, pytest.raises(requests.ConnectionError) as refused:
            session.get("/a")
    texts = [str(vars(response.request)), response.url, str(http_error.value), caplog.text]
    texts += traceback.format_exception(refused.value)
    texts += [repr(refused.value), str(vars(refused.value.request)), repr(vars(refused.value.args[0]))]
    assert not [text for text in texts for form in FORMS if form in text]


def test_a_silent_server_s_timeout_holds_no_secret(serve, reply):
    """A read timeout raises requests' own exception, without the key that was in the URL."""
    server = serve(reply(delay=20))
    connection = api(server.url, **METHODS["query"], timeout=0.2)
    with connection.session() as session, pytest.raises(requests.ReadTimeout) as error:
        session.get("/a")
    assert "s3cret" not in "".join(traceback.format_exception(error.value))


def test_connections_are_kept_alive(serve, reply):
    """Fifty calls of a session, and their redirects, use one connection."""
    server = serve(reply())
    with api(server.url, **METHODS["header"]).session() as session:
        for _ in range(50):
            session.get("/a")
    assert server.connections == 1


def test_netrc_is_ignored(serve, reply, tmp_path, monkeypatch):
    """No credential of netrc is sent, not even after a redirect."""
    netrc = tmp_path / "netrc"
    netrc.write_text(
        "machine 127.0.0.1 login bob password from-netrc\nmachine localhost login b password n\n"
    )
    monkeypatch.setenv("NETRC", str(netrc))
    foreign = serve(reply())
    server = serve(reply(302, headers={"Location": f"http://localhost:{foreign.port}/"}))
    with api(server.url, method="none").session() as session:
        session.get("/a")
    assert "Authorization" not in server.seen[0].headers
    assert "Authorization" not in foreign.seen[0].headers


def test_a_caller_s_own_authorization_is_dropped_at_a_foreign_origin(serve, reply):
    """An Authorization header that the caller has set is not sent to another host after a redirect."""
    foreign = serve(reply())
    server = serve(reply(302, headers={"Location": f"http://localhost:{foreign.port}/"}))
    with api(server.url, method="none").session() as session:
        session.get("/a", headers={"Authorization": "mine"})
    assert server.seen[0].headers["Authorization"] == "mine"
    assert "Authorization" not in foreign.seen[0].headers


def test_extra_parameters_yield_to_the_caller_and_secrets_do_not(serve, reply):
    """A caller can override an extra parameter for one call, but not a secret parameter."""
    server = serve(reply())
    connection = api(
        server.url,
        method="custom",
        extra_parameters={"header:Accept-Version": "2", "query:lang": "en"},
        secret_parameters={"header:X-Key": "s3cret-value"},
    )
    with connection.session() as session:
        session.get("/a")
        session.get("/a?lang=de", headers={"Accept-Version": "3", "X-Key": "mine"})
    first, second = server.seen
    assert (first.path, first.headers["Accept-Version"]) == ("/a?lang=en", "2")
    assert (second.path, second.headers["Accept-Version"]) == ("/a?lang=de", "3")
    assert second.headers["X-Key"] == "s3cret-value"


def test_extra_parameters_replace_a_library_s_own_headers(serve, reply):
    """Accept and User-Agent of the document are sent, unless the caller of the session gives others."""
    server = serve(reply())
    extra = {"header:Accept": "text/csv", "header:User-Agent": "acme"}
    connection = api(server.url, method="none", extra_parameters=extra)
    with connection.session() as session, connection.httpx_client() as client:
        session.get("/a")
        client.get("/a")
        session.get("/a", headers={"accept": "text/plain"})
        client.get("/a", headers={"accept": "text/plain"})
    sent = [CaseInsensitiveDict(request.headers) for request in server.seen]
    assert [headers["Accept"] for headers in sent] == ["text/csv", "text/csv", "text/plain", "text/plain"]
    assert {headers["User-Agent"] for headers in sent} == {"acme"}


def test_extra_parameters_yield_in_cookies_and_bodies_too(serve, reply):
    """A caller's cookie and body field stay, and a body parameter doesn't prevent a GET."""
    server = serve(reply())
    extra = {"cookie:lang": "en", "body:v": "1"}
    with api(server.url, method="none", extra_parameters=extra).session() as session:
        session.get("/a")
        session.post("/a", data={"x": "1"})
        session.post("/a", data={"v": "2"}, cookies={"lang": "de"})
    first, second, third = server.seen
    assert (first.headers["Cookie"], first.body) == ("lang=en", b"")
    assert second.body == b"x=1&v=1"
    assert (third.headers["Cookie"], third.body) == ("lang=de", b"v=2")


def test_the_caller_s_request_is_left_as_it_is(serve, reply):
    """Preparing a request doesn't change the caller's object."""
    server = serve(reply())
    mine = requests.Request("GET", "/a")
    with api(server.url, **METHODS["header"]).session() as session:
        session.send(session.prepare_request(mine))
    assert (mine.url, mine.headers) == ("/a", {})
    assert server.seen[0].headers["X-API-Key"] == SECRET


@pytest.mark.parametrize(
    ("base", "path", "arrives"),
    [
        ("", "/v1/a", "/v1/a"),
        ("/root/", "v1/a", "/root/v1/a"),
        ("/root", "/v1/a?x=1", "/root/v1/a?x=1"),
        ("/v1/items", "?page=2", "/v1/items?page=2"),
    ],
)
def test_relative_paths_join_the_base_url(serve, reply, base, path, arrives):
    """A relative path is added to the base URL's own path, with one slash between them."""
    server = serve(reply())
    with api(server.url + base, method="none").session() as session:
        session.get(path)
    assert server.seen[0].path == arrives


def test_transient_faults_of_idempotent_requests_are_tried_again(serve, reply):
    """A GET is sent again after a 503, but not after a 500, and a POST is not sent again."""
    answers = iter([reply(503, headers={"Retry-After": "0"}), reply(), reply(503), reply(500)])
    server = serve(lambda _: next(answers))
    with api(server.url, **METHODS["header"], retries=2).session() as session:
        statuses = [
            session.get("/a").status_code,
            session.post("/a").status_code,
            session.get("/a").status_code,
        ]
    assert statuses == [200, 503, 500]
    assert all(seen.headers["X-API-Key"] == SECRET for seen in server.seen)


def test_a_private_authority_is_trusted_by_its_bundle(serve, reply, tls, ca_bundle):
    """`ca_bundle` makes a private authority's certificate valid; without it TLS fails."""
    server = serve(reply(), tls)
    with api(server.url, **METHODS["header"], ca_bundle=ca_bundle).session() as session:
        assert session.get("/a").status_code == 200
    with (
        api(server.url, **METHODS["header"]).session() as session,
        pytest.raises(requests.exceptions.SSLError),
    ):
        session.get("/a")


def test_errors_of_the_document_stop_its_use(serve, reply):
    """A header with a line break is refused before anything is sent, and its content is not shown."""
    server = serve(reply())
    with pytest.raises(watchword.DocumentError) as error:
        api(server.url, method="api_key", api_key="s3cret\nX-Evil: 1").session()
    assert error.value.code == "header_illegal"
    assert "s3cret" not in str(error.value)
    assert server.seen == []


def test_nothing_that_holds_secrets_is_pickled(serve, reply):
    """Connection, session and adapter refuse to be pickled, and say what to do instead."""
    connection = api("https://api.test", **METHODS["header"])
    with connection.session() as session:
        for thing in (connection, session, connection.adapter(), connection.authenticator()):
            with pytest.raises(TypeError, match="load"):
                pickle.dumps(thing)


def test_plain_sessions_authenticate_with_auth(serve, reply):
    """`conn.auth()` signs a plain session's requests; a redirect to a foreign origin carries nothing."""
    foreign = serve(reply())
    server = serve(
        lambda seen: (
            reply(307, headers={"Location": f"{foreign.url}{seen.path}"}) if "away" in seen.path else reply()
        )
    )
    for fields in METHODS.values():
        auth = api(server.url, **fields).auth()
        with requests.Session() as session:
            session.trust_env = False
            assert session.get(f"{server.url}/a", auth=auth).status_code == 200
            session.post(f"{server.url}/away", auth=auth, data={"a": "1"})
            session.get(f"{foreign.url}/direct", auth=auth)
    assert all(any(form in seen.text for form in FORMS) for seen in server.seen)
    assert len(foreign.seen) == 2 * len(METHODS)
    assert not any(form in seen.text for seen in foreign.seen for form in FORMS)


@pytest.mark.parametrize("kind", ["generator", "pipe"])
def test_a_stream_that_can_t_be_sent_again_is_a_clear_error(serve, reply, kind):
    """If a refused token requires the body again, an error names the stream; it is never sent empty."""
    server = serve(
        lambda seen: (
            reply(200, {"access_token": f"t{len(server.seen)}-token", "expires_in": 3600})
            if seen.path == "/token"
            else reply(401)
        )
    )
    connection = api(
        server.url, method="oauth2_client_credentials", token_url=f"{server.url}/token",
        client_id="c", client_secret="s3cret-stream",
    )  # fmt: skip
    with connection.session() as session:
        pipe = io.TextIOWrapper(io.BufferedReader(_Unseekable()), write_through=True)
        with pytest.raises(watchword.RequestError) as error:
            session.post("/a", data=pipe if kind == "pipe" else iter([b"a", b"b"]))
        assert error.value.code == "body_not_replayable"


class _Unseekable(io.RawIOBase):
    """A stream of a few bytes that can be read once."""

    def __init__(self) -> None:
        self._left = b"abc"

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        taken, self._left = self._left, b""
        buffer[: len(taken)] = taken
        return len(taken)


def test_only_the_allowed_origins_get_the_client_certificate(serve, reply, authority, ca_bundle, tmp_path):
    """The certificate, as file or text, is sent to the API, but not to a foreign origin after a redirect."""

    def asking():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        context.verify_mode = ssl.CERT_OPTIONAL
        authority.configure_trust(context)
        return context

    foreign = serve(reply(), asking())
    server = serve(reply(302, headers={"Location": f"{foreign.url}/b"}), asking())
    pem = authority.issue_cert("client@example.com").private_key_and_cert_chain_pem.bytes().decode()
    path = tmp_path / "client.pem"
    path.write_text(pem)
    for certificate in (str(path), pem):
        connection = api(server.url, method="none", client_certificate=certificate, ca_bundle=ca_bundle)
        with connection.session() as session:
            session.get("/a")
    assert [seen.certificate for seen in server.seen] == [True, True]
    assert [seen.certificate for seen in foreign.seen] == [False, False]


@pytest.mark.parametrize("by", ["session", "adapter", "auth"])
def test_a_proxy_s_password_is_neither_shown_after_a_redirect_nor_sent_to_an_origin(
    serve, reply, monkeypatch, by
):
    """The environment's proxy gets its password; `response.request` shows none, and an origin gets none."""

    def answer(seen):
        return reply(302, headers={"Location": "http://api.test/b"}) if seen.path.endswith("/a") else reply()

    proxy, origin = serve(answer), serve(reply())
    monkeypatch.setenv("http_proxy", f"http://u:s3cret-proxy@127.0.0.1:{proxy.port}")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    fields = {
        "method": "api_key",
        "api_key": "s3cret-key",
        "allowed_origins": ["http://api.test", origin.url],
    }
    made = watchword.load({"base_url": "http://api.test", **fields})
    session = made.session() if by == "session" else requests.Session()
    with session:
        if by == "adapter":
            session.mount("http://", made.adapter())
        session.auth = made.auth() if by == "auth" else session.auth
        response = session.get("http://api.test/a")
        session.get(f"{origin.url}/c", headers={"Proxy-Authorization": "mine"})
    assert len(proxy.seen) == 2
    assert all(seen.headers["Proxy-Authorization"].startswith("Basic ") for seen in proxy.seen)
    shown = [str(hop.request.headers) for hop in (*response.history, response)]
    assert not any("Proxy-Authorization" in text for text in shown)
    if by != "auth":
        assert "Proxy-Authorization" not in origin.seen[0].headers
