"""`jwt_bearer`: a JSON Web Token that is signed here (RFC 7519) and sent as a bearer token (RFC 6750)."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, ClassVar

from requests import PreparedRequest

from watchword.errors import DocumentError
from watchword.findings.finding import Finding, errors
from watchword.flow import Context, Flow, random_nonce
from watchword.http import headers
from watchword.http.placement import put
from watchword.methods.base import JwtHeaders, Passphrase, Payload, TokenPlacement
from watchword.methods.field_info import Field
from watchword.methods.fields import About, Section
from watchword.methods.key_file import filled, jwt_fields, key_file_in
from watchword.protocols import templates
from watchword.protocols.jwt import request_claims
from watchword.protocols.jwt.algorithms import AlgorithmName
from watchword.protocols.jwt.content import Content
from watchword.protocols.jwt.jwt_source import JwtSource, signed
from watchword.protocols.jwt.signing import JwsSigner, jws_signer
from watchword.protocols.secret_encoding import SecretEncoding
from watchword.protocols.templates import FreshValues, TemplateSecrets

if TYPE_CHECKING:
    from typing_extensions import Self

_JWT = Section.JWT
_YEARS = 10 * 365 * 86_400


class JwtBearer(TokenPlacement):
    """Sign a JWT and send it until shortly before it expires; sign a new one if it expires or is refused."""

    method: ClassVar[str] = "jwt_bearer"
    title: ClassVar[str] = "JWT signed with a key"
    essentials: ClassVar[tuple[str, ...]] = ("base_url", "algorithm", "jwt_secret", "payload", "test_url")
    unauthorized_advice: ClassVar[str] = (
        "Check jwt_secret, algorithm and key_encoding, and which claims the API requires (iss, aud)."
    )
    depends_on_time: ClassVar[bool] = True

    algorithm: Annotated[
        AlgorithmName, About("Algorithm", "The signature algorithm that the API expects.", _JWT)
    ] = "HS256"
    jwt_secret: Annotated[
        str,
        About(
            "Secret or private key",
            "For HS256, HS384 and HS512 the shared secret, else a private key: PEM, JWK, DER or "
            "PKCS#12 in base64, or a provider's JSON file.",
            _JWT,
            secret=True,
            multiline=True,
            is_key=True,
        ),
    ]
    key_encoding: Annotated[
        SecretEncoding,
        About(
            "Encoding of the secret",
            "How the shared secret is written; for private keys it is ignored.",
            _JWT,
        ),
    ] = "utf8"
    private_key_passphrase: Passphrase = None
    payload: Payload = Field(default_factory=dict)
    jwt_headers: JwtHeaders = Field(default_factory=dict)
    lifetime: Annotated[
        int,
        About(
            "Lifetime",
            "Seconds from iat to exp, unless the payload has them; 0 signs a new JWT for each request.",
            _JWT,
        ),
    ] = Field(default=300, ge=0, le=_YEARS)
    query_name: Annotated[
        str, About("Query parameter", "The query parameter that carries the token.", Section.PLACEMENT)
    ] = "jwt"

    def completed(self, given: Collection[str], /) -> Self:
        """Return the method with what a provider's file in `jwt_secret` says about the JWT."""
        file = key_file_in(self.jwt_secret)
        if file is None or ("algorithm" in given and self.algorithm.startswith("HS")):
            return self
        values = {"algorithm": file.algorithm, "private_key_passphrase": file.passphrase}
        # A JWT for the API itself is about its issuer, unless the file names another subject. A payload with
        # an issuer of its own says itself whom it is about.
        is_about_file = file.issuer and "iss" not in self.payload
        subject = {"sub": file.subject or file.issuer} if is_about_file else {}
        jwt = jwt_fields(replace(file, claims={}), {**subject, **self.payload}, self.jwt_headers)
        return self.updated({**filled(values, given), **jwt, "jwt_secret": file.key})

    def flow(self, request: PreparedRequest, context: Context, /) -> Flow:
        """Send with the current JWT; if the API refuses it, send once more with a newer one.

        With a lifetime of 0 each request has its own JWT, and a refusal is final.
        """
        return (
            self.token_flow(request, context) if self.lifetime else self._flow_with_own_jwt(request, context)
        )

    def _flow_with_own_jwt(self, request: PreparedRequest, context: Context) -> Flow:
        parts = request_claims.texts_of(request, self._request_parts) if self._request_parts else {}
        fresh = FreshValues(context.now(), context.nonce, parts)
        jwt = signed(self._key, self._content(context.template_secrets), fresh)
        put(request, self.slot, self.value(jwt))
        yield request

    def token_source(self, secrets: TemplateSecrets, /) -> JwtSource | None:
        """Return the source of JWTs that are reused; raises DocumentError if the key can't be read."""
        if not self.lifetime:
            return None
        material = (self.jwt_secret, self.key_encoding, self.private_key_passphrase)
        return JwtSource(self._key, self._content(secrets), material)

    def findings(self, secrets: TemplateSecrets, /) -> Iterator[Finding]:
        """Yield findings about the key, templates, header and claims, and the placement of the JWT."""
        yield from headers.value_findings(self.value("token"), "the token's place")
        try:
            yield from self._key.findings
        except DocumentError as error:
            yield from error.findings
        own = request_claims.NAMES
        template_findings = [
            *templates.findings("payload", self.payload, secrets, with_fresh=True, own=own),
            *templates.findings("jwt_headers", self.jwt_headers, secrets, with_fresh=True, own=own),
            *request_claims.findings(self._request_parts, self.lifetime),
        ]
        yield from template_findings
        if not errors(template_findings):
            fresh = FreshValues(time.time(), random_nonce, dict.fromkeys(self._request_parts, "example"))
            yield from self._content(secrets).findings(self.algorithm, fresh)

    @cached_property
    def _request_parts(self) -> tuple[str, ...]:
        return request_claims.mentioned(dict(self.payload), dict(self.jwt_headers))

    @cached_property
    def _key(self) -> JwsSigner:
        return jws_signer(self.algorithm, self.jwt_secret, self.key_encoding, self.private_key_passphrase)

    def _content(self, secrets: TemplateSecrets) -> Content:
        return Content(self.jwt_headers, self.payload, secrets, self.lifetime)
