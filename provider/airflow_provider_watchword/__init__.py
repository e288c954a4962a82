"""watchword for Airflow: the connection type `watchword`, its hook and operator, and the sensor before both.

    from airflow_provider_watchword import ApiHook, ApiOperator, CredentialSensor

Each name is imported when it is first used, because Airflow imports this package in every process for
its provider information.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_watchword.hooks import ApiHook
    from airflow_provider_watchword.operators import ApiOperator
    from airflow_provider_watchword.sensors import CredentialSensor
    from airflow_provider_watchword.sign_in_health import sign_ins
    from watchword import __version__

__all__ = ["ApiHook", "ApiOperator", "CredentialSensor", "__version__", "sign_ins"]

_MODULES = {
    "ApiHook": "airflow_provider_watchword.hooks",
    "ApiOperator": "airflow_provider_watchword.operators",
    "CredentialSensor": "airflow_provider_watchword.sensors",
    "sign_ins": "airflow_provider_watchword.sign_in_health",
    "__version__": "watchword",
}


if not TYPE_CHECKING:  # a type checker then reports a name that doesn't exist

    def __getattr__(name: str) -> object:
        """Import a public name when it is first used (PEP 562)."""
        module = _MODULES.get(name)
        if module is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(module), name)
