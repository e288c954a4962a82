"""`oauth2_token_exchange`: one token for another (RFC 8693)."""

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

KINDS = ("access_token", "refresh_token", "id_token", "jwt", "saml1", "saml2")
"""The short words for token types (RFC 8693 section 3)."""

_OAUTH2 = Section.OAUTH2


class OAuth2TokenExchange(OAuth2):
    """Fetch a token for one that was issued elsewhere, such as a workload's identity or a user's token."""

    method: ClassVar[str] = "oauth2_token_exchange"
    title: ClassVar[str] = "OAuth 2.0 token exchange"
    purpose: ClassVar[RequestWords] = EXCHANGE

    subject_token: Annotated[
        str, About("Subject token", "The token that is exchanged.", _OAUTH2, secret=True)
    ]
    subject_kind: Annotated[
        str,
        About("Kind of the subject token", f"One of {', '.join(KINDS)}, or a complete URN.", _OAUTH2),
    ] = "access_token"
    actor_token: Annotated[
        str | None,
        About(
            "Actor token", "Who acts for the subject, where the server wants to know.", _OAUTH2, secret=True
        ),
    ] = None
    actor_kind: Annotated[str, About("Kind of the actor token", "As for the subject token.", _OAUTH2)] = (
        "access_token"
    )
    requested_kind: Annotated[
        str, About("Requested kind", "The kind of token to ask for; the server's choice if empty.", _OAUTH2)
    ] = ""
    audience: Annotated[
        str, About("Audience", "The service that the new token is for, by its name.", _OAUTH2)
    ] = ""
    resource: Annotated[
        str, About("Resource", "The service that the new token is for, by its URL.", _OAUTH2)
    ] = ""

    def token_source(self, secrets: TemplateSecrets, /) -> Grant:
        """Return how the token is asked for; raises DocumentError where a template names no secret."""
        fields = {
            "grant_type": GRANT_TYPE,
            "subject_token": self.subject_token,
            "subject_token_type": _urn(self.subject_kind),
            "actor_token": self.actor_token,
            "actor_token_type": _urn(self.actor_kind) if self.actor_token else "",
            "requested_token_type": _urn(self.requested_kind),
            "audience": self.audience,
            "resource": self.resource,
            "scope": self.joined_scope,
        }
        return self.granted(lambda: fields, secrets, self.subject_token)

    def findings(self, secrets: TemplateSecrets, /) -> Iterator[Finding]:
        """Kinds that are neither a known word nor a URN, and what every token request may have."""
        yield from super().findings(secrets)
        for name in ("subject_kind", "actor_kind", "requested_kind"):
            kind = getattr(self, name)
            if kind and kind not in KINDS and ":" not in kind:
                advice = f"Give one of {', '.join(KINDS)}, or the complete URN."
                yield finding("wrong_type", f"The field {name} names no kind of token.", advice=advice)


def _urn(kind: str) -> str:
    return f"urn:ietf:params:oauth:token-type:{kind}" if kind in KINDS else kind
