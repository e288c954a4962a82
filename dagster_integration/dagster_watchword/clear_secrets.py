"""Which fields of a connection hold the secret itself, where a reference to it belongs."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping

from dagster_watchword.variables import environment_variables
from watchword.document.common_fields import CommonFields
from watchword.document.described_fields import templated_fields
from watchword.document.field_names import normalized_entry
from watchword.document.references import is_elsewhere
from watchword.http.origins import has_userinfo
from watchword.methods import METHODS
from watchword.methods.base import LOGIN_WITH
from watchword.methods.fields import secret_names
from watchword.protocols import templates

SECRET_NAMES = secret_names(CommonFields).union(*map(secret_names, METHODS.values()))
"""The names of the secret fields of all methods."""

TEMPLATED = templated_fields()
"""The names of the fields that hold templates of watchword's own, such as `{{method}}`."""

_PEM = "-----BEGIN"
_PLAIN_IF: Mapping[str, str] = {"proxy": "@", "client_private_key": _PEM}
"""Fields that often hold no secret, by what shows that they do: a proxy without a user, a key's path."""

_LONGEST_PLAIN = 300
"""Longer text in these fields is the secret itself, such as PKCS#12 in base64."""


_logger = logging.getLogger(__name__)
_warned: set[tuple[str, str]] = set()
"""The resources and fields that this process has warned of; Dagster asks for a definition several times."""


def warn_of_secrets_in_clear(resource: str, fields: Mapping[str, object]) -> None:
    """Log one warning for each field of a resource that holds a secret in clear, without the value."""
    for name in fields_in_clear(fields):
        if (resource, name) not in _warned:
            _warned.add((resource, name))
            _logger.warning(
                "The field %s of %s holds the secret itself, which Dagster stores and its pages show. "
                "Write a reference, such as 'env:NAME', or dg.EnvVar('NAME').",
                name,
                resource,
            )


def fields_in_clear(fields: Mapping[str, object]) -> Iterator[str]:
    """Yield the name of each field that holds a secret in clear; of a mapping, with the name inside it."""
    for given_name, value in fields.items():
        name, _ = normalized_entry(given_name, value)
        if isinstance(value, Mapping):
            yield from (f"{name}.{str(key)[:40]}" for key in _keys_in_clear(name, value))
        elif isinstance(value, str) and _is_in_clear(name, value):
            yield name


def _keys_in_clear(name: str, content: Mapping[str, object]) -> Iterator[str]:
    if name == LOGIN_WITH:  # a document of its own
        for key, value in content.items():
            if isinstance(value, Mapping):
                yield from (f"{key}.{each}" for each in _keys_in_clear(key, value))
            elif isinstance(value, str) and not templates.has_secret(value) and _is_in_clear(key, value):
                yield key
        return
    if name in SECRET_NAMES:
        yield from (key for key, value in content.items() if _is_in_clear(name, value))
        return
    for key, value in content.items():
        if name in TEMPLATED and templates.has_any(str(value)):
            continue
        if any(found.code.name == "secret_in_clear" for found in templates.findings(name, {key: value}, {})):  # type: ignore[dict-item] # any value is read
            yield key


def _is_in_clear(name: str, value: object) -> bool:
    if not isinstance(value, str) or not value or any(environment_variables(value)):
        return False
    if name not in SECRET_NAMES:
        return "://" in value and has_userinfo(value)
    if name in _PLAIN_IF and _PLAIN_IF[name] not in value and len(value) <= _LONGEST_PLAIN:
        return False
    return not is_elsewhere(value)
