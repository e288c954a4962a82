"""The registry of authentication methods: one file per method, one line here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from watchword.methods.base import Method

_CLASSES = {
    "none": "NoAuthentication",
    "api_key": "ApiKey",
    "bearer": "Bearer",
    "basic": "Basic",
    "digest": "Digest",
    "jwt_bearer": "JwtBearer",
    "oauth1": "OAuth1",
    "oauth2_client_credentials": "OAuth2ClientCredentials",
    "oauth2_authorization_code": "OAuth2AuthorizationCode",
    "oauth2_device_code": "OAuth2DeviceCode",
    "oauth2_jwt_bearer": "OAuth2JwtBearer",
    "oauth2_password": "OAuth2Password",
    "oauth2_token_exchange": "OAuth2TokenExchange",
    "session_login": "SessionLogin",
    "aws_sigv4": "AwsSigV4",
    "hmac_signature": "HmacSignature",
    "custom": "Custom",
}
"""Each method's class; its module has the name of the method."""


class _Registry(Mapping[str, "type[Method]"]):
    """Imports a method when it is looked up: no process uses all of them."""

    def __getitem__(self, name: str) -> type[Method]:
        class_name = _CLASSES[name]
        method: type[Method] = getattr(import_module(f"watchword.methods.{name}"), class_name)
        return method

    def __iter__(self) -> Iterator[str]:
        return iter(_CLASSES)

    def __len__(self) -> int:
        return len(_CLASSES)

    def __contains__(self, name: object) -> bool:
        return name in _CLASSES


METHODS: Mapping[str, type[Method]] = _Registry()
"""Every method's class by its name in a document."""
