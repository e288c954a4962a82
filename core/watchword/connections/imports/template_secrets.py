"""Move the secrets in a JSON field of a document to its secret parameters, where no form shows them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from watchword.connections.imports.entry import lacking_names
from watchword.document.references import as_literal
from watchword.redact import names_credential, sounds_secret

_OUTSIDE_NAMES = re.compile(r"[^A-Za-z0-9_]+")


def with_secrets_apart(content: Mapping[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
    """Return a JSON field with `{{secret:NAME}}` for its secrets, and add these to the secret parameters."""
    return {str(name): _apart(str(name), value, parameters) for name, value in content.items()}


def _apart(name: str, value: object, parameters: dict[str, str]) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        return {str(key): _apart(str(key), each, parameters) for key, each in value.items()}
    if isinstance(value, list):
        return [_apart(name, each, parameters) for each in value]
    if not isinstance(value, str) or not value or not _is_secret(name, value):
        return value
    return template_for(name, as_literal(value), parameters)


def template_for(name: str, secret: str, parameters: dict[str, str]) -> str:
    """Return `{{secret:NAME}}` for a secret or a reference, which is added to the secret parameters."""
    key = next(key for key in _names(name) if parameters.get(f"template:{key}") in {None, secret})
    parameters[f"template:{key}"] = secret
    return f"{{{{secret:{key}}}}}"


def _is_secret(name: str, value: str) -> bool:
    if "{{secret:" in value:
        return False
    return names_credential(name) or any(map(sounds_secret, lacking_names(value)))


def _names(name: str) -> Iterator[str]:
    stem = _OUTSIDE_NAMES.sub("_", name)[:60].strip("_").lower() or "value"
    yield stem
    number = 2
    while True:
        yield f"{stem}_{number}"
        number += 1
