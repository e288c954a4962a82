"""The names of a document's fields: those of the standards, of Airflow's form, and former ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SYNONYMS: Mapping[str, str] = {
    # standard names (RFC 7591, RFC 8414)
    "authorization_endpoint": "authorize_url",
    "token_endpoint": "token_url",
    "token_endpoint_auth_method": "client_auth",
    # names in Airflow's form, and former names
    "actor_kind": "actor_token_type",
    "device_url": "device_authorization_endpoint",
    "exchange_url": "access_token_url",
    "grant_url": "token_url",
    "refresh_token_name": "refresh_name",
    "request_url": "request_token_url",
    "requested_kind": "requested_token_type",
    "revoke_url": "revocation_endpoint",
    "subject_kind": "subject_token_type",
}
"""Other names of fields that a document may use."""

VALUE_SYNONYMS: Mapping[str, Mapping[str, str]] = {
    "client_auth": {
        "body": "client_secret_post",
        "header": "client_secret_basic",
        "mtls": "tls_client_auth",
    },
    "hash_algorithm": {
        name: own
        for own in ("SHA256", "SHA512", "SHA384", "SHA1", "MD5")
        for dashed in (own, own.replace("SHA", "SHA-"))
        for name in (dashed, dashed.lower(), f"HMAC-{dashed}", f"hmac-{dashed.lower()}", f"Hmac{dashed}")
        if name != own
    },
}
"""Former and other values that a document may use, by the name of the field."""


def normalized_entry(name: str, value: object) -> tuple[str, Any]:
    """Return an entry of a document with the field's own name, and the standard name of its value."""
    name = SYNONYMS.get(name, name)
    if name in VALUE_SYNONYMS and type(value) is str:  # subclasses are refused later
        value = VALUE_SYNONYMS[name].get(value, value)
    elif name == "login_body" and type(value) is str and value.lstrip().startswith("<"):
        value = {"$": value}  # XML as people paste it, without JSON around it
    return name, value


def other_names(field: str) -> list[str]:
    """Return the names that a document may use in place of a field's own."""
    return [synonym for synonym, name in SYNONYMS.items() if name == field]
