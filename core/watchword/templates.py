"""Named secrets in JSON fields: `{{secret:NAME}}` stands for `secret_parameters["template:NAME"]`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from pydantic import JsonValue

from watchword import redact
from watchword.codes import finding
from watchword.diagnosis import Finding
from watchword.errors import DocumentError

Secrets: TypeAlias = Mapping[str, str]

_PLACE = re.compile(r"\{\{\s*secret:([^}\s]+)\s*\}\}")


def names(value: JsonValue) -> Iterator[str]:
    """Yield the names of the secrets that a JSON value mentions, nested ones too."""
    for text in texts(value):
        yield from _PLACE.findall(text)


def texts(value: JsonValue) -> Iterator[str]:
    """Yield every text inside a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


def fill(value: JsonValue, secrets: Secrets) -> JsonValue:
    """Return the value with every mention replaced; raises DocumentError for a name that is not there."""
    if isinstance(value, str):
        return _PLACE.sub(lambda match: _named(match[1], secrets), value)
    if isinstance(value, Mapping):
        return {key: fill(item, secrets) for key, item in value.items()}
    if isinstance(value, list):
        return [fill(item, secrets) for item in value]
    return value


def findings(field: str, content: Mapping[str, JsonValue], secrets: Secrets) -> Iterator[Finding]:
    """Yield the names that a JSON field mentions and nobody has, and what it seems to hold in clear."""
    for name, value in content.items():
        mentioned = set(names(value))
        for missing in sorted(mentioned - set(secrets)):
            message = f"{field} mentions {{{{secret:{missing}}}}}, which secret_parameters does not have."
            yield finding("template_unresolved", message)
        literal = isinstance(value, str) and value and not mentioned
        if literal and (redact.sounds_secret(name) or name.lower() == "authorization"):
            yield finding("secret_in_clear", f"{field} seems to hold a secret in clear, as {name[:40]!r}.")


def _named(name: str, secrets: Secrets) -> str:
    if name not in secrets:
        message = f"{{{{secret:{name}}}}} is mentioned, but secret_parameters has no template:{name}."
        raise DocumentError([finding("template_unresolved", message)])
    return secrets[name]
