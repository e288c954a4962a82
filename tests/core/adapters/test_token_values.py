"""What a response gives beside the token: a base URL, headers and parts of the path, with each client."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
import requests

import watchword
from watchword.console import destinations
from watchword.http.networks import ALLOWED_VARIABLE
from watchword.sign_in import oauth2
from watchword.stores.memory import MemoryStore

TOKEN = "s3cret-issued"


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture
def provider(serve, reply):
    """Give a function that starts a server for tokens, values and calls; `answers` are bodies by path."""

    def start(answers, *, headers=None):
        return serve(
            lambda seen: reply(
                body=answers.get(seen.path.partition("?")[0], {"called": seen.path}), headers=headers or {}
            )
        )

    return start


def client(url, **fields):
    return {
        "base_url": url,
        "method": "oauth2_client_credentials",
        "token_url": f"{url}/token",
        "client_id": "c",
        "client_secret": "s3cret-client",
        **fields,
    }


def token(**more):
    return {"access_token": TOKEN, "expires_in": 3600, **more}


SHAPES = {
    "Xero's tenant": (
        {"/token": token(), "/connections": [{"id": "x", "tenantId": "45e4708e-d862"}]},
        {"values_url": "/connections", "response_values": {"header:Xero-tenant-id": "$[0].tenantId"}},
        "",
        ("/Invoices", {"Xero-tenant-id": "45e4708e-d862"}),
    ),
    "Atlassian's site": (
        {"/token": token(), "/oauth/accessible-resources": [{"id": "1124a-55", "url": "https://x.test"}]},
        {"values_url": "/oauth/accessible-resources", "response_values": {"path:cloudid": "$[0].id"}},
        "/ex/jira/{{value:cloudid}}/rest/api/3",
        ("/ex/jira/1124a-55/rest/api/3/Invoices", {}),
    ),
    "DocuSign's account": (
        {"/token": token(), "/userinfo": {"accounts": [{"account_id": "61ab", "base_uri": "{url}"}]}},
        {
            "values_url": "/userinfo",
            "response_base_url_path": "accounts[0].base_uri",
            "response_values": {"path:account": "accounts[0].account_id"},
        },
        "/restapi/v2.1/accounts/{{value:account}}",
        ("/restapi/v2.1/accounts/61ab/Invoices", {}),
    ),
    "Zoho's data centre": (
        {"/token": token(api_domain="{url}")},
        {"response_base_url_path": "api_domain"},
        "/crm/v2",
        ("/crm/v2/Invoices", {}),
    ),
    "Basecamp's account, a base URL with a path": (
        {"/token": token(), "/authorization.json": {"accounts": [{"href": "{url}/9999999"}]}},
        {"values_url": "/authorization.json", "response_base_url_path": "$.accounts[0].href"},
        "/api",
        ("/9999999/Invoices", {}),
    ),
    "Zoom's API host": (
        {"/token": token(api_url="{url}")},
        {"response_base_url_path": "api_url"},
        "/v2",
        ("/v2/Invoices", {}),
    ),
    "Gong's API host": (
        {"/token": token(api_base_url_for_customer="{url}/")},
        {"response_base_url_path": "api_base_url_for_customer"},
        "/v2",
        ("/v2/Invoices", {}),
    ),
    "Harvest's account, a number": (
        {"/token": token(), "/accounts": {"accounts": [{"id": 27}]}},
        {"values_url": "/accounts", "response_values": {"header:Harvest-Account-Id": "accounts[0].id"}},
        "/v2",
        ("/v2/Invoices", {"Harvest-Account-Id": "27"}),
    ),
    "FreshBooks' account, deep in the answer": (
        {"/token": token(), "/me": {"response": {"memberships": [{"business": {"account_id": "zNvA"}}]}}},
        {
            "values_url": "/me",
            "response_values": {"path:a": "$.response.memberships[0].business.account_id"},
        },
        "/accounting/account/{{value:a}}",
        ("/accounting/account/zNvA/Invoices", {}),
    ),
    "Pipedrive's company": (
        {"/token": token(api_domain="{url}")},
        {"response_base_url_path": "$.api_domain"},
        "/api/v1",
        ("/api/v1/Invoices", {}),
    ),
    "HubSpot's portal in a header of the response": (
        {"/token": token()},
        {"response_values": {"header:X-Hub": "header:X-Hub-Id"}},
        "",
        ("/Invoices", {"X-Hub": "62515"}),
    ),
    "Exact Online's division, which has to be encoded": (
        {"/token": token(), "/current/Me": {"d": {"results": [{"CurrentDivision": "1 2/3"}]}}},
        {"values_url": "/current/Me", "response_values": {"path:d": "d.results[0].CurrentDivision"}},
        "/api/v1/{{value:d}}",
        ("/api/v1/1%202%2F3/Invoices", {}),
    ),
}


def _with_url(content, url):
    if isinstance(content, dict):
        return {name: _with_url(value, url) for name, value in content.items()}
    if isinstance(content, list):
        return [_with_url(item, url) for item in content]
    return content.replace("{url}", url) if isinstance(content, str) else content


@pytest.fixture
def shape(serve, reply, store):
    """Give a function that starts a shape's servers: the API is another one than that of the tokens."""

    def start(name, **more):
        answers, fields, path, expected = SHAPES[name]
        api = serve(reply(body={}))
        learns = "response_base_url_path" in fields

        def answer(seen):
            body = _with_url(answers.get(seen.path.partition("?")[0], {}), api.url)
            return reply(body=body, headers={"X-Hub-Id": "62515"})

        login = serve(answer)
        fields = {
            field: f"{login.url}{value}" if field == "values_url" else value
            for field, value in fields.items()
        }
        document = (
            client(login.url, **fields) | {"base_url": (login.url if learns else api.url) + path} | more
        )
        return watchword.load(document, name="acme", store=store), login, api, expected

    return start


@pytest.mark.parametrize("name", SHAPES)
def test_the_values_of_a_response_are_used(shape, name):
    """Each provider's value reaches its place: the host, a header or the path of each request."""
    conn, login, api, (path, headers) = shape(name)
    with conn.session() as session, conn.httpx_client() as httpx_client:
        responses = [session.get("Invoices"), session.get("Invoices"), httpx_client.get("Invoices")]
    assert [seen.path for seen in api.seen] == [path] * 3
    assert all(seen.headers[name] == value for seen in api.seen for name, value in headers.items())
    assert {seen.headers["Host"] for seen in api.seen} == {f"127.0.0.1:{api.port}"}
    assert len(login.seen) == 1 + ("values_url" in SHAPES[name][1])
    assert TOKEN not in f"{[response.url for response in responses]}"


def test_every_client_goes_to_the_learnt_base_url(shape, senders):
    """requests, httpx, its asynchronous twin, aiohttp and dlt call the host that the response names."""
    conn, login, api, (path, _) = shape("Zoho's data centre")
    for name, sender in senders.items():
        sender(conn, "GET", f"{conn.base_url}/Invoices")
        assert (api.seen[-1].path, api.seen[-1].headers["Host"]) == (path, f"127.0.0.1:{api.port}"), name
        assert api.seen[-1].headers["Authorization"] == f"Bearer {TOKEN}", name
    assert len(login.seen) == 1
    assert len(api.seen) == len(senders)


def test_every_client_sends_a_learnt_header_and_path(shape, senders):
    """Header and path hold the values with each client, and the caller's own header has precedence."""
    conn, _, api, _ = shape("Xero's tenant")
    for name, sender in senders.items():
        sender(conn, "GET", f"{conn.base_url}/Invoices")
        assert api.seen[-1].headers["Xero-tenant-id"] == "45e4708e-d862", name
        sender(conn, "GET", f"{conn.base_url}/Invoices", headers={"Xero-tenant-id": "mine"})
        assert api.seen[-1].headers["Xero-tenant-id"] == "mine", name
    conn, _, api, (path, _) = shape("Atlassian's site")
    for name, sender in senders.items():
        sender(conn, "GET", f"{conn.base_url}/Invoices")
        assert api.seen[-1].path == path, name


def test_a_learnt_base_url_must_match_the_document_s_pattern(serve, reply, store, names, senders):
    """A host below the pattern's name gets the credential; any other gets nothing, and is a finding."""
    api = serve(reply())
    names["acme.my.api.test"] = names["evil.test"] = names["my.api.test.evil.test"] = ["127.0.0.1"]
    good = f"http://acme.my.api.test:{api.port}"
    evil = [f"http://evil.test:{api.port}", f"http://my.api.test.evil.test:{api.port}"]
    for learnt in (good, *evil):
        login = serve(reply(body=token(instance_url=learnt)))
        document = client(login.url, response_base_url_path="instance_url")
        document["allowed_origins"] = [login.url, f"http://*.my.api.test:{api.port}"]
        conn = watchword.load(document, store=store)
        for name, sender in senders.items():
            api.seen.clear()
            if learnt is good:
                sender(conn, "GET", f"{conn.base_url}/q")
                assert api.seen[-1].headers["Host"] == f"acme.my.api.test:{api.port}", name
            else:
                with pytest.raises(watchword.WatchwordError) as caught:
                    sender(conn, "GET", f"{conn.base_url}/q")
                assert caught.value.findings[0].code.name == "origin_not_allowed", name
                assert api.seen == [], name
        assert [seen.path for seen in login.seen] == ["/token"]


def test_without_a_pattern_a_learnt_base_url_stays_on_the_base_url_s_host(serve, reply, store, names):
    """A document that lists no other origin gives its credential to the base URL's own host alone."""
    api = serve(reply())
    names["other.test"] = ["127.0.0.1"]
    for learnt, is_good in ((f"http://127.0.0.1:{api.port}", True), (f"http://other.test:{api.port}", False)):
        login = serve(reply(body=token(instance_url=learnt)))
        conn = watchword.load(client(login.url, response_base_url_path="instance_url"), store=store)
        with conn.session() as session, suppress(watchword.TokenError):
            session.get("q")
        assert bool(api.seen) is is_good
        api.seen.clear()


UNUSABLE = [
    "", "instance", "//x.test", "ftp://x.test", "https://user:pw@127.0.0.1", "https://127.0.0.1/?a=1",
    "https://127.0.0.1/#a", "https://127.0.0.1/a b", "https://127.0.0.1/\n", "https://127.0.0.1/../x",
    "https://127.0.0.1\\@evil.test", "https://{{secret:x}}/", "javascript:alert(1)", 5, None, ["https://x"],
    "https://127.0.0.1/" + "a" * 5000, "https://", "https://127.0.0.1:99999/",
]  # fmt: skip


@pytest.mark.parametrize("learnt", UNUSABLE)
def test_a_base_url_that_is_none_is_a_finding(provider, store, learnt):
    """Whatever a server names as its base URL, either it can be used or a finding says so."""
    server = provider({"/token": token(instance_url=learnt)})
    conn = watchword.load(client(server.url, response_base_url_path="instance_url"), store=store)
    with conn.session() as session, pytest.raises(watchword.TokenError) as caught:
        session.get("q")
    assert caught.value.code in {"value_missing", "value_unusable"}
    assert {seen.path for seen in server.seen} == {"/token"}


@pytest.mark.parametrize(
    ("learnt", "is_host"),
    [
        ("api.eu.example.com", True), ("127.0.0.1:8443", True), ("localhost:8080/v1", True),
        ("//api.example.com", True), ("mktorest-123.mktorest.com/rest", True),
        ("instance", False), ("javascript:alert(1)", False), ("ftp://x.test", False), ("a.test?x", False),
    ],
)  # fmt: skip
def test_a_base_url_without_a_scheme_is_told_so(provider, store, learnt, is_host):
    """A host alone, as some servers name it, is refused with the words that it lacks https://."""
    server = provider({"/token": token(api_host=learnt)})
    conn = watchword.load(client(server.url, response_base_url_path="api_host"), store=store)
    with conn.session() as session, pytest.raises(watchword.TokenError) as caught:
        session.get("q")
    assert caught.value.code == "value_unusable"
    assert ("lacks https://" in str(caught.value)) is is_host


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("header:X-T", "line\r\nX-Evil: 1"), ("header:X-T", " "), ("header:X-T", "x" * 5000),
        ("header:X-T", "\u20ac"), ("path:t", ".."), ("path:t", "."), ("path:t", "a\nb"),
        ("path:t", "x" * 2049),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_sent_is_a_finding(provider, store, place, value):
    """A value with control characters, one that leaves its segment, and a long one are never sent."""
    server = provider({"/token": token(tenant=value)})
    fields = client(server.url, response_values={place: "tenant"})
    fields["base_url"] += "/v1/{{value:t}}" if place == "path:t" else ""
    with (
        watchword.load(fields, store=store).session() as session,
        pytest.raises(watchword.TokenError) as caught,
    ):
        session.get("q")
    assert caught.value.code in {"value_unusable", "value_missing"}
    assert {seen.path for seen in server.seen} == {"/token"}


def test_no_segment_of_a_path_is_left_by_a_value(provider, store):
    """A slash or an encoded dot in a value stays inside its segment."""
    server = provider({"/token": token(tenant="../../admin?x=1#y")})
    fields = client(server.url, response_values={"path:t": "tenant"})
    fields["base_url"] += "/v1/{{value:t}}"
    with watchword.load(fields, store=store).session() as session:
        session.get("q")
    assert server.seen[-1].path == "/v1/..%2F..%2Fadmin%3Fx=1%23y/q"


@pytest.mark.parametrize("status", [401, 404, 500])
def test_a_failing_values_url_is_a_finding(serve, reply, store, status):
    """The token of a machine without its values is not used; the finding names the status."""
    server = serve(lambda seen: reply(body=token()) if seen.path == "/token" else reply(status, "no"))
    fields = client(server.url, values_url=f"{server.url}/me", response_values={"header:X-T": "id"})
    with (
        watchword.load(fields, store=store).session() as session,
        pytest.raises(watchword.TokenError) as caught,
    ):
        session.get("q")
    assert caught.value.findings[0].evidence["status"] == str(status)
    assert "/q" not in {seen.path for seen in server.seen}


def test_the_values_are_kept_in_the_store_for_all_processes(shape, store):
    """Another process takes token and values out of the store, and asks nobody."""
    conn, login, api, (path, _) = shape("DocuSign's account")
    with conn.session() as session:
        session.get("Invoices")
    assert "61ab" not in repr(store._records if hasattr(store, "_records") else "")
    asked = len(login.seen)
    from watchword.tokens import token_caches  # noqa: PLC0415

    token_caches._token_caches = token_caches.TokenCaches()
    again = watchword.load(
        {"method": conn.document.method.method}
        | conn.document.common.as_document()
        | conn.document.method.as_document(),
        name="acme",
        store=store,
    )
    with again.session() as session:
        session.get("Invoices")
    assert [seen.path for seen in api.seen] == [path, path]
    assert len(login.seen) == asked


def test_many_threads_ask_once_for_token_and_values(shape):
    """Token and values are asked for once, however many requests begin at the same time."""
    conn, login, api, (path, _) = shape("DocuSign's account")
    with conn.session() as session, ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: session.get("Invoices"), range(32)))
    assert [seen.path for seen in login.seen] == ["/token", "/userinfo"]
    assert [seen.path for seen in api.seen] == [path] * 32


def sign_in_document(login, api_url, **fields):
    return {
        "base_url": api_url,
        "method": "oauth2_authorization_code",
        "authorize_url": f"{login.url}/authorize",
        "token_url": f"{login.url}/token",
        "client_id": "c",
        "client_secret": "s3cret-client",
        **fields,
    }


def signed_in(conn, callback):
    begun = oauth2.begin(conn, "http://127.0.0.1:4711/callback")
    oauth2.finish(conn, f"http://127.0.0.1:4711/callback?code=c0de&state={begun.state}&{callback}")


def test_a_value_of_the_callback_survives_refreshes(serve, reply, store):
    """QuickBooks' realmId stands in the redirected URL alone, and is used after every refresh too."""
    api, count = serve(reply()), iter(range(100))
    login = serve(
        lambda _: reply(
            body={
                "access_token": f"s3cret-{next(count)}",
                "refresh_token": f"r-{next(count)}",
                "expires_in": 3600,
            }
        )
    )
    document = sign_in_document(
        login, f"{api.url}/v3/company/{{{{value:realm}}}}", response_values={"path:realm": "callback:realmId"}
    )
    conn = watchword.load(document, name="books", store=store)
    signed_in(conn, "realmId=9130350000000000")
    with conn.session() as session:
        session.get("query")
        conn.renew_token()
        session.get("query")
    assert [seen.path for seen in api.seen] == ["/v3/company/9130350000000000/query"] * 2
    assert len({seen.headers["Authorization"] for seen in api.seen}) == 2


def test_a_base_url_of_the_callback_is_bound_like_any_other(serve, reply, store):
    """Adobe Sign's api_access_point comes with the redirect, which anybody can forge: the pattern decides."""
    login = serve(reply(body={"access_token": TOKEN, "refresh_token": "r-1", "expires_in": 3600}))
    document = sign_in_document(login, login.url, response_base_url_path="callback:api_access_point")
    conn = watchword.load(document, name="sign", store=store)
    signed_in(conn, "api_access_point=https%3A%2F%2Fevil.test%2F")
    with conn.session() as session, pytest.raises(watchword.TokenError) as caught:
        session.get("agreements")
    assert caught.value.code == "origin_not_allowed"
    assert "/agreements" not in {seen.path for seen in login.seen}


def test_a_refresh_whose_reply_lacks_the_values_keeps_them(serve, reply, store):
    """Salesforce's refresh may leave out instance_url: that of the sign-in is used on."""
    api = serve(reply())
    replies = iter([{"instance_url": api.url, "refresh_token": "r-1"}, {}, {}])
    login = serve(lambda _: reply(body={"access_token": TOKEN, "expires_in": 3600, **next(replies)}))
    document = sign_in_document(login, login.url, response_base_url_path="instance_url")
    conn = watchword.load(document, name="sf", store=store)
    signed_in(conn, "x=1")
    with conn.session() as session:
        session.get("a")
        conn.renew_token()
        session.get("b")
    assert [seen.path for seen in api.seen] == ["/a", "/b"]


def test_a_rotated_refresh_token_is_saved_although_the_values_cannot_be_asked_for(serve, reply, store):
    """If the follow-up fails at a refresh, the new refresh token is kept, and the former values are used."""
    api = serve(reply())
    works = [True]

    def answer(seen):
        if seen.path == "/me":
            return reply(body={"id": "t-1"}) if works[0] else reply(503)
        return reply(
            body={"access_token": TOKEN, "refresh_token": f"r-{len(login.seen)}", "expires_in": 3600}
        )

    login = serve(answer)
    document = sign_in_document(
        login, api.url, values_url=f"{login.url}/me", response_values={"header:X-T": "id"}
    )
    conn = watchword.load(document, name="rot", store=store)
    signed_in(conn, "x=1")
    works[0] = False
    with conn.session() as session:
        conn.renew_token()
        conn.renew_token()
        assert session.get("a").status_code == 200
    assert api.seen[-1].headers["X-T"] == "t-1"
    refreshed = [seen.body.decode() for seen in login.seen if b"refresh_token=" in seen.body]
    assert [body.partition("refresh_token=")[2][:3] for body in refreshed] == ["r-1", "r-3"]


def test_a_sign_in_is_kept_although_its_values_cannot_be_asked_for(serve, reply, store):
    """A code works once: if the follow-up fails, the token is stored, and the first call asks again."""
    api = serve(reply())
    works = []

    def answer(seen):
        if seen.path == "/me":
            return reply(body={"id": "t-1"}) if works else reply(503)
        return reply(body={"access_token": TOKEN, "refresh_token": "r", "expires_in": 3600})

    login = serve(answer)
    document = sign_in_document(
        login, api.url, values_url=f"{login.url}/me", response_values={"header:X-T": "id"}
    )
    conn = watchword.load(document, name="kept", store=store)
    signed_in(conn, "x=1")
    works.append(True)
    with conn.session() as session:
        assert session.get("a").status_code == 200
    assert api.seen[-1].headers["X-T"] == "t-1"


def test_a_sign_in_of_an_earlier_document_is_renewed_once_for_its_values(serve, reply, store):
    """A stored token without the values that a changed document needs is renewed, and not asked for again."""
    api = serve(reply())
    login = serve(reply(body={"access_token": TOKEN, "refresh_token": "r", "expires_in": 3600, "id": "t-1"}))
    before = watchword.load(sign_in_document(login, api.url), name="old", store=store)
    signed_in(before, "x=1")
    fields = sign_in_document(login, api.url, response_values={"header:X-T": "id"})
    conn = watchword.load(fields, name="old", store=store)
    with conn.session() as session:
        session.get("a")
        session.get("b")
    assert [seen.headers["X-T"] for seen in api.seen] == ["t-1", "t-1"]
    assert len(login.seen) == 2


def test_a_missing_value_asks_the_token_endpoint_once_a_minute_at_most(provider, store):
    """A response that never has the value ends in a finding; it doesn't hammer the token endpoint."""
    server = provider({"/token": token()})
    conn = watchword.load(client(server.url, response_values={"header:X-T": "tenant"}), store=store)
    with conn.session() as session:
        for _ in range(20):
            with pytest.raises(watchword.TokenError, match="has no value for header:X-T"):
                session.get("q")
    assert 1 <= len(server.seen) <= 2
    assert {seen.path for seen in server.seen} == {"/token"}


@pytest.mark.parametrize("is_async", [False, True])
def test_a_validation_calls_the_learnt_place(shape, is_async):
    """The test URL of a validation joins the learnt base URL, also for the calls without the credential."""
    conn, login, api, _ = shape("Zoho's data centre")
    url = f"{login.url}/crm/v2/users"
    report = asyncio.run(conn.avalidate(url)) if is_async else conn.validate(url)
    assert len(api.seen) >= 3
    assert {seen.path for seen in api.seen} == {"/crm/v2/users"}
    assert {seen.path for seen in login.seen} == {"/token"}
    assert len({seen.headers.get("Authorization") for seen in api.seen}) == 3
    assert TOKEN not in f"{report} {report.as_dict()}"


def test_a_redirect_of_the_learnt_api_stays_there(serve, reply, store, senders):
    """A relative redirect leads on at the learnt host, signed anew."""
    for name, sender in senders.items():
        if name == "dlt":  # a foreign session doesn't sign the next hop
            continue
        api = serve(lambda seen: reply(302, headers={"Location": "/b"}) if seen.path == "/v1/a" else reply())
        login = serve(reply(body=token(instance_url=api.url)))
        fields = client(login.url, response_base_url_path="instance_url") | {"base_url": f"{login.url}/v1"}
        sender(watchword.load(fields, store=store), "GET", f"{login.url}/v1/a")
        assert [seen.path for seen in api.seen] == ["/v1/a", "/b"], name
        assert api.seen[-1].headers["Authorization"] == f"Bearer {TOKEN}", name
        assert [seen.path for seen in login.seen] == ["/token"], name


def test_a_stored_document_s_learnt_host_is_judged(serve, reply, store, monkeypatch, trap):
    """A learnt base URL at an address that the deployment doesn't allow is not connected to."""
    monkeypatch.setenv(ALLOWED_VARIABLE, "127.0.0.1/32")
    login = serve(reply(body=token(instance_url=f"http://127.0.0.2:{trap.port}")))
    fields = client(login.url, response_base_url_path="instance_url")
    fields["allowed_origins"] = [login.url, f"http://*.api.test:{trap.port}"]
    for make in ("session", "httpx_client"):
        conn = watchword.load(fields, store=store, stored=True)
        with getattr(conn, make)() as made, pytest.raises(watchword.WatchwordError):
            made.get("q")
    with requests.Session() as session, pytest.raises(watchword.WatchwordError):
        session.get(f"{login.url}/q", auth=watchword.load(fields, store=store, stored=True).auth())
    assert trap.is_untouched


def test_nothing_of_a_learnt_secret_is_shown(provider, store, caplog):
    """A value in a header that sounds secret is masked like a token; an id stays readable."""
    caplog.set_level(logging.DEBUG)
    server = provider({"/token": token(csrf="csrf-v4lue-0123", tenant="tenant-77")})
    places = {"header:X-CSRF-Token": "csrf", "header:X-Tenant": "tenant"}
    conn = watchword.load(client(server.url, response_values=places), store=store)
    with conn.session() as session:
        response = session.get("q")
    assert server.seen[-1].headers["X-CSRF-Token"] == "csrf-v4lue-0123"
    held = conn.credential.token_cache.get()
    shown = f"{vars(response.request)} {held!r} {watchword.redact.text(held.values['header:X-CSRF-Token'])}"
    assert "csrf-v4lue" not in f"{shown} {caplog.text}"
    assert watchword.redact.text("tenant-77") == "tenant-77"


MISUSED = {
    "parameter_malformed": [
        {"response_values": {"tenant": "id"}},
        {"response_values": {"query:": "id"}},
        {"response_values": {"cookie:*": "id"}},
        {"response_values": {"cookie:sid": "cookie:*"}},
        {"response_values": {"path:a/b": "id"}},
    ],
    "header_illegal": [
        {"response_values": {"header:X T": "id"}},
        {"response_values": {"cookie:s;d": "id"}},
    ],
    "header_conflict": [
        {"response_values": {"header:Authorization": "id"}},
        {"add_to": "query", "response_values": {"query:access_token": "id"}},
    ],
    "wrong_type": [
        {"response_values": {"header:X-T": "callback:realmId"}},
        {"response_values": {"header:X-T": ""}},
        {"response_values": {"header:X-T": "header:"}},
        {"response_values": {"header:X-T": "$..a..b"}},
        {"response_base_url_path": "$..a..b"},
        {"response_values": {f"header:X-{number}": "id" for number in range(30)}},
    ],
    "missing_field": [{"values_url": "https://auth.test/me"}],
    "url_not_absolute": [
        {"values_url": "/me", "response_values": {"header:X-T": "id"}},
        {"allowed_origins": ["https://*"]},
        {"allowed_origins": ["https://*.com"]},
        {"allowed_origins": ["https://*.co.uk"]},
        {"allowed_origins": ["https://*.github.io"]},
        {"allowed_origins": ["https://*.0.0.1"]},
        {"allowed_origins": ["*://*.example.com"]},
        {"allowed_origins": ["https://a.*.example.com"]},
        {"allowed_origins": ["https://*.example.com/path"]},
        {"allowed_origins": ["https://*example.com"]},
    ],
    "template_unresolved": [
        {"base_url": "https://api.test/{{value:t}}", "response_values": {"path:u": "id"}}
    ],
}


@pytest.mark.parametrize(
    ("code", "fields"), [(code, fields) for code, cases in MISUSED.items() for fields in cases]
)
def test_a_misuse_is_found_before_anything_is_sent(code, fields):
    """Each wrong place, source, URL and pattern is a finding without a call."""
    found = watchword.load(client("https://api.test") | fields).lint()
    assert code in {item.code.name for item in found}, found


def test_a_document_without_values_keeps_its_identity(store):
    """The identity of a token has none of the fields for values unless they are used."""
    conn = watchword.load(client("https://api.test"), store=store)
    names = {name for name, _ in conn.credential.source.identity}
    assert names.isdisjoint({"response_values", "response_base_url_path", "values_url"})
    with_values = watchword.load(
        client("https://api.test", response_values={"header:X-T": "id"}), store=store
    )
    assert "response_values" in {name for name, _ in with_values.credential.source.identity}


def test_a_document_that_learns_another_base_url_finds_no_sign_in(serve, reply, store):
    """Who edits where the base URL comes from, or its origins, gets no stored sign-in's token."""
    api = serve(reply())
    login = serve(
        reply(
            body={
                "access_token": TOKEN,
                "refresh_token": "r",
                "expires_in": 3600,
                "url": api.url,
                "other": api.url,
            }
        )
    )
    document = sign_in_document(login, login.url, response_base_url_path="url")
    signed_in(watchword.load(document, name="sf", store=store), "x=1")
    changes = (
        {"response_base_url_path": "other"},
        {"allowed_origins": [login.url, "https://*.evil.test"]},
        {"values_url": f"{api.url}/me"},
    )
    for change in ({}, *changes):
        with watchword.load(document | change, name="sf", store=store).session() as session:
            if not change:
                session.get("q")
                continue
            with pytest.raises(watchword.SignInRequired, match="made for other addresses"):
                session.get("q")
    assert len(api.seen) == 1


def test_a_change_of_what_is_learnt_asks_for_the_secrets_again():
    """Console and forms ask for stored secrets again if another field decides where they go."""
    before = client("https://api.test", response_base_url_path="a")
    changes = [
        {"response_base_url_path": "b"},
        {"values_url": "https://evil.test/me"},
        {"allowed_origins": ["https://*.evil.test"]},
    ]
    assert [destinations.changed(before, before | change) for change in changes] == [
        list(change) for change in changes
    ]
    assert destinations.changed(before, before | {"response_values": {"header:X": "id"}}) == []
