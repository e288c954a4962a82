"""`oauth2_client_credentials`: machine to machine (RFC 6749 section 4.4)."""

from __future__ import annotations

from typing import Annotated, ClassVar

from watchword.methods.client_fields import CLIENT_ID
from watchword.methods.oauth2 import OAuth2
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

    client_id: Annotated[str, CLIENT_ID]

    def token_source(self, secrets: TemplateSecrets, /) -> Grant:
        """Return the token's source; raises DocumentError if the secret of a template is missing."""
        fields = {"grant_type": "client_credentials", "scope": self.joined_scope}
        return self.granted(fields, secrets)
