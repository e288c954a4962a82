"""`oauth1`: requests signed by a client and, usually, a user's token (RFC 5849)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, cast

from requests import PreparedRequest

from watchword import redact
from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.flow import Context, Flow
from watchword.http import headers
from watchword.http.placement import Slot
from watchword.methods.base import AuthorizeUrl, Method, Passphrase
from watchword.methods.fields import About, Section
from watchword.protocols.oauth1.credentials_response import problems
from watchword.protocols.oauth1.signature import HashName, escape, hmac_signer, plaintext_signer, rsa_signer
from watchword.protocols.oauth1.signer import PROTOCOL_PARAMETERS, AddTo, SignatureMethod, Signer
from watchword.protocols.templates import TemplateSecrets

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from watchword.protocols.keys import PrivateKey

_OAUTH1 = Section.OAUTH1

_PROBLEMS = {
    "nonce_used": "nonce_used",
    "signature_invalid": "signature_mismatch",
    "timestamp_refused": "clock_skew",
}
_CHECK_SECRETS = "Check consumer_secret and token_secret, then signature_method and realm."

SIGN_IN_URLS = ("request_token_url", "authorize_url", "access_token_url")
"""The fields of the sign-in, which needs all three: two get credentials, one gets the user's password."""


class OAuth1(Method):
    """Sign each request with the consumer's secret or key, and with the token's secret."""

    method: ClassVar[str] = "oauth1"
    title: ClassVar[str] = "OAuth 1.0"
    essentials: ClassVar[tuple[str, ...]] = (
        "base_url",
        "consumer_key",
        "consumer_secret",
        "access_token",
        "token_secret",
        "signature_method",
        "test_url",
    )
    unauthorized_advice: ClassVar[str] = (
        "Check consumer_key and access_token; if there is no token yet, sign in with the document's file."
    )
    depends_on_time: ClassVar[bool] = True
    urls: ClassVar[tuple[str, ...]] = SIGN_IN_URLS

    signature_method: Annotated[
        Literal[
            "HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512", "RSA-SHA1", "RSA-SHA256", "RSA-SHA512", "PLAINTEXT"
        ],
        About("Signature method", "How requests are signed, as the API requires it.", _OAUTH1),
    ] = "HMAC-SHA1"
    realm: Annotated[str, About("Realm", "A realm for the header, if the API requires one.", _OAUTH1)] = ""
    consumer_key: Annotated[str, About("Consumer key", "The client's public identifier.", _OAUTH1)]
    consumer_secret: Annotated[
        str | None,
        About(
            "Consumer secret",
            "The client's secret, for HMAC and PLAINTEXT.",
            _OAUTH1,
            secret=True,
            may_be_empty=True,
        ),
    ] = None
    private_key: Annotated[
        str | None,
        About(
            "Private key",
            "The client's RSA key.",
            Section.PRIVATE_KEY,
            secret=True,
            multiline=True,
            is_key=True,
        ),
    ] = None
    private_key_passphrase: Passphrase = None
    access_token: Annotated[
        str,
        About(
            "Access token",
            "The user's token; leave it empty if the client signs alone.",
            _OAUTH1,
            secret=True,
            may_be_empty=True,
        ),
    ] = ""
    token_secret: Annotated[
        str, About("Token secret", "The secret of the access token.", _OAUTH1, secret=True, may_be_empty=True)
    ] = ""
    body_hash: Annotated[
        bool,
        About(
            "Body hash",
            "Whether bodies other than forms are signed too, by their hash; only if the API requires it.",
            _OAUTH1,
        ),
    ] = False
    add_to: Annotated[AddTo, About("Send in", "Where the API expects the credential.", Section.PLACEMENT)] = (
        "header"
    )
    request_token_url: Annotated[
        str | None,
        About(
            "Request token URL", "The URL that issues temporary credentials for a sign-in.", Section.SIGN_IN
        ),
    ] = None
    authorize_url: AuthorizeUrl = None
    access_token_url: Annotated[
        str | None,
        About("Access token URL", "The URL that issues the access token of a sign-in.", Section.SIGN_IN),
    ] = None

    def flow(self, request: PreparedRequest, context: Context, /) -> Flow:
        """Sign the request and send it."""
        self._signer.sign(request, context)
        yield request

    def placements(self) -> tuple[Slot, ...]:
        """The header, or the parameters in query or body."""
        if self.add_to == "header":
            return (Slot("header", "Authorization"),)
        return tuple(Slot(self.add_to, name) for name in PROTOCOL_PARAMETERS)

    def explain(self, _status: int, response_headers: Mapping[str, str], text: str, /) -> Finding | None:
        """Return a finding with the reason that the API states by the extension Problem Reporting."""
        reported = problems(f"{response_headers.get('WWW-Authenticate', '')} {text}")
        problem = reported.get("oauth_problem", "")
        code = _PROBLEMS.get(problem)
        if code is None:
            return None
        advice = _CHECK_SECRETS if code == "signature_mismatch" else ""
        return finding(code, f"The API reports: {problem}.", advice=advice, evidence=reported)

    def findings(self, _: TemplateSecrets, /) -> Iterator[Finding]:
        """Yield findings for a missing or unsuitable secret or key, and for an incomplete sign-in."""
        if self.signature_method.startswith("RSA"):
            yield from self._key_findings()
        else:
            yield from self._secret_findings()
        if self.token_secret and not self.access_token:
            yield finding("missing_field", "There is a token_secret, but its access_token is missing.")
        yield from headers.value_findings(self.realm, "realm")
        if self.realm and self.add_to != "header":
            message = f"The realm is not sent: the {self.add_to} has no place for it."
            advice = "Set add_to to header if the API requires a realm."
            yield finding("fields_ignored", message, advice=advice)
        missing = [name for name in SIGN_IN_URLS if not getattr(self, name)]
        if len(missing) < len(SIGN_IN_URLS):
            for name in missing:
                yield finding("missing_field", f"The sign-in has no {name}; give all three URLs or none.")

    @property
    def private_key_pem(self) -> str | None:
        """The client's key in PEM, not encrypted; None for a signature method without one."""
        if not self.signature_method.startswith("RSA"):
            return None
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - slow to load

        encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        return self._private_key.key.private_bytes(encoding, form, serialization.NoEncryption()).decode()

    @cached_property
    def _signer(self) -> Signer:
        algorithm = self._algorithm(self.token_secret)
        return Signer(
            algorithm, self.consumer_key, self.access_token, self.add_to, self.realm, self.body_hash
        )

    @cached_property
    def _private_key(self) -> PrivateKey:
        from watchword.protocols.keys import read_private_key  # noqa: PLC0415 - loads cryptography

        return read_private_key(self.private_key or "", self.private_key_passphrase)

    def _algorithm(self, token_secret: str) -> SignatureMethod:
        name, consumer_secret = self.signature_method, self.consumer_secret or ""
        if name == "PLAINTEXT":
            # The signature consists of the secrets themselves, which are encoded twice when they are sent.
            redact.register([escape(consumer_secret), escape(token_secret)], self)
            return SignatureMethod(name, plaintext_signer(consumer_secret, token_secret))
        kind, _, digest = name.lower().partition("-")
        hash_name = cast("HashName", digest)
        if kind == "hmac":
            return SignatureMethod(name, hmac_signer(hash_name, consumer_secret, token_secret), hash_name)
        key = cast("RSAPrivateKey", self._private_key.key)
        return SignatureMethod(name, rsa_signer(hash_name, key), hash_name)

    def _secret_findings(self) -> Iterator[Finding]:
        if self.consumer_secret is None:
            message = f"The signature method {self.signature_method} needs the field consumer_secret."
            advice = "Fill the field in; for an empty secret, write literal: (with the colon)."
            yield finding("missing_field", message, advice=advice)
        if self.private_key:
            message = f"The private key is stored and not used: {self.signature_method} signs with secrets."
            advice = "Clear private_key, or choose the RSA method that the key is for."
            yield finding("fields_ignored", message, advice=advice)

    def _key_findings(self) -> Iterator[Finding]:
        if not self.private_key:
            message = f"The signature method {self.signature_method} needs the field private_key."
            yield finding("missing_field", message)
            return
        try:
            key = self._private_key
        except DocumentError as error:
            yield from error.findings
            return
        if key.repaired:
            yield finding("key_repaired", f"The private key was repaired: {', '.join(key.repaired)}.")
        if key.kind != "RSA":
            message = f"The private key is of kind {key.kind}; {self.signature_method} needs an RSA key."
            yield finding("key_unsuitable", message)
        elif not self._can_sign():
            message = f"This machine can't sign by {self.signature_method} with this key."
            advice = "Get a key of 2048 bits or more; if this system forbids SHA-1, RSA-SHA256 may work."
            yield finding("key_unsuitable", message, advice=advice)

    def _can_sign(self) -> bool:
        """Sign a text: a key may be too short for a digest, or a system's policy may forbid a hash."""
        from cryptography.exceptions import InternalError, UnsupportedAlgorithm  # noqa: PLC0415 - loads cryptography

        try:
            self._algorithm("").sign("")
        except (ValueError, UnsupportedAlgorithm, InternalError):
            return False
        return True
