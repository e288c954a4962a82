"""The Jinja expressions of a manifest that only name a value of the configuration; none is run."""

from __future__ import annotations

import re
from typing import Any

from watchword.connections.imports.entry import lacking
from watchword.connections.imports.values import Values, plain_text

_KEY = (
    r"(?:\[\s*['\"]([\w .-]{1,100})['\"]\s*\]"
    r"|\.([A-Za-z_]\w{0,99})(?!\w*\()"
    r"|\.get\(\s*['\"]([\w .-]{1,100})['\"]\s*(?:,\s*(?:None|['\"][^'\"]{0,200}['\"]))?\))"
)
_NAMED = re.compile(rf"\(?\s*config((?:{_KEY})+)\s*\)?(?:\s*\|\s*(?:string|trim))?")
_PART = re.compile(_KEY)
_EXPRESSION = re.compile(r"\{\{(.{0,2000}?)\}\}|\{%.{0,2000}?%\}", re.DOTALL)
_BASIC = re.compile(r"(?i)\s*basic\s+\{\{.*base64encode.*\}\}\s*", re.DOTALL)
_LONGEST = 1 << 16


class Expressions:
    """Fills in the values of the configuration; a value that wasn't given stays lacking."""

    def __init__(self, values: Values) -> None:
        self.values = values
        self._remarks: list[str] = []

    def text(self, value: object, field: str) -> str:
        """Return a text of the manifest with its expressions filled in.

        Args:
            value: any value; one that isn't text is written as JSON writes it.
            field: its name in the manifest, by which it is asked for if an expression isn't understood.
        """
        text = plain_text(value)[:_LONGEST]
        if "{{" not in text and "{%" not in text:
            return text
        keys = [_config_key(match[1]) for match in _EXPRESSION.finditer(text)]
        if not keys or not all(keys):
            self._remarks.append(f"The expression for {field} isn't evaluated; its value is asked for.")
            return self.values.get(field) or lacking(field)
        names = iter(keys)
        return _EXPRESSION.sub(lambda _: self._value(next(names) or ""), text)

    def json(self, value: object, field: str) -> Any:  # noqa: ANN401 - any JSON value
        """Return a JSON value of the manifest with the expressions in its texts filled in."""
        if isinstance(value, dict):
            return {str(key): self.json(each, str(key)) for key, each in value.items()}
        if isinstance(value, list):
            return [self.json(each, field) for each in value]
        return self.text(value, field) if isinstance(value, str) else value

    def taken_remarks(self) -> list[str]:
        """Return the remarks since the last call."""
        remarks, self._remarks = self._remarks, []
        return remarks

    def _value(self, name: str) -> str:
        return self.values.get(name) or lacking(name)


def is_basic_header(value: object) -> bool:
    """Return whether a header is Basic authentication that an expression encodes."""
    return isinstance(value, str) and _BASIC.fullmatch(value[:_LONGEST]) is not None


def _config_key(expression: str | None) -> str:
    """Return the name of the only value that an expression takes, "" if it does anything else."""
    named = _NAMED.fullmatch((expression or "").strip())
    return ".".join(next(filter(None, groups)) for groups in _PART.findall(named[1])) if named else ""
