"""`oauth2_jwt_bearer`: a JWT that is signed here and exchanged for a token (RFC 7523 section 2.1)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, ClassVar

from requests import PreparedRequest

from watchword.findings.finding import Finding, errors
from watchword.flow import random_nonce
from watchword.methods.base import JwtHeaders, Payload
from watchword.methods.field_info import Field
from watchword.methods.fields import About, Section
from watchword.methods.oauth2 import OAuth2, key_findings
from watchword.protocols import templates
from watchword.protocols.jwt.algorithms import AlgorithmName
from watchword.protocols.jwt.content import Content
from watchword.protocols.jwt.jwt_source import signed
from watchword.protocols.jwt.signing import JwsSigner, jws_signer
from watchword.protocols.oauth2.grant import Grant
from watchword.protocols.oauth2.request_words import ASSERTION, RequestWords
from watchword.protocols.templates import FreshValues, TemplateSecrets

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"

_JWT = Section.JWT
_DAY = 86_400


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

    algorithm: Annotated[
        AlgorithmName, About("Algorithm", "The signature algorithm that the API expects.", _JWT)
    ] = "RS256"
    private_key: Annotated[
        str,
        About(
            "Private key",
            "The key that signs the JWT: PEM, JWK, DER in base64, or a service account's JSON.",
            Section.PRIVATE_KEY,
            secret=True,
            multiline=True,
        ),
    ]
    payload: Payload = Field(default_factory=dict)
    jwt_headers: JwtHeaders = Field(default_factory=dict)
    lifetime: Annotated[
        int, About("Lifetime", "How long the JWT is valid, in seconds; it is sent once, immediately.", _JWT)
    ] = Field(default=180, gt=0, le=_DAY)

    def token_source(self, secrets: TemplateSecrets, /) -> Grant:
        """Return the token's source; raises DocumentError if the secret of a template is missing."""
        key, content = self._jwt_key, self._content(secrets)

        def request() -> PreparedRequest:
            jwt = signed(key, content, FreshValues(time.time(), random_nonce))
            fields = {"grant_type": GRANT_TYPE, "assertion": jwt, "scope": self.joined_scope}
            return self.token_request(fields, secrets, {"assertion": jwt})

        claims = templates.fill(dict(content.payload), secrets)
        subject = [claims.get(name) for name in ("iss", "sub")] if isinstance(claims, dict) else []
        return self.granted_by(request, secrets, " ".join(str(name) for name in subject if name))

    def findings(self, secrets: TemplateSecrets, /) -> Iterator[Finding]:
        """Yield findings about the token request, and about the JWT's key, header and claims."""
        yield from super().findings(secrets)
        yield from key_findings(lambda: self._jwt_key)
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
