"""An authenticator of Airbyte's manifests, whose texts are read with their expressions filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from watchword.connections.imports.airbyte.expressions import Expressions
from watchword.connections.imports.entry import lacking
from watchword.document.references import as_literal

Fields: TypeAlias = dict[str, Any]
"""The fields of a document."""


class Authenticator:
    """An authenticator of a manifest, whose texts are read with their expressions filled in."""

    def __init__(self, content: Mapping[str, Any], expressions: Expressions) -> None:
        self._content = content
        self._expressions = expressions

    def raw(self, name: str) -> Any:  # noqa: ANN401 - any JSON value
        """Return an entry as it is."""
        return self._content.get(name)

    def text(self, name: str, default: str = "") -> str:
        """Return a text."""
        return self._expressions.text(self._content.get(name), name) or default

    def needed(self, name: str) -> str:
        """Return a text; a value to be asked for if there is none."""
        return self.text(name) or lacking(name)

    def secret(self, name: str) -> str:
        """Return a secret for a document; a value to be asked for if there is none."""
        return as_literal(self.text(name)) or lacking(name)

    def json(self, name: str, without: str = "") -> Fields:
        """Return a JSON object, without an entry by its name in lower case; none if it is something else."""
        content = self._content.get(name)
        if not isinstance(content, dict):
            return {}
        kept = {key: value for key, value in content.items() if not without or str(key).lower() != without}
        return dict(self._expressions.json(kept, name))

    def part(self, name: str) -> Authenticator:
        """Return an object of the authenticator."""
        content = self._content.get(name)
        return Authenticator(content if isinstance(content, dict) else {}, self._expressions)

    def path(self, name: str) -> list[str]:
        """Return a list of texts; a text alone is a list of one."""
        given = self._content.get(name)
        texts = given if isinstance(given, list) else [given] if given else []
        return [text for each in texts if (text := self._expressions.text(each, name))]


def present(fields: Fields) -> Fields:
    """Return the fields that have a value."""
    return {name: value for name, value in fields.items() if value not in ("", {}, None)}


def unless_default(value: str, default: str) -> str:
    """Return a value, "" if it is what a field has by default."""
    return "" if value == default else value
