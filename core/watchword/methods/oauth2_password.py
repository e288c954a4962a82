"""`oauth2_password`: a user's name and password, exchanged for a token (RFC 6749 section 4.3)."""

from __future__ import annotations

from typing import Annotated, ClassVar

from watchword.methods.fields import About, Section
from watchword.methods.oauth2 import OAuth2
from watchword.protocols.oauth2.grant import Grant
from watchword.protocols.oauth2.request_words import PASSWORD, RequestWords
from watchword.protocols.templates import TemplateSecrets


class OAuth2Password(OAuth2):
    """Fetch a token with a user's name and password, which are never sent to the API itself."""

    method: ClassVar[str] = "oauth2_password"
    title: ClassVar[str] = "OAuth 2.0 user name and password"
    essentials: ClassVar[tuple[str, ...]] = (
        "base_url",
        "token_url",
        "username",
        "password",
        "client_id",
        "client_secret",
        "scope",
        "test_url",
    )
    request_words: ClassVar[RequestWords] = PASSWORD
    own_templates: ClassVar[tuple[str, ...]] = ("username", "password")

    username: Annotated[str, About("User name", "The user's name.", Section.AUTHENTICATION)]
    password: Annotated[
        str,
        About(
            "Password",
            "The user's password; it is sent only to the login.",
            Section.AUTHENTICATION,
            secret=True,
        ),
    ]

    @property
    def can_ask_as_decoy(self) -> bool:
        """No: failed logins may lock more than one account."""
        return False

    def token_source(self, secrets: TemplateSecrets, /) -> Grant:
        """Return the token's source; raises DocumentError if the secret of a template is missing."""
        fields = {
            "grant_type": "password",
            "username": self.username,
            "password": self.password,
            "scope": self.joined_scope,
        }
        return self.granted(fields, secrets, self.username)
