"""What a sign-in from the console must survive: replayed, foreign and injected responses, and strangers."""

from __future__ import annotations

import html
import logging
import re

import pytest

from tests.support.shared_console import PREFIX, Browser
from watchword.console import begun_sign_ins
from watchword_playground import OAuthSettings

CODE, DEVICE, OAUTH1 = "oauth2_authorization_code", "oauth2_device_code", "oauth1"

HEADERS = {
    "Cache-Control": "no-store",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@pytest.fixture
def eve(console):
    """Give the browser of another editor."""
    return Browser(console.url, "eve")


def test_a_replayed_response_is_refused(kept, erin, provider, health):
    """The same URL serves once, also for the person who began the sign-in."""
    kept()
    back = provider.decide(erin.post("/connections/acme/sign-in").continues_to)
    assert erin.get(back).status == 303
    signed_in = health()
    again = erin.get(back)
    assert again.status == 400
    assert "it was finished before" in again.words
    assert health().can_renew == signed_in.can_renew


def test_a_foreign_person_can_t_finish_a_sign_in(kept, erin, eve, provider, health):
    """A response that another person's browser brings back is refused, although that person may edit too."""
    kept()
    back = provider.decide(erin.post("/connections/acme/sign-in").continues_to)
    ended = eve.get(back)
    assert ended.status == 400
    assert "by another user" in ended.words
    assert health().obtained is None
    assert erin.get(back).status == 400
    assert health().obtained is None


def test_an_injected_code_is_refused(kept, erin, eve, provider, changed, query_of, health):
    """An attacker's own code signs nobody in: neither with the attacker's state nor with the victim's."""
    kept()
    attackers = provider.decide(eve.post("/connections/acme/sign-in").continues_to, "grace")
    assert erin.get(attackers).status == 400
    assert health().obtained is None
    victims = erin.post("/connections/acme/sign-in")
    code = query_of(provider.decide(eve.post("/connections/acme/sign-in").continues_to, "grace"))["code"]
    mixed = changed(provider.decide(victims.continues_to), code=code)
    ended = erin.get(mixed)
    assert ended.status == 400
    assert "invalid_grant" in ended.words
    assert health().obtained is None


def test_the_core_s_sign_in_is_bound_to_the_person_too(kept, erin, eve, provider, console, monkeypatch):
    """Even if the console forgot who began a sign-in, the sign-in itself would refuse another person."""
    kept()
    back = provider.decide(erin.post("/connections/acme/sign-in").continues_to)
    monkeypatch.setattr(begun_sign_ins, "_of_user", lambda content, _: begun_sign_ins.Begun(**content))
    ended = eve.get(back)
    assert ended.status == 400
    assert "by another user" in ended.words


@pytest.mark.parametrize(
    "query",
    [
        "",
        "code=abcdef",
        "code=abcdef&state=",
        "code=abcdef&state=invented",
        "code=a&state=b&state=c",
        "error=access_denied&state=invented",
        "oauth_token=invented&oauth_verifier=x",
        "denied=invented",
        "state=%00%ff&code=%00",
        "state=" + "x" * 5000,
    ],
)
def test_an_invented_response_changes_nothing(kept, erin, console, documents, store, query):
    """A response that belongs to no sign-in is refused, and neither store nor connections change."""
    before = dict(kept())
    ended = erin.get(f"/callback?{query}")
    assert ended.status == 400
    assert "sign_in_refused" in ended.words
    assert documents == {"acme": before}
    with store._session.transaction(write=False) as work:
        assert work.connection.execute("SELECT COUNT(*) FROM watchword_drafts").fetchone()[0] == 0
    assert store.records() == []


def test_a_callback_touches_its_own_connection_alone(kept, erin, provider, health):
    """What else stands in the URL, such as another connection's name, is not heard."""
    kept()
    kept("beta")
    back = provider.decide(erin.post("/connections/acme/sign-in").continues_to)
    ended = erin.get(f"{back}&connection=beta&connection_id=beta&name=beta&user=2")
    assert ended.location == f"{PREFIX}/connections/acme#sign-in"
    assert health("acme").obtained is not None
    assert health("beta").obtained is None


def test_no_parameter_redirects_elsewhere(kept, erin, provider):
    """Whatever a URL asks for, the console redirects to its own pages."""
    kept()
    evil = "&".join(
        f"{name}=https://evil.example/" for name in ("next", "redirect", "redirect_uri", "return_to", "url")
    )
    asking = erin.post(f"/connections/acme/sign-in?{evil}")
    assert "evil.example" not in asking.html
    back = provider.decide(asking.continues_to)
    assert erin.get(f"{back}&{evil}").location == f"{PREFIX}/connections/acme#sign-in"
    assert "evil.example" not in erin.get(f"/callback?{evil}").html
    assert "evil.example" not in erin.get(f"/handed-over?{evil}").html


@pytest.mark.parametrize("field", ["base_url", "token_url", "scope"])
def test_a_connection_that_was_changed_meanwhile_gets_no_token(
    kept, erin, provider, serve, reply, health, field
):
    """A token doesn't go to a server that an editor put in while somebody was at the provider."""
    kept()
    back = provider.decide(erin.post("/connections/acme/sign-in").continues_to)
    server = serve(reply(200, {"access_token": "abcdefgh"}))
    kept(**{field: "airports:read" if field == "scope" else f"{server.url}/token"})
    ended = erin.get(back)
    assert ended.status == 400
    assert "changed or removed" in ended.words
    assert server.seen == []
    assert health().obtained is None


def test_a_connection_that_was_removed_meanwhile_gets_no_token(kept, erin, provider, documents, store):
    """The sign-in of a connection that is gone ends in a refusal."""
    kept()
    back = provider.decide(erin.post("/connections/acme/sign-in").continues_to)
    documents.clear()
    ended = erin.get(back)
    assert ended.status == 400
    assert "changed or removed" in ended.words
    assert store.records() == []


def test_a_foreign_token_of_oauth1_is_refused(kept, erin, eve, provider, documents):
    """The response of an OAuth 1.0 sign-in serves the person who began it, once."""
    before = dict(kept(method=OAUTH1, access_token=None, token_secret=None))
    attackers = provider.decide(eve.post("/connections/acme/sign-in").continues_to)
    ended = erin.get(attackers)
    assert ended.status == 400
    assert "by another user" in ended.words
    assert eve.get(attackers).status == 400
    assert documents["acme"] == before


def test_a_token_that_reads_like_a_reference_is_none(kept, erin, serve, reply, documents):
    """A provider of OAuth 1.0 can't have the connection read a file by the token that it issues."""

    def answer(seen):
        text = "oauth_token=temporary1&oauth_token_secret=secret123456&oauth_callback_confirmed=true"
        if seen.path == "/access":
            text = "oauth_token=file%3A%2Fetc%2Fpasswd&oauth_token_secret=env%3AHOME"
        return reply(200, text, {"Content-Type": "application/x-www-form-urlencoded"})

    server = serve(answer)
    urls = {"request_token_url": f"{server.url}/temporary", "access_token_url": f"{server.url}/access"}
    kept(method=OAUTH1, access_token=None, token_secret=None, **urls)
    erin.post("/connections/acme/sign-in")
    assert erin.get("/callback?oauth_token=temporary1&oauth_verifier=verifier").status == 303
    assert documents["acme"]["access_token"] == "literal:file:/etc/passwd"
    assert documents["acme"]["token_secret"] == "literal:env:HOME"


def test_a_server_that_repeats_the_code_shows_it_to_nobody(kept, erin, serve, reply, query_of):
    """The page of a refusal masks the code and the client's secret that a server's message repeats."""
    document = kept()
    code = "c0de-of-the-provider-0123456789"
    message = f"{code} of {document['client_secret']} is over"
    server = serve(reply(400, {"error": "invalid_grant", "error_description": message}))
    kept(token_url=f"{server.url}/token")
    state = query_of(erin.post("/connections/acme/sign-in").continues_to)["state"]
    ended = erin.get(f"/callback?code={code}&state={state}")
    assert "is over" in ended.words
    assert code not in ended.html
    assert document["client_secret"] not in ended.html


def test_a_code_for_another_device_is_bound(kept, erin, eve, provider, playground, health):
    """Another person, or another connection, can't take over a sign-in by device code, which goes on."""
    kept(method=DEVICE)
    kept("beta", method=DEVICE)
    playground.oauth_settings.change(OAuthSettings(device_interval=0))
    begun = erin.post("/connections/acme/sign-in")
    handle = {"handle": begun.hidden("handle")}
    provider.decide(html.unescape(re.search('<a href="([^"]+)" target="_blank"', begun.html)[1]))
    for browser, name in ((eve, "acme"), (erin, "beta")):
        refused = browser.post(f"/connections/{name}/sign-in/device", handle)
        assert refused.status == 400
        assert "another connection, by another user" in refused.words
    kept(method=DEVICE, scope="airports:read")
    assert "changed or removed" in erin.post("/connections/acme/sign-in/device", handle).words
    kept(method=DEVICE)
    assert health().obtained is None
    assert erin.post("/connections/acme/sign-in/device", handle).status == 303
    assert health("beta").obtained is None


POSTS = [
    "/connections/acme/sign-in",
    "/connections/acme/sign-in/device",
    "/connections/acme/sign-out",
    "/connections/acme/hand-over",
    "/connections/acme/hand-over/accept",
    "/connections/acme/hand-over/discard",
]


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("person", ["vic", "colin"])
def test_a_person_without_the_right_changes_nothing(
    kept, erin, console, sign_in_as, store, form_token_of, path, person
):
    """Nobody without the right to edit begins, ends or accepts a sign-in, nor makes a link for it."""
    kept()
    sign_in_as(erin)
    before = [each.record for each in store.records()]
    browser = Browser(console.url, person)
    answer = browser.post(path, {"handle": "x", "waits": "x"}, token=form_token_of(person))
    assert answer.status == 403
    assert "You may not" in answer.words
    assert [each.record for each in store.records()] == before


@pytest.mark.parametrize("path", [*POSTS, "/callback", "/hand-over/x"])
def test_another_site_s_form_changes_nothing(kept, erin, path):
    """A form of another site, and one without this person's form token, are refused on each route."""
    kept()
    token = erin.token()
    cross = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    assert erin.post(path, token=token, **cross).status == 403
    assert erin.post(path, token="").status == 403


def test_an_anonymous_browser_takes_no_code_along(kept, console, erin, provider):
    """Without a session the callback is refused where it is: the host's login page never gets its URL."""
    kept()
    back = provider.decide(erin.post("/connections/acme/sign-in").continues_to)
    anonymous = Browser(console.url)
    ended = anonymous.get(back)
    assert ended.status == 401
    assert "Location" not in ended.response.headers
    assert "code=" not in ended.html
    assert anonymous.get("/connections/acme").location.startswith("/login?next=")
    assert erin.get(back).status == 303


def test_every_page_is_protected(kept, erin, provider):
    """Pages of a sign-in can't be framed or cached, tell no referrer, and run only the console's scripts."""
    kept()
    kept("beta", method=DEVICE)
    asking = erin.post("/connections/acme/sign-in")
    link = re.search('<code id="link">([^<]+)<', erin.post("/connections/acme/hand-over").html)[1]
    erin.get(link)
    erin.post("/connections/beta/sign-in")
    erin.get(provider.decide(asking.continues_to))
    erin.get("/connections/acme")
    erin.post("/connections/acme/sign-out")
    erin.get("/callback?code=abcdef&state=invented")
    erin.get("/handed-over")
    erin.get("/hand-over/invented")
    assert len(erin.pages) > 12
    for page in erin.pages:
        for name, value in HEADERS.items():
            assert page.headers[name] == value, page.url
        policy = page.headers["Content-Security-Policy"]
        assert "frame-ancestors 'self'" in policy
        assert "script-src 'self'" in policy
        assert "form-action 'self'" in policy
        assert not re.search(r"<script(?![^>]* src=)|\son[a-z]+=|style=", page.text), page.url


def test_no_page_log_header_or_url_holds_a_secret(
    kept, erin, console, provider, playground, documents, store, caplog, query_of
):
    """Neither a client's secret nor a code, a verifier, a device code or a token is shown or logged."""
    caplog.set_level(logging.DEBUG)
    secrets = {kept()["client_secret"], kept("beta", method=DEVICE)["client_secret"]}
    kept("gamma", method=OAUTH1, access_token=None, token_secret=None)
    playground.oauth_settings.change(OAuthSettings(device_interval=0))
    asking = erin.post("/connections/acme/sign-in")
    secrets.add(store.read_draft(query_of(asking.continues_to)["state"])["verifier"])
    back = provider.decide(asking.continues_to)
    secrets.add(query_of(back)["code"])
    erin.get(back)
    secrets.update(token_of(store, "acme").secrets)
    link = re.search('<code id="link">([^<]+)<', erin.post("/connections/acme/hand-over").html)[1]
    erin.get(link)
    colleagues = erin.post(link.removeprefix(console.url))
    erin.get(provider.decide(colleagues.continues_to))
    erin.get("/connections/acme")
    begun = erin.post("/connections/beta/sign-in")
    draft = store.read_draft(f"console device {begun.hidden('handle')}")["json"]
    secrets.add(re.search('"device_code": "([^"]+)"', draft)[1])
    provider.decide(html.unescape(re.search('<a href="([^"]+)" target="_blank"', begun.html)[1]))
    assert erin.post("/connections/beta/sign-in/device", {"handle": begun.hidden("handle")}).status == 303
    secrets.update(token_of(store, "beta").secrets)
    one = erin.post("/connections/gamma/sign-in")
    temporary = query_of(one.continues_to)["oauth_token"]
    secrets.add(store.read_draft(f"console sign-in {temporary}")["token_secret"])
    back = provider.decide(one.continues_to)
    secrets.add(query_of(back)["oauth_verifier"])
    erin.get(back)
    secrets.update(documents["gamma"][name] for name in ("access_token", "token_secret"))
    for name in ("acme", "beta", "gamma"):
        erin.get(f"/connections/{name}")
    erin.post("/connections/acme/sign-out")
    assert len(secrets) > 10
    assert all(len(secret) > 8 for secret in secrets)
    shown = [text for page in erin.pages for text in (page.text, str(page.headers))]
    shown += [page.url for page in erin.pages if "/callback?" not in page.url]
    logged = [
        record.getMessage() for record in caplog.records if record.name.startswith(("watch", "uvicorn"))
    ]
    assert any(f"{PREFIX}/callback " in line for line in logged)
    for secret in secrets:
        assert not [text for text in (*shown, *logged) if secret in text], secret


def token_of(store, name):
    [found] = [each.record.token for each in store.records() if each.record.name == name]
    return found
