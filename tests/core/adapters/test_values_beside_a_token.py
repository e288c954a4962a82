"""What APIs require beside a token that a header or the query carries: parameters, and cookies of a login."""

from __future__ import annotations

import logging
from http.cookies import SimpleCookie
from urllib.parse import parse_qsl, urlsplit

import pytest

import watchword
from watchword import redact
from watchword.stores.memory import MemoryStore

SESSION, TOKEN = "s3cret-session-77", "s3cret-token-8812"
SPELLINGS = ("Set-Cookie", "set-cookie", "SET-COOKIE")
"""The headers of an answer are a dict: each spelling is one line."""


def cookies(*lines):
    return dict(zip(SPELLINGS, lines, strict=False))


def login(url, **fields):
    return {
        "base_url": url,
        "method": "session_login",
        "login_url": f"{url}/login",
        "username": "ann",
        "password": "s3cret-word",
        **fields,
    }


def oauth(url, **fields):
    return {
        "base_url": url,
        "method": "oauth2_client_credentials",
        "token_url": f"{url}/login",
        "client_id": "c",
        "client_secret": "s3cret-client",
        **fields,
    }


def in_header(name, path=None, **fields):
    place = {"response_access_path": path} if path else {"response_header": name}
    return {"header_name": name, "use_prefix": False, **place, **fields}


BEARER = {"access_token": TOKEN, "expires_in": 3600}
ALL = {"cookie:*": "cookie:*"}

# The document, what the login and values_url answer (body, headers), and what the API requires:
# headers, parameters of the query, and cookies.
SHAPES = {
    "Exact Online's division in the query": (
        oauth,
        {"values_url": "/values", "response_values": {"query:division": "d.results[0].CurrentDivision"}},
        (BEARER, {}),
        ({"d": {"results": [{"CurrentDivision": 123456}]}}, {}),
        ({"Authorization": f"Bearer {TOKEN}"}, {"division": "123456"}, {}),
    ),
    "Zoho Books' organization": (
        oauth,
        {"values_url": "/values", "response_values": {"query:organization_id": "organizations[0].id"}},
        (BEARER, {}),
        ({"organizations": [{"id": "10234695"}]}, {}),
        ({}, {"organization_id": "10234695"}, {}),
    ),
    "a session's id in the query, beside a token in a header": (
        login,
        in_header("X-Token", "token", response_values={"query:sid": "session.id"}),
        ({"token": TOKEN, "session": {"id": "a b/c+d=é&x"}}, {}),
        None,
        ({"X-Token": TOKEN}, {"sid": "a b/c+d=é&x"}, {}),
    ),
    "SAP's token in a header, with the cookies that it belongs to": (
        login,
        in_header("x-csrf-token", login_method="GET", login_auth="basic", response_values=ALL),
        (
            {},
            {"x-csrf-token": TOKEN}
            | cookies(f"SAP_SESSIONID_NPL_001={SESSION}; path=/", "sap-usercontext=sap-client=001; path=/"),
        ),
        None,
        (
            {"x-csrf-token": TOKEN},
            {},
            {"SAP_SESSIONID_NPL_001": SESSION, "sap-usercontext": "sap-client=001"},
        ),
    ),
    "Superset: a bearer token, then a CSRF token with a session's cookie": (
        login,
        {
            "response_access_path": "access_token",
            "values_url": "/values",
            "response_values": {"header:X-CSRFToken": "result", "cookie:session": "cookie:session"},
        },
        (BEARER, {}),
        ({"result": "csrf-1"}, cookies(f"session={SESSION}; HttpOnly; Path=/; SameSite=Lax")),
        ({"Authorization": f"Bearer {TOKEN}", "X-CSRFToken": "csrf-1"}, {}, {"session": SESSION}),
    ),
    "Cisco vManage: the token is the plain body of a second request": (
        login,
        {
            "response_cookie": "JSESSIONID",
            "add_to": "cookie",
            "values_url": "/values",
            "response_values": {"header:X-XSRF-TOKEN": "$"},
        },
        ({}, cookies(f"JSESSIONID={SESSION}; Path=/; HttpOnly")),
        ("56CF324A8F67993B6FCCF57302068B07", {"Content-Type": "text/html;charset=UTF-8"}),
        ({"X-XSRF-TOKEN": "56CF324A8F67993B6FCCF57302068B07"}, {}, {"JSESSIONID": SESSION}),
    ),
    "Spring: the token is a cookie that a header repeats": (
        login,
        {
            "response_cookie": "XSRF-TOKEN",
            "header_name": "X-XSRF-TOKEN",
            "use_prefix": False,
            "response_values": ALL,
        },
        ({}, cookies(f"XSRF-TOKEN={TOKEN}; Path=/", f"JSESSIONID={SESSION}; Path=/; HttpOnly")),
        None,
        ({"X-XSRF-TOKEN": TOKEN}, {}, {"XSRF-TOKEN": TOKEN, "JSESSIONID": SESSION}),
    ),
    "Jenkins' crumb, whose header and session belong together": (
        login,
        in_header("Jenkins-Crumb", "crumb", login_auth="basic", login_method="GET", response_values=ALL),
        (
            {"crumb": TOKEN, "crumbRequestField": "Jenkins-Crumb"},
            cookies(f"JSESSIONID.0a1b2c3d={SESSION}; Path=/; HttpOnly"),
        ),
        None,
        ({"Jenkins-Crumb": TOKEN}, {}, {"JSESSIONID.0a1b2c3d": SESSION}),
    ),
    "Cisco ACI: a token of the body that is a cookie, and its challenge": (
        login,
        in_header(
            "APIC-Challenge",
            "imdata[0].aaaLogin.attributes.urlToken",
            response_values={"cookie:APIC-cookie": "imdata[0].aaaLogin.attributes.token"},
        ),
        ({"imdata": [{"aaaLogin": {"attributes": {"token": SESSION, "urlToken": TOKEN}}}]}, {}),
        None,
        ({"APIC-Challenge": TOKEN}, {}, {"APIC-cookie": SESSION}),
    ),
    "Guacamole: a parameter for the data source": (
        login,
        {
            "response_access_path": "authToken",
            "add_to": "query",
            "query_name": "token",
            "response_values": {"query:dataSource": "dataSource"},
        },
        ({"authToken": TOKEN, "dataSource": "mysql"}, {}),
        None,
        ({}, {"token": TOKEN, "dataSource": "mysql"}, {}),
    ),
    "OpenText: a ticket in a header, and the route of the load balancer by name": (
        login,
        in_header("OTCSTicket", "ticket", response_values={"cookie:BIGipServer": "cookie:BIGipServer"}),
        ({"ticket": TOKEN}, cookies("BIGipServer=1.2.3; path=/", "other=1; path=/")),
        None,
        ({"OTCSTicket": TOKEN}, {}, {"BIGipServer": "1.2.3"}),
    ),
    "no cookie unless the document says so": (
        login,
        in_header("X-Token", "token"),
        ({"token": TOKEN}, cookies(f"sid={SESSION}; path=/")),
        None,
        ({"X-Token": TOKEN}, {}, {}),
    ),
}


def sent_cookies(seen):
    return {name: each.value for name, each in SimpleCookie(seen.headers.get("Cookie", "")).items()}


@pytest.fixture
def start(serve, reply):
    """Give a function that starts a shape's server, which refuses a call that lacks what it requires."""

    def started(name, **more):
        kind, fields, first, second, expected = SHAPES[name]
        headers, query, jar = expected

        def answer(seen):
            path = urlsplit(seen.path).path
            if path in {"/login", "/values"}:
                body, given = first if path == "/login" else second
                return reply(body=body, headers=given)
            has_headers = {name: seen.headers.get(name) for name in headers} == headers
            has_query = dict(parse_qsl(urlsplit(seen.path).query)).items() >= query.items()
            is_right = has_headers and has_query and sent_cookies(seen) == jar
            return reply(200 if is_right else 401)

        server = serve(answer)
        fields = {
            name: f"{server.url}{text}" if name == "values_url" else text for name, text in fields.items()
        }
        return watchword.load(kind(server.url, **fields, **more), store=MemoryStore()), server

    return started


@pytest.mark.parametrize("name", SHAPES)
def test_an_api_gets_what_it_requires_beside_the_token(start, senders, name):
    """With each client a request has the token, and the parameters and cookies that belong to it."""
    conn, server = start(name)
    assert conn.lint() == []
    for client, sender in senders.items():
        assert sender(conn, "GET", f"{server.url}/items?page=2").status == 200, (client, server.seen[-1])
    assert sum(urlsplit(seen.path).path == "/login" for seen in server.seen) == 1


@pytest.mark.parametrize("name", [name for name, shape in SHAPES.items() if shape[4][2]])
def test_the_cookies_of_a_token_stay_on_its_origin(start, serve, reply, name):
    """Another port of the same host gets none of them, although a browser would send them there."""
    conn, server = start(name)
    other = serve(reply())
    with conn.session() as session:
        assert session.get("items").status_code == 200
        session.get(other.url)
    assert ["Cookie" in seen.headers for seen in other.seen] == [False]
    assert server.seen


def test_a_parameter_that_the_caller_sets_has_precedence(start):
    """A value of the response fills only what the request lacks."""
    conn, server = start("Zoho Books' organization")
    with conn.session() as session:
        session.get("items", params={"organization_id": "mine"})
    assert {seen.path for seen in server.seen if "items" in seen.path} == {"/items?organization_id=mine"}


def test_an_earlier_session_in_a_link_gives_way(serve, reply):
    """A `next` link repeats the id of the session that it was made in; a new login replaces it."""
    given = iter(["s3ssion-number-1", "s3ssion-number-2"])

    def answer(seen):
        if seen.path == "/login":
            return reply(body={"token": TOKEN + (each := next(given)), "sid": each})
        return reply(200 if "number-2" in seen.path or "page" not in seen.path else 401)

    server = serve(answer)
    fields = in_header("X-Token", "token", response_values={"query:sid": "sid"})
    with watchword.load(login(server.url, **fields)).session() as session:
        session.get("items")
        first = server.seen[-1].path
        assert session.get(f"{first}&page=2").status_code == 200
    assert server.seen[-1].path == "/items?page=2&sid=s3ssion-number-2"


def test_a_secret_value_is_shown_nowhere(start, caplog):
    """A session in the query and the cookies beside a token are masked; the URL is shown as it was made."""
    caplog.set_level(logging.DEBUG)
    for name in (
        "SAP's token in a header, with the cookies that it belongs to",
        "Cisco ACI: a token of the body that is a cookie, and its challenge",
    ):
        conn, _ = start(name)
        with conn.session() as session:
            response = session.get("items")
            held = conn.credential.token_cache.get()
            assert redact.text(f"x={SESSION}") == "x=***"
            shown = f"{held!r} {vars(response.request)} {response.url} {caplog.text}"
        assert SESSION not in shown
    name = "a session's id in the query, beside a token in a header"
    conn, server = start(name)
    with conn.session() as session:
        response = session.get("items")
        assert response.url == f"{server.url}/items"
        assert redact.text("x=a b/c+d=é&x") == "x=***"


def test_a_cookie_that_the_api_renews_is_followed_beside_a_header(serve, reply):
    """Cookies beside a token change as the API sets them anew, and a removed one that is named logs in."""

    def answer(seen):
        if seen.path == "/login":
            return reply(body={"token": TOKEN}, headers=cookies("sid=one; path=/"))
        return reply(headers=cookies(later[seen.path]) if seen.path in later else {})

    later = {"/renews": "sid=two; path=/", "/removes": "sid=; path=/; Max-Age=0"}
    server = serve(answer)
    fields = in_header("X-Token", "token", response_values={"cookie:sid": "cookie:sid"})
    with watchword.load(login(server.url, **fields)).session() as session:
        for path in ("renews", "items", "removes", "items"):
            session.get(path)
    calls = [(seen.path, sent_cookies(seen).get("sid")) for seen in server.seen]
    assert calls == [
        ("/login", None),
        ("/renews", "one"),
        ("/items", "two"),
        ("/removes", "two"),
        ("/login", None),
        ("/items", "one"),
    ]


def test_a_login_without_a_named_cookie_sends_nothing(serve, reply):
    """A cookie that the document names and the login doesn't set is a finding, and the API isn't called."""
    server = serve(reply(body={"token": TOKEN}))
    fields = in_header("X-Token", "token", response_values={"cookie:sid": "cookie:sid"})
    with (
        watchword.load(login(server.url, **fields)).session() as session,
        pytest.raises(watchword.WatchwordError, match="cookie:sid"),
    ):
        session.get("items")
    assert {seen.path for seen in server.seen} == {"/login"}


def test_a_call_with_a_wrong_credential_has_no_cookie_of_the_right_one(start):
    """A validation's calls with a decoy and with nothing have neither the cookies nor the secret values."""
    conn, server = start("Cisco ACI: a token of the body that is a cookie, and its challenge")
    conn.validate(f"{server.url}/items")
    calls = [seen for seen in server.seen if seen.path == "/items"]
    assert sum(sent_cookies(seen) == {"APIC-cookie": SESSION} for seen in calls) == 1
    assert len(calls) >= 3


def test_a_logout_sends_the_cookies_too(serve, reply):
    """The session is what the cookies say, so the logout has them."""
    server = serve(
        lambda seen: reply(body={"token": TOKEN}, headers=cookies("sid=one") if seen.path == "/login" else {})
    )
    fields = in_header("X-Token", "token", response_values=ALL, logout_url=f"{server.url}/logout")
    with watchword.load(login(server.url, **fields)).session() as session:
        session.get("items")
    assert (server.seen[-1].path, sent_cookies(server.seen[-1])) == ("/logout", {"sid": "one"})


def test_a_value_whose_source_sounds_secret_is_masked_like_the_token(serve, reply):
    """An ID token in a header of any name is masked, also of a stored token; a tenant's id is readable."""
    answer = {**BEARER, "id_token": "s3cret-id-9988776655", "tenant": "tenant-99887766"}
    server = serve(lambda seen: reply(body=answer if seen.path == "/login" else {}))
    values = {"header:X-Id": "$.id_token", "header:X-T": "tenant"}
    store = MemoryStore()
    for _ in range(2):
        conn = watchword.load(oauth(server.url, response_values=values), name="a", store=store)
        with conn.session() as session:
            session.get("items")
            assert redact.text("s3cret-id-9988776655 tenant-99887766") == "*** tenant-99887766"
    assert server.seen[-1].headers["X-Id"] == "s3cret-id-9988776655"


def test_a_cookie_s_quotes_are_not_sent_in_a_header(serve, reply):
    """FortiGate sets its CSRF token in quotes: the header has what is between them."""
    lines = cookies("APSCOOKIE_443=s3cret-session; path=/", 'ccsrftoken_443="CSRF-554433"; path=/')
    server = serve(lambda seen: reply(body={}, headers=lines if seen.path == "/login" else {}))
    fields = {
        "response_cookie": "APSCOOKIE_443, ccsrftoken_443",
        "add_to": "cookie",
        "response_values": {"header:X-CSRFTOKEN": "cookie:ccsrftoken_443"},
    }
    with watchword.load(login(server.url, **fields)).session() as session:
        session.get("items")
    assert server.seen[-1].headers["X-CSRFTOKEN"] == "CSRF-554433"


@pytest.mark.parametrize("name", ["Host", "content-length", "Transfer-Encoding", "Connection"])
def test_a_response_never_fills_a_header_that_frames_a_request(name):
    """Such a document is refused: a server's answer must not decide where a body ends."""
    conn = watchword.load(oauth("https://api.test", response_values={f"header:{name}": "v"}))
    assert [each.code.name for each in conn.lint()] == ["header_illegal"]


def test_the_values_url_gets_the_token_where_the_document_says(serve, reply):
    """Like token_url, it receives the credential at its own origin; no other URL of that origin does."""
    other = serve(lambda _: reply(body={"tenant": "t-1"}))
    server = serve(lambda seen: reply(body=BEARER if seen.path == "/login" else {}))
    fields = {"values_url": f"{other.url}/connections", "response_values": {"header:X-T": "tenant"}}
    conn = watchword.load(oauth(server.url, **fields))
    with conn.session() as session:
        session.get("items")
        session.get(f"{other.url}/other")
    assert [seen.headers.get("Authorization") for seen in other.seen] == [f"Bearer {TOKEN}", None]
    assert server.seen[-1].headers["X-T"] == "t-1"
