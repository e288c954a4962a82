"""Airflow's secrets backends: connections, variables and options from Google Secret Manager or the vault.

    [secrets]
    backend = airflow_provider_watchword.secrets.GoogleSecretManagerBackend
    backend_kwargs = {"project_id": "acme-prod"}

Airflow makes them at the start of every process: nothing is connected to, and nothing of Google's
imported, before a secret is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_watchword.secrets.google import GoogleSecretManagerBackend
    from airflow_provider_watchword.secrets.local import LocalVaultBackend

__all__ = ["GoogleSecretManagerBackend", "LocalVaultBackend"]

_HOMES = {
    "GoogleSecretManagerBackend": "airflow_provider_watchword.secrets.google",
    "LocalVaultBackend": "airflow_provider_watchword.secrets.local",
}


def __getattr__(name: str) -> object:
    """Import a backend when it is first used (PEP 562)."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # Airflow makes its configured backend while it is imported: first, lest it find half of a module.
    import_module("airflow.configuration")
    return getattr(import_module(home), name)
