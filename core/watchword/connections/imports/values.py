"""The values that a file's connections refer to by name, and that are kept in a file beside it.

They come from an environment of Postman's or Bruno's, the configuration of an Airbyte source, a JSON or YAML
object, or lines of NAME=VALUE.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from watchword.connections.imports import bruno_file
from watchword.connections.imports.entry import unreadable
from watchword.connections.imports.env_lines import lines_in, looks_like_lines
from watchword.connections.imports.structured_text import structure_in

Values = Mapping[str, str]


def values_in(text: str) -> dict[str, str]:
    """Return the values in a text by name; those of nested objects have names such as `credentials.token`.

    Raises:
        DocumentError: the text holds no values by name.
    """
    if bruno_file.is_file(text):
        return {name: value for name, value in bruno_file.variables_of(text).items() if value}
    if looks_like_lines(text):
        return {line.name: line.value for line in lines_in(text) if not line.problem}
    content = structure_in(text)
    if isinstance(content, dict) and isinstance(content.get("values"), list):
        return dict(postman_variables(content["values"]))
    if not isinstance(content, dict):
        message = "The text with the values holds no values by name."
        raise unreadable(
            message, "Give lines of NAME=VALUE, a JSON object, or an environment of Postman's or Bruno's."
        )
    return dict(flattened(content, ""))


def is_environment(content: Mapping[Any, Any]) -> bool:
    """Return whether a structure is an environment of Postman's, or its global variables."""
    rows = content.get("values")
    if not isinstance(rows, list) or "info" in content:
        return False
    return "_postman_variable_scope" in content or any(
        isinstance(each, dict) and each.keys() >= {"key", "value"} for each in rows
    )


def postman_variables(variables: object) -> Iterator[tuple[str, str]]:
    """Yield names and values of Postman's variables, without those that are switched off or empty."""
    for each in variables if isinstance(variables, list) else []:
        if not isinstance(each, dict) or each.get("enabled") is False or each.get("disabled") is True:
            continue
        name, value = each.get("key", each.get("id")), plain_text(each.get("value"))
        if isinstance(name, str) and value:
            yield name.strip(), value


def plain_text(value: object) -> str:
    """Return a value as text as JSON writes it; "" for null, lists and objects."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, (str, int, float)) else ""


def flattened(content: Mapping[Any, Any], prefix: str) -> Iterator[tuple[str, str]]:
    """Yield names and values of nested objects; a name has those of the objects around it before dots."""
    for key, value in content.items():
        if isinstance(value, dict):
            yield from flattened(value, f"{prefix}{key}.")
        elif text := plain_text(value):
            yield f"{prefix}{key}", text
