"""`oauth2_client_credentials`: machine to machine (RFC 6749 section 4.4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.methods import client_fields
from watchword.methods.oauth2 import OAuth2
from watchword.protocols.oauth2.client import NEEDS
from watchword.protocols.oauth2.grant import Grant
from watchword.protocols.templates import TemplateSecrets


class OAuth2ClientCredentials(OAuth2):
    """Fetch a token for the client itself, send it, and fetch another if it expires or is refused."""

    method: ClassVar[str] = "oauth2_client_credentials"
    title: ClassVar[str] = "OAuth 2.0 client credentials"
    essentials: ClassVar[tuple[str, ...]] = (
        "base_url",
        "token_url",
        "client_id",
        "client_secret",
        "scope",
        "client_auth",
        "test_url",
    )

    @property
    def can_ask_as_decoy(self) -> bool:
        """Whether the request names a client, which a decoy replaces; what else authenticates it stays."""
        return bool(self.client_id) and super().can_ask_as_decoy

    def findings(self, secrets: TemplateSecrets, /) -> Iterator[Finding]:
        """Yield findings about the token request, and a client that is missing."""
        yield from super().findings(secrets)
        if client_fields.lacks_client(self):
            advice = "Fill it in, or give login_with or grant_headers if they authenticate the request."
            for name in NEEDS[self.client_auth]:
                yield finding("missing_field", f"The field {name} is missing.", advice=advice)

    def token_source(self, secrets: TemplateSecrets, /) -> Grant:
        """Return the token's source; raises DocumentError if the secret of a template is missing."""
        fields = {"grant_type": "client_credentials", "scope": self.joined_scope}
        return self.granted(fields, secrets)
