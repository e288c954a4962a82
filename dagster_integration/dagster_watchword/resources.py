"""One resource class for each authentication method.

The fields stand here as plain text, for type checkers and for Dagster's forms; a test keeps them
equal to those of the core.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator

from dagster_watchword.base import ApiResource, environment_variables

_USE_PREFIX = "Whether the prefix is put before the value."
_PREFIX = "The word before the value in the header, such as Bearer."
_ADD_TO = "Where the API expects the credential."


class NoAuthenticationResource(ApiResource):
    """An API that asks for no credential, or for stacked parameters only."""

    method: ClassVar[str] = "none"


class ApiKeyResource(ApiResource):
    """An API that takes a key in a header, the query, a cookie or the body."""

    method: ClassVar[str] = "api_key"

    key_name: str = Field(
        default="X-API-Key",
        description="The header, parameter, cookie or body field that carries the key.",
    )
    api_key: str = Field(repr=False, description="The key itself.")
    add_to: Literal["header", "query", "cookie", "body"] = Field(default="header", description=_ADD_TO)
    use_prefix: bool = Field(default=True, description=_USE_PREFIX)
    prefix: str = Field(default="", description=_PREFIX)


class _TokenResource(ApiResource):
    """Where an access token goes."""

    add_to: Literal["header", "query"] = Field(default="header", description=_ADD_TO)
    header_name: str = Field(default="Authorization", description="The header that carries the token.")
    query_name: str = Field(default="access_token", description="The query parameter that carries the token.")
    use_prefix: bool = Field(default=True, description=_USE_PREFIX)
    prefix: str = Field(default="Bearer", description=_PREFIX)


class BearerResource(_TokenResource):
    """An API that takes a bearer token that was issued elsewhere."""

    method: ClassVar[str] = "bearer"

    bearer_token: str = Field(repr=False, description="The token itself, without the word Bearer.")


class BasicResource(ApiResource):
    """An API that takes user name and password (RFC 7617)."""

    method: ClassVar[str] = "basic"

    username: str = Field(description="The user's name, without a colon.")
    password: str = Field(
        default="", repr=False, description="May be empty where the API takes a key as user name."
    )
    charset: Literal["utf-8", "latin-1"] = Field(
        default="utf-8",
        description="How name and password become bytes; utf-8 unless the API is old.",
    )


class OAuth2ClientCredentialsResource(_TokenResource):
    """An API whose tokens are fetched with client id and secret (RFC 6749 section 4.4).

    A secret inside `grant_body` or `grant_headers` is written `{{secret:NAME}}` and kept in
    `secret_parameters` as `template:NAME`, where an `EnvVar` is resolved.
    """

    method: ClassVar[str] = "oauth2_client_credentials"

    token_url: str = Field(description="The complete URL of the token endpoint.")
    client_id: str = Field(description="The client's public name.")
    client_secret: str = Field(repr=False, description="The client's secret.")
    client_auth: Literal["header", "body"] = Field(
        default="header", description="Where id and secret go in the token request."
    )
    basic_encoding: Literal["form", "raw"] = Field(
        default="form",
        description="form as RFC 6749 wants it; raw for servers that do not decode special characters.",
    )
    scope: str = Field(default="", description="The scopes to ask for, separated by spaces.")
    scope_separator: str = Field(default=" ", description="What this server wants between scopes.")
    grant_body: dict[str, Any] = Field(
        default={},
        description=(
            "JSON: fields to add or replace in the token request; {{secret:NAME}} stands for a secret."
        ),
    )
    grant_format: Literal["form", "json", "query"] = Field(
        default="form", description="How the token request is written."
    )
    grant_headers: dict[str, Any] = Field(
        default={}, description="JSON: headers to add to the token request."
    )
    response_access_path: str = Field(
        default="access_token", description="JSONPath of the token in the reply."
    )
    response_expires_path: str = Field(
        default="expires_in", description="JSONPath of the lifetime (seconds) in the reply."
    )
    default_lifetime: float | None = Field(
        default=None, description="Seconds that a token lasts where the reply does not say."
    )

    @field_validator("grant_body", "grant_headers", mode="after")
    @classmethod
    def _no_environment_variables(cls, content: dict[str, Any]) -> dict[str, Any]:
        # Dagster would hand over {"env": "NAME"} in the place of the value, and that would be sent.
        if any(environment_variables(content)):
            raise ValueError(
                "Dagster resolves no EnvVar in here: write {{secret:NAME}} and put the EnvVar "
                'into secret_parameters as "template:NAME"'
            )
        return content


class CustomResource(ApiResource):
    """An API that takes as many stacked parameters as it requires, and nothing else."""

    method: ClassVar[str] = "custom"


RESOURCES: Mapping[str, type[ApiResource]] = MappingProxyType(
    {
        known.method: known
        for known in (
            NoAuthenticationResource,
            ApiKeyResource,
            BearerResource,
            BasicResource,
            OAuth2ClientCredentialsResource,
            CustomResource,
        )
    }
)
"""Every method's resource class by the method's name in a document."""
