"""Signatures by a template, recomputed by a server from what each client has sent."""

from __future__ import annotations

import hashlib
import hmac

import pytest

import watchword

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
SECRET = "s3cret-hmac-key"


@pytest.mark.parametrize("place", ["header", "query", "body"])
def test_each_client_sends_what_was_signed(serve, reply, senders, place):
    """Method, host, path, query and form arrive as they were signed, for each client and each place."""

    def answer(seen):
        path, _, in_query = seen.path.rpartition("&sig=") if place == "query" else (seen.path, "", "")
        body, _, in_body = seen.body.rpartition(b"&sig=") if place == "body" else (seen.body, b"", b"")
        given = in_query or in_body.decode() or seen.headers.get("X-Sig", "")
        text = f"{seen.method}{seen.headers['Host']}{path}".encode() + body
        return reply(200 if given == hmac.new(SECRET.encode(), text, hashlib.sha256).hexdigest() else 401)

    server = serve(answer)
    made = watchword.load(
        {
            "method": "hmac_signature",
            "base_url": server.url,
            "hmac_secret": SECRET,
            "string_to_sign": "{{method}}{{host}}{{path_and_query}}{{body}}",
            "signature_parameters": {f"{place}:{'X-Sig' if place == 'header' else 'sig'}": "{{signature}}"},
        }
    )
    for client, send in senders.items():
        for target, content in (
            ("/v1/a?q=a%20b%2Fc&z=%C3%BC", b"a=1+2&b=%e4&a=1%202"),
            ("/a//b%7e?x", b"a=1"),
        ):
            result = send(made, "POST", f"{server.url}{target}", headers=FORM, content=content)
            assert result.status == 200, (client, target)
