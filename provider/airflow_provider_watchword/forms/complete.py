"""The form of all methods: every field of the core, in sections."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from airflow_provider_watchword.forms.schema import (
    FORM_NAMES,
    default_word,
    described,
    schema_of,
    schema_version,
)
from watchword import METHODS
from watchword.document.common_fields import CommonFields
from watchword.methods.fields import About, Fields, Section, pydantic_model

_ALL_METHODS = ""
"""The owner of a common field, in place of a method's name."""


@dataclass
class _Entry:
    """One field of the form, collected from all models that declare it."""

    about: About
    schemas: dict[str, dict[str, Any]] = field(default_factory=dict)
    helps: list[str] = field(default_factory=list)


def conn_fields() -> dict[str, dict[str, Any]]:
    """Return the fields of the form in order, which is also the order of the keys in a saved `extra`."""
    entries = _entries()
    fields = {"schema_version": schema_version(Section.AUTHENTICATION.value), "method": _method_field()}
    for section in Section:
        for name, entry in entries.items():
            if entry.about.section is section:
                fields[FORM_NAMES.get(name, name)] = _field(entry)
    return fields


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


def standard_fields() -> dict[str, Any]:
    """Return how Airflow's own fields are shown."""
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
        for name, description in described(model):
            entry = entries.setdefault(name, _Entry(description))
            entry.schemas[owner] = properties[name]
            if description.help not in entry.helps:
                entry.helps.append(description.help)
    return entries


def _field(entry: _Entry) -> dict[str, Any]:
    words = [*entry.helps, _defaults(entry), _users(entry)]
    schema = schema_of(entry.about, list(entry.schemas.values()))
    return {
        "label": entry.about.label,
        "description": " ".join(word for word in words if word),
        "schema": {**schema, "section": entry.about.section.value},
    }


def _defaults(entry: _Entry) -> str:
    words = {owner: default_word(schema.get("default")) for owner, schema in entry.schemas.items()}
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


def _users(entry: _Entry) -> str:
    return "" if _ALL_METHODS in entry.schemas else f"Used by: {', '.join(entry.schemas)}."
