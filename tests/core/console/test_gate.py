"""Who is let in, and from where: every route is refused to strangers, other sites and other host names."""

from __future__ import annotations

import re

import pytest
import requests

from watchword import redact
from watchword.console.app import create_app
from watchword.console.host import User
from watchword.console.local import LocalHost
from watchword.console.requests import MOST_BYTES

SECRET = "playground-key-2f9c41d7"


def routes():
    """Yield verb and path of every route of the app, with a connection's name and a method filled in."""
    for route in create_app(LocalHost(1)).routes:
        path = route.path.replace("{connection_id}", "acme").replace("{method}", "api_key")
        path = re.sub(r"\{[a-z_:]+\}", "x", path)
        for verb in sorted(getattr(route, "methods", None) or {"GET"}):
            yield verb, "/static/console.css" if path == "/static" else path


ROUTES = list(routes())
READING = [path for verb, path in ROUTES if verb == "GET"]
CHANGING = [path for verb, path in ROUTES if verb not in {"GET", "HEAD"}]


def test_the_routes_are_the_app_s():
    """The tests below reach every route that the app has."""
    assert {"/", "/new", "/connections/acme", "/static/console.css"} <= set(READING)
    assert {"/new/api_key", "/connections/acme/edit", "/connections/acme/remove"} <= set(CHANGING)


@pytest.mark.parametrize(("verb", "path"), ROUTES)
def test_a_stranger_sees_nothing(console, stored, verb, path):
    """Without the key of the one-time URL no route answers, be it right, wrong or empty."""
    stored()
    for cookie in (
        {},
        {"watchword_console": ""},
        {"watchword_console": "a" * 43},
        {"watchword_console": "é"},
    ):
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in cookie.items()).encode()} if cookie else {}
        answer = requests.request(
            verb, console.url + path, headers=headers, timeout=60, allow_redirects=False
        )
        assert answer.status_code == 401
        assert "acme" not in answer.text


def test_the_one_time_url_lets_one_browser_in(console, stored):
    """The first visit sets a cookie that scripts can't read; a second visit, and another key, are refused."""
    stored()
    first = requests.get(console.entrance, timeout=60, allow_redirects=False)
    assert (first.status_code, first.headers["Location"]) == (303, "/")
    assert "HttpOnly" in first.headers["Set-Cookie"]
    assert "SameSite=lax" in first.headers["Set-Cookie"]
    for url in (console.entrance, f"{console.url}/?key=", f"{console.url}/?key=a"):
        again = requests.get(url, timeout=60, allow_redirects=False)
        assert again.status_code == 403
        assert "Set-Cookie" not in again.headers


@pytest.mark.parametrize("path", CHANGING)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://attacker.test", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://attacker.test", "Sec-Fetch-Site": None},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "null", "Sec-Fetch-Site": None},
        {"Origin": None, "Sec-Fetch-Site": "same-site"},
        {"Origin": None, "Sec-Fetch-Site": "none"},
        {"Origin": None, "Sec-Fetch-Site": None},
        {"Origin": "http://127.0.0.1:1", "Sec-Fetch-Site": "same-site"},
        {"Origin": "http://127.0.0.1:1", "Sec-Fetch-Site": None},
    ],
)
def test_another_site_changes_nothing(person, stored, kept, path, headers):
    """A form of another site is refused, even with the right cookie and the right token."""
    former = stored()
    changed = {name.replace("-", "_"): value for name, value in headers.items()}
    answer = person.post(path, {"action": "save", "connection.name": "new"}, **changed)
    assert (answer.status_code, "another site" in answer.text) == (403, True)
    assert kept() == former
    assert kept("new") is None


async def another(*_):
    """Return another person than the one that the console knows."""
    return User("another", "another")


@pytest.mark.parametrize("path", CHANGING)
def test_a_form_of_nobody_or_of_somebody_else_changes_nothing(person, stored, kept, path, monkeypatch):
    """A missing, invented, altered, old or foreign token is refused, and nothing is changed."""
    former = stored()
    own = person.form_token()
    with monkeypatch.context() as patch:
        patch.setattr(LocalHost, "user_of", another)
        foreign = person.form_token()
    for token in ("", "a", own[:-2] + "xx", own.partition(".")[2], foreign):
        answer = person.post(path, {"action": "save", "connection.name": "new"}, token=token)
        assert (answer.status_code, "too old" in answer.text) == (403, True)
    assert kept() == former
    assert kept("new") is None


@pytest.mark.parametrize("name", ["attacker.test", "127.0.0.1.a.test", "127.0.0.1", "localhost:1", ""])
def test_another_host_name_is_refused(person, stored, name):
    """A name that an attacker's DNS points to this machine is refused, also with the key."""
    stored()
    for path in READING:
        answer = person.get(path, Host=name)
        assert answer.status_code in {400, 421}
        assert "acme" not in answer.text


@pytest.mark.parametrize("path", [*READING, "/nowhere"])
def test_every_answer_is_protected(person, stored, path):
    """Each answer forbids framing, foreign content, sniffing, caching and referrers; none has inline code."""
    stored()
    answer = person.get(path)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'self'" in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert re.search(
        r"<script(?! src=)|\son[a-z]+=|style=|javascript:", answer.text
    ) is None or path.endswith(".css")


def test_refusals_are_protected_too(console):
    """A stranger's answer has the same headers."""
    answer = requests.get(console.url, timeout=60)
    assert (answer.status_code, answer.headers["X-Frame-Options"]) == (401, "SAMEORIGIN")


def test_a_form_after_the_session_has_ended_leads_back_to_the_sign_in(person, stored, kept, monkeypatch):
    """A form that is sent after the session ended does nothing; its answer says so, with a link to go on."""
    former = stored()
    token = person.form_token()
    monkeypatch.setattr(LocalHost, "sign_in_url", lambda *_: "/auth/login")
    person.session.cookies.clear()
    path = "/connections/acme/remove"
    answer = person.post(path, {}, token=token, follow=False, Accept="text/html,*/*;q=0.8")
    assert answer.status_code == 401
    assert "Your session has ended, so nothing was done." in answer.text
    assert '<a href="/">' in answer.text
    assert kept() == former
    assert "acme" not in answer.text
    page = person.session.get(f"{person.origin}/", headers={"Accept": "text/html"}, allow_redirects=False)
    assert (page.status_code, page.headers["Location"]) == (307, "/auth/login")


def test_a_long_form_is_refused_before_it_is_read(person):
    """A body over a mebibyte, and one of unknown length, are refused."""
    token = person.form_token()
    headers = {"Origin": person.origin, "Sec-Fetch-Site": "same-origin"}
    long = {"form_token": token, "text": "a" * (MOST_BYTES + 1)}
    assert (
        person.session.post(f"{person.origin}/import", data=long, headers=headers, timeout=60).status_code
        == 413
    )
    chunks = iter([b"a=1"])
    assert (
        person.session.post(f"{person.origin}/import", data=chunks, headers=headers, timeout=60).status_code
        == 413
    )


def test_an_unexpected_error_shows_nothing(person, monkeypatch, caplog):
    """An error in the console itself is a short answer; its log has the place of the error, and no secret."""
    redact.register([SECRET], owner := User("x", "x"))

    def fail(*_):
        raise RuntimeError(f"key={SECRET}")

    monkeypatch.setattr(LocalHost, "summaries", fail)
    answer = person.get("/")
    assert (answer.status_code, answer.text) == (500, "The console failed; its log says why.\n")
    assert "in fail" in caplog.text
    assert SECRET not in caplog.text
    assert owner


def test_no_redirect_leaves_the_console(person, stored, documented, filled):
    """Names that look like addresses are refused or quoted: no answer sends a browser elsewhere."""
    stored()
    for name in ("//attacker.test", "/\\attacker.test", "https://attacker.test", "..", "%2f%2fattacker.test"):
        typed = {"connection.name": name, **filled(documented("api_key")), "action": "save"}
        answer = person.post("/new/api_key", typed, follow=False)
        location = answer.headers.get("Location", "/")
        assert location.startswith("/")
        assert not location.startswith(("//", "/\\"))


def test_no_page_holds_a_secret(person, stored, documented, filled):
    """The secrets of every method are in no page, header or URL of all that a person does with them."""
    secrets = {
        "acme": stored("acme")["api_key"],
        "basic": stored("basic", "basic")["password"],
        "client": stored("client", "oauth2_client_credentials")["client_secret"],
        "bearer": stored("bearer", "bearer")["bearer_token"],
    }
    stacked = stored("custom", "custom")["secret_parameters"]
    for name in (*secrets, "custom"):
        person.get(f"/connections/{name}")
        person.get(f"/connections/{name}/edit")
        person.post(f"/connections/{name}/validate")
        person.post(f"/connections/{name}/edit", {"action": "check"})
    typed = {"connection.name": "acme", **filled(documented("api_key"))}
    for action in ("check", "validate", "save"):
        person.script("/new/api_key", typed, action)
        person.post("/new/api_key", {**typed, "action": action})
    person.get("/")
    assert len(person.pages) > 30
    for page in person.pages:
        shown = f"{page.url} {page.headers} {page.text}"
        assert [name for name, secret in secrets.items() if secret in shown] == []
        assert [key for key, secret in stacked.items() if secret in shown] == []
