"""`conn.httpx_auth()` in plain clients of httpx: it sets the Authorization header, or refuses."""

from __future__ import annotations

import asyncio

import httpx
import pytest

import watchword

BEARER = {"method": "bearer", "bearer_token": "s3cret-token"}
ALONE = {
    "none", "bearer, header", "basic", "oauth2_client_credentials", "jwt_bearer", "digest", "session_login",
    "oauth1, header",
}  # fmt: skip
"""The documents of the table whose credential goes only into the Authorization header."""


@pytest.fixture(params=["sync", "async"])
def call(request):
    """Give a function that sends with a plain client of httpx and the connection's auth."""

    def once(connection, method, url, **options):
        with httpx.Client(auth=connection.httpx_auth(), follow_redirects=True) as client:
            return client.request(method, url, **options)

    def once_async(connection, method, url, **options):
        async def run():
            async with httpx.AsyncClient(auth=connection.httpx_auth(), follow_redirects=True) as client:
                return await client.request(method, url, **options)

        return asyncio.run(run())

    return once if request.param == "sync" else once_async


def test_credentials_that_go_elsewhere_are_refused(documents):
    """A finding names a key in the query, a cookie or another header, which a redirect would carry along."""
    refused = set()
    for name, document in documents.items():
        try:
            watchword.load(document("https://api.test")).httpx_auth()
        except watchword.DocumentError as error:
            assert error.code == "adapter_unsuitable"
            refused.add(name)
    assert set(documents) - refused == ALONE


@pytest.mark.parametrize("name", sorted(ALONE))
def test_the_same_header_arrives_as_from_a_session(api, documents, call, name):
    """A plain client with this auth sends the same header as `conn.session()`."""
    server = api(digest=name == "digest")
    connection = watchword.load(documents[name](server.url))
    with connection.session() as session:
        session.get("/v1/a?page=2")
    with_session = [
        (seen.path, seen.headers.get("Authorization")) for seen in server.seen if "/v1" in seen.path
    ]
    server.seen.clear()
    assert call(connection, "GET", f"{server.url}/v1/a?page=2").status_code == 200
    assert [
        (seen.path, seen.headers.get("Authorization")) for seen in server.seen if "/v1" in seen.path
    ] == with_session


def test_a_refused_token_is_replaced_within_the_call(serve, reply, call):
    """After a 401 the same request, also a form with files, is sent again with a newer token."""
    tokens = iter(("s3cret-1", "s3cret-2"))
    server = serve(
        lambda seen: (
            reply(body={"access_token": next(tokens), "expires_in": 3600})
            if seen.path == "/token"
            else reply(200 if seen.headers["Authorization"].endswith("2") else 401)
        )
    )
    fields = {"method": "oauth2_client_credentials", "client_id": "c", "client_secret": "s3cret-client"}
    connection = watchword.load({"base_url": server.url, **fields, "token_url": f"{server.url}/token"})
    assert call(connection, "POST", f"{server.url}/a", files={"f": b"content"}).status_code == 200
    first, second = (seen for seen in server.seen if seen.path == "/a")
    assert first.body == second.body


def test_a_foreign_origin_gets_nothing_by_call_or_redirect(serve, reply, call):
    """A foreign origin gets no Authorization header, and no known secret in a URL."""
    foreign = serve(reply())
    server = serve(reply(302, headers={"Location": f"http://localhost:{foreign.port}/b"}))
    connection = watchword.load({"base_url": server.url, **BEARER})
    call(connection, "GET", f"{server.url}/a")
    call(connection, "GET", f"{foreign.url}/c?echo=s3cret-token&page=2")
    assert [seen.path for seen in foreign.seen] == ["/b", "/c?page=2"]
    assert not any("s3cret" in seen.text for seen in foreign.seen)


def test_extra_parameters_without_secrets_are_sent(serve, reply, call):
    """Extra parameters don't make the auth refuse: they arrive together with the header."""
    server = serve(reply())
    extra = {"query:lang": "en", "header:Accept-Version": "2"}
    call(
        watchword.load({"base_url": server.url, **BEARER, "extra_parameters": extra}),
        "GET",
        f"{server.url}/a",
    )
    (seen,) = server.seen
    assert (seen.path, seen.headers["Accept-Version"]) == ("/a?lang=en", "2")
