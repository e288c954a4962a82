"""A colleague signs in by a link: what they see, what the editor decides, and what nobody can do with it."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from itsdangerous import TimestampSigner, URLSafeTimedSerializer

from tests.support.shared_console import KEY, PREFIX, Browser
from watchword.console import handed_over
from watchword.console.handed_over import HandedOver
from watchword.tokens.token import Token

SALT = "watchword.console.link"


@pytest.fixture
def colin(console):
    """Give the browser of a colleague who has no right on any connection."""
    return Browser(console.url, "colin")


@pytest.fixture
def linked(console, erin):
    """Give the function with which the editor makes a link; it returns the path in the console."""

    def make(name="acme"):
        page = erin.post(f"/connections/{name}/hand-over")
        assert page.status == 200, page.words
        url = re.search('<code id="link">([^<]+)<', page.html)[1]
        assert url.startswith(f"{console.url}/hand-over/")
        return url.removeprefix(console.url)

    return make


@pytest.fixture
def followed(colin, provider):
    """Give the function with which the colleague follows a link to its end."""

    def follow(link, person="ada"):
        token = colin.get(link).hidden("form_token")
        asking = colin.post(link, token=token)
        assert asking.status == 200, asking.words
        ended = colin.get(provider.decide(asking.continues_to, person))
        assert (ended.status, ended.location) == (303, f"{PREFIX}/handed-over")

    return follow


def test_a_colleague_signs_in_and_the_editor_accepts(
    kept, erin, colin, linked, followed, provider, health, user_of, playground
):
    """The colleague sees what is asked; nothing uses the sign-in before the editor accepts it."""
    document = kept()
    link = linked()
    question = colin.get(link)
    assert question.status == 200
    for words in (
        "Erin <i>Editor</i> asks you to sign in",
        playground.url.partition("//")[2],
        document["client_id"],
        "airports:read profile:read",
        "acme",
    ):
        assert words in question.words
    assert "<i>Editor" not in question.html
    followed(link, "grace")
    assert "Nothing uses it until" in colin.get("/handed-over").words
    assert health().obtained is None
    page = erin.get("/connections/acme")
    assert "Colin <b>Colleague</b> signed in at" in page.words
    assert "<b>Colleague" not in page.html
    assert "Nobody has signed in yet." in page.words
    accepted = erin.post("/connections/acme/hand-over/accept", {"waits": page.hidden("waits")})
    assert (accepted.status, accepted.location) == (303, f"{PREFIX}/connections/acme#sign-in")
    assert user_of() == "grace"
    assert 'name="waits"' not in erin.get("/connections/acme").html


def test_replicas_share_links_and_what_comes_back(kept, replica, erin, linked, provider, user_of):
    """A link that one replica made is followed at another one, and accepted at the first."""
    other = replica()
    kept(redirect_uri=f"{other.url}/callback")
    link = linked()
    colin = Browser(other.url, "colin")
    asking = colin.post(link, token=colin.get(link).hidden("form_token"))
    assert colin.get(provider.decide(asking.continues_to)).status == 303
    waits = erin.get("/connections/acme").hidden("waits")
    assert erin.post("/connections/acme/hand-over/accept", {"waits": waits}).status == 303
    assert user_of() == "ada"


def test_a_discarded_sign_in_is_revoked(kept, erin, linked, followed, health, playground):
    """Discarding deletes the colleague's sign-in and revokes it at the provider."""
    kept()
    followed(linked())
    page = erin.get("/connections/acme")
    before = playground.counts().get("/oauth/revoke", 0)
    discarded = erin.post("/connections/acme/hand-over/discard", {"waits": page.hidden("waits")})
    assert "the provider has revoked it" in discarded.words
    assert playground.counts()["/oauth/revoke"] == before + 1
    assert 'name="waits"' not in erin.get("/connections/acme").html
    for action in ("accept", "discard"):
        again = erin.post(f"/connections/acme/hand-over/{action}", {"waits": page.hidden("waits")})
        assert again.status == 400
        assert "doesn't wait any more" in again.words
    assert health().obtained is None


def test_a_link_serves_once(kept, colin, console, linked, followed):
    """Nobody follows a link a second time, and of many who follow it at once one does."""
    kept()
    link = linked()
    followed(link)
    token = Browser(console.url, "erin").token()
    assert colin.get(link).status == 404
    assert Browser(console.url, "erin").post(link, token=token).status == 404
    link = linked()
    token = colin.get(link).hidden("form_token")
    browsers = [Browser(console.url, "colin") for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda browser: browser.post(link, token=token).status, browsers))
    assert sorted(answers) == [200, *[404] * 7]


def test_a_forged_link_is_refused(kept, colin, linked, console, store):
    """A link with another content, key or purpose, or one that is older than a day, is none."""
    kept()
    link = linked()
    signed = link.rpartition("/")[2]
    link_id = URLSafeTimedSerializer(KEY, salt=SALT).loads(signed)
    assert handed_over.find_link(store, link_id)

    class Yesterday(TimestampSigner):
        def get_timestamp(self):
            return int(time.time()) - 90_000

    forged = [
        "invented",
        link_id,
        signed[:-1] + ("A" if signed[-1] != "A" else "B"),
        URLSafeTimedSerializer("another key", salt=SALT).dumps(link_id),
        URLSafeTimedSerializer(KEY, salt="watchword.console.form").dumps(link_id),
        URLSafeTimedSerializer(KEY, salt=SALT, signer=Yesterday).dumps(link_id),
        URLSafeTimedSerializer(KEY, salt=SALT).dumps("another id"),
        URLSafeTimedSerializer(KEY, salt=SALT).dumps({"an": ["object"]}),
    ]
    token = colin.get(link).hidden("form_token")
    for each in forged:
        assert colin.get(f"/hand-over/{each}").status == 404, each
        assert colin.post(f"/hand-over/{each}", token=token).status == 404, each
    assert colin.get(link).status == 200


def test_a_sign_in_is_accepted_for_its_own_connection_alone(kept, erin, linked, followed, health):
    """A colleague's sign-in for one connection can't be accepted, or discarded, at another one."""
    kept()
    kept("beta")
    followed(linked())
    waits = {"waits": erin.get("/connections/acme").hidden("waits")}
    for action in ("accept", "discard"):
        answer = erin.post(f"/connections/beta/hand-over/{action}", waits)
        assert answer.status == 400
        assert "doesn't wait any more" in answer.words
    assert health("beta").obtained is None
    assert health("acme").obtained is None
    assert erin.post("/connections/acme/hand-over/accept", waits).status == 303
    assert health("acme").obtained is not None


@pytest.mark.parametrize("person", ["vic", "colin"])
@pytest.mark.parametrize("action", ["accept", "discard"])
def test_a_person_who_may_not_edit_decides_nothing(
    kept, erin, console, linked, followed, health, form_token_of, person, action
):
    """A viewer, and the colleague who signed in, can neither accept nor discard."""
    kept()
    followed(linked())
    waits = {"waits": erin.get("/connections/acme").hidden("waits")}
    browser = Browser(console.url, person)
    answer = browser.post(f"/connections/acme/hand-over/{action}", waits, token=form_token_of(person))
    assert answer.status == 403
    assert health().obtained is None
    assert 'name="waits"' in erin.get("/connections/acme").html
    if person == "vic":
        assert 'name="waits"' not in browser.get("/connections/acme").html


def test_the_editor_accepts_what_the_editor_has_seen(kept, erin, linked, followed, user_of):
    """If another sign-in comes back meanwhile, Accept means the one that stood on the page."""
    kept()
    followed(linked(), "ada")
    seen = erin.get("/connections/acme").hidden("waits")
    followed(linked(), "grace")
    assert erin.get("/connections/acme").hidden("waits") != seen
    assert erin.post("/connections/acme/hand-over/accept", {"waits": seen}).status == 303
    assert user_of() == "ada"


def test_only_the_colleague_finishes_the_sign_in(kept, erin, colin, linked, provider, health):
    """The response of a colleague's sign-in is refused in another browser, also in the editor's."""
    kept()
    link = linked()
    asking = colin.post(link, token=colin.get(link).hidden("form_token"))
    ended = erin.get(provider.decide(asking.continues_to))
    assert ended.status == 400
    assert "by another user" in ended.words
    assert 'name="waits"' not in erin.get("/connections/acme").html
    assert health().obtained is None


@pytest.mark.parametrize("field", ["base_url", "token_url", "revocation_endpoint"])
def test_a_changed_connection_gets_no_colleague_s_sign_in(
    kept, erin, colin, linked, followed, provider, serve, reply, health, field
):
    """After a change of the connection neither its link nor what came back by it is good for anything."""
    server = serve(reply(200, {}))
    evil = {field: f"{server.url}/evil"}
    kept()
    unfollowed, begun = linked(), linked()
    asking = colin.post(begun, token=colin.get(begun).hidden("form_token"))
    followed(linked())
    token = colin.get(unfollowed).hidden("form_token")
    waits = {"waits": erin.get("/connections/acme").hidden("waits")}
    kept(**evil)
    assert colin.get(unfollowed).status == 409
    assert colin.post(unfollowed, token=token).status == 409
    assert colin.get(provider.decide(asking.continues_to)).status == 400
    refused = erin.post("/connections/acme/hand-over/accept", waits)
    assert refused.status == 400
    assert "changed after the colleague" in refused.words
    discarded = erin.post("/connections/acme/hand-over/discard", waits)
    assert "was not revoked" in discarded.words
    assert server.seen == []
    assert health().obtained is None


def test_there_are_no_links_for_other_sign_ins(kept, erin):
    """A device code can be sent to a colleague as it is, and other methods have no sign-in."""
    kept(method="oauth2_device_code")
    assert "colleague" not in erin.get("/connections/acme").words
    assert erin.post("/connections/acme/hand-over").status == 400
    kept(method="api_key")
    assert erin.post("/connections/acme/hand-over").status == 400
    assert erin.post("/connections/acme/sign-in").status == 400


def test_a_colleague_pastes_the_url_too(kept, erin, colin, linked, provider):
    """If the browser ends elsewhere, the colleague pastes its URL, without a right on the connection."""
    kept(redirect_uri="http://127.0.0.1:4711/elsewhere")
    link = linked()
    token = colin.get(link).hidden("form_token")
    asking = colin.post(link, token=token)
    pasted = {"handle": asking.hidden("handle"), "redirected_url": provider.decide(asking.continues_to)}
    ended = colin.post("/callback", pasted, token=token)
    assert (ended.status, ended.location) == (303, f"{PREFIX}/handed-over")
    assert 'name="waits"' in erin.get("/connections/acme").html


def test_a_token_s_time_runs_while_it_waits():
    """A token that waited longer than it lasts has ended when it is accepted; an unknown end stays so."""
    token = Token("abcdefgh", lifetime=3600.0, refresh_token="ijklmnop", refresh_lifetime=7200.0)
    waits = HandedOver("id", "acme", "document", "Colin", "host", time.time() - 1e6, token)
    assert (waits.current_token.lifetime, waits.current_token.refresh_lifetime) == (0.0, 0.0)
    endless = replace(waits, token=Token("abcdefgh")).current_token
    assert (endless.lifetime, endless.refresh_lifetime) == (float("inf"), None)
