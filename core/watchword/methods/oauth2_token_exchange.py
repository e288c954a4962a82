"""`oauth2_token_exchange`: exchange one token for another (RFC 8693)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.methods.fields import About, Section
from watchword.methods.oauth2 import OAuth2
from watchword.protocols.oauth2.grant import Grant
from watchword.protocols.oauth2.request_words import EXCHANGE, RequestWords
from watchword.protocols.templates import TemplateSecrets

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:token-exchange"

TOKEN_TYPES = ("access_token", "refresh_token", "id_token", "jwt", "saml1", "saml2")
"""The short words for token types (RFC 8693 section 3)."""

_OAUTH2 = Section.OAUTH2


class OAuth2TokenExchange(OAuth2):
    """Exchange a token that was issued elsewhere, such as a workload's identity or a user's token."""

    method: ClassVar[str] = "oauth2_token_exchange"
    title: ClassVar[str] = "OAuth 2.0 token exchange"
    essentials: ClassVar[tuple[str, ...]] = (
        "base_url",
        "token_url",
        "subject_token",
        "subject_token_type",
        "client_id",
        "client_secret",
        "audience",
        "scope",
        "test_url",
    )
    request_words: ClassVar[RequestWords] = EXCHANGE
    own_templates: ClassVar[tuple[str, ...]] = ("subject_token", "actor_token")

    subject_token: Annotated[str, About("Subject token", "The token to exchange.", _OAUTH2, secret=True)]
    subject_token_type: Annotated[
        str,
        About(
            "Subject token type",
            f"The type of the subject token: one of {', '.join(TOKEN_TYPES)}, or a complete URN.",
            _OAUTH2,
        ),
    ] = "access_token"  # noqa: S105 - the name of a type, not a secret
    actor_token: Annotated[
        str | None,
        About(
            "Actor token",
            "The token of the party that acts for the subject, if the server requires one.",
            _OAUTH2,
            secret=True,
        ),
    ] = None
    actor_token_type: Annotated[
        str,
        About("Actor token type", "The type of the actor token, as for the subject token.", _OAUTH2),
    ] = "access_token"  # noqa: S105 - the name of a type, not a secret
    requested_token_type: Annotated[
        str,
        About("Requested token type", "The type of token to request; the server's choice if empty.", _OAUTH2),
    ] = ""
    audience: Annotated[
        str, About("Audience", "The name of the service that the new token is for.", _OAUTH2)
    ] = ""
    resource: Annotated[
        str, About("Resource", "The URL of the service that the new token is for.", _OAUTH2)
    ] = ""

    def token_source(self, secrets: TemplateSecrets, /) -> Grant:
        """Return the token's source; raises DocumentError if the secret of a template is missing."""
        fields = {
            "grant_type": GRANT_TYPE,
            "subject_token": self.subject_token,
            "subject_token_type": _urn(self.subject_token_type),
            "actor_token": self.actor_token,
            "actor_token_type": _urn(self.actor_token_type) if self.actor_token else "",
            "requested_token_type": _urn(self.requested_token_type),
            "audience": self.audience,
            "resource": self.resource,
            "scope": self.joined_scope,
        }
        return self.granted(fields, secrets, self.subject_token)

    def findings(self, secrets: TemplateSecrets, /) -> Iterator[Finding]:
        """Yield findings about the token request, and unknown token types."""
        yield from super().findings(secrets)
        for name in ("subject_token_type", "actor_token_type", "requested_token_type"):
            token_type = getattr(self, name)
            if token_type and token_type not in TOKEN_TYPES and ":" not in token_type:
                advice = f"Give one of {', '.join(TOKEN_TYPES)}, or the complete URN."
                yield finding("wrong_type", f"The field {name} has an unknown token type.", advice=advice)


def _urn(token_type: str) -> str:
    return f"urn:ietf:params:oauth:token-type:{token_type}" if token_type in TOKEN_TYPES else token_type
