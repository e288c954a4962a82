"""The connection's own cookies stay out of every client's jar, and are followed if the API renews them."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
from collections import deque
from concurrent.futures import ThreadPoolExecutor

import aiohttp
import pytest
import requests

import watchword
from watchword import redact
from watchword.redact import texts
from watchword.redact.registry import LATE, Registry

CLIENTS = ("requests", "httpx", "async httpx", "aiohttp", "foreign requests")


def connection(url, **fields):
    return watchword.load(
        {
            "base_url": url, "method": "session_login", "login_url": f"{url}/login", "username": "ann",
            "password": "s3cret-password", "response_cookie": "sid", "add_to": "cookie", **fields,
        }
    )  # fmt: skip


class Client:
    """A client with its jar, kept open for several requests; `get` returns the status."""

    def __init__(self, name, made):
        self.name, self.made, self.loop = name, made, asyncio.new_event_loop()
        self.session = self._run(self._open())

    async def _open(self):
        if self.name == "requests":
            return self.made.session()
        if self.name == "foreign requests":
            session = requests.Session()
            session.auth = self.made.auth()
            return session
        if self.name == "httpx":
            return self.made.httpx_client()
        if self.name == "async httpx":
            return self.made.async_httpx_client()
        jar = aiohttp.CookieJar(unsafe=True)
        return aiohttp.ClientSession(middlewares=(self.made.aiohttp_middleware(),), cookie_jar=jar)

    def _run(self, work):
        return self.loop.run_until_complete(work)

    def get(self, url):
        if self.name in {"requests", "foreign requests"}:
            return self.session.get(url).status_code
        if self.name == "httpx":
            return self.session.get(url, follow_redirects=True).status_code
        if self.name == "async httpx":
            return self._run(self.session.get(url, follow_redirects=True)).status_code

        async def get():
            async with self.session.get(url) as response:
                return response.status

        return self._run(get())

    @property
    def jar(self):
        if self.name == "aiohttp":
            return {cookie.key: cookie.value for cookie in self.session.cookie_jar}
        jar = getattr(self.session.cookies, "jar", self.session.cookies)
        return {cookie.name: cookie.value for cookie in jar}

    def close(self):
        if self.loop.is_closed():
            return
        if self.name in {"async httpx", "aiohttp"}:
            self._run(self.session.aclose() if self.name == "async httpx" else self.session.close())
        else:
            self.session.close()
        self.loop.close()


@pytest.fixture(params=CLIENTS)
def client(request):
    with contextlib.ExitStack() as stack:

        def start(made):
            return stack.enter_context(contextlib.closing(Client(request.param, made)))

        yield start


class Sessions:
    """A server whose sessions' cookie changes at each answer; it accepts the last few values of a session.

    `cookie` gives the lines of Set-Cookie for an answer; `accepted` is how many values it accepts.
    """

    def __init__(self, reply, accepted=1, lines=None):
        self.reply, self.accepted, self.lines = reply, accepted, lines
        self.numbers, self.values, self.logins, self.ended = itertools.count(), deque(), 0, []

    def __call__(self, seen):
        if seen.path == "/login":
            self.logins += 1
            self.values.clear()
            return self._renewed({"a": 1})
        sent = re.search(r"(?:^|; )sid=([^;]*)", seen.headers.get("Cookie", ""))
        if sent is None or sent[1] not in list(self.values)[max(len(self.values) - self.accepted, 0) :]:
            return self.reply(401, headers={"Set-Cookie": "sid=s3cret-of-nobody; Path=/"})
        if seen.path == "/logout":
            self.ended.append(sent[1])
            return self.reply()
        return self._renewed({"a": 1})

    def _renewed(self, body):
        value = f"s3cret-session-{next(self.numbers):05}"
        self.values.append(value)
        line = self.lines(value) if self.lines else f"sid={value}; Path=/; HttpOnly"
        return self.reply(body=body, headers={"Set-Cookie": line})


def test_a_session_whose_cookie_changes_at_each_answer_goes_on(serve, reply, client):
    """Each request is sent with the value that the last answer has set, after one login."""
    sessions = Sessions(reply)
    server = serve(sessions)
    api = client(connection(server.url))
    assert [api.get(f"{server.url}/a") for _ in range(10)] == [200] * 10
    assert sessions.logins == 1
    assert api.jar == {}


@pytest.mark.parametrize(
    "line",
    [
        "sid={}", "sid={};Max-Age=1800", 'sid="{}"; Path=/', " sid = {} ; Secure=x; SameSite=None",
        "sid={}; Expires=Wed, 01 Jan 2120 00:00:00 GMT; Path=/; Domain=127.0.0.1",
    ],
)  # fmt: skip
def test_renewed_cookies_are_read_as_browsers_read_them(serve, reply, line):
    """Blanks, quotes and attributes of Set-Cookie don't matter (RFC 6265 section 5.2)."""
    sessions = Sessions(reply, lines=line.format)
    server = serve(sessions)
    if '"' in line:
        sessions._renewed = lambda body, renewed=sessions._renewed: _quoted(sessions, renewed(body))
    with connection(server.url).session() as session:
        assert [session.get("/a").status_code for _ in range(5)] == [200] * 5
        assert not list(session.cookies)
    assert sessions.logins == 1


def _quoted(sessions, answer):
    sessions.values[-1] = f'"{sessions.values[-1]}"'
    return answer


def test_threads_share_a_cookie_that_changes(serve, reply):
    """If the server accepts the last values of a session, 32 threads need one login."""
    sessions = Sessions(reply, accepted=200)
    server = serve(sessions)
    made = connection(server.url)
    with made.session() as session, made.httpx_client() as client, ThreadPoolExecutor(32) as pool:
        session.get("/a")
        calls = [lambda: session.get("/a").status_code, lambda: client.get("/a").status_code]
        assert set(pool.map(lambda number: calls[number % 2](), range(200))) == {200}
    assert sessions.logins == 1


def test_an_answer_within_the_minute_of_a_refusal_doesn_t_end_the_session(serve, reply):
    """A value that the server has ended is replaced by a login, and the new session's values are followed."""
    sessions = Sessions(reply)
    server = serve(sessions)
    with connection(server.url).session() as session:
        assert session.get("/a").status_code == 200
        sessions.values.clear()
        assert [session.get("/a").status_code for _ in range(5)] == [200] * 5
    assert sessions.logins == 2


@pytest.mark.parametrize(
    "line", ["sid=; Path=/", "sid=x; Max-Age=0", "sid=deleted; Expires=Thu, 01 Jan 1970 00:00:00 GMT"]
)
def test_after_a_removal_the_next_request_logs_in_again(serve, reply, client, line):
    """An API ends a session by an empty or expired cookie."""
    logins = itertools.count(1)

    def answer(seen):
        if seen.path == "/login":
            return reply(headers={"Set-Cookie": f"sid=s3cret-{next(logins)}"})
        return reply(headers={"Set-Cookie": line} if seen.path == "/end" else {})

    server = serve(answer)
    api = client(connection(server.url))
    assert [api.get(f"{server.url}{path}") for path in ("/a", "/end", "/b")] == [200] * 3
    sent = [seen.headers.get("Cookie") for seen in server.seen if seen.path != "/login"]
    assert sent == ["sid=s3cret-1", "sid=s3cret-1", "sid=s3cret-2"]


def test_the_logout_ends_the_newest_value(serve, reply, client):
    """The session that is given back is the one that the last answer has named."""
    sessions = Sessions(reply)
    server = serve(sessions)
    made = connection(server.url, logout_url=f"{server.url}/logout")
    api = client(made)
    assert [api.get(f"{server.url}/a") for _ in range(3)] == [200] * 3
    if api.name in {"foreign requests", "aiohttp"}:  # these sessions are not the connection's to close
        return
    api.close()
    assert sessions.ended == ["s3cret-session-00003"]


def test_a_refusal_s_cookie_is_not_taken(serve, reply, client):
    """The cookie that comes with a 401 belongs to a new session, to which nobody has logged in."""
    sessions = Sessions(reply)
    server = serve(sessions)
    api = client(connection(server.url))
    assert api.get(f"{server.url}/a") == 200
    sessions.values.clear()
    sessions.accepted = 0
    assert [api.get(f"{server.url}/a") for _ in range(3)] == [401] * 3
    sent = {seen.headers.get("Cookie") for seen in server.seen if seen.path == "/a"}
    assert not any("nobody" in cookie for cookie in sent)
    assert (sessions.logins, api.jar) == (2, {})


def test_a_cookie_that_the_api_renews_stays_at_home(serve, reply, client):
    """A redirect to another port of the host, or a later call there, has no cookie of the connection."""
    foreign = serve(reply())
    sessions = Sessions(reply)

    def answer(seen):
        answered = sessions(seen)
        away = seen.path == "/away" and answered.status == 200
        return reply(302, headers={**answered.headers, "Location": f"{foreign.url}/b"}) if away else answered

    server = serve(answer)
    api = client(connection(server.url))
    assert [api.get(f"{server.url}{path}") for path in ("/a", "/away", "/a")] == [200] * 3
    assert api.get(f"{foreign.url}/c") == 200
    assert [seen.path for seen in foreign.seen] == ["/b", "/c"]
    assert not any("Cookie" in seen.headers for seen in foreign.seen)
    assert (sessions.logins, api.jar) == (1, {})


@pytest.mark.parametrize("name", ["sid", "__Host-sid"])
def test_a_foreign_origin_can_t_set_the_connection_s_cookie(serve, reply, client, name):
    """A cookie of the same name from another port is neither taken nor kept; other cookies are."""
    lines = f"{name}=s3cret-evil; Path=/"
    foreign = serve(reply(headers={"Set-Cookie": lines, "set-cookie": "theme=dark; Path=/"}))
    sessions = Sessions(reply, lines=f"{name}={{}}; Path=/".format)

    def answer(seen):
        seen.headers["Cookie"] = seen.headers.get("Cookie", "").replace(f"{name}=", "sid=")
        if seen.path == "/away":
            return reply(302, headers={"Location": f"{foreign.url}/b"})
        return sessions(seen)

    server = serve(answer)
    api = client(connection(server.url, response_cookie=name))
    assert [api.get(f"{server.url}{path}") for path in ("/a", "/away", "/a")] == [200] * 3
    assert api.get(f"{foreign.url}/c") == 200
    assert api.get(f"{server.url}/a") == 200
    assert sessions.logins == 1
    assert api.jar == {"theme": "dark"}
    assert not any("evil" in seen.headers.get("Cookie", "") for seen in (*server.seen, *foreign.seen))


@pytest.mark.parametrize("document", ["api_key", "secret parameter"])
def test_a_fixed_cookie_that_the_api_sets_stays_out_of_the_jar(serve, reply, client, document):
    """The document's own value is sent on, whatever the API sets."""
    key = {"method": "api_key", "api_key": "s3cret-key", "add_to": "cookie", "key_name": "sid"}
    parameter = {"method": "none", "secret_parameters": {"cookie:sid": "s3cret-key"}}
    server = serve(reply(headers={"Set-Cookie": "sid=other; Path=/", "set-cookie": "theme=dark; Path=/"}))
    api = client(watchword.load({"base_url": server.url, **(key if document == "api_key" else parameter)}))
    assert [api.get(f"{server.url}/a") for _ in range(3)] == [200] * 3
    assert api.jar == {"theme": "dark"}
    assert [re.findall("sid=([^;]*)", seen.headers["Cookie"]) for seen in server.seen] == [["s3cret-key"]] * 3


def test_a_response_of_requests_shows_no_own_cookie(serve, reply):
    """`response.cookies` has the other cookies alone."""
    sessions = Sessions(reply, lines="sid={}; Path=/".format)
    server = serve(sessions)
    with connection(server.url).session() as session:
        assert session.get("/a").cookies.get_dict() == {}


def test_values_that_were_replaced_are_masked_for_a_while_and_then_forgotten(serve, reply, monkeypatch):
    """What may still be under way is masked, and a minute later only the last values are."""
    now = 0.0
    monkeypatch.setattr(texts, "_registry", Registry(lambda: now))
    sessions = Sessions(reply)
    server = serve(sessions)
    with connection(server.url).session() as session:
        for _ in range(60):
            session.get("/a")
        assert {"s3cret-session-00060", "s3cret-session-00059", "s3cret-session-00040"} <= redact.known()
        now = LATE + 1
        known = redact.known()
        assert "s3cret-session-00060" in known
        assert not {"s3cret-session-00001", "s3cret-session-00040"} & known


def test_a_host_s_masker_is_not_told_each_of_many_values(serve, reply):
    """A host's masker takes long for each new value: it is told one a minute at most."""
    told = []
    redact.subscribe(told.append)
    sessions = Sessions(reply)
    server = serve(sessions)
    with connection(server.url).session() as session:
        for _ in range(20):
            session.get("/a")
    assert {"s3cret-session-00000", "s3cret-session-00001"} <= set(told)
    assert len([form for form in told if form.startswith("s3cret-session")]) == 2
