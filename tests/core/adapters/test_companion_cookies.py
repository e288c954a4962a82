"""The cookies that a login sets beside the session's own: sent as a browser does, renewed, and removed."""

from __future__ import annotations

from http.cookies import SimpleCookie

import pytest

import watchword
from watchword import redact
from watchword.http.cookies import Companion, SetCookie, sent_cookie

SPELLINGS = ("Set-Cookie", "set-cookie", "SET-COOKIE", "Set-cookie")
"""The headers of an answer are a dict: each spelling is one line."""


def lines(*cookies):
    return dict(zip(SPELLINGS, cookies, strict=False))


def sent(seen):
    return {name: morsel.value for name, morsel in SimpleCookie(seen.headers.get("Cookie", "")).items()}


def document(url, **fields):
    return {
        "base_url": url,
        "method": "session_login",
        "login_url": f"{url}/b1s/v1/Login",
        "username": "ann",
        "password": "s3cret-word",
        "response_cookie": "sid",
        "add_to": "cookie",
        **fields,
    }


@pytest.fixture
def start(serve, reply):
    """Give a function that starts a server whose login sets these cookies."""

    def started(*cookies, later=None):
        def answer(seen):
            if seen.path.endswith("/Login"):
                return reply(body={}, headers=lines(*cookies))
            return later(seen) if later else reply()

        return serve(answer)

    return started


SHAPES = {
    "SAP Business One": (["sid=s-1; HttpOnly; Path=/b1s", "ROUTEID=.node8; path=/"], {"sid", "ROUTEID"}),
    "HAProxy": (["sid=s-1", "SERVERID=web-2; path=/"], {"sid", "SERVERID"}),
    "AWS's load balancer": (
        ["AWSALB=abc/x=; Path=/", "sid=s-1", "AWSALBCORS=a; Path=/"],
        {"AWSALB", "AWSALBCORS", "sid"},
    ),
    "F5 BIG-IP": (["sid=s-1", "BIGipServerpool=487098378.24095.0000; path=/"], {"sid", "BIGipServerpool"}),
    "Azure's affinity": (
        ["ARRAffinity=0a1b; Path=/; HttpOnly; Domain=127.0.0.1", "sid=s-1"],
        {"sid", "ARRAffinity"},
    ),
    "Imperva": (
        ["sid=s-1", "visid_incap_1=aB/c==; path=/", "incap_ses_1=x; path=/"],
        {"sid", "visid_incap_1", "incap_ses_1"},
    ),
    "Django": (["csrftoken=t0ken; Path=/", "sid=s-1; Path=/"], {"sid", "csrftoken"}),
    "a cookie of the login's folder alone": (["sid=s-1", "flow=1; Path=/b1s/v1"], {"sid"}),
    "no path: the login's folder": (["sid=s-1", "flow=1"], {"sid"}),
    "another host's cookie": (["sid=s-1", "evil=1; Path=/; Domain=example.com"], {"sid"}),
    "a top-level domain's cookie": (["sid=s-1", "evil=1; Path=/; Domain=com"], {"sid"}),
    "a cookie that is removed at once": (["sid=s-1", "old=1; Path=/; Max-Age=0"], {"sid"}),
    "a cookie that can't be sent": (["sid=s-1", "odd=a b; Path=/"], {"sid"}),
    "a secure cookie, to this machine": (["sid=s-1", "safe=1; Path=/; Secure"], {"sid", "safe"}),
}


@pytest.mark.parametrize("name", SHAPES)
def test_the_cookies_of_a_login_go_along_where_a_browser_sends_them(start, senders, name):
    """With each client a request carries the session's cookie and those whose Path and Domain allow it."""
    cookies, expected = SHAPES[name]
    server = start(*cookies)
    conn = watchword.load(document(server.url))
    for client, sender in senders.items():
        result = sender(conn, "GET", f"{server.url}/api")
        assert set(sent(server.seen[-1])) == expected, client
        assert "s-1" not in result.text, client
    assert sum(seen.path.endswith("/Login") for seen in server.seen) == 1


def test_a_path_decides_by_whole_segments(start, senders):
    """A cookie of /b1s goes to /b1s and below, not to /b1search."""
    server = start("sid=s-1", "r=1; Path=/b1s")
    conn = watchword.load(document(server.url))
    for sender in senders.values():
        for path, goes in (("/b1s", True), ("/b1s/x?y=1", True), ("/b1search", False), ("/", False)):
            sender(conn, "GET", f"{server.url}{path}")
            assert ("r" in sent(server.seen[-1])) is goes, path


def test_every_named_cookie_must_come(start):
    """Several names mean that the API needs each: a login that lacks one is a finding with its name."""
    server = start("sid=s-1")
    conn = watchword.load(document(server.url, response_cookie="sid, ROUTEID"))
    with conn.session() as api, pytest.raises(watchword.TokenError, match="'ROUTEID'") as caught:
        api.get("x")
    assert caught.value.code == "token_field_missing"
    assert len(server.seen) == 1


def test_a_named_cookie_goes_everywhere_in_the_origins(start, senders):
    """A cookie that the document names is sent like the session's own, whatever its Path."""
    server = start("sid=s-1", "flow=f-1; Path=/b1s/v1")
    conn = watchword.load(document(server.url, response_cookie="sid,flow"))
    for sender in senders.values():
        sender(conn, "GET", f"{server.url}/api")
        assert sent(server.seen[-1]) == {"sid": "s-1", "flow": "f-1"}


def test_a_cookie_that_the_api_renews_is_followed(start, reply, senders):
    """A Set-Cookie of an answer renews the route of the next request, without a new login."""
    for name, sender in senders.items():
        server = start(
            "sid=s-1; Path=/",
            "route=node-0; Path=/",
            later=lambda seen: reply(headers=lines(f"route=node-of-{seen.path[1:]}; Path=/", "other=1")),
        )
        conn = watchword.load(document(server.url))
        for path in ("a", "b", "c"):
            sender(conn, "GET", f"{server.url}/{path}")
        routes = [sent(seen)["route"] for seen in server.seen[1:]]
        assert routes == ["node-0", "node-of-a", "node-of-b"], name


ANSWERS = {
    "Tomcat's sign-out of an older application": (["sid=; Path=/legacy; Max-Age=0"], "s-1"),
    "ASP.NET's removal for its own folder": (
        ["sid=x; Path=/Account; Expires=Thu, 01 Jan 1970 00:00:00 GMT"],
        "s-1",
    ),
    "a removal for another domain": (["sid=; Path=/; Domain=example.com; Max-Age=0"], "s-1"),
    "a folder that only begins alike": (["sid=; Path=/b1; Max-Age=0"], "s-1"),
    "a removal elsewhere, and a new value": (["sid=s-3; Path=/", "sid=; Path=/legacy; Max-Age=0"], "s-3"),
    "a removal elsewhere, before a new value": (["sid=; Path=/legacy; Max-Age=0", "sid=s-3; Path=/"], "s-3"),
    "two values: that of the API's folder": (["sid=s-4; Path=/b1s", "sid=s-5; Path=/"], "s-4"),
    "two values: one for another folder": (["sid=s-4; Path=/", "sid=s-5; Path=/legacy"], "s-4"),
    "a value for another folder alone": (["sid=s-4; Path=/legacy"], "s-4"),
    "a removal of the root": (["sid=; Path=/; Max-Age=0"], "s-2"),
    "a removal of the API's folder": (["sid=; Path=/b1s; Max-Age=0"], "s-2"),
    "a removal without a path": (["sid=; Max-Age=0"], "s-2"),
    "a value, and then its removal": (["sid=s-3; Path=/", "sid=; Path=/; Max-Age=0"], "s-2"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_only_a_removal_that_reaches_the_api_ends_the_session(serve, reply, name):
    """A cookie that is removed or set for another Path or Domain leaves the session's own as it is."""
    cookies, expected = ANSWERS[name]
    logins = []

    def answer(seen):
        if seen.path.endswith("/Login"):
            logins.append(1)
            return reply(body={}, headers=lines(f"sid=s-{len(logins)}; Path=/"))
        return reply(headers=lines(*cookies) if len(logins) == 1 else {})

    server = serve(answer)
    with watchword.load(document(server.url)).session() as api:
        api.get("b1s/x")
        api.get("b1s/x")
    assert sent(server.seen[-1]) == {"sid": expected}
    assert len(logins) == (2 if expected == "s-2" else 1)


LOGINS = {
    "Tomcat": ["sid=NEW; Path=/; HttpOnly", "sid=deleted; Max-Age=0; Path=/b1s/v1/Login"],
    "ASP.NET": ["sid=NEW; path=/", "sid=; expires=Mon, 11-Oct-1999 22:00:00 GMT; path=/app"],
    "the removal first": ["sid=; Max-Age=0; Path=/old", "sid=NEW; Path=/"],
    "the removal of a domain's": ["sid=NEW; Path=/", "sid=; Max-Age=0; Path=/; Domain=.example.com"],
    "one for the login alone": ["sid=NEW; Path=/", "sid=LOGIN; Path=/b1s/v1/Login"],
    "a folder's own, last": ["sid=ROOT; Path=/", "sid=NEW; Path=/b1s"],
}


@pytest.mark.parametrize("name", LOGINS)
def test_a_login_may_remove_the_cookie_of_another_path(start, name):
    """The session is the cookie that the API gets, whatever the login removes elsewhere."""
    server = start(*LOGINS[name])
    with watchword.load(document(server.url)).session() as api:
        api.get("b1s/x")
    assert sent(server.seen[-1])["sid"] == "NEW"


def test_a_login_that_removes_its_own_cookie_opens_no_session(start):
    """A cookie that is removed with the Path that it was set with doesn't count as a session."""
    server = start("sid=NEW; Path=/", "sid=; Path=/; Max-Age=0")
    with watchword.load(document(server.url)).session() as api, pytest.raises(watchword.TokenError) as caught:
        api.get("x")
    assert caught.value.code == "token_field_missing"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("route=; Path=/legacy; Max-Age=0", "n"),
        ("route=m; Path=/legacy", "n"),
        ("route=m; Path=/; Domain=example.com", "n"),
        ("route=m; Path=/a", "m"),
        ("route=m; Path=/", "m"),
        ("route=; Path=/; Max-Age=0", None),
    ],
)
def test_a_route_of_another_path_changes_nothing(start, reply, line, expected):
    """A cookie beside the session's changes by a line for its own place, or for the API's URL."""
    server = start("sid=s-1", "route=n; Path=/", later=lambda _: reply(headers=lines(line)))
    with watchword.load(document(server.url)).session() as api:
        api.get("a")
        api.get("a")
    assert sent(server.seen[-1]).get("route") == expected


CSRF = {
    "Spring and Angular": ("XSRF-TOKEN=c{}; Path=/", "c{}"),
    "Laravel and axios": ("XSRF-TOKEN=eyJpdiI6ab{}%3D%3D; Path=/", "eyJpdiI6ab{}=="),
    "Django": ("XSRF-TOKEN=abc{}; Path=/; SameSite=Lax", "abc{}"),
    "a plus stays a plus": ("XSRF-TOKEN=a+b%2F{}; Path=/", "a+b/{}"),
    "a lone percent sign": ("XSRF-TOKEN=100%-{}; Path=/", "100%-{}"),
    "a decoded line break is left encoded": ("XSRF-TOKEN=a%0D%0Ab{}; Path=/", "a%0D%0Ab{}"),
    "a decoded character outside Latin-1 is left": ("XSRF-TOKEN=%E2%82%AC{}; Path=/", "%E2%82%AC{}"),
    "bytes that aren't text are left": ("XSRF-TOKEN=%FF{}; Path=/", "%FF{}"),
    "decoded once": ("XSRF-TOKEN=a%253D{}; Path=/", "a%3D{}"),
}


@pytest.mark.parametrize("name", CSRF)
def test_a_header_follows_the_cookie_that_it_is_read_from(start, reply, name):
    """The header has the cookie's present value, decoded, as a script in a browser reads it."""
    line, header = CSRF[name]
    server = start(
        "sid=s-1; Path=/", line.format(0), later=lambda seen: reply(headers=lines(line.format(seen.path[-1])))
    )
    fields = document(server.url, response_values={"header:X-XSRF-TOKEN": "cookie:XSRF-TOKEN"})
    with watchword.load(fields).session() as api:
        for path in ("1", "2", "3"):
            api.get(path)
    seen = server.seen[1:]
    assert [each.headers["X-XSRF-TOKEN"] for each in seen] == [header.format(number) for number in range(3)]
    assert [f"XSRF-TOKEN={sent_raw(each)}; Path=/" for each in seen] == [
        line.format(number).replace("; SameSite=Lax", "") for number in range(3)
    ]


def sent_raw(seen):
    return sent_cookie(seen.headers["Cookie"], "XSRF-TOKEN")


def test_a_header_stays_if_its_cookie_is_removed(start, reply):
    """A header that the document demands keeps its last value; the cookie itself goes."""
    server = start(
        "sid=s-1; Path=/", "csrf=c0; Path=/", later=lambda _: reply(headers=lines("csrf=; Path=/; Max-Age=0"))
    )
    fields = document(server.url, response_values={"header:X-CSRF": "cookie:csrf"})
    with watchword.load(fields).session() as api:
        api.get("a")
        api.get("a")
    assert (server.seen[-1].headers["X-CSRF"], sent(server.seen[-1])) == ("c0", {"sid": "s-1"})


def test_a_named_cookie_that_is_renewed_still_goes_everywhere(start, reply):
    """A named cookie keeps its reach when the API sets it again with a Path of its own."""
    server = start("sid=s-1", "r=0; Path=/a", later=lambda _: reply(headers=lines("r=1; Path=/a")))
    with watchword.load(document(server.url, response_cookie="sid,r")).session() as api:
        api.get("a/x")
        api.get("b")
    assert sent(server.seen[-1]) == {"sid": "s-1", "r": "1"}


def test_a_cookie_that_the_api_removes_is_sent_no_more(start, reply, senders):
    """An ended companion doesn't go along any more; the session goes on."""
    for name, sender in senders.items():
        server = start(
            "sid=s-1", "route=n; Path=/", later=lambda _: reply(headers=lines("route=; Path=/; Max-Age=0"))
        )
        conn = watchword.load(document(server.url))
        sender(conn, "GET", f"{server.url}/a")
        sender(conn, "GET", f"{server.url}/a")
        assert sent(server.seen[-1]) == {"sid": "s-1"}, name


def test_a_new_login_brings_its_own_cookies(serve, reply, senders):
    """After a refusal the request is sent again with the cookies of the new session, none of the old."""
    for name, sender in senders.items():
        logins = []

        def answer(seen, logins=logins):
            if seen.path.endswith("/Login"):
                logins.append(1)
                number = len(logins)
                return reply(body={}, headers=lines(f"sid=s-{number}", f"route=n-{number}; Path=/"))
            if sent(seen).get("sid") == "s-1":
                return reply(401, headers=lines("route=of-nobody; Path=/", "fresh=1; Path=/"))
            return reply()

        server = serve(answer)
        sender(watchword.load(document(server.url)), "GET", f"{server.url}/a")
        assert sent(server.seen[-1]) == {"sid": "s-2", "route": "n-2", "fresh": "1"}, name


def test_a_logout_sends_and_removes_them_all(start, reply):
    """The logout carries the cookies, and the next session begins without them."""
    server = start("sid=s-1", "route=n-1; Path=/")
    conn = watchword.load(document(server.url, logout_url=f"{server.url}/b1s/v1/Logout"))
    with conn.session() as api:
        api.get("x")
    assert (server.seen[-1].path, sent(server.seen[-1])) == ("/b1s/v1/Logout", {"sid": "s-1", "route": "n-1"})
    assert conn.credential.token_cache.cookies == {}


def test_no_jar_gets_a_companion(start, reply):
    """A client's jar, which knows no ports, never holds a cookie that goes along with the session."""
    server = start(
        "sid=s-1", "route=n-0; Path=/", later=lambda _: reply(headers=lines("route=n-1; Path=/", "own=1"))
    )
    conn = watchword.load(document(server.url))
    with conn.session() as api, conn.httpx_client() as client:
        api.get("a")
        client.get("a")
        assert ([cookie.name for cookie in api.cookies], list(client.cookies)) == (["own"], ["own"])


def test_a_companion_is_masked_like_the_session(start):
    """A companion may be a session of its own, so logs don't show it."""
    server = start("sid=s-1-long-enough", "JSESSIONIDSSO=s3cret-companion; Path=/")
    conn = watchword.load(document(server.url))
    with conn.session() as api:
        api.get("a")
        held = conn.credential.token_cache.get()
        assert redact.text("x=s3cret-companion") == "x=***"
        assert "s3cret-companion" not in repr(held)


def test_a_session_in_a_header_sends_no_cookies(start):
    """A document that sends the session in another way makes the same requests as before."""
    server = start("sid=s-1; Path=/", "route=n; Path=/")
    fields = document(server.url, add_to="header", header_name="X-Session", use_prefix=False)
    with watchword.load(fields).session() as api:
        api.get("a")
    assert server.seen[-1].headers["X-Session"] == "s-1"
    assert sent(server.seen[-1]) == {}


@pytest.mark.parametrize(
    ("domain", "url", "goes"),
    [
        ("example.com", "https://api.example.com/x", True),
        (".example.com", "https://a.b.example.com/x", True),
        ("example.com", "https://notexample.com/x", False),
        ("example.com", "https://example.com.evil.test/x", False),
        ("", "https://login.example.com/x", True),
        ("", "https://api.example.com/x", False),
    ],
)
def test_the_domain_decides_which_hosts_get_a_cookie(domain, url, goes):
    """A cookie with a Domain goes to that host and below, one without to the login's host alone."""
    attributes = {"path": "/", "domain": domain} if domain else {"path": "/"}
    companion = Companion.of(SetCookie("v", None, attributes), "https://login.example.com/l")
    assert companion is not None
    assert companion.goes_to(url) is goes
    assert Companion.parse(companion.text) == companion


def test_a_secure_cookie_does_not_go_out_in_clear():
    """Secure means https, except to this machine itself."""
    companion = Companion("v", "api.test", secure=True)
    assert companion.goes_to("https://api.test/")
    assert not companion.goes_to("http://api.test/")


def test_an_illegal_name_among_several_is_found():
    """A name that no cookie can have is a finding before the login."""
    found = watchword.load(document("https://api.test", response_cookie="sid, RO UTE")).lint()
    assert [item.code.name for item in found] == ["header_illegal"]
