"""The form of one method: the fields that a person needs, in their order, and all others in one section."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from airflow_provider_watchword.forms.schema import (
    FORM_NAMES,
    STANDARD,
    constant,
    default_word,
    described,
    schema_of,
    schema_version,
)
from watchword.document.common_fields import CommonFields
from watchword.methods.base import Method
from watchword.methods.fields import About, about, pydantic_model

ADVANCED = "Advanced"

_REFERENCE = "A reference such as env:WATCHWORD_SECRET_NAME works here."
_SHOWN = "It shows while you type; a reference such as file:/run/secrets/NAME keeps it out of here."
_STORED_AS = "In the extra it is {name}, since Airflow masks names with token."


def conn_fields(method: type[Method]) -> dict[str, dict[str, Any]]:
    """Return the fields of the form in order, which is also the order of the keys in a saved `extra`.

    Airflow shows a hidden field as an empty line in its section. So only the one that must come first is in
    the section of the method, which there isn't if Airflow's own fields are all that a person needs.
    """
    descriptions = {**dict(described(method)), **dict(described(CommonFields))}
    schemas = _schemas(method)
    needed = [name for name in method.essentials if name in descriptions]
    first = method.title if needed else ADVANCED
    fields = {"schema_version": schema_version(first), "method": constant("Method", method.method, ADVANCED)}
    for name in (*needed, *(name for name in descriptions if name not in needed)):
        section = first if name in needed else ADVANCED
        fields[FORM_NAMES.get(name, name)] = _field(name, descriptions[name], schemas[name], section)
    return fields


def standard_fields(method: type[Method]) -> dict[str, Any]:
    """Return how Airflow's own fields are shown; user name and password only where the method has them."""
    labels = {"host": "Base URL"}
    placeholders = {"host": "https://api.example.com"}
    for name, column in STANDARD.items():
        declared = method.model_fields.get(name)
        description = declared and about(declared)
        if description:
            labels[column] = description.label
            placeholders[column] = description.help
    hidden = ["schema", "port", *(column for column in STANDARD.values() if column not in labels)]
    return {"hidden-fields": hidden, "relabeling": labels, "placeholders": placeholders}


def _schemas(method: type[Method]) -> Mapping[str, Mapping[str, Any]]:
    common, own = (pydantic_model(model).model_json_schema() for model in (CommonFields, method))
    return {
        name: {**schema, "required": name in model.get("required", ())}
        for model in (common, own)
        for name, schema in model.get("properties", {}).items()
    }


def _field(name: str, description: About, declared: Mapping[str, Any], section: str) -> dict[str, Any]:
    schema = schema_of(description, [declared])
    if declared["required"]:  # the form marks it, and asks for it
        schema["type"] = schema["type"][0]
    return {
        "label": description.label,
        "description": " ".join(_words(name, description, declared)),
        "schema": {**schema, "section": section},
    }


def _words(name: str, description: About, declared: Mapping[str, Any]) -> Iterator[str]:
    yield description.help
    if default := default_word(declared.get("default")):
        yield f"Default: {default}."
    if description.secret:
        yield _SHOWN if description.multiline else _REFERENCE
    if name in FORM_NAMES:
        yield _STORED_AS.format(name=FORM_NAMES[name])
