"""The responses to refused calls say what the refusal means, in each client."""

from __future__ import annotations

import asyncio
import pickle  # noqa: TID251 - a host may pickle a response
import time
from email.utils import formatdate
from urllib.parse import urljoin

import aiohttp
import httpx
import pytest
import requests

import watchword
from watchword.adapters.refused_call import RefusedResponse
from watchword.validation import refused_extraction

SECRET = "s3cret/k+y w1th=all"
KEY = {"method": "api_key", "api_key": SECRET, "add_to": "query", "key_name": "k"}


def in_session(connection, path, verb="GET"):
    with connection.session() as api:
        return api.request(verb, path)


def in_httpx(connection, path, verb="GET"):
    with connection.httpx_client() as api:
        return api.request(verb, path, follow_redirects=True)


def in_async_httpx(connection, path, verb="GET"):
    async def call():
        async with connection.async_httpx_client() as api:
            return await api.request(verb, path, follow_redirects=True)

    return asyncio.run(call())


def in_aiohttp(connection, path, verb="GET"):
    async def call():
        middlewares = (connection.aiohttp_middleware(),)
        async with aiohttp.ClientSession(middlewares=middlewares) as session:
            response = await session.request(verb, urljoin(connection.base_url, path))
            await response.read()
            return response

    return asyncio.run(call())


CLIENTS = {
    "requests": (in_session, requests.HTTPError),
    "httpx": (in_httpx, httpx.HTTPStatusError),
    "async httpx": (in_async_httpx, httpx.HTTPStatusError),
    "aiohttp": (in_aiohttp, aiohttp.ClientResponseError),
}


def status_of(response):
    """Return the status of a response of any client."""
    return response.status if isinstance(response, aiohttp.ClientResponse) else response.status_code


@pytest.fixture(params=CLIENTS)
def client(request):
    return CLIENTS[request.param]


REFUSALS = [
    (401, "no such key", {}, "unauthorized_401"),
    (402, "", {}, "quota_exhausted"),
    (403, "not for you", {}, "forbidden_403"),
    (403, "Invalid API key", {}, "credential_refused_403"),
    (407, "", {}, "proxy_authentication_required"),
    (429, "", {"Retry-After": "7"}, "rate_limited_429"),
    (500, "", {}, "server_error_5xx"),
    (503, "", {}, "server_error_5xx"),
]


@pytest.mark.parametrize(("status", "body", "headers", "code"), REFUSALS)
def test_the_error_of_a_refused_call_has_a_finding(serve, reply, client, status, body, headers, code):
    """Verb, URL, status, code, message and advice are in the client's own error, which has its response."""
    call, error_class = client
    server = serve(reply(status, body, headers))
    response = call(watchword.load({"base_url": server.url, **KEY}), "/v1/a?page=2", "DELETE")
    with pytest.raises(error_class) as error:
        response.raise_for_status()
    side = "Client" if status < 500 else "Server"
    start = f"{status} {side} Error for DELETE {server.url}/v1/a?page=2: {code}: "
    message = getattr(error.value, "message", None) or str(error.value)
    assert message.startswith(start)
    assert len(message.removeprefix(start)) > 40
    assert getattr(error.value, "response", response) is response
    assert status_of(response) == status


@pytest.mark.parametrize(("status", "body"), [(404, ""), (405, ""), (415, ""), (400, "page is no number")])
def test_an_error_of_the_call_itself_stays_as_the_client_says_it(serve, reply, client, status, body):
    """A wrong path, method, type or parameter says nothing about the credential."""
    call, error_class = client
    server = serve(reply(status, body))
    with pytest.raises(error_class) as error:
        call(watchword.load({"base_url": server.url, **KEY}), "/v1/a").raise_for_status()
    assert str(status) in str(error.value)
    assert f"_{status}: " not in str(error.value)
    assert "unexpected_status" not in str(error.value)


def test_a_400_about_the_key_is_explained(serve, reply, client):
    """Some APIs answer 400 if the key is wrong, and only the text says so."""
    call, error_class = client
    server = serve(reply(400, {"error": "invalid API key"}))
    with pytest.raises(error_class, match=r"400 Client Error for GET .*unexpected_status: "):
        call(watchword.load({"base_url": server.url, **KEY}), "/v1/a").raise_for_status()


def test_the_error_holds_no_secret(serve, reply, client):
    """Neither the API's echo of the key nor secrets that the caller put into the query are in the error."""
    call, error_class = client
    server = serve(reply(401, {"error": f"bad key {SECRET}", "token": "t0p-s3cret"}))
    response = call(watchword.load({"base_url": server.url, **KEY}), "/a?access_token=0wn-s3cret&page=2")
    with pytest.raises(error_class) as error:
        response.raise_for_status()
    # aiohttp adds the URL that the caller wrote, behind the message.
    text = getattr(error.value, "message", None) or str(error.value) + repr(error.value)
    assert "s3cret" not in text
    assert SECRET not in repr(error.value)
    assert "t0p" not in repr(error.value)
    assert "/a?access_token=***&page=2: " in text


@pytest.mark.parametrize("status", [200, 204, 302, 399])
def test_only_refused_calls_are_touched(serve, reply, status):
    """A response below 400 has the class of its library, and its `raise_for_status` raises nothing."""
    server = serve(reply(status))
    response = in_session(watchword.load({"base_url": server.url, **KEY}), "/a")
    assert type(response) is requests.Response
    response.raise_for_status()
    response = in_httpx(watchword.load({"base_url": server.url, **KEY}), "/a")
    assert type(response) is httpx.Response


def test_an_explanation_of_the_method_comes_first(serve, reply, client):
    """The method's own reading of a refusal is in the error: a signature by a wrong clock."""
    call, error_class = client
    fields = {"method": "oauth1", "consumer_key": "c", "consumer_secret": "s" * 20}
    server = serve(reply(401, "no", {"Date": formatdate(time.time() - 4000, usegmt=True)}))
    response = call(watchword.load({"base_url": server.url, **fields}), "/a")
    with pytest.raises(error_class) as error:
        response.raise_for_status()
    assert "clock_skew: " in str(error.value)


def test_insufficient_scope_is_not_a_bad_credential(serve, reply, client):
    """With the standard's own code, the error says that the credential is accepted."""
    call, error_class = client
    header = {"WWW-Authenticate": 'Bearer error="insufficient_scope", scope="orders:read"'}
    server = serve(reply(403, "", header))
    with pytest.raises(error_class, match="The credential is accepted, but may not make this call"):
        call(watchword.load({"base_url": server.url, **KEY}), "/a").raise_for_status()


@pytest.mark.parametrize("status", [401, 403, 404])
@pytest.mark.parametrize("redirects", [True, False])
def test_a_foreign_origin_refuses_no_credential(serve, reply, client, status, redirects):
    """A refusal by an origin that got no credential names allowed_origins, also after a redirect."""
    call, error_class = client
    foreign = serve(reply(status, "who?"))
    api = serve(reply(307, headers={"Location": f"{foreign.url}/a"}))
    path = "/b" if redirects else f"{foreign.url}/a"
    with pytest.raises(error_class) as error:
        call(watchword.load({"base_url": api.url, **KEY}), path).raise_for_status()
    reason = f"origin_not_allowed: The call to {foreign.url}/ was sent without the credential: this origin "
    advice = "isn't in allowed_origins. Add it there if it may receive the credential."
    assert f"{status} Client Error for GET {foreign.url}/a: {reason}{advice}" in str(error.value)
    assert SECRET not in foreign.seen[0].text


@pytest.mark.parametrize("status", [400, 429, 500, 503])
def test_other_errors_of_a_foreign_origin_stay_as_they_are(serve, reply, client, status):
    """An error that no credential would change is passed on as the client says it."""
    call, error_class = client
    api, foreign = serve(reply()), serve(reply(status))
    with pytest.raises(error_class) as error:
        call(
            watchword.load({"base_url": api.url, **KEY, "retries": 0}), f"{foreign.url}/a"
        ).raise_for_status()
    assert str(status) in str(error.value)
    assert "origin_not_allowed" not in str(error.value)


def test_a_streamed_body_is_not_read(serve, reply):
    """The error of a streamed response is there at once, and its body is still there for the caller."""
    server = serve(reply(401, "the reason"))
    connection = watchword.load({"base_url": server.url, **KEY})
    with connection.session() as api, api.get("/a", stream=True) as response:
        with pytest.raises(requests.HTTPError, match="unauthorized_401"):
            response.raise_for_status()
        assert response.raw.read() == b"the reason"
    with connection.httpx_client() as api, api.stream("GET", "/a") as response:
        with pytest.raises(httpx.HTTPStatusError, match="unauthorized_401"):
            response.raise_for_status()
        assert response.read() == b"the reason"


def test_a_pickled_copy_raises_as_requests_does(serve, reply):
    """A copy of a refused response carries nothing of the connection, and still raises."""
    server = serve(reply(401, "no"))
    response = in_session(watchword.load({"base_url": server.url, **KEY}), "/a")
    assert type(response) is RefusedResponse
    data = pickle.dumps(response)
    assert SECRET.encode() not in data
    with pytest.raises(requests.HTTPError, match="401 Client Error"):
        pickle.loads(data).raise_for_status()  # noqa: S301 - made above


def test_nothing_explains_a_refusal_before_it_is_asked(serve, reply, monkeypatch):
    """A caller that reads the status itself pays for no explanation."""
    asked = []
    monkeypatch.setattr(refused_extraction, "explain", lambda *_: asked.append(1))
    server = serve(reply(401, "no"))
    response = in_session(watchword.load({"base_url": server.url, **KEY}), "/a")
    assert response.status_code == 401
    assert asked == []
    with pytest.raises(requests.HTTPError):
        response.raise_for_status()
    assert asked == [1]
