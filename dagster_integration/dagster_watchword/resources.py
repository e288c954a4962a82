"""One resource class for each authentication method.

Written by generate.py from the fields of the core; change them there.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Literal

from pydantic import Field

from dagster_watchword.base import ApiResource


class NoAuthenticationResource(ApiResource):
    """Send requests as they are."""

    method: ClassVar[str] = "none"


class ApiKeyResource(ApiResource):
    """Send a key in a header, the query, a cookie or the body."""

    method: ClassVar[str] = "api_key"

    key_name: str = Field(
        default="X-API-Key", description="The header, parameter, cookie or body field that carries the key."
    )
    api_key: str = Field(repr=False, description="The key itself.")
    add_to: Literal["header", "query", "cookie", "body"] = Field(
        default="header", description="Where the API expects the credential."
    )
    use_prefix: bool = Field(default=True, description="Whether the prefix is put before the value.")
    prefix: str = Field(default="", description="The word before the value in the header, such as Bearer.")


class BearerResource(ApiResource):
    """Send a fixed bearer token in a header or the query."""

    method: ClassVar[str] = "bearer"

    add_to: Literal["header", "query"] = Field(
        default="header", description="Where the API expects the credential."
    )
    header_name: str = Field(default="Authorization", description="The header that carries the token.")
    query_name: str = Field(default="access_token", description="The query parameter that carries the token.")
    use_prefix: bool = Field(default=True, description="Whether the prefix is put before the value.")
    prefix: str = Field(
        default="Bearer", description="The word before the value in the header, such as Bearer."
    )
    bearer_token: str = Field(repr=False, description="The token itself, without the word Bearer.")


class BasicResource(ApiResource):
    """Send user name and password in the Authorization header."""

    method: ClassVar[str] = "basic"

    username: str = Field(description="The user's name, without a colon.")
    password: str = Field(
        default="", repr=False, description="May be empty where the API takes a key as user name."
    )
    charset: Literal["utf-8", "latin-1"] = Field(
        default="utf-8", description="How name and password become bytes; utf-8 unless the API is old."
    )


class OAuth2ClientCredentialsResource(ApiResource):
    """Fetch a token with client id and secret, send it, and fetch another when it ends or is refused."""

    method: ClassVar[str] = "oauth2_client_credentials"

    add_to: Literal["header", "query"] = Field(
        default="header", description="Where the API expects the credential."
    )
    header_name: str = Field(default="Authorization", description="The header that carries the token.")
    query_name: str = Field(default="access_token", description="The query parameter that carries the token.")
    use_prefix: bool = Field(default=True, description="Whether the prefix is put before the value.")
    prefix: str = Field(
        default="Bearer", description="The word before the value in the header, such as Bearer."
    )
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


class CustomResource(ApiResource):
    """Authenticate by extra_parameters and secret_parameters alone, which the connection writes."""

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
