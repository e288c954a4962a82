"""The fields by which an OAuth 2.0 client authenticates, what they describe, and findings about them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Protocol

from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding, errors
from watchword.flow import random_nonce
from watchword.http.json_value import JsonValue
from watchword.methods.fields import About, JsonObject, Section
from watchword.protocols import templates
from watchword.protocols.jwt.algorithms import ALGORITHMS, AlgorithmName
from watchword.protocols.jwt.signing import JwsSigner, jws_signer
from watchword.protocols.login_with import Login
from watchword.protocols.oauth2.client import NEEDS, Assertion, BasicEncoding, Client, ClientAuth
from watchword.protocols.templates import FreshValues, TemplateSecrets

if TYPE_CHECKING:
    from watchword.protocols.keys import KeyFile

_OAUTH2 = Section.OAUTH2

_BY_SECRET = frozenset({"client_secret_basic", "client_secret_post"})
_BY_ASSERTION = frozenset({"private_key_jwt", "client_secret_jwt"})
BY_CERTIFICATE = frozenset({"tls_client_auth", "self_signed_tls_client_auth"})
"""The client authentication methods that need the connection's certificate."""

CLIENT_ID = About("Client ID", "The client's public identifier.", _OAUTH2)

ClientSecret = Annotated[
    str | None, About("Client secret", "The secret of the client.", _OAUTH2, secret=True)
]
ClientAuthMethod = Annotated[
    ClientAuth,
    About(
        "Client authentication",
        "How the client authenticates: with id and secret in a Basic header or in the body, with a JWT "
        "signed with private_key or the secret, with client_certificate, or with its id alone (none).",
        _OAUTH2,
    ),
]
EncodingOfBasic = Annotated[
    BasicEncoding,
    About(
        "Basic encoding",
        "How id and secret are encoded for the Basic header: form by RFC 6749, raw for servers that "
        "don't decode them.",
        _OAUTH2,
    ),
]
PrivateKey = Annotated[
    str | None,
    About(
        "Private key",
        "The key of private_key_jwt: PEM, JWK, DER or PKCS#12 in base64, or a provider's JSON file.",
        Section.PRIVATE_KEY,
        secret=True,
        multiline=True,
        is_key=True,
    ),
]
AssertionAlgorithm = Annotated[
    AlgorithmName,
    About(
        "Assertion algorithm",
        "The algorithm of the client's JWT; for client_secret_jwt the default is HS256.",
        _OAUTH2,
    ),
]
AssertionKeyId = Annotated[
    str, About("Assertion key ID", "The kid under which the provider has registered the key.", _OAUTH2)
]
AssertionAudience = Annotated[
    str,
    About("Assertion audience", "The audience of the client's JWT; the token URL if empty.", _OAUTH2),
]
AssertionHeaders = Annotated[
    JsonObject,
    About(
        "Assertion headers",
        'JSON: members to add to the header of the JWT, such as {"x5t": "{{x5t}}"}; {{x5t}} and '
        "{{x5t_s256}} are the thumbprints of client_certificate.",
        _OAUTH2,
        templated=True,
    ),
]
AssertionClaims = Annotated[
    JsonObject,
    About(
        "Assertion claims",
        "JSON: claims to add to the client's JWT or to replace in it; {{now}}, {{now+300}}, {{uuid}} and "
        "{{secret:NAME}} are filled in, and null leaves a claim out.",
        _OAUTH2,
        templated=True,
    ),
]


class HasClient(Protocol):
    """A method with these fields."""

    token_url: str
    client_id: str | None
    client_secret: str | None
    client_auth: ClientAuth
    basic_encoding: BasicEncoding
    private_key: str | None
    private_key_passphrase: str | None
    assertion_algorithm: AlgorithmName
    assertion_key_id: str
    assertion_audience: str
    assertion_headers: Mapping[str, JsonValue]
    assertion_claims: Mapping[str, JsonValue]
    login_with: Mapping[str, JsonValue]
    grant_headers: Mapping[str, JsonValue]
    grant_body: Mapping[str, JsonValue]

    @property
    def assertion_key(self) -> JwsSigner:
        """The key of the client's JWTs, read once."""


def fields_of(file: KeyFile) -> dict[str, object]:
    """Return what a provider's file says about the client."""
    return {
        "private_key_passphrase": file.passphrase,
        "client_id": file.client_id,
        "client_auth": file.client_auth,
        "assertion_key_id": file.key_id,
        "assertion_algorithm": file.algorithm,
    }


def client_of(method: HasClient, secrets: TemplateSecrets) -> Client:
    """Return the client; raises DocumentError if the key of its assertions can't be read."""
    signs = method.client_auth in _BY_ASSERTION and method.client_id
    assertion = _assertion(method, secrets) if signs else None
    pair = (method.client_id, method.client_secret)
    return Client(*pair, method.client_auth, method.basic_encoding, assertion)


def assertion_key_of(method: HasClient) -> JwsSigner:
    """Return the key of the client's JWTs; raises DocumentError if it can't be read."""
    key = method.client_secret if method.client_auth == "client_secret_jwt" else method.private_key
    return jws_signer(_algorithm(method), key or "", "utf8", method.private_key_passphrase)


def own_login_of(method: HasClient) -> Login | None:
    """Return the signer of a client that authenticates by OAuth 1.0 (RFC 5849) with its id and secret."""
    if method.client_auth != "oauth1":
        return None
    from watchword.methods.oauth1 import OAuth1  # noqa: PLC0415 - few clients sign their requests

    keys = {"consumer_key": method.client_id, "consumer_secret": method.client_secret}
    signer = OAuth1(signature_method="HMAC-SHA256", **keys)
    return Login(signer, lambda: None, "client_auth oauth1", ())  # the keys are in the token's identity


def findings_of(method: HasClient, secrets: TemplateSecrets) -> Iterator[Finding]:
    """Yield what is wrong with these fields."""
    signs = method.client_auth in _BY_ASSERTION
    if not signs and (method.assertion_headers or method.assertion_claims):
        message = "assertion_headers and assertion_claims are not used: the client sends no JWT."
        advice = "Clear them, or set client_auth to private_key_jwt."
        yield finding("fields_ignored", message, advice=advice)
    if method.client_auth == "none" and method.client_secret:
        message = "client_secret is not sent: with client_auth none, the client doesn't authenticate."
        advice = "Set client_auth to client_secret_basic or client_secret_post, or clear client_secret."
        yield finding("fields_ignored", message, advice=advice)
    if _names_no_client(method):
        return  # some grants need no client
    missing = [name for name in NEEDS[method.client_auth] if not getattr(method, name)]
    for name in missing:
        message = f"The client authentication {method.client_auth} needs the field {name}."
        may_be_public = name == "client_secret" and method.client_auth in _BY_SECRET
        advice = "Fill the field in; for a public client, set client_auth to none." if may_be_public else ""
        yield finding("missing_field", message, advice=advice)
    if not missing and signs:
        yield from _assertion_findings(method, secrets)


def lacks_client(method: HasClient) -> bool:
    """Return whether nothing authenticates a request: no client, certificate or login, and no added field."""
    by_certificate = method.client_auth in BY_CERTIFICATE
    has_secret = method.grant_headers or any(templates.names(dict(method.grant_body)))
    return _names_no_client(method) and not (method.login_with or by_certificate or has_secret)


def _names_no_client(method: HasClient) -> bool:
    no_client = not (method.client_id or method.client_secret)
    return no_client and method.client_auth in {"client_secret_basic", "none", *BY_CERTIFICATE}


def key_findings(read: Callable[[], JwsSigner]) -> Iterator[Finding]:
    """Yield the findings about a key, or the reason why it can't be read."""
    try:
        yield from read().findings
    except DocumentError as error:
        yield from error.findings


def _assertion_findings(method: HasClient, secrets: TemplateSecrets) -> Iterator[Finding]:
    by_secret, algorithm = method.client_auth == "client_secret_jwt", _algorithm(method)
    if by_secret is (ALGORITHMS[algorithm].kind == "oct"):
        found = list(key_findings(lambda: method.assertion_key))
        found += _template_findings(method, secrets)
        yield from found
        if not errors(found):
            assertion = _assertion(method, secrets)
            yield from assertion.findings(method.client_id or "", FreshValues(time.time(), random_nonce))
        return
    message = f"The client authentication {method.client_auth} can't sign by {algorithm}."
    suitable = "HS256, HS384 or HS512" if by_secret else "an algorithm for the key, such as RS256 or ES256"
    yield finding("key_unsuitable", message, advice=f"Set assertion_algorithm to {suitable}.")


def _template_findings(method: HasClient, secrets: TemplateSecrets) -> Iterator[Finding]:
    contents = {
        "assertion_headers": method.assertion_headers,
        "assertion_claims": method.assertion_claims,
    }
    for name, content in contents.items():
        yield from templates.findings(name, content, secrets, with_fresh=True)
    named = method.assertion_headers.get("kid")
    if named and method.assertion_key_id not in {"", named}:
        message = "assertion_headers has a kid, and assertion_key_id has another one."
        yield finding("given_twice", message)


def _assertion(method: HasClient, secrets: TemplateSecrets) -> Assertion:
    audience = method.assertion_audience or method.token_url
    added = (method.assertion_headers, method.assertion_claims)
    return Assertion(method.assertion_key, audience, method.assertion_key_id, *added, secrets)


def _algorithm(method: HasClient) -> AlgorithmName:
    is_default = method.client_auth == "client_secret_jwt" and method.assertion_algorithm == "RS256"
    return "HS256" if is_default else method.assertion_algorithm
