"""Environment variables that Dagster hasn't resolved: outside of a run an `EnvVar` is only a name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import dagster as dg

from watchword.findings.codes import finding
from watchword.findings.finding import Finding

# Dagster does not export the class of `EnvVar.int(...)`.
_ENV_VAR_CLASSES = (dg.EnvVar, type(dg.EnvVar.int("")))


def environment_variables(value: object) -> Iterator[str]:
    """Yield the names of the environment variables in a field's value."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, _ENV_VAR_CLASSES):
            yield item.env_var_name
        elif isinstance(item, Mapping):
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)


def unresolved(fields: Mapping[str, object]) -> list[Finding]:
    """Return a finding for each environment variable in the fields, which are given by name."""
    return [
        _unresolved(name, variable)
        for name, value in fields.items()
        for variable in environment_variables(value)
    ]


def _unresolved(field: str, variable: str) -> Finding:
    return finding(
        "reference_unresolved",
        f"The field {field} still holds the name of the environment variable {variable}, not its value.",
        advice=(
            "Dagster fills in the value when a run starts. Outside of a run, use "
            f"`process_config_and_initialize()`, or the reference 'env:{variable}'."
        ),
    )
