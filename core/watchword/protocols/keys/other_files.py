"""JSON files of providers that hold another credential: what each is, and what to do with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_CLIENT_CREDENTIALS = (
    "Choose oauth2_client_credentials, with {} of this file as client_id and client_secret, and {}."
)
_IONAPI = (
    "Choose oauth2_password, with ci and cs of this file as client_id and client_secret, saak and sask as "
    "username and password, and pu followed by ot as token_url."
)
_ENTRA = "https://login.microsoftonline.com/TENANT/oauth2/v2.0/token with its tenant as token_url"

# By the names that a file or a part of it has: what it is, and what to do.
_FETCHED = (
    "Give only the value of its access_token. It ends soon: a method that fetches tokens, such as "
    "oauth2_client_credentials, needs no token by hand."
)
TOKEN_RESPONSE = ("a whole response of a token endpoint", _FETCHED)
_FILES: tuple[tuple[frozenset[str], str, str], ...] = (
    (
        frozenset({"clientid", "clientsecret"}),
        "a service key of SAP BTP with a client's secret",
        _CLIENT_CREDENTIALS.format(
            "clientid and clientsecret", "its url with /oauth/token at the end as token_url"
        ),
    ),
    (
        frozenset({"appId", "fileWithCertAndPrivateKey"}),
        "a service principal of Azure, whose key is in another file",
        "Give the content of the file that fileWithCertAndPrivateKey names.",
    ),
    (
        frozenset({"appId", "password", "tenant"}),
        "a service principal of Azure with a client's secret",
        _CLIENT_CREDENTIALS.format("appId and password", _ENTRA),
    ),
    (
        frozenset({"clientId", "clientSecret", "tenantId"}),
        "a service principal of Azure with a client's secret",
        _CLIENT_CREDENTIALS.format("clientId and clientSecret", _ENTRA),
    ),
    (
        frozenset({"CLIENT_ID", "CLIENT_SECRETS"}),
        "the config.json of a project at Adobe with a client's secret",
        _CLIENT_CREDENTIALS.format(
            "CLIENT_ID and CLIENT_SECRETS", "https://ims-na1.adobelogin.com/ims/token/v3 as token_url"
        ),
    ),
    (
        frozenset({"dsJWTClientId"}),
        "the configuration of an example of Docusign's, whose key is in another file",
        "Give the content of the file that privateKeyLocation names.",
    ),
    (
        frozenset({"AccessKeyId", "SecretAccessKey"}),
        "an access key of AWS",
        "Choose aws_sigv4, with AccessKeyId as access_key and SecretAccessKey as secret_key.",
    ),
    (
        frozenset({"ci", "cs"}),
        "a service account of Infor (.ionapi)",
        _IONAPI,
    ),
    (
        frozenset({"client_id", "client_secret"}),
        "the credentials of an OAuth client, which have no private key",
        "Choose oauth2_client_credentials with its client_id and client_secret.",
    ),
)


def named(content: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return what a file seems to be, and advice; None for an unknown one. Neither has a value of it."""
    parts = [content, *(part for part in content.values() if isinstance(part, Mapping))]
    for names, what, advice in _FILES:
        if any(part.keys() >= names for part in parts):
            return what, advice
    return TOKEN_RESPONSE if any("access_token" in part for part in parts) else None
