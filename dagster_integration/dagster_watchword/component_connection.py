"""The `connection` of a component, as a resource: a stored one, or a document with references."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg

from dagster_watchword.base import ApiResource
from dagster_watchword.clear_secrets import SECRET_NAMES, TEMPLATED, fields_in_clear
from dagster_watchword.documents import resource_from_document
from dagster_watchword.stored import StoredConnectionResource
from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.redact import describe_value

_OF_STORED = ("stored_as", "source")


def problems_of(connection: object) -> Iterator[Finding]:
    """Yield what is wrong with a connection in a file: secrets in clear, or that it isn't a mapping."""
    if not isinstance(connection, Mapping):
        message = f"The field connection should be a mapping but is {describe_value(connection)}."
        yield finding("wrong_type", message, advice="Give the fields of a method, or stored_as and source.")
        return
    for name in fields_in_clear({str(name): value for name, value in connection.items()}):
        yield _in_clear(name, connection.get(name))


def _in_clear(name: str, value: object) -> Finding:
    code, field = "secret_not_referenced", f"The field connection.{name}"
    if name == "base_url":
        advice = "Remove it from the URL, and use the method basic with a reference as its password."
        return finding(code, f"{field} holds a user name or password.", advice=advice)
    if isinstance(value, str) and "{{" in value:
        message = f"{field} holds a template, and templates are not filled in where a secret stands."
        return finding(code, message)
    return finding(code, f"{field} holds the secret itself.")


def rendered(context: dg.ResolutionContext, connection: Mapping[str, Any]) -> dict[str, Any]:
    """Return the connection with Dagster's templates filled in, in its texts that are not secret.

    The mappings and the fields that hold templates stay as they are: `{{now}}` and `{{secret:NAME}}` in them
    are templates of watchword.
    """
    return {
        name: context.at_path(name).resolve_value(value)
        if isinstance(value, str) and name not in SECRET_NAMES | TEMPLATED
        else value
        for name, value in connection.items()
    }


def resource_of(name: str, connection: Mapping[str, Any], *, validate_on_setup: bool) -> ApiResource:
    """Return the resource of a component's connection; `name` is the component's.

    Raises:
        DocumentError: with a finding for each field that is unknown, missing or of a wrong type.
    """
    if "method" in connection:
        return resource_from_document(connection, name, validate_on_setup=validate_on_setup)
    unknown = sorted(connection.keys() - set(_OF_STORED))
    if unknown:
        advice = "Add the method whose fields these are, or give only stored_as and source."
        message = f"A stored connection has no field {', '.join(field[:40] for field in unknown)}."
        raise DocumentError([finding("unknown_field", message, advice=advice)])
    return StoredConnectionResource(
        name=connection.get("stored_as") or name,
        source=connection.get("source") or "",
        validate_on_setup=validate_on_setup,
    )
