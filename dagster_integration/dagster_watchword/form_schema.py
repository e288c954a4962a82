"""The JSON schema of a component's connection: the form in Dagster's pages shows one method's fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dagster_watchword.clear_secrets import SECRET_NAMES
from watchword.document.common_fields import CommonFields
from watchword.document.described_fields import BASE_URL, TEST_URL, Field, fields_of, usual_fields
from watchword.methods import METHODS
from watchword.methods.fields import pydantic_model

_STORED: dict[str, Any] = {
    "title": "Stored connection",
    "type": "object",
    "properties": {
        "stored_as": {
            "type": "string",
            "title": "Stored as",
            "description": "The name under which the connection is stored; the component's name if empty.",
        },
        "source": {
            "type": "string",
            "title": "Source",
            "description": "Where it is stored: local, gcp://PROJECT or gcp://PROJECT/LOCATION; if empty, "
            "the first source in WATCHWORD_SECRETS that has it.",
        },
    },
}
"""The choice of a stored connection.

It refuses no other field, so a check of a file by the schema refuses no connection. It would quote all of it,
with a secret that is in the wrong place; the component's own errors name fields alone.
"""

_PLAIN_TEXT = frozenset({"proxy", "client_private_key", "password"})
"""Secret fields that may also hold something else than a reference: a host, a path, nothing."""


def connection_schema() -> dict[str, Any]:
    """Return the schema of `connection`: a choice between a stored connection and each method's fields."""
    return {
        "title": "Connection",
        "type": "object",
        "ui:order": ["method", "stored_as", "source", *_in_order(METHODS), "*"],
        "anyOf": [_STORED, *map(_method_schema, METHODS)],
    }


def _method_schema(method: str) -> dict[str, Any]:
    """Return the schema of a method's document; defaults are left out, so a form doesn't write them down."""
    fields = fields_of(method)
    properties = {
        **pydantic_model(METHODS[method]).model_json_schema()["properties"],
        **pydantic_model(CommonFields).model_json_schema()["properties"],
    }
    return {
        "title": METHODS[method].title,
        "type": "object",
        "properties": {
            "method": {"const": method, "default": method, "title": "Method"},
            **{name: _field_schema(field, properties[name]) for name, field in fields.items()},
        },
        "required": ["method", *(name for name, field in fields.items() if field.required)],
        "additionalProperties": False,
    }


def _field_schema(field: Field, plain: dict[str, Any]) -> dict[str, Any]:
    kinds = [kind for kind in plain.get("anyOf", [plain]) if kind.get("type") != "null"]
    schema = {name: value for name, value in kinds[0].items() if name not in {"default", "title"}}
    if field.is_mapping and field.name not in SECRET_NAMES:
        schema["additionalProperties"] = True  # pydantic's own refers to a definition of JSON elsewhere
    usual = f" {field.default} by default." if field.default else ""
    schema |= {"title": field.about.label, "description": field.about.help + usual}
    if field.name in SECRET_NAMES:
        # A reference has the form of a URI. A form checks it; Dagster's check of files would quote the value.
        form = {"type": "string", "format": "uri"}
        if field.is_mapping:
            schema["additionalProperties"] = form
        elif field.name not in _PLAIN_TEXT:
            schema |= form
        schema["description"] += " Write a reference, such as env:NAME; the secret itself is refused."
    return schema


def _in_order(methods: Mapping[str, object]) -> Iterator[str]:
    """Yield the names of all fields, first those that most connections of a method need."""
    usual = [field.name for method in methods for field in usual_fields(method) if field.name != TEST_URL]
    every = [name for method in methods for name in fields_of(method)]
    yield from dict.fromkeys([BASE_URL, *usual, TEST_URL, *every])
