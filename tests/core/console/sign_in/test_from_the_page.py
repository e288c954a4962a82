"""A person signs in from the console's pages: to the provider and back, by a browser or by a code."""

from __future__ import annotations

import base64
import html
import json
import re
from urllib.parse import urlsplit

import pytest

from tests.support.shared_console import PREFIX, Browser
from watchword.console.host import Right
from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.stores.memory import MemoryStore
from watchword_playground import Fault, OAuthSettings, document

CODE, DEVICE, OAUTH1 = "oauth2_authorization_code", "oauth2_device_code", "oauth1"


def test_a_person_signs_in(kept, console, erin, provider, health, user_of, query_of):
    """The button leads to a page that names the provider, its link to the provider, and that back again."""
    kept()
    before = erin.get("/connections/acme")
    assert "Nobody has signed in yet." in before.words
    assert before.words.index("Sign-in") < before.words.index("Fields")
    asking = erin.post("/connections/acme/sign-in")
    assert asking.status == 200
    asked = query_of(asking.continues_to)
    assert asked["redirect_uri"] == f"{console.url}/callback"
    assert "code_challenge" in asked
    for words in (
        urlsplit(asking.continues_to).netloc,
        asked["client_id"],
        "airports:read profile:read",
        asked["redirect_uri"],
    ):
        assert words in asking.words
    back = provider.decide(asking.continues_to, "grace")
    assert back.startswith(f"{console.url}/callback?")
    assert "acme" not in back
    ended = erin.get(back)
    assert (ended.status, ended.location) == (303, f"{PREFIX}/connections/acme#sign-in")
    after = erin.get("/connections/acme")
    assert "Signed in less than a minute ago" in after.words
    assert "Scopes airports:read profile:read" in after.words
    assert "Sign in again" in after.words
    assert "Sign out" in after.words
    assert health().can_renew
    assert user_of() == "grace"


def test_a_replica_finishes_what_another_began(kept, replica, provider, user_of):
    """A sign-in that began on one replica ends on another one, which shares the store."""
    one, two = replica(), replica()
    kept(redirect_uri=f"{two.url}/callback")
    begun = Browser(one.url, "erin").post("/connections/acme/sign-in")
    assert Browser(two.url, "erin").get(provider.decide(begun.continues_to)).status == 303
    assert user_of() == "ada"


def test_the_sign_in_is_the_first_thing_after_saving(documents, playground, erin):
    """A saved sign-in method leads to the connection's page, where the button stands before the fields."""
    content = document(playground.url, CODE)
    typed = {name: value for name, value in content.items() if name != "method"}
    token = re.search('name="form_token" value="([^"]+)"', erin.get(f"/new/{CODE}").html)[1]
    saved = erin.post(f"/new/{CODE}", {**typed, "connection.name": "acme", "action": "save"}, token=token)
    assert (saved.status, saved.location) == (303, f"{PREFIX}/connections/acme")
    page = erin.get("/connections/acme").html
    assert page.index("/connections/acme/sign-in") < page.index('id="fields"')


def test_the_account_is_the_id_token_s(kept, erin, serve, reply, playground, query_of):
    """The page shows whom the ID token names, escaped, and says what was granted of what was asked for."""
    claims = {"sub": "42", "email": "<i>ada</i>@example.com"}
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    token = {
        "access_token": "t0ken-of-the-provider",
        "expires_in": 3600,
        "scope": "airports:read",
        "id_token": f"e30.{payload}.sig",
    }
    server = serve(reply(200, token))
    kept(token_url=f"{server.url}/token", issuer=None)
    asking = erin.post("/connections/acme/sign-in")
    state = query_of(asking.continues_to)["state"]
    assert erin.get(f"/callback?code=abcdef&state={state}").status == 303
    page = erin.get("/connections/acme")
    assert "Account <i>ada</i>@example.com" in page.words
    assert "<i>ada" not in page.html
    assert "The connection asks for more than was granted: profile:read." in page.words
    assert "no refresh token" in page.words
    assert "t0ken-of-the-provider" not in page.html


def test_a_foreign_redirect_uri_is_said_and_its_url_is_pasted(kept, erin, provider, user_of, playground):
    """If the browser ends elsewhere, the page says so and takes that URL; other text is sent nowhere."""
    kept(redirect_uri="http://127.0.0.1:4711/elsewhere")
    assert "isn't this console's own" in erin.get("/connections/acme").words
    asking = erin.post("/connections/acme/sign-in")
    assert "http://127.0.0.1:4711/elsewhere" in asking.words
    handle = asking.hidden("handle")
    before = playground.token_requests
    again = erin.post("/callback", {"handle": handle, "redirected_url": "old <clipboard> text"})
    assert again.status == 400
    assert "That is not where the sign-in ends" in again.words
    assert "clipboard" not in again.html
    assert playground.token_requests == before
    back = provider.decide(again.continues_to)
    assert back.startswith("http://127.0.0.1:4711/elsewhere?")
    ended = erin.post("/callback", {"handle": again.hidden("handle"), "redirected_url": back})
    assert (ended.status, ended.location) == (303, f"{PREFIX}/connections/acme#sign-in")
    assert user_of() == "ada"


def test_a_pasted_url_of_another_sign_in_is_refused(kept, erin, provider, health):
    """A page takes the URL of its own sign-in only."""
    kept(redirect_uri="http://127.0.0.1:4711/elsewhere")
    one, two = (erin.post("/connections/acme/sign-in") for _ in range(2))
    back = provider.decide(two.continues_to)
    ended = erin.post("/callback", {"handle": one.hidden("handle"), "redirected_url": back})
    assert ended.status == 400
    assert "belongs to another sign-in" in ended.words
    assert health().obtained is None


def test_a_refusal_is_shown_in_the_core_s_words(kept, erin, provider, health):
    """A person who says no at the provider reads why, and the script takes the URL out of the history."""
    kept()
    asking = erin.post("/connections/acme/sign-in")
    ended = erin.get(provider.decide(asking.continues_to, decision="deny"))
    assert ended.status == 400
    assert "access_denied" in ended.words
    assert "has refused the sign-in" in ended.words
    assert "forget_query.js" in ended.html
    assert health().obtained is None


def test_a_server_s_message_is_escaped(kept, erin, query_of):
    """HTML in the error of a provider, and in names, is text on the page."""
    kept(client_id="<script>alert(1)</script>")
    asking = erin.post("/connections/acme/sign-in")
    assert "<script>alert" not in asking.html
    state = query_of(asking.continues_to)["state"]
    evil = "%3Cscript%3Ealert(2)%3C/script%3E"
    ended = erin.get(f"/callback?error={evil}&error_description={evil}&state={state}")
    assert ended.status == 400
    assert "<script>alert" not in ended.html
    assert "&lt;script&gt;alert(2)" in ended.html


def test_a_link_leads_to_web_pages_only(kept, erin):
    """A document whose authorize_url would run a script is refused before a page links to it."""
    kept(authorize_url="javascript:alert(1)//host")
    asking = erin.post("/connections/acme/sign-in")
    assert asking.status == 400
    assert "javascript:" not in asking.html.partition("<main")[2].replace("javascript:alert(1)//host", "")
    assert 'href="javascript' not in asking.html
    assert 'href="javascript' not in erin.get("/connections/acme").html


def test_a_token_endpoint_that_fails_is_shown(kept, erin, provider, playground, health):
    """A code that brings no token ends on a page with the server's reason."""
    kept()
    asking = erin.post("/connections/acme/sign-in")
    back = provider.decide(asking.continues_to)
    playground.add_fault(Fault(path="/oauth/token", status=400, error="invalid_grant"))
    ended = erin.get(back)
    assert ended.status == 400
    assert "invalid_grant" in ended.words
    assert health().obtained is None


def test_a_person_signs_out_and_the_provider_revokes(kept, erin, provider, playground, health, sign_in_as):
    """Signing out deletes the sign-in and revokes it; without a revocation_endpoint the page says so."""
    kept()
    sign_in_as(erin)
    before = playground.counts().get("/oauth/revoke", 0)
    out = erin.post("/connections/acme/sign-out")
    assert "the provider has revoked it" in out.words
    assert playground.counts()["/oauth/revoke"] == before + 1
    assert health().obtained is None
    kept(revocation_endpoint=None)
    sign_in_as(erin)
    out = erin.post("/connections/acme/sign-out")
    assert "not_revoked" in out.words
    assert "The document has no revocation_endpoint." in out.words
    assert health().obtained is None
    assert "There was no sign-in" in erin.post("/connections/acme/sign-out").words


@pytest.mark.parametrize("method", ["api_key", OAUTH1])
def test_nobody_signs_out_where_nobody_signs_in(kept, erin, method):
    """A method whose token isn't in the store has no sign-out, and the page says so."""
    kept(method=method)
    assert "Sign out" not in erin.get("/connections/acme").words
    out = erin.post("/connections/acme/sign-out")
    assert out.status == 400
    assert "Not signed out" in out.words


def test_a_code_is_typed_in_on_another_device(kept, erin, provider, playground, user_of):
    """The page shows the code and the URL; the device code stays on the server; the button finishes."""
    kept(method=DEVICE)
    begun = erin.post("/connections/acme/sign-in")
    code = re.search('id="user-code"[^>]*>([^<]+)<', begun.html)[1]
    page = html.unescape(re.search('<a href="([^"]+)" target="_blank"', begun.html)[1])
    assert page.startswith(f"{playground.url}/oauth/device?user_code={code}")
    early = erin.post("/connections/acme/sign-in/device", {"handle": begun.hidden("handle")})
    assert early.status == 200
    assert "Not yet." in early.words
    assert code in early.words
    provider.decide(page, "grace")
    playground.oauth_settings.change(OAuthSettings(device_interval=0))
    ended = erin.post("/connections/acme/sign-in/device", {"handle": early.hidden("handle")})
    while ended.status == 200 and "slow_down" not in ended.words and "Not yet." in ended.words:
        ended = erin.post("/connections/acme/sign-in/device", {"handle": early.hidden("handle")})
    assert (ended.status, ended.location) == (303, f"{PREFIX}/connections/acme#sign-in")
    assert user_of() == "grace"
    again = erin.post("/connections/acme/sign-in/device", {"handle": early.hidden("handle")})
    assert "it was finished before" in again.words


def test_a_script_asks_until_somebody_has_signed_in(kept, erin, provider, playground):
    """The script's question is answered by how long to wait, then by where to go, or by a refusal."""
    kept(method=DEVICE)
    playground.oauth_settings.change(OAuthSettings(device_interval=0))
    begun = erin.post("/connections/acme/sign-in")
    page = html.unescape(re.search('<a href="([^"]+)" target="_blank"', begun.html)[1])
    script = {"X-Requested-With": "watchword"}
    where, asked = "/connections/acme/sign-in/device", {"handle": begun.hidden("handle")}
    assert erin.post(where, asked, **script).response.json()["wait"] >= 1
    provider.decide(page, decision="deny")
    refused = erin.post(where, asked, **script)
    assert refused.status == 400
    assert "access_denied" in refused.words
    assert "finished before" in erin.post(where, asked, **script).words


def test_a_token_of_oauth1_goes_into_the_connection(kept, erin, provider, documents):
    """The token of an OAuth 1.0 sign-in is kept in the document, and the page shows none of it."""
    kept(method=OAUTH1, access_token=None, token_secret=None)
    asking = erin.post("/connections/acme/sign-in")
    ended = erin.get(provider.decide(asking.continues_to))
    assert (ended.status, ended.location) == (303, f"{PREFIX}/connections/acme#sign-in")
    found = documents["acme"]
    assert len(found["access_token"]) > 10
    assert len(found["token_secret"]) > 10
    page = erin.get("/connections/acme")
    assert "holds the token of a sign-in" in page.words
    assert found["access_token"] not in page.html
    assert found["token_secret"] not in page.html
    assert "Valid" in erin.post("/connections/acme/validate").words


def test_a_refusal_of_oauth1_leaves_the_connection(kept, erin, provider, documents):
    """A person who says no at a provider of OAuth 1.0 reads so, and the old token stays."""
    before = dict(kept(method=OAUTH1))
    asking = erin.post("/connections/acme/sign-in")
    ended = erin.get(provider.decide(asking.continues_to, decision="deny"))
    assert ended.status == 400
    assert "has refused" in ended.words
    assert documents["acme"] == before


def test_a_token_that_can_t_be_kept_is_said_before(kept, console, erin):
    """Nobody is sent to a provider of OAuth 1.0 whose token could not be written."""
    kept(method=OAUTH1, access_token="env:WATCHWORD_SECRET_TOKEN")
    for page in (erin.get("/connections/acme"), erin.post("/connections/acme/sign-in")):
        assert "can't write to" in page.words or "WATCHWORD_SECRET_TOKEN" in page.words
        assert "Continue to" not in page.words


def test_a_store_of_this_process_alone_is_said_before(kept, replica):
    """With the store memory:// the page says why nobody can sign in, and has no button for it."""
    kept()
    erin = Browser(replica(MemoryStore()).url, "erin")
    page = erin.get("/connections/acme")
    assert "ends with this process" in page.words
    assert "/sign-in" not in page.html
    asking = erin.post("/connections/acme/sign-in")
    assert asking.status == 400
    assert "ends with this process" in asking.words


def test_a_host_that_refuses_a_sign_in_is_heard_before(kept, console, erin):
    """What a host says when it opens a connection is shown in place of the button."""
    kept()
    opened = console.host.open
    console.host.open = lambda *_, **__: (_ for _ in ()).throw(
        DocumentError([finding("store_not_shared", "Tasks run on several machines.")])
    )
    page = erin.get("/connections/acme")
    assert "Tasks run on several machines." in page.words
    assert "/sign-in" not in page.html
    assert "Tasks run on several machines." in erin.post("/connections/acme/sign-in").words
    console.host.open = opened
    assert "/sign-in" in erin.get("/connections/acme").html


def test_checks_use_up_no_refresh_token(kept, erin, playground, user_of, sign_in_as):
    """Pages and drafts refresh nothing; Validate refreshes, and what comes back is stored for everybody.

    The provider ends a sign-in whose refresh token is used twice: after three validations it still lasts.
    """
    kept()
    sign_in_as(erin)
    before, ended = playground.grants().get("refresh_token", 0), playground.families_revoked

    def refreshes():
        return playground.grants().get("refresh_token", 0) - before

    erin.get("/connections/acme")
    content = {name: value for name, value in kept().items() if name != "method"}
    typed = {**content, "refresh_token": "typed-by-hand-0123456789", "action": "validate"}
    assert "sign_in_not_tested" in erin.post("/connections/acme/edit", typed).words
    assert "sign_in_not_tested" in erin.post(f"/new/{CODE}", {**typed, "connection.name": "acme2"}).words
    assert refreshes() == 0
    for number in (1, 2, 3):
        assert "Valid" in erin.post("/connections/acme/validate").words
        assert refreshes() == number
    playground.expire_tokens()
    assert user_of() == "ada"
    assert refreshes() == 4
    assert playground.families_revoked == ended


def test_a_sign_in_survives_its_refresh_on_the_page(kept, erin, provider, playground, console, sign_in_as):
    """After a refresh whose response names no scopes, the page still says what was granted."""
    kept()
    sign_in_as(erin)
    console.host.open("acme", console.host.documents["acme"], private=False).renew_token()
    assert "Scopes airports:read profile:read" in erin.get("/connections/acme").words


def test_a_viewer_sees_the_sign_in_and_no_button(kept, erin, provider, console, sign_in_as):
    """A person who may only read sees the state of the sign-in."""
    kept()
    sign_in_as(erin)
    page = Browser(console.url, "vic").get("/connections/acme")
    assert "Signed in less than a minute ago" in page.words
    assert "<form" not in page.html


def test_rights_are_asked_again_at_the_end(kept, erin, provider, rights, health):
    """A person who has lost the right meanwhile can't finish a sign-in."""
    kept()
    back = provider.decide(erin.post("/connections/acme/sign-in").continues_to)
    rights["erin"] = frozenset({Right.READ})
    ended = erin.get(back)
    assert ended.status == 400
    assert "may not edit" in ended.words
    assert health().obtained is None
