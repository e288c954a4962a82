"""What Airflow loads: the connection type `watchword`, its hook and the sensor that gates extraction.

    from airflow_provider_watchword import ApiHook, CredentialSensor

Nothing is imported before it is used: Airflow imports this package in every process, for its
provider information alone.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_watchword.hooks import ApiHook
    from airflow_provider_watchword.sensors import CredentialSensor
    from airflow_provider_watchword.sign_ins import sign_ins
    from watchword import __version__

__all__ = ["ApiHook", "CredentialSensor", "__version__", "sign_ins"]

_HOMES = {
    "ApiHook": "airflow_provider_watchword.hooks",
    "CredentialSensor": "airflow_provider_watchword.sensors",
    "sign_ins": "airflow_provider_watchword.sign_ins",
    "__version__": "watchword",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used (PEP 562)."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)
