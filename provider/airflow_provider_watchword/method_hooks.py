"""A hook for each connection type of one method; each is `ApiHook`, which serves connections of every type.

Airflow warns if a type's hook has another type.
"""

from __future__ import annotations

from airflow_provider_watchword.hooks import ApiHook


class NoAuthenticationHook(ApiHook):
    """The hook of connections of the method `none`."""

    conn_type = "watchword_none"
    hook_name = "HTTP API: No authentication"


class ApiKeyHook(ApiHook):
    """The hook of connections of the method `api_key`."""

    conn_type = "watchword_api_key"
    hook_name = "HTTP API: API key"


class BearerHook(ApiHook):
    """The hook of connections of the method `bearer`."""

    conn_type = "watchword_bearer"
    hook_name = "HTTP API: Bearer token"


class BasicHook(ApiHook):
    """The hook of connections of the method `basic`."""

    conn_type = "watchword_basic"
    hook_name = "HTTP API: Basic (user name and password)"


class DigestHook(ApiHook):
    """The hook of connections of the method `digest`."""

    conn_type = "watchword_digest"
    hook_name = "HTTP API: Digest (user name and password)"


class JwtBearerHook(ApiHook):
    """The hook of connections of the method `jwt_bearer`."""

    conn_type = "watchword_jwt_bearer"
    hook_name = "HTTP API: JWT signed with a key"


class OAuth1Hook(ApiHook):
    """The hook of connections of the method `oauth1`."""

    conn_type = "watchword_oauth1"
    hook_name = "HTTP API: OAuth 1.0"


class OAuth2ClientCredentialsHook(ApiHook):
    """The hook of connections of the method `oauth2_client_credentials`."""

    conn_type = "watchword_oauth2_client_credentials"
    hook_name = "HTTP API: OAuth 2.0 client credentials"


class OAuth2AuthorizationCodeHook(ApiHook):
    """The hook of connections of the method `oauth2_authorization_code`."""

    conn_type = "watchword_oauth2_authorization_code"
    hook_name = "HTTP API: OAuth 2.0 sign-in (authorization code)"


class OAuth2DeviceCodeHook(ApiHook):
    """The hook of connections of the method `oauth2_device_code`."""

    conn_type = "watchword_oauth2_device_code"
    hook_name = "HTTP API: OAuth 2.0 sign-in (device code)"


class OAuth2JwtBearerHook(ApiHook):
    """The hook of connections of the method `oauth2_jwt_bearer`."""

    conn_type = "watchword_oauth2_jwt_bearer"
    hook_name = "HTTP API: OAuth 2.0 signed JWT (service account)"


class OAuth2PasswordHook(ApiHook):
    """The hook of connections of the method `oauth2_password`."""

    conn_type = "watchword_oauth2_password"
    hook_name = "HTTP API: OAuth 2.0 user name and password"


class OAuth2TokenExchangeHook(ApiHook):
    """The hook of connections of the method `oauth2_token_exchange`."""

    conn_type = "watchword_oauth2_token_exchange"
    hook_name = "HTTP API: OAuth 2.0 token exchange"


class SessionLoginHook(ApiHook):
    """The hook of connections of the method `session_login`."""

    conn_type = "watchword_session_login"
    hook_name = "HTTP API: Session login"


class AwsSigV4Hook(ApiHook):
    """The hook of connections of the method `aws_sigv4`."""

    conn_type = "watchword_aws_sigv4"
    hook_name = "HTTP API: AWS Signature Version 4"


class HmacSignatureHook(ApiHook):
    """The hook of connections of the method `hmac_signature`."""

    conn_type = "watchword_hmac_signature"
    hook_name = "HTTP API: HMAC signature by a template"


class CustomHook(ApiHook):
    """The hook of connections of the method `custom`."""

    conn_type = "watchword_custom"
    hook_name = "HTTP API: Custom (stacked parameters)"
