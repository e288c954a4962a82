"""One resource class for each authentication method, and base classes with the fields that methods share.

Written by generate.py from the fields of the core; change them there.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Literal

from pydantic import Field

from dagster_watchword.described import DescribedResource


class NoAuthenticationResource(DescribedResource):
    """Send requests unchanged."""

    method: ClassVar[str] = "none"


class ApiKeyResource(DescribedResource):
    """Send a key in a header, the query, a cookie or the body."""

    method: ClassVar[str] = "api_key"

    key_name: str = Field(
        default="X-API-Key", description="The header, parameter, cookie or body field that carries the key."
    )
    api_key: str = Field(repr=False, description="The key.")
    add_to: Literal["header", "query", "cookie", "body"] = Field(
        default="header", description="Where the API expects the credential."
    )
    use_prefix: bool = Field(default=True, description="Whether the prefix is sent before the value.")
    prefix: str = Field(default="", description="The word before the value in a header, such as Bearer.")


class TokenPlacementResource(DescribedResource):
    """The place of an access token (RFC 6750 section 2), with any name and prefix."""

    add_to: Literal["header", "query", "body"] = Field(
        default="header", description="Where the API expects the credential."
    )
    header_name: str = Field(default="Authorization", description="The header that carries the token.")
    query_name: str = Field(default="access_token", description="The query parameter that carries the token.")
    body_name: str = Field(
        default="access_token",
        description="The field of the body, a form or a JSON object, that carries the token.",
    )
    use_prefix: bool = Field(default=True, description="Whether the prefix is sent before the value.")
    prefix: str = Field(
        default="Bearer", description="The word before the value in a header, such as Bearer."
    )


class BearerResource(TokenPlacementResource):
    """Send a fixed bearer token in a header or the query."""

    method: ClassVar[str] = "bearer"

    bearer_token: str = Field(repr=False, description="The token, without the word Bearer.")


class BasicResource(DescribedResource):
    """Send user name and password in the Authorization header."""

    method: ClassVar[str] = "basic"

    username: str = Field(
        description=(
            "The user's name, without a colon; may be empty if the API takes a key as password. A "
            "key can be a reference, such as env:NAME."
        )
    )
    password: str = Field(
        default="",
        repr=False,
        description="The user's password; may be empty if the API takes a key as user name.",
    )
    charset: Literal["utf-8", "latin-1"] = Field(
        default="utf-8", description="How user name and password are encoded; latin-1 for some old APIs."
    )


class DigestResource(DescribedResource):
    """Respond to the server's challenge with a hash of user name, password and request."""

    method: ClassVar[str] = "digest"

    username: str = Field(description="The user's name, without a colon.")
    password: str = Field(
        default="", repr=False, description="The user's password; only a hash of it is sent."
    )


class JwtBearerResource(TokenPlacementResource):
    """Sign a JWT and send it until shortly before it expires; sign a new one if it expires or is refused."""

    method: ClassVar[str] = "jwt_bearer"

    query_name: str = Field(default="jwt", description="The query parameter that carries the token.")
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
    ] = Field(default="HS256", description="The signature algorithm that the API expects.")
    jwt_secret: str = Field(
        repr=False,
        description=(
            "For HS256, HS384 and HS512 the shared secret, else a private key: PEM, JWK, DER or "
            "PKCS#12 in base64, or a provider's JSON file."
        ),
    )
    key_encoding: Literal["utf8", "base64", "base64url", "hex"] = Field(
        default="utf8", description="How the shared secret is written; for private keys it is ignored."
    )
    private_key_passphrase: str | None = Field(
        default=None, repr=False, description="Decrypts the private key, if it is encrypted."
    )
    payload: dict[str, Any] = Field(
        default={},
        description=(
            "JSON: the claims of the JWT; {{now}}, {{now+300}}, {{uuid}} and {{secret:NAME}} are "
            "filled in, and null leaves a claim out."
        ),
    )
    jwt_headers: dict[str, Any] = Field(
        default={}, description='JSON: header members in addition to alg and typ, such as {"kid": "1"}.'
    )
    lifetime: int = Field(
        default=300,
        description=(
            "Seconds from iat to exp, unless the payload has them; 0 signs a new JWT for each request."
        ),
    )


class OAuth1Resource(DescribedResource):
    """Sign each request with the consumer's secret or key, and with the token's secret."""

    method: ClassVar[str] = "oauth1"

    signature_method: Literal[
        "HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512", "RSA-SHA1", "RSA-SHA256", "RSA-SHA512", "PLAINTEXT"
    ] = Field(default="HMAC-SHA1", description="How requests are signed, as the API requires it.")
    realm: str = Field(default="", description="A realm for the header, if the API requires one.")
    consumer_key: str = Field(description="The client's public identifier.")
    consumer_secret: str | None = Field(
        default=None, repr=False, description="The client's secret, for HMAC and PLAINTEXT."
    )
    private_key: str | None = Field(default=None, repr=False, description="The client's RSA key.")
    private_key_passphrase: str | None = Field(
        default=None, repr=False, description="Decrypts the private key, if it is encrypted."
    )
    access_token: str = Field(
        default="", repr=False, description="The user's token; leave it empty if the client signs alone."
    )
    token_secret: str = Field(default="", repr=False, description="The secret of the access token.")
    body_hash: bool = Field(
        default=False,
        description=(
            "Whether bodies other than forms are signed too, by their hash; only if the API requires it."
        ),
    )
    add_to: Literal["header", "query", "body"] = Field(
        default="header", description="Where the API expects the credential."
    )
    request_token_url: str | None = Field(
        default=None, description="The URL that issues temporary credentials for a sign-in."
    )
    authorize_url: str | None = Field(
        default=None, description="The page on which the user signs in and agrees."
    )
    access_token_url: str | None = Field(
        default=None, description="The URL that issues the access token of a sign-in."
    )


class OAuth2Resource(TokenPlacementResource):
    """Request a token from a token endpoint, send it, and request another if it expires or is refused."""

    token_url: str = Field(description="The complete URL of the token endpoint.")
    client_id: str | None = Field(default=None, description="The client's public identifier.")
    client_secret: str | None = Field(default=None, repr=False, description="The secret of the client.")
    client_auth: Literal[
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt",
        "client_secret_jwt",
        "tls_client_auth",
        "self_signed_tls_client_auth",
        "oauth1",
        "none",
    ] = Field(
        default="client_secret_basic",
        description=(
            "How the client authenticates: with id and secret in a Basic header or in the body, "
            "with a JWT signed with private_key or the secret, with client_certificate, or with "
            "its id alone (none)."
        ),
    )
    basic_encoding: Literal["form", "raw"] = Field(
        default="form",
        description=(
            "How id and secret are encoded for the Basic header: form by RFC 6749, raw for servers"
            " that don't decode them."
        ),
    )
    private_key: str | None = Field(
        default=None,
        repr=False,
        description=(
            "The key of private_key_jwt: PEM, JWK, DER or PKCS#12 in base64, or a provider's JSON file."
        ),
    )
    private_key_passphrase: str | None = Field(
        default=None, repr=False, description="Decrypts the private key, if it is encrypted."
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
        description="The algorithm of the client's JWT; for client_secret_jwt the default is HS256.",
    )
    assertion_key_id: str = Field(
        default="", description="The kid under which the provider has registered the key."
    )
    assertion_audience: str = Field(
        default="", description="The audience of the client's JWT; the token URL if empty."
    )
    assertion_headers: dict[str, Any] = Field(
        default={},
        description=(
            'JSON: members to add to the header of the JWT, such as {"x5t": "{{x5t}}"}; {{x5t}} '
            "and {{x5t_s256}} are the thumbprints of client_certificate."
        ),
    )
    assertion_claims: dict[str, Any] = Field(
        default={},
        description=(
            "JSON: claims to add to the client's JWT or to replace in it; {{now}}, {{now+300}}, "
            "{{uuid}} and {{secret:NAME}} are filled in, and null leaves a claim out."
        ),
    )
    scope: str = Field(default="", description="The scopes to request, separated by spaces.")
    scope_separator: str = Field(default=" ", description="The text between scopes in the token request.")
    grant_body: dict[str, Any] = Field(
        default={},
        description=(
            "JSON: fields to add or replace in the token request; null leaves one out, "
            "{{secret:NAME}} inserts a secret, {{client_id}} and {{client_secret}} the client's; "
            "{{uuid}} and {{now}} are new in each request."
        ),
    )
    grant_method: Literal["POST", "GET", "PUT"] = Field(
        default="POST",
        description="The HTTP method of the token request; with GET all fields are sent in the query.",
    )
    grant_format: Literal["form", "json", "query"] = Field(
        default="form", description="The format of the token request's body."
    )
    login_with: dict[str, Any] = Field(
        default={},
        description=(
            "JSON: the method and the fields that authenticate the request for the token, such as "
            '{"method": "jwt_bearer", "algorithm": "RS256", "jwt_secret": "{{secret:KEY}}"}. Write'
            " its secrets as {{secret:NAME}}, and keep them in secret_parameters as "
            '"template:NAME".'
        ),
    )
    grant_headers: dict[str, Any] = Field(
        default={}, description="JSON: headers to add to the token request, filled in like the request body."
    )
    dpop: bool = Field(
        default=False,
        description=(
            "Whether tokens are bound to a key that watchword makes and stores, and each request "
            "carries a proof of it (RFC 9449). Okta demands this of new API service apps."
        ),
    )
    response_access_path: str = Field(
        default="access_token",
        description=(
            "JSONPath of the token in the response; in XML an element such as Access_Token.Token, "
            "and $ if the body is the token. Where responses differ, a.b | c takes the first that "
            "is there."
        ),
    )
    response_expires_path: str = Field(
        default="expires_in",
        description=(
            "JSONPath of the token's lifetime or end in the response, or header:NAME. If it leads "
            "to nothing, the usual fields are read."
        ),
    )
    default_lifetime: float | None = Field(
        default=None, description="How long a token lasts, in seconds, if the response does not say."
    )
    response_base_url_path: str | None = Field(
        default=None,
        description=(
            "JSONPath of the API's base URL in the response, such as instance_url. It takes the "
            "place of the base URL if allowed_origins has its origin, such as "
            "https://*.my.salesforce.com."
        ),
    )
    response_values: dict[str, str] = Field(
        default={},
        description=(
            "JSON: a place in each request, and where the response has its value: "
            '{"header:Xero-tenant-id": "$[0].tenantId", "path:cloudid": "$[0].id"}. A place is '
            "header:NAME, query:NAME, cookie:NAME, or path:NAME, which fills in {{value:NAME}} in "
            "the path of the base URL. The value is a JSONPath, $ if the body is the value, "
            "header:NAME, cookie:NAME, or callback:NAME for a parameter of the sign-in's "
            'redirected URL. "cookie:*": "cookie:*" sends all cookies of the response.'
        ),
    )
    values_url: str | None = Field(
        default=None,
        description=(
            "The complete URL of a GET that is sent once with each new token; its response has the"
            " values that the token's response lacks."
        ),
    )


class OAuth2ClientCredentialsResource(OAuth2Resource):
    """Fetch a token for the client itself, send it, and fetch another if it expires or is refused."""

    method: ClassVar[str] = "oauth2_client_credentials"


class OAuth2SignInResource(OAuth2Resource):
    """Send the token of a person who has signed in, and renew it by its refresh token."""

    client_id: str = Field(description="The client's public identifier.")
    refresh_token: str | None = Field(
        default=None,
        repr=False,
        description=(
            "The refresh token of a sign-in that was made elsewhere; leave it empty after a sign-in here."
        ),
    )
    refresh_url: str | None = Field(
        default=None, description="The URL that refreshes tokens; the token URL if empty."
    )
    refresh_method: Literal["same", "POST", "GET", "PUT"] = Field(
        default="same",
        description="The HTTP method of the refresh request: that of the token request (same), or another.",
    )
    refresh_name: str = Field(
        default="refresh_token",
        description=(
            "The name that the refresh request gives to the refresh token, such as access_token "
            "for servers that renew by the access token."
        ),
    )
    refresh_headers: dict[str, Any] = Field(
        default={},
        description=(
            "JSON: headers to add to the refresh request; {{refresh_token}} and {{secret:NAME}} "
            "are filled in."
        ),
    )
    refresh_body: dict[str, Any] = Field(
        default={},
        description=(
            "JSON: fields to add or replace in the refresh request; null leaves one out; "
            "{{refresh_token}} and {{secret:NAME}} are filled in."
        ),
    )
    refused_on_body: dict[str, Any] = Field(
        default={},
        description=(
            'JSON: {"error.code": 36009, "state": "revoked"}. A response to a refresh, whatever '
            "its status, says that the refresh token is dead if it has one of these values at that"
            " JSONPath. invalid_grant and other common names are known."
        ),
    )
    single_use_refresh: bool = Field(
        default=False, description="Whether the server revokes the sign-in if a refresh token is used twice."
    )
    response_refresh_path: str = Field(
        default="refresh_token", description="JSONPath of the refresh token in the response."
    )
    response_refresh_expires_path: str = Field(
        default="",
        description=(
            "JSONPath of the lifetime in the response; without it the usual names are read, such "
            "as refresh_expires_in and refresh_token_expires_in."
        ),
    )
    revocation_endpoint: str | None = Field(
        default=None, description="The URL where a sign-out revokes the token (RFC 7009)."
    )


class OAuth2AuthorizationCodeResource(OAuth2SignInResource):
    """Send the token of a person who signs in once with a browser, and renew it by its refresh token."""

    method: ClassVar[str] = "oauth2_authorization_code"

    authorize_url: str | None = Field(
        default=None, description="The page on which the user signs in and agrees."
    )
    authorize_parameters: dict[str, Any] = Field(
        default={},
        description=(
            'JSON: further parameters of the sign-in page, such as {"access_type": "offline"}; no secrets.'
        ),
    )
    redirect_uri: str | None = Field(
        default=None, description="Where the browser returns to, exactly as registered at the provider."
    )
    pkce: bool = Field(
        default=True,
        description=(
            "Whether the code is bound to this sign-in (S256); turn it off for servers that refuse it."
        ),
    )
    issuer: str | None = Field(
        default=None,
        description=(
            "The exact issuer that must send the code (iss, RFC 9207); if empty, an issuer that is"
            " sent must be at the host of authorize_url or token_url."
        ),
    )


class OAuth2DeviceCodeResource(OAuth2SignInResource):
    """Send the token of a person who signs in once on any device, and renew it by its refresh token."""

    method: ClassVar[str] = "oauth2_device_code"

    device_authorization_endpoint: str | None = Field(
        default=None, description="The URL that issues the code to type in."
    )


class OAuth2JwtBearerResource(OAuth2Resource):
    """Sign a JWT for each token request, as service accounts do; send the server's token to the API."""

    method: ClassVar[str] = "oauth2_jwt_bearer"

    token_url: str = Field(
        default="",
        description=(
            "The complete URL of the token endpoint; not needed if private_key is a file that has it."
        ),
    )
    private_key: str = Field(
        repr=False,
        description=(
            "The key that signs the JWT: PEM, JWK, DER or PKCS#12 in base64, or the JSON file of "
            "Google, Box and others, from which the fields that are left empty are filled in."
        ),
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
    ] = Field(default="RS256", description="The signature algorithm that the API expects.")
    payload: dict[str, Any] = Field(
        default={},
        description=(
            "JSON: the claims of the JWT; {{now}}, {{now+300}}, {{uuid}} and {{secret:NAME}} are "
            "filled in, and null leaves a claim out."
        ),
    )
    jwt_headers: dict[str, Any] = Field(
        default={}, description='JSON: header members in addition to alg and typ, such as {"kid": "1"}.'
    )
    lifetime: int = Field(
        default=180, description="How long the JWT is valid, in seconds; it is sent once, immediately."
    )


class OAuth2PasswordResource(OAuth2Resource):
    """Fetch a token with a user's name and password, which are never sent to the API itself."""

    method: ClassVar[str] = "oauth2_password"

    username: str = Field(description="The user's name.")
    password: str = Field(repr=False, description="The user's password; it is sent only to the login.")


class OAuth2TokenExchangeResource(OAuth2Resource):
    """Exchange a token that was issued elsewhere, such as a workload's identity or a user's token."""

    method: ClassVar[str] = "oauth2_token_exchange"

    subject_token: str = Field(repr=False, description="The token to exchange.")
    subject_token_type: str = Field(
        default="access_token",
        description=(
            "The type of the subject token: one of access_token, refresh_token, id_token, jwt, "
            "saml1, saml2, or a complete URN."
        ),
    )
    actor_token: str | None = Field(
        default=None,
        repr=False,
        description="The token of the party that acts for the subject, if the server requires one.",
    )
    actor_token_type: str = Field(
        default="access_token", description="The type of the actor token, as for the subject token."
    )
    requested_token_type: str = Field(
        default="", description="The type of token to request; the server's choice if empty."
    )
    audience: str = Field(default="", description="The name of the service that the new token is for.")
    resource: str = Field(default="", description="The URL of the service that the new token is for.")


class SessionLoginResource(TokenPlacementResource):
    """Log in once for all sessions of the process, send the token, and log in again if it is refused."""

    method: ClassVar[str] = "session_login"

    add_to: Literal["header", "query", "cookie", "body"] = Field(
        default="header", description="Where the API expects the credential."
    )  # type: ignore[assignment] # takes more values than the base's field
    login_url: str = Field(description="The complete URL that opens a session.")
    login_method: Literal["POST", "GET", "PUT"] = Field(
        default="POST", description="The HTTP method of the login."
    )
    username: str | None = Field(default=None, description="The user's name.")
    password: str | None = Field(
        default=None, repr=False, description="The user's password; it is sent only to the login."
    )
    login_auth: Literal["none", "basic"] = Field(
        default="none", description="basic sends user name and password in a Basic header of the login."
    )
    login_format: Literal["form", "json", "query", "xml"] = Field(
        default="json", description="The format of the login's body; xml sends the text at $ in it."
    )
    login_body: dict[str, Any] = Field(
        default={},
        description=(
            "JSON: the fields of the login, or for XML the whole body as the text $; {{username}},"
            " {{secret:password}}, {{secret:NAME}}, {{uuid}} and {{now}} are filled in. If empty, "
            "username and password are sent; with a Basic header, login_with, or a secret in "
            "login_headers alone, nothing."
        ),
    )
    login_headers: dict[str, Any] = Field(
        default={}, description="JSON: headers of the login, filled in like the body."
    )
    login_with: dict[str, Any] = Field(
        default={},
        description=(
            "JSON: the method and the fields that authenticate the request for the token, such as "
            '{"method": "jwt_bearer", "algorithm": "RS256", "jwt_secret": "{{secret:KEY}}"}. Write'
            " its secrets as {{secret:NAME}}, and keep them in secret_parameters as "
            '"template:NAME".'
        ),
    )
    response_access_path: str | None = Field(
        default=None,
        description=(
            "JSONPath of the token in the response; in XML an element such as Access_Token.Token, "
            "and $ if the body is the token."
        ),
    )
    response_header: str | None = Field(
        default=None, description="The header of the response that holds the token."
    )
    response_cookie: str | None = Field(
        default=None,
        description=(
            "The cookie of the response that is the token. Cookies that the API requires besides "
            "follow it, separated by commas. All others are sent where a browser would send them."
        ),
    )
    response_expires_path: str = Field(
        default="expires_in",
        description=(
            "JSONPath of the token's lifetime or end in the response, or header:NAME. If it leads "
            "to nothing, the usual fields are read."
        ),
    )
    default_lifetime: float | None = Field(
        default=None, description="How long a token lasts, in seconds, if the response does not say."
    )
    response_base_url_path: str | None = Field(
        default=None,
        description=(
            "JSONPath of the API's base URL in the response, such as instance_url. It takes the "
            "place of the base URL if allowed_origins has its origin, such as "
            "https://*.my.salesforce.com."
        ),
    )
    response_values: dict[str, str] = Field(
        default={},
        description=(
            "JSON: a place in each request, and where the response has its value: "
            '{"header:Xero-tenant-id": "$[0].tenantId", "path:cloudid": "$[0].id"}. A place is '
            "header:NAME, query:NAME, cookie:NAME, or path:NAME, which fills in {{value:NAME}} in "
            "the path of the base URL. The value is a JSONPath, $ if the body is the value, "
            "header:NAME, cookie:NAME, or callback:NAME for a parameter of the sign-in's "
            'redirected URL. "cookie:*": "cookie:*" sends all cookies of the response.'
        ),
    )
    values_url: str | None = Field(
        default=None,
        description=(
            "The complete URL of a GET that is sent once with each new token; its response has the"
            " values that the token's response lacks."
        ),
    )
    logout_url: str | None = Field(
        default=None, description="The complete URL that ends the session, called when it is closed."
    )
    logout_method: Literal["POST", "GET", "PUT", "DELETE"] = Field(
        default="POST", description="The HTTP method of the logout."
    )
    cookie_name: str = Field(
        default="", description="The cookie that carries the token; that of the response if empty."
    )


class AwsSigV4Resource(DescribedResource):
    """Sign each request with a pair of AWS keys, or with the keys of a profile or a role."""

    method: ClassVar[str] = "aws_sigv4"

    region: str = Field(description="The AWS region of the API, such as eu-central-1.")
    service: str = Field(description="The name of the service in signatures, such as s3 or execute-api.")
    access_key: str | None = Field(
        default=None, repr=False, description="The access key ID; leave it empty if a profile is used."
    )
    secret_key: str | None = Field(
        default=None, repr=False, description="The secret access key of the access key ID."
    )
    session_token: str | None = Field(
        default=None, repr=False, description="The session token of temporary credentials."
    )
    add_to: Literal["header", "query"] = Field(
        default="header", description="Where the signature is sent: header, or query for presigned URLs."
    )
    expires: int = Field(
        default=900, description="How long a presigned URL is valid, in seconds; at most a week."
    )
    role_arn: str | None = Field(
        default=None, description="A role to assume, with the access key or the profile; needs botocore."
    )
    profile: str | None = Field(
        default=None, description="A profile in this machine's AWS configuration; needs botocore."
    )


class HmacSignatureResource(DescribedResource):
    """Sign each request by HMAC or a hash over a template of its parts; templates say how that is sent."""

    method: ClassVar[str] = "hmac_signature"

    key_id: str = Field(
        default="", description="The public name of the secret, for {{key_id}} in the templates."
    )
    hmac_secret: str = Field(repr=False, description="The secret that signs.")
    key_encoding: Literal["utf8", "base64", "base64url", "hex"] = Field(
        default="utf8", description="How the HMAC secret is written."
    )
    string_to_sign: str = Field(
        description="The template of what is signed, such as {{method}}\\n{{url}}\\n{{body}}\\n{{timestamp}}."
    )
    signature_parameters: dict[str, str] = Field(
        default={},
        description=(
            'JSON: what each request carries, by its place, such as {"header:X-Signature": '
            '"{{signature}}", "header:X-Timestamp": "{{timestamp}}"}.'
        ),
    )
    signature_type: Literal["hmac", "hash"] = Field(
        default="hmac", description="hmac, or hash for APIs that hash a text with {{hmac_secret}} in it."
    )
    hash_algorithm: Literal["SHA256", "SHA512", "SHA384", "SHA1", "MD5"] = Field(
        default="SHA256", description="The hash function of the signature."
    )
    signature_encoding: Literal["hex", "HEX", "base64", "base64url", "base64url_padded", "hex_base64"] = (
        Field(
            default="hex",
            description=(
                "How the signature is written; HEX has upper case, hex_base64 is base64 of the hex digits."
            ),
        )
    )
    timestamp_format: Literal[
        "seconds",
        "milliseconds",
        "microseconds",
        "iso8601",
        "iso8601_milliseconds",
        "iso8601_without_zone",
        "iso8601_short_year",
        "rfc9110",
        "rfc2822",
    ] = Field(default="seconds", description="How {{timestamp}} is written; numbers count from 1970.")
    nonce_format: Literal["uuid", "hex", "increasing"] = Field(
        default="uuid", description="How {{nonce}} is made; increasing is the time in microseconds."
    )


class CustomResource(DescribedResource):
    """Authenticate only by extra_parameters and secret_parameters."""

    method: ClassVar[str] = "custom"


RESOURCES: Mapping[str, type[DescribedResource]] = MappingProxyType(
    {
        resource.method: resource
        for resource in (
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
            HmacSignatureResource,
            CustomResource,
        )
    }
)
"""Every method's resource class by the method's name in a document."""
