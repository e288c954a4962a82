"""The address that a stored document's requests connect to is the one that was judged, in every client."""

from __future__ import annotations

import asyncio
import ssl

import aiohttp
import httpx
import pytest
import requests

import watchword
from tests.support.names import BAD, GOOD, Trap
from watchword import RequestError

ALLOWED_VARIABLE = "WATCHWORD_ALLOWED_NETWORKS"
KEY = {"method": "api_key", "api_key": "s3cret-key", "key_name": "X-Api-Key"}
JUDGES = ["requests", "httpx", "async httpx", "aiohttp"]
"""The clients that connect by themselves; `dlt` stands for the sessions of other libraries."""


@pytest.fixture
def twins(serve, reply):
    """Give a good server, and a trap at the same port of the other address."""
    good = serve(reply())
    made = Trap(good.port)
    with made.socket:
        yield good, made


@pytest.fixture(autouse=True)
def _setting(monkeypatch):
    monkeypatch.setenv(ALLOWED_VARIABLE, f"public,private,{GOOD}")


@pytest.fixture(params=JUDGES)
def judge(request, senders):
    """Give each client in turn that connects by itself."""
    return senders[request.param]


def stored(url, **fields):
    plain = {"allowed_origins": [url]} if url.startswith("http://") else {}
    return watchword.load({"base_url": url, "timeout": 2, **KEY, **plain, **fields}, stored=True)


def refused(send, made, url):
    with pytest.raises(RequestError) as caught:
        send(made, "GET", url)
    assert caught.value.code == "address_not_allowed"
    assert not caught.value.retryable
    return caught.value


def test_a_name_of_a_refused_address_is_not_connected_to(send, names, trap):
    """A name that resolves to an address that isn't allowed gets no connection, in any client."""
    names["api.test"] = [BAD]
    url = f"http://api.test:{trap.port}"
    error = refused(send, stored(url), f"{url}/x")
    assert trap.is_untouched
    assert "api.test" in str(error)


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "fd20:ce::254",
        "fd00:ec2::23",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "0.0.0.0",  # noqa: S104 - a name's address
    ],
)
def test_a_metadata_service_by_another_name_is_refused_by_default(send, names, monkeypatch, address):
    """Without any setting, no name of a metadata service's address is called."""
    monkeypatch.delenv(ALLOWED_VARIABLE)
    names["metadata"] = names["169.254.169.254.nip.io"] = [address]
    for name in ("metadata", "169.254.169.254.nip.io"):
        refused(send, stored(f"http://{name}"), f"http://{name}/computeMetadata/v1/")


def test_a_redirect_to_a_refused_address_is_not_followed(send, serve, reply, names, trap):
    """Each hop is judged: a redirect to a name of a refused address gets no connection."""
    names["evil.test"] = [BAD]
    server = serve(reply(302, headers={"Location": f"http://evil.test:{trap.port}/token"}))
    refused(send, stored(server.url), server.url)
    assert trap.is_untouched
    assert len(server.seen) == 1


def test_a_request_to_a_foreign_origin_is_judged_too(send, serve, reply, names, trap):
    """A link to a refused address, such as one to the next page, gets no connection."""
    names["evil.test"] = [BAD]
    server = serve(reply())
    refused(send, stored(server.url), f"http://evil.test:{trap.port}/next")
    assert trap.is_untouched


def test_a_second_answer_of_the_name_server_changes_nothing(judge, twins, names):
    """The address that was judged is connected to, even if the name has another address a moment later."""
    good, trap = twins
    names.answers["api.test"] = [[GOOD], [BAD]]
    url = f"http://api.test:{good.port}"
    assert judge(stored(url), "GET", url).status == 200
    assert trap.is_untouched
    assert names.asked.count("api.test") == 1


def test_a_host_with_several_addresses_is_called_at_an_allowed_one(judge, twins, names):
    """If some addresses of a host are refused, only the others are connected to."""
    good, trap = twins
    names["api.test"] = [BAD, GOOD, BAD]
    url = f"http://api.test:{good.port}"
    assert judge(stored(url), "GET", url).status == 200
    assert trap.is_untouched


def test_an_address_that_does_not_answer_is_followed_by_the_next(judge, serve, reply, names):
    """If an allowed address refuses the connection, the host's next address is tried, as without a judge."""
    server = serve(reply())
    names["api.test"] = ["::1", GOOD]
    url = f"http://api.test:{server.port}"
    assert judge(stored(url), "GET", url).status == 200


@pytest.mark.parametrize("host", [BAD, "[::1]", f"[::ffff:{BAD}]", "[64:ff9b::a9fe:a9fe]"])
def test_a_literal_of_a_refused_address_is_refused(send, trap, serve, reply, host):
    """An address in a link is judged like a name's."""
    server = serve(reply())
    refused(send, stored(server.url), f"http://{host}:{trap.port}/")
    assert trap.is_untouched


def test_private_networks_and_this_machine_stay_reachable(send, serve, reply, names, monkeypatch):
    """By default a stored document calls this machine, by address and by name."""
    monkeypatch.delenv(ALLOWED_VARIABLE)
    names["intranet.test"] = [GOOD]
    server = serve(reply())
    for url in (server.url, f"http://localhost:{server.port}", f"http://intranet.test:{server.port}"):
        assert send(stored(url), "GET", url).status == 200


def test_a_document_in_code_calls_what_it_names(send, serve, reply, names, monkeypatch):
    """A document that isn't stored is its author's own, whatever the deployment allows."""
    monkeypatch.setenv(ALLOWED_VARIABLE, "10.0.0.0/8")
    names["api.test"] = [GOOD]
    url = f"http://api.test:{serve(reply()).port}"
    made = watchword.load({"base_url": url, **KEY, "allowed_origins": [url]})
    assert send(made, "GET", url).status == 200


def test_a_refusal_is_not_tried_again(judge, names, trap):
    """A refused address stays refused, so the request isn't repeated."""
    names["api.test"] = [BAD]
    url = f"http://api.test:{trap.port}"
    refused(judge, stored(url, retries=3), url)
    assert names.asked.count("api.test") == 1


def test_a_host_without_an_address_is_a_network_fault(judge, names):
    """A name that doesn't exist raises what each client raises for it, and no refusal."""
    url = "http://nowhere.invalid"
    with pytest.raises(Exception, match=r".") as caught:
        judge(stored(url), "GET", url)
    assert not isinstance(caught.value, RequestError)
    assert type(caught.value).__name__ in {"ConnectionError", "ConnectError", "ClientConnectorDNSError"}


@pytest.mark.parametrize("sender", ["requests", "httpx", "async httpx"])
def test_the_certificate_is_that_of_the_name(senders, sender, serve, reply, names, authority, ca_bundle):
    """Connecting to the judged address changes nothing about TLS: the certificate is still the host's."""
    asked, context = [], ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("api.test").configure_cert(context)
    context.sni_callback = lambda _, name, __: asked.append(name)
    names["api.test"] = names["other.test"] = [GOOD]
    port = serve(reply(), tls=context).port
    good, other = (
        stored(f"https://{name}:{port}", ca_bundle=ca_bundle) for name in ("api.test", "other.test")
    )
    assert senders[sender](good, "GET", good.base_url).status == 200
    with pytest.raises(Exception, match=r"(?i)certificate"):
        senders[sender](other, "GET", other.base_url)
    assert asked == ["api.test", "other.test"]


@pytest.mark.parametrize("sender", ["requests", "httpx", "async httpx"])
def test_the_documents_proxy_is_judged(senders, sender, names, trap, twins):
    """A document's proxy is an address that is connected to: a refused one gets no connection."""
    good, twin = twins
    names["proxy.test"], names["mixed.test"] = [BAD], [BAD, GOOD]
    for url in ("http://api.test", "https://api.test"):
        refused(senders[sender], stored(url, proxy=f"http://u:p@proxy.test:{trap.port}"), url)
        assert trap.is_untouched
    made = stored("http://api.test", proxy=f"http://mixed.test:{good.port}")
    assert senders[sender](made, "GET", "http://api.test/x").status == 200
    assert good.seen[0].path == "http://api.test/x"
    assert twin.is_untouched


@pytest.mark.parametrize(
    "proxy", ["http://169.254.169.254:80", "http://[fd00:ec2::254]", "socks5h://2852039166:80"]
)
def test_a_proxy_that_is_a_metadata_service_is_found_without_a_network(proxy):
    """Lint finds a metadata service in the field proxy, in any spelling."""
    assert [found.code.name for found in stored("https://api.test", proxy=proxy).lint()] == [
        "origin_not_allowed"
    ]


@pytest.fixture
def environment_proxy(serve, reply, monkeypatch):
    """Give a proxy that the environment names, at an address that the deployment doesn't allow."""
    server = serve(reply())
    monkeypatch.setenv("HTTP_PROXY", server.url)
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv(ALLOWED_VARIABLE, "public")
    return server


def by_aiohttp_with_environment(made, url):
    async def run():
        async with (
            aiohttp.ClientSession(middlewares=(made.aiohttp_middleware(),), trust_env=True) as session,
            session.get(url) as response,
        ):
            return response

    return asyncio.run(run())


def send_by_environment(senders, name, made, url):
    if name == "aiohttp":
        return by_aiohttp_with_environment(made, url)
    return senders[name](made, "GET", url)


@pytest.mark.parametrize("sender", [*JUDGES, "dlt"])
def test_the_environments_proxy_is_the_deployments_own(senders, sender, environment_proxy):
    """A proxy that the environment names may have any address, and resolves the names by itself."""
    send_by_environment(senders, sender, stored("http://api.test"), "http://api.test/x")
    assert [seen.path for seen in environment_proxy.seen] == ["http://api.test/x"]


@pytest.mark.parametrize("sender", [*JUDGES, "dlt"])
@pytest.mark.parametrize(
    "host", ["169.254.169.254", "[fd00:ec2::254]", "metadata.google.internal", "metadata"]
)
def test_no_proxy_is_asked_for_a_metadata_service(senders, sender, environment_proxy, host):
    """Behind a proxy, addresses and names of metadata services are refused by their text, for each hop."""
    with pytest.raises(RequestError, match="doesn't allow"):
        send_by_environment(senders, sender, stored("http://api.test"), f"http://{host}/token")
    assert environment_proxy.seen == []


def test_a_warm_connection_is_not_judged_again(serve, reply, names):
    """A connection that is kept alive needs neither a lookup nor a judgement."""
    server = serve(reply())
    names["api.test"] = [GOOD]
    url = f"http://api.test:{server.port}"
    with stored(url).session() as session, stored(url).httpx_client() as client:
        for api in (session, client):
            for _ in range(3):
                assert api.get("/x").status_code == 200
    assert names.asked.count("api.test") == 2
    assert server.connections == 2


def test_a_connection_that_the_session_opened_otherwise_is_judged(serve, reply, names, monkeypatch):
    """The requests of an aiohttp middleware use no warm connection to an address that they may not call."""
    server = serve(reply())
    monkeypatch.setenv(ALLOWED_VARIABLE, "public,private")
    names["api.test"] = [GOOD]
    url = f"http://api.test:{server.port}"
    made = stored(url)

    async def run():
        async with aiohttp.ClientSession() as session:
            async with session.get(url) as response:
                assert response.status == 200
            with pytest.raises(RequestError, match="doesn't allow"):
                await session.get(url, middlewares=(made.aiohttp_middleware(),))
            async with session.get(url) as response:  # the session's own requests go on
                assert response.status == 200

    asyncio.run(run())
    assert len(server.seen) == 2


def test_requests_side_by_side_are_each_judged_by_their_own_rule(serve, reply, names, monkeypatch):
    """In one aiohttp session, a stored document's limits don't apply to requests of others at that time."""
    server = serve(reply(delay=0.05))
    monkeypatch.setenv(ALLOWED_VARIABLE, "public,private")
    names["api.test"] = [GOOD]
    url = f"http://api.test:{server.port}"
    middleware = stored(url).aiohttp_middleware()

    async def run():
        async with aiohttp.ClientSession() as session:
            calls = [session.get(url, middlewares=(middleware,) if index % 2 else ()) for index in range(10)]
            responses = await asyncio.gather(*calls, return_exceptions=True)
            for response in responses[::2]:
                response.close()
            return responses

    results = asyncio.run(run())
    assert [isinstance(each, RequestError) for each in results] == [False, True] * 5
    assert [each.status for each in results[::2]] == [200] * 5


def test_a_validation_reports_the_address(names, trap):
    """A validation ends with the finding, without a connection."""
    names["api.test"] = [BAD]
    url = f"http://api.test:{trap.port}"
    report = stored(url, test_url=f"{url}/me").validate()
    assert (report.deciding.code.name, report.verdict) == ("address_not_allowed", "unreachable")
    assert not report.ok
    assert trap.is_untouched


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_client_of_httpx_is_told_before_it_connects(names, trap, serve, reply, kind):
    """`conn.httpx_auth()` judges each host before another library's client connects to it."""
    names["api.test"], names["good.test"] = [BAD], [GOOD]
    server = serve(reply())
    bad, good = f"http://api.test:{trap.port}", f"http://good.test:{server.port}"
    auth = stored(good, key_name="Authorization", allowed_origins=[good, bad]).httpx_auth()

    async def run():
        async with httpx.AsyncClient(auth=auth, timeout=2) as client:
            assert (await client.get(good)).status_code == 200
            await client.get(bad)

    def call():
        with httpx.Client(auth=auth, timeout=2) as client:
            assert client.get(good).status_code == 200
            client.get(bad)

    with pytest.raises(RequestError, match=BAD):
        asyncio.run(run()) if kind == "async" else call()
    assert trap.is_untouched


def test_a_name_that_appears_later_is_judged_then(names, trap):
    """A host that didn't exist at first is judged when it does, also in a session of another library."""
    names.answers["api.test"] = [OSError("no such host"), [BAD]]
    url = f"http://api.test:{trap.port}"
    request = requests.Request("GET", url, auth=stored(url).auth())
    request.prepare()
    with pytest.raises(RequestError, match=BAD):
        request.prepare()
