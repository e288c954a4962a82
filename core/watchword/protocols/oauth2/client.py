"""Client authentication at a token endpoint (RFC 6749 section 2.3, RFC 7523, RFC 8705); no I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias
from urllib.parse import quote_plus

from watchword.findings.finding import Finding
from watchword.http import headers
from watchword.http.json_value import JsonValue
from watchword.protocols import templates
from watchword.protocols.jwt.content import BACKDATED, FieldNames, as_json, content_findings, merged
from watchword.protocols.jwt.signing import JwsSigner
from watchword.protocols.templates import FreshValues, TemplateSecrets
from watchword.redact import NeverPickled

ClientAuth: TypeAlias = Literal[
    "client_secret_basic", "client_secret_post", "private_key_jwt", "client_secret_jwt",
    "tls_client_auth", "self_signed_tls_client_auth", "oauth1", "none",
]  # fmt: skip
"""The client authentication methods, by their names in RFC 7591, RFC 8705 and OpenID Connect Core.

Of these oauth1 is not registered: a few servers want their token requests signed by OAuth 1.0 (RFC 5849).
"""

BasicEncoding: TypeAlias = Literal["form", "raw"]

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_LIFETIME = 300
"""How long an assertion is valid from now, in seconds."""

NEEDS: Mapping[ClientAuth, tuple[str, ...]] = {
    "client_secret_basic": ("client_id", "client_secret"),
    "client_secret_post": ("client_id", "client_secret"),
    "private_key_jwt": ("client_id", "private_key"),
    "client_secret_jwt": ("client_id", "client_secret"),
    "tls_client_auth": ("client_id",),
    "self_signed_tls_client_auth": ("client_id",),
    "oauth1": ("client_id", "client_secret"),
    "none": ("client_id",),
}
"""The fields that each client authentication method needs."""


IN_BODY: Mapping[ClientAuth, tuple[str, ...]] = {
    "client_secret_basic": (),
    "client_secret_post": ("client_id", "client_secret"),
    "private_key_jwt": ("client_id", "client_assertion"),
    "client_secret_jwt": ("client_id", "client_assertion"),
    "tls_client_auth": ("client_id",),
    "self_signed_tls_client_auth": ("client_id",),
    "oauth1": (),
    "none": ("client_id",),
}
"""The fields of the body by which each method authenticates, and the templates that put them elsewhere."""

CLIENT_TEMPLATES = frozenset(name for names in IN_BODY.values() for name in names)
"""The templates for the client's fields, whatever its method gives."""


class ClientAuthentication(NamedTuple):
    """The headers and body fields by which a client authenticates a request."""

    headers: Mapping[str, str]
    fields: Mapping[str, JsonValue]


_FIELDS = FieldNames("assertion_headers", "assertion_claims", "assertion_algorithm")


@dataclass(frozen=True)
class Assertion(NeverPickled):
    """The key and content of the JWTs by which a client authenticates (RFC 7523 section 3).

    `headers` and `claims` are templates of members to add or replace; `secrets` are those that they name.
    """

    key: JwsSigner
    audience: str
    key_id: str = ""
    headers: Mapping[str, JsonValue] = field(default_factory=dict)
    claims: Mapping[str, JsonValue] = field(default_factory=dict)
    secrets: TemplateSecrets = field(default_factory=dict, repr=False)

    def jwt(self, client_id: str, fresh: FreshValues) -> str:
        """Return a new JWT, which is used once."""
        header, claims = self._content(client_id, fresh)
        return self.key.jws(as_json(header), as_json(claims))

    def findings(self, client_id: str, fresh: FreshValues) -> Iterator[Finding]:
        """Yield what is wrong in the added members; their templates must have been checked before."""
        header, claims = self._content(client_id, fresh)
        yield from content_findings(header, claims, self.key.algorithm, fresh.now, _FIELDS)

    def _content(
        self, client_id: str, fresh: FreshValues
    ) -> tuple[dict[str, JsonValue], dict[str, JsonValue]]:
        header: dict[str, JsonValue] = {"alg": self.key.algorithm, "typ": "JWT"}
        if self.key_id:
            header["kid"] = self.key_id
        now = int(fresh.now)
        claims: dict[str, JsonValue] = {
            "iss": client_id,
            "sub": client_id,
            "aud": self.audience,
            "jti": fresh.nonce(),
            "iat": now - BACKDATED,  # the server's clock may be behind
            "exp": now + ASSERTION_LIFETIME,
        }
        return (
            merged(header, templates.fill(dict(self.headers), self.secrets, fresh)),
            merged(claims, templates.fill(dict(self.claims), self.secrets, fresh)),
        )


@dataclass(frozen=True)
class Client(NeverPickled):
    """A client and its authentication; without a `client_id`, requests are sent unauthenticated."""

    client_id: str | None
    client_secret: str | None = field(default=None, repr=False)
    client_auth: ClientAuth = "client_secret_basic"
    basic_encoding: BasicEncoding = "form"
    assertion: Assertion | None = None

    def authentication(self, fresh: FreshValues) -> ClientAuthentication:
        """Return the headers and body fields to add to a new request."""
        return AUTH_METHODS[self.client_auth](self, fresh) if self.client_id else ClientAuthentication({}, {})


def _in_header(client: Client, _: FreshValues) -> ClientAuthentication:
    """RFC 6749 section 2.3.1: id and secret are form-encoded before they become Basic."""
    pair = [client.client_id or "", client.client_secret or ""]
    if client.basic_encoding == "form":
        pair = [quote_plus(part) for part in pair]
    return ClientAuthentication({"Authorization": headers.basic(*pair)}, {})


def _in_body(client: Client, _: FreshValues) -> ClientAuthentication:
    return ClientAuthentication({}, {"client_id": client.client_id, "client_secret": client.client_secret})


def _by_assertion(client: Client, fresh: FreshValues) -> ClientAuthentication:
    """RFC 7523 section 2.2; client_id is sent too, for servers that look the client up by it."""
    if client.assertion is None or client.client_id is None:
        raise ValueError("an assertion needs a key and a client")
    jwt = client.assertion.jwt(client.client_id, fresh)
    fields = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": jwt}
    return ClientAuthentication({}, {"client_id": client.client_id, **fields})


def _by_client_id(client: Client, _: FreshValues) -> ClientAuthentication:
    """RFC 6749 section 3.2.1 for public clients; RFC 8705 section 2 for clients with a certificate."""
    return ClientAuthentication({}, {"client_id": client.client_id})


def _by_signature(_: Client, __: FreshValues) -> ClientAuthentication:
    """Nothing is added here: the complete request is signed when it is sent."""
    return ClientAuthentication({}, {})


AUTH_METHODS: Mapping[ClientAuth, Callable[[Client, FreshValues], ClientAuthentication]] = {
    "client_secret_basic": _in_header,
    "client_secret_post": _in_body,
    "private_key_jwt": _by_assertion,
    "client_secret_jwt": _by_assertion,
    "tls_client_auth": _by_client_id,
    "self_signed_tls_client_auth": _by_client_id,
    "oauth1": _by_signature,
    "none": _by_client_id,
}
