"""Published vectors, a client's RSA key, and an OAuth 1.0 provider built on oauthlib's endpoints."""

# ruff: noqa: ARG002 - what a validator is asked is oauthlib's
from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from oauthlib.oauth1 import (
    AccessTokenEndpoint,
    AuthorizationEndpoint,
    RequestTokenEndpoint,
    RequestValidator,
    ResourceEndpoint,
)

VECTORS = Path(__file__).parents[1] / "vectors" / "oauth1.json"

CONSUMER = ("acme-consumer", "s3cret.consumer &/ü")
ACCESS = ("s3cret-access+token", "s3cret-token/secret")


@pytest.fixture(scope="session")
def vectors():
    return json.loads(VECTORS.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class KeyPair:
    private: str
    public: str


@pytest.fixture(scope="session")
def rsa_key():
    key = rsa.generate_private_key(65537, 2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return KeyPair(private.decode(), public.decode())


@dataclass
class Book(RequestValidator):
    """The provider's state: one consumer, temporary credentials by token, the token it issues, and nonces."""

    public_key: str = ""
    confirms: bool = True
    temporary: dict = field(default_factory=dict)
    granted: dict = field(default_factory=lambda: dict([ACCESS]))
    nonces: set = field(default_factory=set)

    enforce_ssl = False
    dummy_client = dummy_request_token = dummy_access_token = "dummy"
    allowed_signature_methods = (
        "HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512", "RSA-SHA1", "RSA-SHA256", "RSA-SHA512", "PLAINTEXT",
    )  # fmt: skip

    def __post_init__(self):
        super().__init__()

    def _yes(self, *_, **__):
        return True

    check_client_key = check_request_token = check_access_token = check_nonce = check_verifier = _yes
    check_realms = validate_requested_realms = validate_realms = validate_redirect_uri = verify_realms = _yes

    def validate_timestamp_and_nonce(self, client_key, timestamp, nonce, request, **tokens):
        used = (timestamp, nonce) in self.nonces
        self.nonces.add((timestamp, nonce))
        return not used

    def validate_client_key(self, client_key, request):
        return client_key == CONSUMER[0]

    def get_client_secret(self, client_key, request):
        return CONSUMER[1]

    def get_rsa_key(self, client_key, request):
        return self.public_key

    def get_request_token_secret(self, client_key, token, request):
        return self.temporary.get(token, {}).get("oauth_token_secret", "")

    def get_access_token_secret(self, client_key, token, request):
        return self.granted.get(token, "")

    def validate_request_token(self, client_key, token, request):
        return token in self.temporary

    def validate_access_token(self, client_key, token, request):
        return token in self.granted

    def validate_verifier(self, client_key, token, verifier, request):
        return verifier == self.temporary.get(token, {}).get("oauth_verifier", object())

    def verify_request_token(self, token, request):
        return token in self.temporary

    def get_redirect_uri(self, token, request):
        return self.temporary[token]["callback"]

    def get_default_realms(self, client_key, request):
        return []

    def get_realms(self, token, request):
        return []

    def save_request_token(self, token, request):
        self.temporary[token["oauth_token"]] = {**token, "callback": request.redirect_uri}

    def save_verifier(self, token, verifier, request):
        self.temporary[token].update(verifier)

    def save_access_token(self, token, request):
        self.granted[token["oauth_token"]] = token["oauth_token_secret"]

    def invalidate_request_token(self, client_key, request_token, request):
        del self.temporary[request_token]


class Provider:
    """A real server of temporary credentials, authorization, tokens and one resource.

    `refuses` is whether the user says no; `answers` overrides the answer of a path.
    """

    def __init__(self, serve, reply, public_key):
        self.book, self.refuses, self.answers = Book(public_key), False, {}
        self._reply = reply
        numbers = itertools.count(1)

        def token():
            return f"t0ken+/{next(numbers)}-of-the-provider"

        self._routes = {
            "/request": RequestTokenEndpoint(self.book, token).create_request_token_response,
            "/exchange": AccessTokenEndpoint(self.book, token).create_access_token_response,
        }
        self._authorize = AuthorizationEndpoint(self.book, token).create_authorization_response
        self._resource = ResourceEndpoint(self.book).validate_protected_resource_request
        self.server = serve(self._answer)
        self.url = self.server.url

    def document(self, **fields):
        urls = {
            "request_token_url": f"{self.url}/request",
            "authorize_url": f"{self.url}/authorize",
            "access_token_url": f"{self.url}/exchange",
        }
        return {
            "base_url": self.url, "method": "oauth1",
            "consumer_key": CONSUMER[0], "consumer_secret": CONSUMER[1], **urls, **fields,
        }  # fmt: skip

    def visit(self, authorize_url):
        """Act as the user's browser: return where the provider redirects, or the text that it shows."""
        answer = requests.get(authorize_url, allow_redirects=False, timeout=60)
        return answer.headers.get("Location") or answer.text

    def _answer(self, seen):
        path, uri = urlsplit(seen.path).path, f"{self.url}{seen.path}"
        if path in self.answers:
            return self.answers[path]
        if path == "/authorize":
            return self._authorized(uri)
        if path in self._routes:
            headers, body, status = self._routes[path](uri, seen.method, seen.body.decode(), seen.headers)
            if not self.book.confirms:
                body = (body or "").replace("oauth_callback_confirmed=true", "")
            return self._reply(status, body or "", headers)
        valid, _ = self._resource(uri, seen.method, seen.body.decode("latin-1"), seen.headers)
        return self._reply(200 if valid else 401)

    def _authorized(self, uri):
        token = parse_qs(urlsplit(uri).query)["oauth_token"][0]
        if self.refuses:
            callback = self.book.temporary[token]["callback"]
            location = f"{callback}{'&' if '?' in callback else '?'}{urlencode({'denied': token})}"
            return self._reply(302, "", {"Location": location})
        headers, body, status = self._authorize(uri)
        return self._reply(status, body or "", headers)


@pytest.fixture
def provider(serve, reply, rsa_key):
    return Provider(serve, reply, rsa_key.public)


@pytest.fixture
def signed_in():
    """Return the fields of a document with a finished sign-in."""
    return {"access_token": ACCESS[0], "token_secret": ACCESS[1]}
