"""Write `provider_info.json`: Airflow's connection form, derived from the fields of the core.

    python -m airflow_provider_watchword.form

Run by `make generate`; at run time Airflow reads the file alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from airflow_provider_watchword import configuration
from airflow_provider_watchword.get_provider_info import INFO_FILE
from watchword import METHODS
from watchword.document.common_fields import CommonFields
from watchword.document.reading import SYNONYMS
from watchword.methods.fields import About, Section, about

STANDARD = frozenset({"base_url", "username", "password"})
"""Fields that Airflow keeps outside `extra`, as host, login and password."""

FORM_NAMES = {name: synonym for synonym, name in SYNONYMS.items()}
"""The names that differ in the form: Airflow masks every key with `token` in it."""

_EVERY = ""
"""Stands for all methods, as the owner of a common field."""


@dataclass
class _Entry:
    """One field of the form, gathered from all the models that declare it."""

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
        "description": "HTTP-API authentication: one connection type, proven before a pipeline runs.",
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
                "description": "Where the tokens of connections of the type watchword are kept.",
                "options": configuration.OPTIONS,
            }
        },
    }


def conn_fields() -> dict[str, dict[str, Any]]:
    """Return the fields of the form in their order, which is that of the keys in a saved `extra`."""
    entries = _entries()
    fields = {"schema_version": _SCHEMA_VERSION, "method": _method_field()}
    for section in Section:
        for name, entry in entries.items():
            if entry.about.section is section:
                fields[FORM_NAMES.get(name, name)] = _field(entry)
    return fields


# An integer and the first key of all: stock HTTP hooks make headers of what they find in `extra`,
# in its order, and requests refuses a number as a header's value, naming that header alone.
# Airflow's form keeps a field with `const` out of sight and saves its default.
_SCHEMA_VERSION: dict[str, Any] = {
    "label": "Schema version",
    "description": "Stays 1: it keeps Airflow's own HTTP hooks from sending this connection's secrets.",
    "schema": {"type": "integer", "const": 1, "default": 1, "section": Section.AUTHENTICATION.value},
}


def _method_field() -> dict[str, Any]:
    return {
        "label": "Method",
        "description": "How the API wants to be authenticated. The fields of other methods are ignored.",
        "schema": {
            "type": "string",
            "enum": list(METHODS),
            "values_display": {name: known.title for name, known in METHODS.items()},
            "section": Section.AUTHENTICATION.value,
        },
    }


def _standard_fields() -> dict[str, Any]:
    users = ", ".join(name for name, known in METHODS.items() if "username" in known.model_fields)
    return {
        # The base URL says both; a connection that came from elsewhere may still have them.
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
    """Return every field that a form shows, in the order of the methods, the common ones last."""
    entries: dict[str, _Entry] = {}
    owners: list[tuple[str, type[BaseModel]]] = [*METHODS.items(), (_EVERY, CommonFields)]
    for owner, model in owners:
        properties = model.model_json_schema()["properties"]
        for name, known in _described(model):
            entry = entries.setdefault(name, _Entry(known))
            entry.schemas[owner] = properties[name]
            if known.help not in entry.helps:
                entry.helps.append(known.help)
    return entries


def _described(model: type[BaseModel]) -> Iterator[tuple[str, About]]:
    for name, declared in model.model_fields.items():
        known = about(declared)
        if known is not None and name not in STANDARD:
            yield name, known


def _field(entry: _Entry) -> dict[str, Any]:
    """Return one field; nullable, and without a default, since defaults differ by method.

    A switch is the exception: without a default Airflow shows it as off, which would be untrue.
    """
    schema = _schema(list(entry.schemas.values()))
    defaults = (
        {known.get("default") for known in entry.schemas.values()} if "boolean" in schema["type"] else set()
    )
    if len(defaults) == 1:
        schema["default"] = defaults.pop()
    if entry.about.multiline:  # a masked input would swallow the line breaks of PEM text
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
    """Return the form's schema of a field that several models may declare, each with its own choices."""
    plain = [_non_null(schema) for schema in declared]
    kind = plain[0]["type"]
    if kind == "array" and plain[0]["items"]["type"] != "string":
        return {"type": ["string", "null"]}  # a list of numbers is written 403;419
    schema: dict[str, Any] = {"type": [kind, "null"]}
    if kind == "array":
        schema["items"] = {"type": "string"}
    if "enum" in plain[0]:
        schema["enum"] = list(dict.fromkeys(choice for known in plain for choice in known["enum"]))
    return schema


def _non_null(schema: dict[str, Any]) -> dict[str, Any]:
    options = schema.get("anyOf", [schema])
    found: dict[str, Any] = next(option for option in options if option.get("type") != "null")
    return found


def _defaults(entry: _Entry) -> str:
    """Say what applies where the field is left empty; the form itself must not fill it in."""
    words = {owner: _shown(schema.get("default")) for owner, schema in entry.schemas.items()}
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


def _shown(default: object) -> str:
    if isinstance(default, bool):
        return "on" if default else "off"
    if default == " ":
        return "a space"
    return str(default) if isinstance(default, (str, int, float)) else ""


def _users(entry: _Entry) -> str:
    return "" if _EVERY in entry.schemas else f"Used by: {', '.join(entry.schemas)}."


def main() -> None:
    """Write the file."""
    INFO_FILE.write_text(json.dumps(provider_info(), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
