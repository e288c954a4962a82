"""Secrets in the path of a URL: placed when the request is sent, and shown nowhere, with each client."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import traceback
from urllib.parse import quote

import aiohttp
import pytest
import requests

import watchword
from watchword import redact

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
AWKWARD = "s3cret/k+y w1th=all&?#%ü"
PLACED = "/bot110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"


@pytest.fixture(autouse=True)
def _debug(caplog):
    caplog.set_level(logging.DEBUG)


def placed(token):
    return quote(token, safe="!$&'()*+,;=:@")


def document(url, token=TOKEN, path="/bot{{secret:token}}"):
    return {"base_url": f"{url}{path}", "method": "custom", "secret_parameters": {"template:token": token}}


def shows(text, token=TOKEN):
    forms = {token, quote(token, safe=""), quote(token), placed(token)}
    return sorted(form for form in forms if form in text)


SHAPES = {
    "Telegram": ("/bot{{secret:token}}", "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"),
    "Slack's incoming webhook": ("/services/T0001/B0001/{{secret:token}}", "XXn4j7u2kB0aQmPz8sT1vW3y"),
    "Discord's webhook": ("/api/webhooks/1234567890/{{secret:token}}", "aB3-dE5_gH7iJ9kL1mN"),
    "OpenWeather's older path": ("/data/{{secret:token}}/v1", "0a1b2c3d4e5f60718293a4b5c6d7e8f9"),
    "Dark Sky": ("/forecast/{{secret:token}}/37.8,-122.4", "0123456789abcdef9876543210fedcba"),
    "Alchemy": ("/v2/{{secret:token}}", "demo-Key_with~Marks.0123"),
    "Infura": ("/v3/{{secret:token}}", "9aa3d95b3bc440fa88ea12eaa4456161"),
    "ExchangeRate-API": ("/v6/{{secret:token}}/latest", "f0e1d2c3b4a5968778695a4b"),
    "Bitrix24": ("/rest/1/{{secret:token}}", "w7x8y9z0a1b2c3d4"),
    "IFTTT": ("/trigger/sync/with/key/{{secret:token}}", "dQw4w9WgXcQ_lIkE-a-Key"),
    "VirusTotal-like, in the middle of a part": ("/v1/k-{{secret:token}}-end", "s3cret(part);v=1"),
    "a key that has to be encoded": ("/k/{{secret:token}}", AWKWARD),
}


@pytest.mark.parametrize("name", SHAPES)
def test_the_path_of_the_base_url_holds_the_secret_when_sent(serve, reply, name):
    """Each provider's path arrives with the secret in it, percent-encoded as a part of one segment."""
    path, token = SHAPES[name]
    server = serve(reply(body={}))
    conn = watchword.load(document(server.url, token, path))
    with conn.session() as api, conn.httpx_client() as client:
        responses = [api.get("items?page=2"), client.get("items?page=2")]
    before, after = path.split("{{secret:token}}")
    expected = f"{before}{placed(token)}{after}/items?page=2"
    assert [seen.path for seen in server.seen] == [expected, expected]
    assert not shows(f"{responses[0].url} {responses[1].url} {responses[1].request.url}", token)


def test_no_client_shows_the_secret_of_a_path(serve, reply, send, caplog, capsys):
    """With each client neither the response, its request, reprs, logs at DEBUG nor output show the secret."""
    server = serve(reply(500))
    conn = watchword.load(document(server.url))
    result = send(conn, "GET", f"{conn.base_url}/getUpdates?offset=1")
    assert server.seen[-1].path == f"{PLACED}/getUpdates?offset=1"
    resolved = conn.credential.resolved
    texts = [result.text, repr(conn), repr(conn.document), repr(resolved), repr(conn.authenticator())]
    assert not shows(" ".join([*texts, caplog.text, *capsys.readouterr()]))
    assert "secret:token" in conn.base_url


def test_no_error_shows_the_secret_of_a_path(serve, reply, senders, caplog):
    """A fault of the network raises an error that shows no secret, with every client of the connection's."""
    server = serve(reply(hang_up=True))
    conn = watchword.load(document(server.url) | {"retries": 1})
    closed = watchword.load(document("http://127.0.0.1:1"))
    for name, sender in senders.items():
        for made in (conn, closed) if name != "dlt" else ():  # dlt's own session raises for itself
            with pytest.raises(Exception) as caught:  # noqa: PT011 - each client has its own
                sender(made, "GET", f"{made.base_url}/getUpdates")
            text = "".join(traceback.format_exception(caught.value)) + str(vars(caught.value))
            request = getattr(caught.value, "request", None)
            assert not shows(f"{text} {getattr(request, 'url', '')} {vars(request) if request else ''}"), name
    assert not shows(caplog.text)


def test_a_redirect_inside_the_origin_is_followed_without_showing_the_secret(serve, reply, senders, caplog):
    """A Location that holds the path's secret is followed with it, and shown with the template instead."""
    for name, sender in senders.items():
        server = serve(
            lambda seen: (
                reply(302, headers={"Location": f"{seen.path}/"}) if seen.path[-1] != "/" else reply()
            )
        )
        conn = watchword.load(document(server.url))
        if name == "dlt":  # a foreign session doesn't sign the next hop
            continue
        result = sender(conn, "GET", f"{conn.base_url}/getUpdates")
        assert [seen.path for seen in server.seen] == [f"{PLACED}/getUpdates", f"{PLACED}/getUpdates/"], name
        assert not shows(result.text), name
    assert not shows(caplog.text)


def test_a_redirect_to_a_foreign_origin_does_not_take_the_secret_along(serve, reply, send):
    """A foreign origin never receives the path's secret, whether a redirect or the caller names it."""
    foreign = serve(reply())
    server = serve(lambda seen: reply(302, headers={"Location": f"{foreign.url}{seen.path}"}))
    conn = watchword.load(document(server.url))
    with contextlib.suppress(watchword.WatchwordError):
        send(conn, "GET", f"{conn.base_url}/getUpdates")
    with contextlib.suppress(watchword.WatchwordError):
        send(conn, "GET", f"{foreign.url}/bot%7B%7Bsecret:token%7D%7D/x")
    assert not shows("".join(seen.text for seen in foreign.seen))


FOR_THE_TOKEN = "s3cret-of-the-token-endpoint"


@pytest.mark.parametrize(
    ("name", "more"),
    [
        (
            "pin",
            {"grant_body": {"pin": "{{secret:pin}}"}, "secret_parameters": {"template:pin": FOR_THE_TOKEN}},
        ),
        (
            "login_with.api_key",
            {"login_with": {"method": "api_key", "key_name": "X-Key", "api_key": FOR_THE_TOKEN}},
        ),
    ],
)
def test_an_api_cannot_ask_for_a_secret_that_is_meant_for_another_server(serve, reply, send, name, more):
    """A redirect that names a secret of the login or the token endpoint isn't filled in."""
    redirect = {"Location": f"/x/%7B%7Bsecret:{name}%7D%7D"}
    server = serve(lambda seen: reply(302, headers=redirect) if seen.path == "/a" else reply())
    fields = {
        "base_url": server.url,
        "method": "oauth2_client_credentials",
        "token_url": f"{server.url}/token",
        "client_id": "c",
        "client_secret": "s3cret-client",
        **more,
    }
    token = serve(reply(body={"access_token": "s3cret-issued"}))
    with contextlib.suppress(watchword.WatchwordError):
        send(watchword.load(fields | {"token_url": f"{token.url}/token"}), "GET", f"{server.url}/a")
    assert server.seen
    assert FOR_THE_TOKEN not in "".join(seen.text for seen in server.seen)
    assert FOR_THE_TOKEN in token.seen[0].text.replace("%2D", "-")


def test_a_secret_that_no_field_mentions_may_stand_in_a_path_of_a_request(serve, reply, send):
    """The caller may write {{secret:NAME}} into the path of a request, but an unknown name is an error."""
    server = serve(reply())
    conn = watchword.load(document(server.url, path=""))
    send(conn, "GET", f"{server.url}/v1/%7B%7Bsecret:token%7D%7D/me")
    assert server.seen[-1].path == f"/v1/{TOKEN}/me"
    with pytest.raises(watchword.WatchwordError, match="which it may not hold"):
        send(conn, "GET", f"{server.url}/v1/%7B%7Bsecret:other%7D%7D/me")
    assert len(server.seen) == 1


def test_a_template_outside_of_the_path_stays_as_it_is(serve, reply, send):
    """A query and a fragment can't hold the secret: the template is sent unfilled."""
    server = serve(reply())
    conn = watchword.load(document(server.url, path=""))
    send(conn, "GET", f"{server.url}/v1?q=%7B%7Bsecret:token%7D%7D")
    assert not shows(server.seen[-1].path)


@pytest.mark.parametrize("is_async", [False, True])
def test_a_validation_proves_a_secret_in_the_path(serve, reply, caplog, is_async):
    """A validation calls with the secret, with a decoy and without any, and its report shows none of it."""
    server = serve(lambda seen: reply(200 if seen.path.startswith(f"{PLACED}/") else 404, {"ok": True}))
    conn = watchword.load(document(server.url) | {"test_url": f"{server.url}/bot{{{{secret:token}}}}/getMe"})
    report = asyncio.run(conn.avalidate()) if is_async else conn.validate()
    assert report.deciding.code.name == "authenticated"
    assert len({seen.path for seen in server.seen}) == 3
    assert not shows(f"{report} {report.as_dict()} {caplog.text}")


def test_a_path_secret_needs_a_client_that_hides_it():
    """A client of httpx's own would show the secret in its URLs, so `httpx_auth` refuses that."""
    with pytest.raises(watchword.DocumentError, match="the path of the URL"):
        watchword.load(document("https://api.test")).httpx_auth()


def test_a_session_of_another_library_shows_no_secret_in_its_responses(serve, reply, caplog):
    """`conn.auth()` signs a request's path for the sending alone: response and history show the template."""
    server = serve(reply())
    conn = watchword.load(document(server.url))
    with requests.Session() as session:
        response = session.get(f"{conn.base_url}/getMe", auth=conn.auth())
    assert server.seen[-1].path == f"{PLACED}/getMe"
    assert not shows(f"{response.url} {response.request.url} {vars(response.request)} {caplog.text}")


def test_an_aiohttp_error_for_status_shows_the_template(serve, reply):
    """`raise_for_status` of aiohttp names the URL as the caller made it."""
    server = serve(reply(404))
    conn = watchword.load(document(server.url))

    async def run():
        async with (
            aiohttp.ClientSession(middlewares=(conn.aiohttp_middleware(),)) as api,
            api.get(f"{conn.base_url}/x") as response,
        ):
            response.raise_for_status()

    with pytest.raises(aiohttp.ClientResponseError) as caught:
        asyncio.run(run())
    assert server.seen[-1].path == f"{PLACED}/x"
    assert not shows(f"{caught.value} {caught.value!r} {caught.value.request_info}")


def test_a_secret_of_a_path_is_masked_in_every_log():
    """The secret and the form in which a URL holds it are masked as long as the connection lives."""
    conn = watchword.load(document("https://api.test", AWKWARD))
    conn.lint()
    assert placed(AWKWARD) not in redact.text(f"GET https://api.test/bot{placed(AWKWARD)}/x")
    assert conn.base_url.endswith("/bot{{secret:token}}")


FLAWS = {
    "template_unresolved": [
        {"base_url": "https://api.test/bot{{secret:other}}"},
        {"base_url": "https://api.test/bot{{token}}"},
        {"base_url": "https://{{secret:token}}.api.test/"},
        {"base_url": "https://api.test/bot{{secret:}}"},
        {"test_url": "https://api.test/bot{{secret:other}}/getMe"},
        {"test_url": "https://api.test/me?key={{secret:token}}"},
        {"base_url": "https://api.test/bot{{value:tenant}}"},
    ],
    "path_illegal": [
        {"secret_parameters": {"template:token": ".."}},
        {"secret_parameters": {"template:token": "line\nbreak"}},
        {"secret_parameters": {"template:token": "k" * 2049}},
    ],
}


@pytest.mark.parametrize(
    ("code", "fields"), [(code, fields) for code, cases in FLAWS.items() for fields in cases]
)
def test_a_path_that_cannot_be_filled_in_is_found_before_anything_is_sent(code, fields):
    """A template without its secret, one outside of the path, and a secret that no path holds are errors."""
    conn = watchword.load(document("https://api.test") | fields)
    found = conn.lint()
    assert code in {item.code.name for item in found}
    with pytest.raises(watchword.DocumentError):
        conn.session()
    assert not shows(str(found))


IN_CLEAR = [
    "https://api.telegram.org/bot110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw",
    "https://hooks.example.com/services/T0001/B0001/XXn4j7u2kB0aQmPz8sT1vW3y",
    "https://api.example.com/v1/sk_live_0123456789abcdef/items",
    "https://api.example.com/key/0a1b2c3d4e5f60718293a4b5",
    "https://api.example.com/tokens/abcdefgh12345678",
    "https://git.example.com/ghp_0123456789abcdefABCDEF0123456789abcd",
    "https://api.example.com/glpat-0123456789_abcdefgh/x",
    "https://chat.example.com/xoxb-123456789012-abcdefGHIJ",
]
IDS = [
    "https://api.atlassian.com/ex/jira/11223344-a1b2-3b33-c444-def123456789/rest/api/3",
    "https://api.twilio.com/2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef",
    "https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/oauth2/v2.0",
    "https://quickbooks.api.intuit.com/v3/company/9130350000000000",
    "https://api.example.com/services/data/v60.0/query",
    "https://storage.example.com/buckets/Team-Reports-2026-11-Archive",
    "https://api.example.com/v1/keys",
    "https://graph.facebook.com/v18.0/17841405793187218/insights",
    "https://example.com/odata/TheQuickBrownFoxJumpsOverTheLazyDog",
    "https://eu-central-1.example.com/projects/0123456789abcdef01234567/datasets",
]


@pytest.mark.parametrize("url", IN_CLEAR)
def test_a_secret_in_clear_in_the_base_url_is_a_warning(url):
    """A path that looks like a key is a warning, which says where the secret belongs."""
    (found,) = watchword.load({"base_url": url, "method": "none"}).lint()
    assert (found.code.name, "template:NAME" in found.advice) == ("secret_in_url", True)
    assert url.rpartition("/")[2] not in f"{found}"


@pytest.mark.parametrize("url", IDS)
def test_an_id_in_the_base_url_is_no_warning(url):
    """Ids, versions and words in a path don't count as secrets."""
    assert watchword.load({"base_url": url, "method": "none"}).lint() == []
