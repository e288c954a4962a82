"""What the documentation of an API says if it means a method, for people who choose one."""

from __future__ import annotations

from collections.abc import Mapping

HINTS: Mapping[str, str] = {
    "none": "“public”, “no authentication needed”.",
    "api_key": "“API key”, “X-API-Key”, “add ?api_key= to each request”.",
    "bearer": "“personal access token”, “Authorization: Bearer …”.",
    "basic": "“Basic authentication”, “curl -u user:password”.",
    "digest": "“Digest authentication”, “curl --digest”.",
    "jwt_bearer": "“sign a JWT with your private key and send it with each request”.",
    "oauth1": "“OAuth 1.0a”, “consumer key and secret”.",
    "oauth2_client_credentials": "“client ID and client secret”, “machine to machine”, “app-only”.",
    "oauth2_authorization_code": "“redirect URI”, “connect your account”, “refresh token”.",
    "oauth2_device_code": "“enter this code on another device”.",
    "oauth2_jwt_bearer": "“service account”, “JWT assertion”, “JWT bearer flow”.",
    "oauth2_password": "“grant_type=password”.",
    "oauth2_token_exchange": "“token exchange”, “RFC 8693”, “workload identity federation”.",
    "session_login": "“POST /login returns a token or a session cookie”.",
    "aws_sigv4": "“AWS Signature Version 4”, “IAM authorization”, “S3-compatible”.",
    "hmac_signature": "“HMAC-SHA256 of method, path and time”, “string to sign”, “SHA-1 of secret and time”.",
    "custom": "“send these two headers”, or several secrets at once.",
}
"""By method; each completes “Their documentation says:”."""
