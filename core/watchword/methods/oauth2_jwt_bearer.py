"""`oauth2_jwt_bearer`: a JWT that is signed here and exchanged for a token (RFC 7523 section 2.1)."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, ClassVar

from requests import PreparedRequest

from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding, errors
from watchword.flow import random_nonce
from watchword.http.origins import host
from watchword.methods import client_fields
from watchword.methods.base import JwtHeaders, Payload
from watchword.methods.field_info import Field
from watchword.methods.fields import About, Section
from watchword.methods.key_file import filled, jwt_fields, key_file_in
from watchword.methods.oauth2 import OAuth2
from watchword.protocols import templates
from watchword.protocols.jwt.algorithms import AlgorithmName
from watchword.protocols.jwt.content import Content
from watchword.protocols.jwt.jwt_source import signed
from watchword.protocols.jwt.signing import JwsSigner, jws_signer
from watchword.protocols.oauth2.grant import Grant
from watchword.protocols.oauth2.request_words import ASSERTION, RequestWords
from watchword.protocols.templates import FreshValues, TemplateSecrets

if TYPE_CHECKING:
    from typing_extensions import Self

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"

_JWT = Section.JWT
_DAY = 86_400

_NO_TOKEN_URL = "The field token_url is missing."  # noqa: S105 - a message
_GOOGLE = frozenset({"oauth2.googleapis.com", "accounts.google.com"})
"""The hosts of token endpoints that read the scope in the JWT alone."""


class OAuth2JwtBearer(OAuth2):
    """Sign a JWT for each token request, as service accounts do; send the server's token to the API."""

    method: ClassVar[str] = "oauth2_jwt_bearer"
    title: ClassVar[str] = "OAuth 2.0 signed JWT (service account)"
    essentials: ClassVar[tuple[str, ...]] = (
        "base_url",
        "token_url",
        "private_key",
        "payload",
        "scope",
        "algorithm",
        "test_url",
    )
    request_words: ClassVar[RequestWords] = ASSERTION
    own_templates: ClassVar[tuple[str, ...]] = ("assertion",)

    token_url: Annotated[
        str,
        About(
            "Token URL",
            "The complete URL of the token endpoint; not needed if private_key is a file that has it.",
            Section.OAUTH2,
        ),
    ] = ""
    algorithm: Annotated[
        AlgorithmName, About("Algorithm", "The signature algorithm that the API expects.", _JWT)
    ] = "RS256"
    private_key: Annotated[
        str,
        About(
            "Private key",
            "The key that signs the JWT: PEM, JWK, DER or PKCS#12 in base64, or the JSON file of Google, Box "
            "and others, from which the fields that are left empty are filled in.",
            Section.PRIVATE_KEY,
            secret=True,
            multiline=True,
            is_key=True,
        ),
    ]
    payload: Payload = Field(default_factory=dict)
    jwt_headers: JwtHeaders = Field(default_factory=dict)
    lifetime: Annotated[
        int, About("Lifetime", "How long the JWT is valid, in seconds; it is sent once, immediately.", _JWT)
    ] = Field(default=180, gt=0, le=_DAY)

    def completed(self, given: Collection[str], /) -> Self:
        """Return the method with what a provider's file in `private_key` says."""
        file = key_file_in(self.private_key)
        if file is None:
            return self
        values: dict[str, object] = {
            "token_url": file.token_url,
            "algorithm": file.algorithm,
            "lifetime": file.lifetime,
            "private_key_passphrase": file.passphrase,
        }
        if self.client_id in {None, file.client_id}:
            values |= {**client_fields.fields_of(file), "client_secret": file.client_secret}
        payload = dict(self.payload)
        if file.scope_is_claim and self.joined_scope:
            payload.setdefault("scope", self.joined_scope)
        jwt = jwt_fields(file, payload, self.jwt_headers)
        return self._completed_by({**filled(values, given), **jwt, "private_key": file.key})

    def token_source(self, secrets: TemplateSecrets, /) -> Grant:
        """Return the token's source.

        Raises:
            DocumentError: there is no token URL, or the secret of a template is missing.
        """
        if not self.token_url:
            raise DocumentError([finding("missing_field", _NO_TOKEN_URL)])
        key, content = self._jwt_key, self._content(secrets)

        def request() -> PreparedRequest:
            jwt = signed(key, content, FreshValues(time.time(), random_nonce))
            fields = {"grant_type": GRANT_TYPE, "assertion": jwt, "scope": self.joined_scope}
            return self.token_request(fields, secrets)

        claims = templates.fill(dict(content.payload), secrets)
        subject = [claims.get(name) for name in ("iss", "sub")] if isinstance(claims, dict) else []
        return self.granted_by(request, secrets, " ".join(str(name) for name in subject if name))

    def findings(self, secrets: TemplateSecrets, /) -> Iterator[Finding]:
        """Yield findings about the token request, and about the JWT's key, header and claims."""
        yield from super().findings(secrets)
        if not self.token_url:
            yield finding("missing_field", _NO_TOKEN_URL)
        elif host(self.token_url) in _GOOGLE and not self.payload.keys() & {"scope", "target_audience"}:
            message = "Google issues no token without a scope, and the JWT has none."
            advice = "Fill in the field scope, such as https://www.googleapis.com/auth/cloud-platform."
            yield finding("missing_field", message, advice=advice)
        yield from client_fields.key_findings(lambda: self._jwt_key)
        template_findings = [
            *templates.findings("payload", self.payload, secrets, with_fresh=True),
            *templates.findings("jwt_headers", self.jwt_headers, secrets, with_fresh=True),
        ]
        yield from template_findings
        if not errors(template_findings):
            fresh = FreshValues(time.time(), random_nonce)
            jwt_findings = self._content(secrets).findings(self.algorithm, fresh)
            # Each JWT is sent once.
            yield from (each for each in jwt_findings if each.code.name != "jti_reused")

    @cached_property
    def _jwt_key(self) -> JwsSigner:
        return jws_signer(self.algorithm, self.private_key, "utf8", self.private_key_passphrase)

    def _content(self, secrets: TemplateSecrets) -> Content:
        return Content(self.jwt_headers, {"aud": self.token_url, **self.payload}, secrets, self.lifetime)
