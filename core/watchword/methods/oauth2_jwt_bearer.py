"""`oauth2_jwt_bearer`: a JWT that is signed here for a token (RFC 7523 section 2.1)."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, ClassVar

from pydantic import Field, JsonValue

from watchword.findings.finding import Finding, errors
from watchword.flow import random_nonce
from watchword.methods.base import JwtHeaders, Payload
from watchword.methods.fields import About, Section
from watchword.methods.oauth2 import OAuth2, key_findings
from watchword.protocols import templates
from watchword.protocols.jwt.algorithms import Name
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
    """Sign a JWT for each token request, as service accounts do; the API gets the server's token."""

    method: ClassVar[str] = "oauth2_jwt_bearer"
    title: ClassVar[str] = "OAuth 2.0 signed JWT (service account)"
    purpose: ClassVar[RequestWords] = ASSERTION

    algorithm: Annotated[Name, About("Algorithm", "What the API checks the signature with.", _JWT)] = "RS256"
    private_key: Annotated[
        str,
        About(
            "Private key",
            "What signs the JWT: PEM, JWK, DER in base64, or a service account's JSON.",
            Section.PRIVATE_KEY,
            secret=True,
            multiline=True,
        ),
    ]
    payload: Payload = Field(default_factory=dict)
    jwt_headers: JwtHeaders = Field(default_factory=dict)
    lifetime: Annotated[
        int, About("Lifetime", "Seconds that the JWT is valid: it is sent once, at once.", _JWT)
    ] = Field(default=180, gt=0, le=_DAY)

    def token_source(self, secrets: TemplateSecrets, /) -> Grant:
        """Return how the token is asked for; raises DocumentError where a template names no secret."""
        key, content = self._jwt_key, self._content(secrets)

        def fields() -> Mapping[str, JsonValue]:
            jwt = signed(key, content, FreshValues(time.time(), random_nonce))
            return {"grant_type": GRANT_TYPE, "assertion": jwt, "scope": self.joined_scope}

        claims = templates.fill(dict(content.payload), secrets)
        who = [claims.get(name) for name in ("iss", "sub")] if isinstance(claims, dict) else []
        return self.granted(fields, secrets, " ".join(str(name) for name in who if name))

    def findings(self, secrets: TemplateSecrets, /) -> Iterator[Finding]:
        """What is wrong with key, header and claims, and what every token request may have."""
        yield from super().findings(secrets)
        yield from key_findings(lambda: self._jwt_key)
        mentions = [
            *templates.findings("payload", self.payload, secrets, timed=True),
            *templates.findings("jwt_headers", self.jwt_headers, secrets, timed=True),
        ]
        yield from mentions
        if not errors(mentions):
            found = self._content(secrets).findings(self.algorithm, FreshValues(time.time(), random_nonce))
            # Each JWT is sent once.
            yield from (remark for remark in found if remark.code.name != "jti_reused")

    @cached_property
    def _jwt_key(self) -> JwsSigner:
        return jws_signer(self.algorithm, self.private_key, "utf8", self.private_key_passphrase)

    def _content(self, secrets: TemplateSecrets) -> Content:
        return Content(self.jwt_headers, {"aud": self.token_url, **self.payload}, secrets, self.lifetime)
