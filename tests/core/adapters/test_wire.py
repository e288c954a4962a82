"""Every client sends the same request, byte for byte."""

from __future__ import annotations

import pytest

import watchword

OWN = {"host", "connection", "user-agent", "accept", "accept-encoding"}
"""The headers in which each client has its own values."""

REQUESTS = {
    "GET": ("GET", "/v1/orders?page=2&q=a%20b%2Fc&empty=", {}, None),
    "form": ("POST", "/v1/orders", {"Content-Type": "application/x-www-form-urlencoded"}, b"a=1&b=%C3%BC+x"),
    "JSON": (
        "PUT",
        "/v1/orders/7",
        {"Content-Type": "application/json", "X-Trace": "t"},
        b'{"a": [1, "\\u00fc"]}',
    ),
}


def received(server):
    return [
        (seen.method, seen.path, {n: v for n, v in seen.headers.items() if n.lower() not in OWN}, seen.body)
        for seen in server.seen
        if seen.path.startswith("/v1")
    ]


@pytest.mark.parametrize("sent", REQUESTS)
def test_every_client_sends_the_same(api, senders, document, sent):
    """Method, target, body and all headers but a client's own are those that `conn.session()` sends."""
    method, path, headers, content = REQUESTS[sent]
    seen = {}
    server = api(digest=document("")["method"] == "digest")
    for name, send in senders.items():
        server.seen.clear()
        try:
            send(
                watchword.load(document(server.url)),
                method,
                f"{server.url}{path}",
                headers=headers,
                content=content,
            )
        except watchword.RequestError as error:
            seen[name] = error.code
        else:
            seen[name] = received(server)
    assert seen["requests"]
    assert seen == dict.fromkeys(senders, seen["requests"])


# They get their token in another way but send it by the same flow, which is in the table once.
SENT_ALIKE = {name for name in watchword.METHODS if name.startswith("oauth2_")} - {
    "oauth2_client_credentials"
}


def test_the_table_has_every_method(documents):
    """No registered method is missing in the table of these tests."""
    assert {document("")["method"] for document in documents.values()} | SENT_ALIKE == set(watchword.METHODS)
    flows = {watchword.METHODS[name].flow for name in SENT_ALIKE}
    assert flows == {watchword.METHODS["oauth2_client_credentials"].flow}


def test_a_header_that_a_method_removes_is_not_sent(api, senders, documents):
    """Digest sends no Authorization before a challenge; after it, its own replaces the caller's."""
    seen = {}
    for name, send in senders.items():
        server = api(digest=True)
        made = watchword.load(documents["digest"](server.url))
        send(made, "GET", f"{server.url}/v1/a", headers={"authorization": "mine", "X-Mine": "1"})
        seen[name] = received(server)
    first, second = seen["requests"]
    assert first[2] == {"X-Mine": "1"}
    assert second[2]["Authorization"].startswith("Digest ")
    assert seen == dict.fromkeys(senders, seen["requests"])


@pytest.mark.parametrize("path", ["/v1/a%2Fb/c%20d?x=%2f&y=a+b&z=~(')*!$,;:@", "/v1/%C3%BC?q=%C3%BC&&x"])
def test_a_target_is_sent_as_it_was_given(api, senders, documents, path):
    """Escapes, their case and the reserved characters of a URL are the same as in an unsigned request."""
    for name, send in senders.items():
        server = api()
        send(watchword.load(documents["api_key, query"](server.url)), "GET", f"{server.url}{path}")
        (seen,) = server.seen
        plain = api()
        send(watchword.load({"base_url": plain.url, "method": "none"}), "GET", f"{plain.url}{path}")
        assert seen.path == f"{plain.seen[0].path}&k=s3cret%2Fk%2By%20w1th%3Dall", name


def test_a_credential_in_latin_1_arrives_as_bytes_or_not_at_all(api, senders):
    """A credential is not encoded twice; aiohttp, which would encode it again, refuses it with a finding."""
    for name, send in senders.items():
        server = api()
        made = watchword.load({"base_url": server.url, "method": "bearer", "bearer_token": "s3cret-pässword"})
        if name == "aiohttp":
            with pytest.raises(watchword.RequestError) as error:
                send(made, "GET", f"{server.url}/v1/a")
            assert error.value.code == "adapter_unsuitable"
        else:
            send(made, "GET", f"{server.url}/v1/a")
            assert server.seen[0].headers["Authorization"] == "Bearer s3cret-pässword"
