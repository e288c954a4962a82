"""One resource class for each authentication method.

Written by generate.py from the fields of the core; change them there.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Literal

from pydantic import Field

from dagster_watchword.described import DescribedResource


class NoAuthenticationResource(DescribedResource):
    """Send requests as they are."""

    method: ClassVar[str] = "none"


class ApiKeyResource(DescribedResource):
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


class BearerResource(DescribedResource):
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


class BasicResource(DescribedResource):
    """Send user name and password in the Authorization header."""

    method: ClassVar[str] = "basic"

    username: str = Field(description="The user's name, without a colon.")
    password: str = Field(
        default="", repr=False, description="May be empty where the API takes a key as user name."
    )
    charset: Literal["utf-8", "latin-1"] = Field(
        default="utf-8", description="How name and password become bytes; utf-8 unless the API is old."
    )


class DigestResource(DescribedResource):
    """Answer the server's challenge with a hash of user name, password and request."""

    method: ClassVar[str] = "digest"

    username: str = Field(description="The user's name, without a colon.")
    password: str = Field(default="", repr=False, description="The user's password; it is never sent itself.")


class JwtBearerResource(DescribedResource):
    """Sign a JWT, send it until shortly before its end, and sign another when it ends or is refused."""

    method: ClassVar[str] = "jwt_bearer"

    add_to: Literal["header", "query"] = Field(
        default="header", description="Where the API expects the credential."
    )
    header_name: str = Field(default="Authorization", description="The header that carries the token.")
    query_name: str = Field(default="jwt", description="The query parameter that carries the token.")
    use_prefix: bool = Field(default=True, description="Whether the prefix is put before the value.")
    prefix: str = Field(
        default="Bearer", description="The word before the value in the header, such as Bearer."
    )
    algorithm: Literal[
        "HS256",
        "HS384",
        "HS512",
        "RS256",
        "RS384",
        "RS512",
        "PS256",
        "PS384",
        "PS512",
        "ES256",
        "ES384",
        "ES512",
        "ES256K",
        "EdDSA",
    ] = Field(default="HS256", description="What the API checks the signature with.")
    jwt_secret: str = Field(
        repr=False,
        description="For HS256 to HS512 the shared secret, else a private key: PEM, JWK, or DER in base64.",
    )
    key_encoding: Literal["utf8", "base64", "base64url", "hex"] = Field(
        default="utf8", description="How the secret is written; keys are recognised."
    )
    private_key_passphrase: str | None = Field(
        default=None, repr=False, description="Opens the private key if it is encrypted."
    )
    payload: dict[str, Any] = Field(
        default={},
        description=(
            "JSON: the claims; {{now}}, {{now+300}}, {{uuid}} and {{secret:NAME}} are filled in, "
            "null leaves a claim out."
        ),
    )
    jwt_headers: dict[str, Any] = Field(
        default={}, description='JSON: headers beside alg and typ, which are set, such as {"kid": "1"}.'
    )
    lifetime: int = Field(
        default=300,
        description=(
            "Seconds from iat to exp, which are set unless the payload does it; 0 signs each request anew."
        ),
    )


class OAuth1Resource(DescribedResource):
    """Sign each request with the consumer's secret or key, and with the token's secret."""

    method: ClassVar[str] = "oauth1"

    signature_method: Literal[
        "HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512", "RSA-SHA1", "RSA-SHA256", "RSA-SHA512", "PLAINTEXT"
    ] = Field(default="HMAC-SHA1", description="How requests are signed, as the API wants it.")
    realm: str = Field(default="", description="Sent along in the header where the API asks for it.")
    consumer_key: str = Field(description="The client's public name.")
    consumer_secret: str | None = Field(
        default=None, repr=False, description="The client's secret, for HMAC and PLAINTEXT."
    )
    private_key: str | None = Field(default=None, repr=False, description="The client's RSA key.")
    private_key_passphrase: str | None = Field(
        default=None, repr=False, description="Opens the private key if it is encrypted."
    )
    access_token: str = Field(
        default="", repr=False, description="The user's token; empty where the client alone signs."
    )
    token_secret: str = Field(default="", repr=False, description="The secret of the token.")
    body_hash: bool = Field(
        default=False,
        description="Sign bodies that are no forms too, by their hash; where the API asks for it.",
    )
    add_to: Literal["header", "query", "body"] = Field(
        default="header", description="Where the API expects the credential."
    )
    request_url: str | None = Field(
        default=None, description="For the sign-in: where it begins (temporary credentials)."
    )
    authorize_url: str | None = Field(
        default=None, description="For the sign-in: the page on which the user agrees."
    )
    exchange_url: str | None = Field(default=None, description="For the sign-in: where the token is issued.")


class OAuth2ClientCredentialsResource(DescribedResource):
    """Fetch a token as a client of its own, send it, and fetch another when it ends or is refused."""

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
    client_secret: str | None = Field(default=None, repr=False, description="The client's secret.")
    client_auth: Literal["header", "body", "private_key_jwt", "client_secret_jwt", "mtls", "none"] = Field(
        default="header",
        description=(
            "How the client shows itself: id and secret in header or body, a JWT signed with "
            "private_key or with the secret, client_certificate (mtls), or by its id alone (none)."
        ),
    )
    basic_encoding: Literal["form", "raw"] = Field(
        default="form",
        description="form as RFC 6749 wants it; raw for servers that do not decode special characters.",
    )
    private_key: str | None = Field(
        default=None, repr=False, description="For private_key_jwt: PEM, JWK, or DER in base64."
    )
    private_key_passphrase: str | None = Field(
        default=None, repr=False, description="Opens the private key if it is encrypted."
    )
    assertion_algorithm: Literal[
        "HS256",
        "HS384",
        "HS512",
        "RS256",
        "RS384",
        "RS512",
        "PS256",
        "PS384",
        "PS512",
        "ES256",
        "ES384",
        "ES512",
        "ES256K",
        "EdDSA",
    ] = Field(
        default="RS256",
        description=(
            "What the client's JWT is signed by; HS256 for client_secret_jwt unless another HS is chosen."
        ),
    )
    assertion_key_id: str = Field(default="", description="The kid that the provider knows the key by.")
    assertion_audience: str = Field(
        default="", description="Whom the client's JWT is made for; the token URL if empty."
    )
    scope: str = Field(default="", description="The scopes to ask for, separated by spaces.")
    scope_separator: str = Field(default=" ", description="What this server wants between scopes.")
    grant_body: dict[str, Any] = Field(
        default={},
        description=(
            "JSON: fields to add or replace in the token request, null leaves one out; "
            "{{secret:NAME}} stands for a secret."
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


class OAuth2AuthorizationCodeResource(DescribedResource):
    """Send the token of somebody who signs in once with a browser, and renew it by its refresh token."""

    method: ClassVar[str] = "oauth2_authorization_code"

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
    client_secret: str | None = Field(default=None, repr=False, description="The client's secret.")
    client_auth: Literal["header", "body", "private_key_jwt", "client_secret_jwt", "mtls", "none"] = Field(
        default="header",
        description=(
            "How the client shows itself: id and secret in header or body, a JWT signed with "
            "private_key or with the secret, client_certificate (mtls), or by its id alone (none)."
        ),
    )
    basic_encoding: Literal["form", "raw"] = Field(
        default="form",
        description="form as RFC 6749 wants it; raw for servers that do not decode special characters.",
    )
    private_key: str | None = Field(
        default=None, repr=False, description="For private_key_jwt: PEM, JWK, or DER in base64."
    )
    private_key_passphrase: str | None = Field(
        default=None, repr=False, description="Opens the private key if it is encrypted."
    )
    assertion_algorithm: Literal[
        "HS256",
        "HS384",
        "HS512",
        "RS256",
        "RS384",
        "RS512",
        "PS256",
        "PS384",
        "PS512",
        "ES256",
        "ES384",
        "ES512",
        "ES256K",
        "EdDSA",
    ] = Field(
        default="RS256",
        description=(
            "What the client's JWT is signed by; HS256 for client_secret_jwt unless another HS is chosen."
        ),
    )
    assertion_key_id: str = Field(default="", description="The kid that the provider knows the key by.")
    assertion_audience: str = Field(
        default="", description="Whom the client's JWT is made for; the token URL if empty."
    )
    scope: str = Field(default="", description="The scopes to ask for, separated by spaces.")
    scope_separator: str = Field(default=" ", description="What this server wants between scopes.")
    grant_body: dict[str, Any] = Field(
        default={},
        description=(
            "JSON: fields to add or replace in the token request, null leaves one out; "
            "{{secret:NAME}} stands for a secret."
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
    refresh_token: str | None = Field(
        default=None,
        repr=False,
        description=(
            "That of a sign-in made elsewhere, which is taken over; left empty after a sign-in here."
        ),
    )
    refresh_url: str | None = Field(
        default=None, description="Where tokens are refreshed; the token URL if empty."
    )
    refresh_headers: dict[str, Any] = Field(
        default={}, description="JSON: headers to add to the refresh request."
    )
    refresh_body: dict[str, Any] = Field(
        default={},
        description=(
            "JSON: fields to add or replace in the refresh request, null leaves one out; "
            "{{secret:NAME}} stands for a secret."
        ),
    )
    single_use_refresh: bool = Field(
        default=False, description="The server revokes the sign-in when a refresh token comes twice."
    )
    response_refresh_path: str = Field(
        default="refresh_token", description="JSONPath of the refresh token in the reply."
    )
    response_refresh_expires_path: str = Field(
        default="",
        description="JSONPath of it in the reply; refresh_expires_in or refresh_token_expires_in if empty.",
    )
    revoke_url: str | None = Field(default=None, description="Where a sign-out revokes the token (RFC 7009).")
    authorize_url: str | None = Field(
        default=None, description="For the sign-in: the page on which the user agrees."
    )
    authorize_parameters: dict[str, Any] = Field(
        default={},
        description=(
            'JSON: what the sign-in page gets beside the standard, such as {"access_type": '
            '"offline"}; no secrets.'
        ),
    )
    redirect_uri: str | None = Field(
        default=None, description="Where the sign-in returns to, as the provider has it registered."
    )
    pkce: bool = Field(
        default=True, description="Bind the code to this sign-in (S256); off for servers that refuse it."
    )
    issuer: str | None = Field(
        default=None,
        description=(
            "Who must say to have sent the code (iss, RFC 9207), to the letter; if empty, who says"
            " so must be at the host of authorize_url or token_url."
        ),
    )


class OAuth2DeviceCodeResource(DescribedResource):
    """Send the token of somebody who signs in once on any device, and renew it by its refresh token."""

    method: ClassVar[str] = "oauth2_device_code"

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
    client_secret: str | None = Field(default=None, repr=False, description="The client's secret.")
    client_auth: Literal["header", "body", "private_key_jwt", "client_secret_jwt", "mtls", "none"] = Field(
        default="header",
        description=(
            "How the client shows itself: id and secret in header or body, a JWT signed with "
            "private_key or with the secret, client_certificate (mtls), or by its id alone (none)."
        ),
    )
    basic_encoding: Literal["form", "raw"] = Field(
        default="form",
        description="form as RFC 6749 wants it; raw for servers that do not decode special characters.",
    )
    private_key: str | None = Field(
        default=None, repr=False, description="For private_key_jwt: PEM, JWK, or DER in base64."
    )
    private_key_passphrase: str | None = Field(
        default=None, repr=False, description="Opens the private key if it is encrypted."
    )
    assertion_algorithm: Literal[
        "HS256",
        "HS384",
        "HS512",
        "RS256",
        "RS384",
        "RS512",
        "PS256",
        "PS384",
        "PS512",
        "ES256",
        "ES384",
        "ES512",
        "ES256K",
        "EdDSA",
    ] = Field(
        default="RS256",
        description=(
            "What the client's JWT is signed by; HS256 for client_secret_jwt unless another HS is chosen."
        ),
    )
    assertion_key_id: str = Field(default="", description="The kid that the provider knows the key by.")
    assertion_audience: str = Field(
        default="", description="Whom the client's JWT is made for; the token URL if empty."
    )
    scope: str = Field(default="", description="The scopes to ask for, separated by spaces.")
    scope_separator: str = Field(default=" ", description="What this server wants between scopes.")
    grant_body: dict[str, Any] = Field(
        default={},
        description=(
            "JSON: fields to add or replace in the token request, null leaves one out; "
            "{{secret:NAME}} stands for a secret."
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
    refresh_token: str | None = Field(
        default=None,
        repr=False,
        description=(
            "That of a sign-in made elsewhere, which is taken over; left empty after a sign-in here."
        ),
    )
    refresh_url: str | None = Field(
        default=None, description="Where tokens are refreshed; the token URL if empty."
    )
    refresh_headers: dict[str, Any] = Field(
        default={}, description="JSON: headers to add to the refresh request."
    )
    refresh_body: dict[str, Any] = Field(
        default={},
        description=(
            "JSON: fields to add or replace in the refresh request, null leaves one out; "
            "{{secret:NAME}} stands for a secret."
        ),
    )
    single_use_refresh: bool = Field(
        default=False, description="The server revokes the sign-in when a refresh token comes twice."
    )
    response_refresh_path: str = Field(
        default="refresh_token", description="JSONPath of the refresh token in the reply."
    )
    response_refresh_expires_path: str = Field(
        default="",
        description="JSONPath of it in the reply; refresh_expires_in or refresh_token_expires_in if empty.",
    )
    revoke_url: str | None = Field(default=None, description="Where a sign-out revokes the token (RFC 7009).")
    device_url: str | None = Field(
        default=None, description="For the sign-in: where the code comes from that is typed in."
    )


class OAuth2JwtBearerResource(DescribedResource):
    """Sign a JWT for each token request, as service accounts do; the API gets the server's token."""

    method: ClassVar[str] = "oauth2_jwt_bearer"

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
    client_id: str | None = Field(default=None, description="The client's public name.")
    client_secret: str | None = Field(default=None, repr=False, description="The client's secret.")
    client_auth: Literal["header", "body", "private_key_jwt", "client_secret_jwt", "mtls", "none"] = Field(
        default="header",
        description=(
            "How the client shows itself: id and secret in header or body, a JWT signed with "
            "private_key or with the secret, client_certificate (mtls), or by its id alone (none)."
        ),
    )
    basic_encoding: Literal["form", "raw"] = Field(
        default="form",
        description="form as RFC 6749 wants it; raw for servers that do not decode special characters.",
    )
    private_key: str = Field(
        repr=False, description="What signs the JWT: PEM, JWK, DER in base64, or a service account's JSON."
    )
    private_key_passphrase: str | None = Field(
        default=None, repr=False, description="Opens the private key if it is encrypted."
    )
    assertion_algorithm: Literal[
        "HS256",
        "HS384",
        "HS512",
        "RS256",
        "RS384",
        "RS512",
        "PS256",
        "PS384",
        "PS512",
        "ES256",
        "ES384",
        "ES512",
        "ES256K",
        "EdDSA",
    ] = Field(
        default="RS256",
        description=(
            "What the client's JWT is signed by; HS256 for client_secret_jwt unless another HS is chosen."
        ),
    )
    assertion_key_id: str = Field(default="", description="The kid that the provider knows the key by.")
    assertion_audience: str = Field(
        default="", description="Whom the client's JWT is made for; the token URL if empty."
    )
    scope: str = Field(default="", description="The scopes to ask for, separated by spaces.")
    scope_separator: str = Field(default=" ", description="What this server wants between scopes.")
    grant_body: dict[str, Any] = Field(
        default={},
        description=(
            "JSON: fields to add or replace in the token request, null leaves one out; "
            "{{secret:NAME}} stands for a secret."
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
    algorithm: Literal[
        "HS256",
        "HS384",
        "HS512",
        "RS256",
        "RS384",
        "RS512",
        "PS256",
        "PS384",
        "PS512",
        "ES256",
        "ES384",
        "ES512",
        "ES256K",
        "EdDSA",
    ] = Field(default="RS256", description="What the API checks the signature with.")
    payload: dict[str, Any] = Field(
        default={},
        description=(
            "JSON: the claims; {{now}}, {{now+300}}, {{uuid}} and {{secret:NAME}} are filled in, "
            "null leaves a claim out."
        ),
    )
    jwt_headers: dict[str, Any] = Field(
        default={}, description='JSON: headers beside alg and typ, which are set, such as {"kid": "1"}.'
    )
    lifetime: int = Field(default=180, description="Seconds that the JWT is valid: it is sent once, at once.")


class OAuth2PasswordResource(DescribedResource):
    """Fetch a token with a user's name and password; they are never sent to the API itself."""

    method: ClassVar[str] = "oauth2_password"

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
    client_id: str | None = Field(default=None, description="The client's public name.")
    client_secret: str | None = Field(default=None, repr=False, description="The client's secret.")
    client_auth: Literal["header", "body", "private_key_jwt", "client_secret_jwt", "mtls", "none"] = Field(
        default="header",
        description=(
            "How the client shows itself: id and secret in header or body, a JWT signed with "
            "private_key or with the secret, client_certificate (mtls), or by its id alone (none)."
        ),
    )
    basic_encoding: Literal["form", "raw"] = Field(
        default="form",
        description="form as RFC 6749 wants it; raw for servers that do not decode special characters.",
    )
    private_key: str | None = Field(
        default=None, repr=False, description="For private_key_jwt: PEM, JWK, or DER in base64."
    )
    private_key_passphrase: str | None = Field(
        default=None, repr=False, description="Opens the private key if it is encrypted."
    )
    assertion_algorithm: Literal[
        "HS256",
        "HS384",
        "HS512",
        "RS256",
        "RS384",
        "RS512",
        "PS256",
        "PS384",
        "PS512",
        "ES256",
        "ES384",
        "ES512",
        "ES256K",
        "EdDSA",
    ] = Field(
        default="RS256",
        description=(
            "What the client's JWT is signed by; HS256 for client_secret_jwt unless another HS is chosen."
        ),
    )
    assertion_key_id: str = Field(default="", description="The kid that the provider knows the key by.")
    assertion_audience: str = Field(
        default="", description="Whom the client's JWT is made for; the token URL if empty."
    )
    scope: str = Field(default="", description="The scopes to ask for, separated by spaces.")
    scope_separator: str = Field(default=" ", description="What this server wants between scopes.")
    grant_body: dict[str, Any] = Field(
        default={},
        description=(
            "JSON: fields to add or replace in the token request, null leaves one out; "
            "{{secret:NAME}} stands for a secret."
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
    username: str = Field(description="The user's name.")
    password: str = Field(repr=False, description="The user's password, for the login alone.")


class OAuth2TokenExchangeResource(DescribedResource):
    """Fetch a token for one that was issued elsewhere, such as a workload's identity or a user's token."""

    method: ClassVar[str] = "oauth2_token_exchange"

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
    client_id: str | None = Field(default=None, description="The client's public name.")
    client_secret: str | None = Field(default=None, repr=False, description="The client's secret.")
    client_auth: Literal["header", "body", "private_key_jwt", "client_secret_jwt", "mtls", "none"] = Field(
        default="header",
        description=(
            "How the client shows itself: id and secret in header or body, a JWT signed with "
            "private_key or with the secret, client_certificate (mtls), or by its id alone (none)."
        ),
    )
    basic_encoding: Literal["form", "raw"] = Field(
        default="form",
        description="form as RFC 6749 wants it; raw for servers that do not decode special characters.",
    )
    private_key: str | None = Field(
        default=None, repr=False, description="For private_key_jwt: PEM, JWK, or DER in base64."
    )
    private_key_passphrase: str | None = Field(
        default=None, repr=False, description="Opens the private key if it is encrypted."
    )
    assertion_algorithm: Literal[
        "HS256",
        "HS384",
        "HS512",
        "RS256",
        "RS384",
        "RS512",
        "PS256",
        "PS384",
        "PS512",
        "ES256",
        "ES384",
        "ES512",
        "ES256K",
        "EdDSA",
    ] = Field(
        default="RS256",
        description=(
            "What the client's JWT is signed by; HS256 for client_secret_jwt unless another HS is chosen."
        ),
    )
    assertion_key_id: str = Field(default="", description="The kid that the provider knows the key by.")
    assertion_audience: str = Field(
        default="", description="Whom the client's JWT is made for; the token URL if empty."
    )
    scope: str = Field(default="", description="The scopes to ask for, separated by spaces.")
    scope_separator: str = Field(default=" ", description="What this server wants between scopes.")
    grant_body: dict[str, Any] = Field(
        default={},
        description=(
            "JSON: fields to add or replace in the token request, null leaves one out; "
            "{{secret:NAME}} stands for a secret."
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
    subject_token: str = Field(repr=False, description="The token that is exchanged.")
    subject_kind: str = Field(
        default="access_token",
        description="One of access_token, refresh_token, id_token, jwt, saml1, saml2, or a complete URN.",
    )
    actor_token: str | None = Field(
        default=None, repr=False, description="Who acts for the subject, where the server wants to know."
    )
    actor_kind: str = Field(default="access_token", description="As for the subject token.")
    requested_kind: str = Field(
        default="", description="The kind of token to ask for; the server's choice if empty."
    )
    audience: str = Field(default="", description="The service that the new token is for, by its name.")
    resource: str = Field(default="", description="The service that the new token is for, by its URL.")


class SessionLoginResource(DescribedResource):
    """Log in once for all sessions of the process, send what came back, log in anew when it is refused."""

    method: ClassVar[str] = "session_login"

    add_to: Literal["header", "query", "cookie"] = Field(
        default="header", description="Where the API expects the credential."
    )
    header_name: str = Field(default="Authorization", description="The header that carries the token.")
    query_name: str = Field(default="access_token", description="The query parameter that carries the token.")
    use_prefix: bool = Field(default=True, description="Whether the prefix is put before the value.")
    prefix: str = Field(
        default="Bearer", description="The word before the value in the header, such as Bearer."
    )
    login_url: str = Field(description="The complete URL that opens a session.")
    login_method: Literal["POST", "GET", "PUT"] = Field(
        default="POST", description="The HTTP method of the login."
    )
    username: str | None = Field(default=None, description="The user's name.")
    password: str | None = Field(
        default=None, repr=False, description="The user's password, for the login alone."
    )
    login_auth: Literal["none", "basic"] = Field(
        default="none", description="basic: name and password go as Basic header of the login."
    )
    login_format: Literal["form", "json", "query"] = Field(
        default="json", description="How the fields of the login are written."
    )
    login_body: dict[str, Any] = Field(
        default={},
        description=(
            "JSON: the fields of the login, with {{username}}, {{secret:password}} for the "
            "password, and {{secret:NAME}}; left out: username and password, or nothing beside a "
            "Basic header."
        ),
    )
    login_headers: dict[str, Any] = Field(
        default={}, description="JSON: headers of the login, filled in likewise."
    )
    response_access_path: str | None = Field(
        default=None, description="JSONPath of the token in the reply; $ where it is the reply."
    )
    response_header: str | None = Field(
        default=None, description="The header of the reply that holds the token."
    )
    response_cookie: str | None = Field(default=None, description="The reply's cookie that is the token.")
    response_expires_path: str = Field(
        default="expires_in", description="JSONPath of the lifetime (seconds) in the reply."
    )
    default_lifetime: float | None = Field(
        default=None, description="Seconds that a token lasts where the reply does not say."
    )
    logout_url: str | None = Field(
        default=None, description="The complete URL that ends the session at the close."
    )
    logout_method: Literal["POST", "GET", "PUT", "DELETE"] = Field(
        default="POST", description="The HTTP method of the logout."
    )
    cookie_name: str = Field(
        default="", description="The cookie that carries the token; that of the reply if empty."
    )


class AwsSigV4Resource(DescribedResource):
    """Sign each request with a pair of AWS keys, or with those of a profile or a role."""

    method: ClassVar[str] = "aws_sigv4"

    region: str = Field(description="The region in the API's address, such as eu-central-1.")
    service: str = Field(description="The service's name in signatures, such as s3 or execute-api.")
    access_key: str | None = Field(
        default=None, repr=False, description="The access key ID; empty where a profile is used."
    )
    secret_key: str | None = Field(
        default=None, repr=False, description="The secret access key that belongs to it."
    )
    session_token: str | None = Field(
        default=None, repr=False, description="The third part of temporary credentials."
    )
    add_to: Literal["header", "query"] = Field(
        default="header", description="header, or query for presigned URLs."
    )
    expires: int = Field(default=900, description="Seconds that a presigned URL is good for, at most a week.")
    role_arn: str | None = Field(
        default=None, description="A role to assume, with the keys above or the profile; needs botocore."
    )
    profile: str | None = Field(
        default=None, description="A profile of this machine's AWS configuration; needs botocore."
    )


class CustomResource(DescribedResource):
    """Authenticate by extra_parameters and secret_parameters alone, which the connection writes."""

    method: ClassVar[str] = "custom"


RESOURCES: Mapping[str, type[DescribedResource]] = MappingProxyType(
    {
        known.method: known
        for known in (
            NoAuthenticationResource,
            ApiKeyResource,
            BearerResource,
            BasicResource,
            DigestResource,
            JwtBearerResource,
            OAuth1Resource,
            OAuth2ClientCredentialsResource,
            OAuth2AuthorizationCodeResource,
            OAuth2DeviceCodeResource,
            OAuth2JwtBearerResource,
            OAuth2PasswordResource,
            OAuth2TokenExchangeResource,
            SessionLoginResource,
            AwsSigV4Resource,
            CustomResource,
        )
    }
)
"""Every method's resource class by the method's name in a document."""
