"""Write `provider_info.json`: what Airflow reads of this package, with the connection forms.

    python -m airflow_provider_watchword.generate

Run by `make generate`; at run time Airflow reads only the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from airflow_provider_watchword import configuration
from airflow_provider_watchword.forms import complete, short
from airflow_provider_watchword.get_provider_info import INFO_FILE
from watchword import METHODS
from watchword.connections.airflow_format import CONN_TYPE, short_type

_HOOKS = "airflow_provider_watchword.hooks"
_METHOD_HOOKS = "airflow_provider_watchword.method_hooks"
_SENSORS = "airflow_provider_watchword.sensors"
_OPERATORS = "airflow_provider_watchword.operators"
_TRIGGERS = "airflow_provider_watchword.triggers"
_LINKS = "airflow_provider_watchword.links"
_BACKENDS = "airflow_provider_watchword.secrets"
_INTEGRATION = "watchword"


def provider_info() -> dict[str, Any]:
    """Return the whole provider information."""
    return {
        "package-name": "watchword",
        "name": "watchword",
        "description": "HTTP-API authentication: one connection type, validated before a pipeline runs.",
        "integrations": [{"integration-name": _INTEGRATION, "tags": ["protocol"]}],
        "hooks": [{"integration-name": _INTEGRATION, "python-modules": [_HOOKS, _METHOD_HOOKS]}],
        "sensors": [{"integration-name": _INTEGRATION, "python-modules": [_SENSORS]}],
        "operators": [{"integration-name": _INTEGRATION, "python-modules": [_OPERATORS]}],
        "triggers": [{"integration-name": _INTEGRATION, "python-modules": [_TRIGGERS]}],
        "extra-links": [f"{_LINKS}.ConnectionLink"],
        "secrets-backends": [f"{_BACKENDS}.GoogleSecretManagerBackend", f"{_BACKENDS}.LocalVaultBackend"],
        "connection-types": [_all_methods(), *_single_methods()],
        "config": {
            configuration.SECTION: {
                "description": "The token store of watchword's connections.",
                "options": configuration.OPTIONS,
            }
        },
    }


def _all_methods() -> dict[str, Any]:
    return {
        "connection-type": CONN_TYPE,
        "hook-class-name": f"{_HOOKS}.ApiHook",
        "hook-name": "HTTP API: all methods",
        "ui-field-behaviour": complete.standard_fields(),
        "conn-fields": complete.conn_fields(),
    }


def _single_methods() -> Iterator[dict[str, Any]]:
    for name, method in METHODS.items():
        yield {
            "connection-type": short_type(name),
            "hook-class-name": f"{_METHOD_HOOKS}.{method.__name__}Hook",
            "hook-name": f"HTTP API: {method.title}",
            "ui-field-behaviour": short.standard_fields(method),
            "conn-fields": short.conn_fields(method),
        }


def main() -> None:
    """Write the file."""
    INFO_FILE.write_text(json.dumps(provider_info(), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
