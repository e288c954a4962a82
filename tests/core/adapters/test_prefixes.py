"""What comes before a key or a token in a header."""

from __future__ import annotations

import pytest

import watchword

SENT = {
    "Bearer": "Bearer s3cret-key-1",
    "Token": "Token s3cret-key-1",
    "GenieKey": "GenieKey s3cret-key-1",
    "ApiKey:": "ApiKey: s3cret-key-1",
    "Token token=": "Token token=s3cret-key-1",  # Rails
    "CwsAuth bearer=": "CwsAuth bearer=s3cret-key-1",  # Citrix Cloud
    "SSO-Token sso_token=": "SSO-Token sso_token=s3cret-key-1",
    "_dremio": "_dremios3cret-key-1",
    "": "s3cret-key-1",
}


@pytest.mark.parametrize("prefix", SENT)
@pytest.mark.parametrize("method", ["api_key", "bearer"])
def test_a_space_follows_a_prefix_unless_it_is_a_part_of_the_value(serve, reply, method, prefix):
    """The value is sent as the API's manual writes it."""
    server = serve(reply(200))
    own = {
        "api_key": {"api_key": "s3cret-key-1", "key_name": "Authorization"},
        "bearer": {"bearer_token": "s3cret-key-1"},
    }[method]
    document = {"method": method, "base_url": server.url, "prefix": prefix, **own}
    with watchword.load(document).session() as session:
        session.get("/v1/me")
    assert server.seen[0].headers["Authorization"] == SENT[prefix]
