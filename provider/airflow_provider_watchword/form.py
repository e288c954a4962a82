"""Write `provider_info.json`: Airflow's connection form, derived from the fields of the core.

    python -m airflow_provider_watchword.form

Run by `make generate`; at run time Airflow reads only the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_watchword import configuration
from airflow_provider_watchword.get_provider_info import INFO_FILE
from watchword import METHODS
from watchword.document.common_fields import CommonFields
from watchword.methods.fields import About, Fields, Section, about, pydantic_model

STANDARD = frozenset({"base_url", "username", "password"})
"""The fields that Airflow stores outside of `extra`, as host, login and password."""

FORM_NAMES = {
    "access_token_url": "exchange_url",
    "actor_token_type": "actor_kind",
    "device_authorization_endpoint": "device_url",
    "request_token_url": "request_url",
    "requested_token_type": "requested_kind",
    "subject_token_type": "subject_kind",
    "token_url": "grant_url",
}
"""Fields with another name in the form: Airflow masks values whose names hold `token` or `authorization`."""

_ALL_METHODS = ""
"""The owner of a common field, in place of a method's name."""


@dataclass
class _Entry:
    """One field of the form, collected from all models that declare it."""

    about: About
    schemas: dict[str, dict[str, Any]] = field(default_factory=dict)
    helps: list[str] = field(default_factory=list)


def provider_info() -> dict[str, Any]:
    """Return the whole provider information."""
    hook, sensor = "airflow_provider_watchword.hooks", "airflow_provider_watchword.sensors"
    backends, integration = "airflow_provider_watchword.secrets", "watchword"
    return {
        "package-name": "watchword",
        "name": "watchword",
        "description": "HTTP-API authentication: one connection type, validated before a pipeline runs.",
        "integrations": [{"integration-name": integration, "tags": ["protocol"]}],
        "hooks": [{"integration-name": integration, "python-modules": [hook]}],
        "sensors": [{"integration-name": integration, "python-modules": [sensor]}],
        "secrets-backends": [f"{backends}.GoogleSecretManagerBackend", f"{backends}.LocalVaultBackend"],
        "connection-types": [
            {
                "connection-type": "watchword",
                "hook-class-name": f"{hook}.ApiHook",
                "hook-name": "HTTP API (watchword)",
                "ui-field-behaviour": _standard_fields(),
                "conn-fields": conn_fields(),
            }
        ],
        "config": {
            configuration.SECTION: {
                "description": "The token store of connections of the type watchword.",
                "options": configuration.OPTIONS,
            }
        },
    }


def conn_fields() -> dict[str, dict[str, Any]]:
    """Return the fields of the form in order, which is also the order of the keys in a saved `extra`."""
    entries = _entries()
    fields = {"schema_version": _SCHEMA_VERSION, "method": _method_field()}
    for section in Section:
        for name, entry in entries.items():
            if entry.about.section is section:
                fields[FORM_NAMES.get(name, name)] = _field(entry)
    return fields


# It is an integer and the first key, because Airflow's own HTTP hooks send each key of `extra` as a header,
# in order: requests refuses a number as header value, and its error names only that header.
# Airflow's form hides a field with `const` and saves its default.
_SCHEMA_VERSION: dict[str, Any] = {
    "label": "Schema version",
    "description": "Always 1: it keeps Airflow's own HTTP hooks from sending this connection's secrets.",
    "schema": {"type": "integer", "const": 1, "default": 1, "section": Section.AUTHENTICATION.value},
}


def _method_field() -> dict[str, Any]:
    return {
        "label": "Method",
        "description": "How requests to the API are authenticated. The fields of other methods are ignored.",
        "schema": {
            "type": "string",
            "enum": list(METHODS),
            "values_display": {name: method.title for name, method in METHODS.items()},
            "section": Section.AUTHENTICATION.value,
        },
    }


def _standard_fields() -> dict[str, Any]:
    users = ", ".join(name for name, method in METHODS.items() if "username" in method.model_fields)
    return {
        # The base URL holds both; a connection from elsewhere may still have them.
        "hidden-fields": ["schema", "port"],
        "relabeling": {
            "host": "Base URL",
            "login": f"User name (for: {users})",
            "password": f"Password (for: {users})",
        },
        "placeholders": {
            "host": "https://api.example.com",
            "login": f"only for the method {users}",
            "password": f"only for the method {users}",
        },
    }


def _entries() -> dict[str, _Entry]:
    """Return every field of the form, in the order of the methods, the common fields last."""
    entries: dict[str, _Entry] = {}
    owners: list[tuple[str, type[Fields]]] = [*METHODS.items(), (_ALL_METHODS, CommonFields)]
    for owner, model in owners:
        properties = pydantic_model(model).model_json_schema()["properties"]
        for name, description in _described(model):
            entry = entries.setdefault(name, _Entry(description))
            entry.schemas[owner] = properties[name]
            if description.help not in entry.helps:
                entry.helps.append(description.help)
    return entries


def _described(model: type[Fields]) -> Iterator[tuple[str, About]]:
    for name, declared in model.model_fields.items():
        description = about(declared)
        if description is not None and name not in STANDARD:
            yield name, description


def _field(entry: _Entry) -> dict[str, Any]:
    """Return one field; it is nullable, and without a default because defaults differ by method.

    A switch has its default: without it, Airflow would show the switch as off.
    """
    schema = _schema(list(entry.schemas.values()))
    if "boolean" in schema["type"]:
        defaults = {each.get("default") for each in entry.schemas.values()}
        if len(defaults) == 1:
            schema["default"] = defaults.pop()
    if entry.about.multiline:  # a masked input would drop the line breaks of PEM text
        schema["format"] = "multiline"
    elif entry.about.secret and schema["type"][0] == "string":
        schema["format"] = "password"
    schema["section"] = entry.about.section.value
    words = [*entry.helps, _defaults(entry), _users(entry)]
    return {
        "label": entry.about.label,
        "description": " ".join(word for word in words if word),
        "schema": schema,
    }


def _schema(declared: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the form's schema of a field; each of the models that declare it may have its own choices."""
    non_null = [_non_null(schema) for schema in declared]
    kind = non_null[0]["type"]
    if kind == "array" and non_null[0]["items"]["type"] != "string":
        return {"type": ["string", "null"]}  # a list of numbers is written 403;419
    schema: dict[str, Any] = {"type": [kind, "null"]}
    if kind == "array":
        schema["items"] = {"type": "string"}
    if "enum" in non_null[0]:
        schema["enum"] = list(dict.fromkeys(choice for each in non_null for choice in each["enum"]))
    return schema


def _non_null(schema: dict[str, Any]) -> dict[str, Any]:
    options = schema.get("anyOf", [schema])
    non_null: dict[str, Any] = next(option for option in options if option.get("type") != "null")
    return non_null


def _defaults(entry: _Entry) -> str:
    """Return the words for the default of an empty field; the form itself must not fill it in."""
    words = {owner: _default_word(schema.get("default")) for owner, schema in entry.schemas.items()}
    distinct = list(dict.fromkeys(words.values()))
    if distinct == [""]:
        return ""
    if len(distinct) == 1:
        return f"Default: {distinct[0]}."
    parts = [
        f"{word or 'none'} for {', '.join(owner for owner in words if words[owner] == word)}"
        for word in distinct
    ]
    return f"Default: {'; '.join(parts)}."


def _default_word(default: object) -> str:
    if isinstance(default, bool):
        return "on" if default else "off"
    if default == " ":
        return "a space"
    return str(default) if isinstance(default, (str, int, float)) else ""


def _users(entry: _Entry) -> str:
    return "" if _ALL_METHODS in entry.schemas else f"Used by: {', '.join(entry.schemas)}."


def main() -> None:
    """Write the file."""
    INFO_FILE.write_text(json.dumps(provider_info(), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
