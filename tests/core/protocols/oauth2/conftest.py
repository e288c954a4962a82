"""A token endpoint whose responses a test sets, and documents that use it."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest

import watchword
from watchword.findings.finding import errors
from watchword.http.transport_options import TransportOptions
from watchword.validation.decoys.keys import decoy_certificate
from watchword_playground.keys import RSA_KEY

SECRET = "s3cret-client-0123456789abcdef0123456789abcdef"
REQUIRED = {
    "oauth2_client_credentials": {"client_id": "client-1", "client_secret": SECRET},
    "oauth2_authorization_code": {
        "client_id": "client-1", "client_secret": SECRET, "authorize_url": "https://auth.test/authorize",
    },
    "oauth2_device_code": {
        "client_id": "client-1", "client_secret": SECRET, "device_authorization_endpoint": "https://auth.test/device",
    },
    "oauth2_jwt_bearer": {"private_key": RSA_KEY, "payload": {"iss": "client-1", "sub": "ann"}},
    "oauth2_password": {"username": "ann", "password": "s3cret-password"},
    "oauth2_token_exchange": {"subject_token": "s3cret-subject-token"},
}  # fmt: skip


class Endpoint:
    """A token endpoint; `answer` is its next response, `forms` the fields of each request that arrived."""

    def __init__(self, serve, reply):
        self.reply = reply
        self.answer = reply(body={"access_token": "s3cret-access-1", "expires_in": 3600})
        self.server = serve(lambda _: self.answer)
        self.url = f"{self.server.url}/token"

    @property
    def seen(self):
        return self.server.seen

    @property
    def forms(self):
        return [dict(parse_qsl(seen.body.decode(), keep_blank_values=True)) for seen in self.server.seen]

    def document(self, method, **fields):
        base = {"base_url": "https://api.test", "method": method, "token_url": self.url}
        if "tls" in fields.get("client_auth", ""):
            base["client_certificate"] = "".join(decoy_certificate())  # any: this server asks for none
        return {**base, **REQUIRED[method], **fields}

    def source(self, method, **fields):
        """Return the source of the method's token, after checking that the document has no errors."""
        made = watchword.load(self.document(method, **fields), name="acme")
        assert errors(made.lint()) == []
        return made.credential.source

    def fetch(self, method, shown=None, /, **fields):
        """Fetch a token; a sign-in uses the given refresh token."""
        return self.source(method, **fields).fetch(TransportOptions(), shown)


@pytest.fixture
def endpoint(serve, reply):
    return Endpoint(serve, reply)
