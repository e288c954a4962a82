"""A field of the core as a field of a form in Airflow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from watchword.methods.fields import About, Fields, about

STANDARD: Mapping[str, str] = {"base_url": "host", "username": "login", "password": "password"}
"""The fields that Airflow stores outside of `extra`, and the names that it stores them under."""

FORM_NAMES: Mapping[str, str] = {
    "access_token_url": "exchange_url",
    "actor_token_type": "actor_kind",
    "device_authorization_endpoint": "device_url",
    "request_token_url": "request_url",
    "requested_token_type": "requested_kind",
    "subject_token_type": "subject_kind",
    "token_url": "grant_url",
}
"""Fields with another name in the form: Airflow masks values whose names hold `token` or `authorization`."""


def described(model: type[Fields]) -> Iterator[tuple[str, About]]:
    """Yield the names and descriptions of the fields that stand in `extra`."""
    for name, declared in model.model_fields.items():
        description = about(declared)
        if description is not None and name not in STANDARD:
            yield name, description


def schema_version(section: str) -> dict[str, Any]:
    """Return the field that comes first in every form, and is hidden.

    It is an integer and the first key, because Airflow's own HTTP hooks send each key of `extra` as a header,
    in order: requests refuses a number as header value, and its error names only that header.
    """
    description = "Always 1: it keeps Airflow's own HTTP hooks from sending this connection's secrets."
    return {
        "label": "Schema version",
        "description": description,
        "schema": {**_constant("integer", 1), "section": section},
    }


def constant(label: str, value: str, section: str) -> dict[str, Any]:
    """Return a text field that is hidden, and saved with this value."""
    return {"label": label, "schema": {**_constant("string", value), "section": section}}


def _constant(kind: str, value: object) -> dict[str, Any]:
    # Airflow's form hides a field with `const`, and saves its default.
    return {"type": kind, "const": value, "default": value}


def schema_of(description: About, declared: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the form's schema of a field from the JSON schemas of the models that declare it.

    Each model may have its own choices. The field is nullable, and without a default, because Airflow would
    save a masked default as asterisks. A switch has its default: without it Airflow would show it as off.
    """
    non_null = [_non_null(schema) for schema in declared]
    kind = non_null[0]["type"]
    if kind == "array" and non_null[0]["items"]["type"] != "string":
        kind = "string"  # a list of numbers is written 403;419
    schema: dict[str, Any] = {"type": [kind, "null"]}
    if kind == "array":
        schema["items"] = {"type": "string"}
    if "enum" in non_null[0]:
        schema["enum"] = list(dict.fromkeys(choice for each in non_null for choice in each["enum"]))
    if kind == "boolean":
        defaults = {each.get("default") for each in declared}
        if len(defaults) == 1:
            schema["default"] = defaults.pop()
    if description.multiline:  # a masked input would drop the line breaks of PEM text
        schema["format"] = "multiline"
    elif description.secret and kind == "string":
        schema["format"] = "password"
    return schema


def _non_null(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    options: Iterable[Mapping[str, Any]] = schema.get("anyOf", [schema])
    return next(option for option in options if option.get("type") != "null")


def default_word(default: object) -> str:
    """Return the word for the default of an empty field, "" for none; the form itself must not fill it in."""
    if isinstance(default, bool):
        return "on" if default else "off"
    if default == " ":
        return "a space"
    return str(default) if isinstance(default, (str, int, float)) else ""
