"""Airflow's secrets backends: connections, variables and options from Google Secret Manager or the vault.

    [secrets]
    backend = airflow_provider_watchword.secrets.GoogleSecretManagerBackend
    backend_kwargs = {"project_id": "acme-prod"}

Airflow makes a backend at the start of every process. The first lookup connects to the store and imports
Google's libraries, not the start.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_watchword.secrets.google import GoogleSecretManagerBackend
    from airflow_provider_watchword.secrets.local import LocalVaultBackend

__all__ = ["GoogleSecretManagerBackend", "LocalVaultBackend"]

_MODULES = {
    "GoogleSecretManagerBackend": "airflow_provider_watchword.secrets.google",
    "LocalVaultBackend": "airflow_provider_watchword.secrets.local",
}


if not TYPE_CHECKING:  # a type checker then reports a name that doesn't exist

    def __getattr__(name: str) -> object:
        """Import a backend when it is first used (PEP 562)."""
        module = _MODULES.get(name)
        if module is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        # Airflow makes its configured backend while `airflow.configuration` is imported. Import it first,
        # so that it never finds a half-imported backend module.
        import_module("airflow.configuration")
        return getattr(import_module(module), name)
