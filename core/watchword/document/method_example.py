"""An example of a method's document, made of its essential fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from watchword.document.described_fields import Field, fields_of, usual_fields

_API, _SERVER = "https://api.example.com", "https://auth.example.com"

_VALUES: dict[str, Any] = {
    "access_key": "AKIAEXAMPLE",
    "audience": "orders",
    "authorize_url": f"{_SERVER}/oauth/authorize",
    "base_url": _API,
    "client_id": "reports",
    "consumer_key": "reports",
    "device_authorization_endpoint": f"{_SERVER}/oauth/device_authorization",
    "extra_parameters": {"header:Accept-Version": "2"},
    "key_id": "reports",
    "login_body": {"user": "{{username}}", "password": "{{secret:password}}"},
    "login_url": f"{_API}/session/login",
    "logout_url": f"{_API}/session/logout",
    "payload": {"iss": "reports", "aud": "orders"},
    "region": "eu-central-1",
    "response_access_path": "data.token",
    "scope": "orders:read",
    "secret_parameters": {"header:X-Client-Id": "env:WATCHWORD_SECRET_ACME_ID"},
    "service": "execute-api",
    "signature_parameters": {"header:X-Signature": "{{signature}}", "header:X-Timestamp": "{{timestamp}}"},
    "string_to_sign": r"{{method}}\n{{path_and_query}}\n{{body}}\n{{timestamp}}",
    "test_url": f"{_API}/v1/me",
    "token_url": f"{_SERVER}/oauth/token",
    "username": "ann",
}
"""The values of fields that have no better example than a made-up one."""

_LEFT_OUT = frozenset({"session_token", "response_cookie"})
"""Essential fields that stand in place of another one, or are needed only for temporary credentials."""


def example_document(method: str) -> dict[str, Any]:
    """Return a document of a method with its essential fields; its secrets are references."""
    fields = {field.name: field for field in usual_fields(method) if field.name not in _LEFT_OUT}
    values = {name: _value(field) for name, field in fields.items()}
    return {"method": method, **values}


def completed(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document with made-up values for the needed fields that it lacks, so that lint can read it."""
    needed = {field.name: field for field in fields_of(document.get("method")).values() if field.required}
    made_up = {
        name: "literal:unknown" if field.secret else _VALUES.get(name, "unknown")
        for name, field in needed.items()
    }
    return {**made_up, **document}


def example_text(name: str) -> str:
    """Return an example of a field's value as a person would type it; "" if none helps."""
    value = _VALUES.get(name, "")
    return value if isinstance(value, str) else ""


def _value(field: Field) -> Any:  # noqa: ANN401 - any JSON value
    if field.name in _VALUES:
        return _VALUES[field.name]
    if field.secret:
        return f"env:WATCHWORD_SECRET_ACME_{field.name.upper()}"
    return field.value(field.default)
