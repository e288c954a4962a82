"""The registry of authentication methods: one file per method, one line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from watchword.methods.api_key import ApiKey
from watchword.methods.aws_sigv4 import AwsSigV4
from watchword.methods.base import Method
from watchword.methods.basic import Basic
from watchword.methods.bearer import Bearer
from watchword.methods.custom import Custom
from watchword.methods.digest import Digest
from watchword.methods.jwt_bearer import JwtBearer
from watchword.methods.none import NoAuthentication
from watchword.methods.oauth1 import OAuth1
from watchword.methods.oauth2_client_credentials import OAuth2ClientCredentials
from watchword.methods.session_login import SessionLogin

METHODS: Mapping[str, type[Method]] = MappingProxyType(
    {
        known.method: known
        for known in (
            NoAuthentication,
            ApiKey,
            Bearer,
            Basic,
            Digest,
            JwtBearer,
            OAuth1,
            OAuth2ClientCredentials,
            SessionLogin,
            AwsSigV4,
            Custom,
        )
    }
)
"""Every method's class by its name in a document."""

__all__ = ["METHODS", "Method"]
