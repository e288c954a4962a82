"""Read the login that a document nests in `login_with`, and the login in that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from watchword.document.common_fields import CommonFields
from watchword.document.field_entries import given_once, unknown_fields, validated
from watchword.document.field_names import normalized_entry
from watchword.document.references import is_elsewhere
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.methods import METHODS
from watchword.methods.base import LOGIN_WITH, Method
from watchword.methods.fields import secret_names
from watchword.protocols import templates

_OTHER_NAMES: Mapping[str, Mapping[str, str]] = {"jwt_bearer": {"private_key": "jwt_secret"}}
"""Other names of fields in a login, by its method: most JWTs there are signed with a private key."""

_MOST_LOGINS = 2
"""How deep logins are nested at most: a login may have one of its own."""


def read_login(
    content: Mapping[str, Any], path: str, findings: list[Finding], warnings: list[Finding]
) -> dict[str, Any]:
    """Return a nested document with the fields' standard names; `path` leads to it in messages.

    What is wrong is added to the findings, and each secret in clear to the warnings: hosts show JSON fields.
    """
    entries = _entries(content, path)
    name = entries.pop("method", None)
    method = METHODS.get(name) if isinstance(name, str) else None
    if method is None or not _can_log_in(method):
        suitable = ", ".join(each for each, model in METHODS.items() if _can_log_in(model))
        findings.append(finding("unknown_method", f"{path} needs a method, one of {suitable}."))
        return dict(content)
    for synonym, field in _OTHER_NAMES.get(method.method, {}).items():
        if synonym in entries and field not in entries:
            entries[field] = entries.pop(synonym)
    own = {each: value for each, value in entries.items() if each in method.model_fields}
    findings += _unknown([each for each in entries if each not in own], method, path)
    fields = validated(method, own, findings, f"{path}.")
    nested = getattr(fields, LOGIN_WITH, None)
    if nested and path.count(".") + 1 >= _MOST_LOGINS:
        findings.append(_too_deep(path))
    elif nested:
        own[LOGIN_WITH] = read_login(nested, f"{path}.{LOGIN_WITH}", findings, warnings)
    warnings += _in_clear(own, method, path)
    return {"method": method.method, **own}


def _entries(content: Mapping[str, Any], path: str) -> dict[str, Any]:
    normalized = (normalized_entry(*entry) for entry in content.items())
    return given_once(((name, value) for name, value in normalized if value is not None), f"{path}.")


def _can_log_in(method: type[Method]) -> bool:
    """Return whether a method can authenticate a request for a token, by its own fields and unattended."""
    return method.has_credential and not method.signs_in


def _unknown(names: list[str], method: type[Method], path: str) -> Iterator[Finding]:
    common = [name for name in names if name in CommonFields.model_fields]
    for name in common:
        message = f"The field {path}.{name} belongs to the document itself, not to a login in it."
        yield finding("unknown_field", message, advice=f"Move it out of {path}, or remove it.")
    for found in unknown_fields([name for name in names if name not in common], method):
        yield replace(found, message=f"{path}: {found.message}")


def _too_deep(path: str) -> Finding:
    message = f"The field {path}.{LOGIN_WITH} is one login too many: at most {_MOST_LOGINS} may be nested."
    return finding("wrong_type", message, advice=f"Remove the innermost {LOGIN_WITH}.")


def _in_clear(own: Mapping[str, Any], method: type[Method], path: str) -> Iterator[Finding]:
    for name in sorted(own.keys() & secret_names(method)):
        value = own[name]
        if isinstance(value, str) and not templates.has_secret(value) and not is_elsewhere(value):
            yield finding("secret_in_clear", f"The field {path}.{name} holds a secret in clear.")
