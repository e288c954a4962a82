"""The values that a file's connections refer to by name, and that are kept in a file beside it.

They come from an environment of Postman's, Bruno's or Insomnia's, the configuration of an Airbyte source, a
JSON or YAML object, or lines of NAME=VALUE.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from watchword.connections.imports import bru_text
from watchword.connections.imports.entry import unreadable
from watchword.connections.imports.env_lines import lines_in, looks_like_lines
from watchword.connections.imports.structured_text import structure_in

Values = Mapping[str, str]

_OF_COLLECTIONS = frozenset({"collection", "info", "item", "items", "request", "requests"})
_OF_INSOMNIA = "environment.insomnia.rest/"


def values_in(text: str) -> dict[str, str]:
    """Return the values in a text by name; those of nested objects have names such as `credentials.token`.

    Raises:
        DocumentError: the text holds no values by name.
    """
    if bru_text.is_file(text):
        return {name: value for name, value in bru_text.variables_in(text).items() if value}
    if looks_like_lines(text):
        return {line.name: line.value for line in lines_in(text) if not line.problem}
    content = structure_in(text)
    if not isinstance(content, dict):
        message = "The text with the values holds no values by name."
        raise unreadable(
            message,
            "Give lines of NAME=VALUE, a JSON object, or an environment of Postman, Bruno or Insomnia.",
        )
    if isinstance(content.get("values"), list) or _has_rows(content):
        return dict(postman_variables(content.get("values", content.get("variables"))))
    if str(content.get("type")).startswith(_OF_INSOMNIA):
        base = content.get("environments")
        content = base.get("data") if isinstance(base, dict) else None
    return dict(flattened(content if isinstance(content, dict) else {}, ""))


def is_environment(content: Mapping[Any, Any]) -> bool:
    """Return whether a structure is an environment of Postman's, Bruno's or Insomnia's."""
    if "_postman_variable_scope" in content or str(content.get("type")).startswith(_OF_INSOMNIA):
        return True
    return _has_rows(content) and not content.keys() & _OF_COLLECTIONS


def _has_rows(content: Mapping[Any, Any]) -> bool:
    """Return whether a structure has rows of variables."""
    rows = content.get("values", content.get("variables"))
    return isinstance(rows, list) and any(
        isinstance(row, dict) and "value" in row and ("key" in row or "name" in row) for row in rows
    )


def postman_variables(variables: object) -> Iterator[tuple[str, str]]:
    """Yield names and values of Postman's variables, without those that are switched off or empty."""
    for each in variables if isinstance(variables, list) else []:
        if not isinstance(each, dict) or each.get("enabled") is False or each.get("disabled") is True:
            continue
        name = each.get("key", each.get("id", each.get("name")))
        value = plain_text(each.get("value"))
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
