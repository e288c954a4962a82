"""The provider information, for Airflow's `apache_airflow_provider` entry point.

Every Airflow process reads it at start, so it is a JSON file that is parsed without further imports.
`python -m airflow_provider_watchword.generate` writes the file from the fields of the core.
"""

import json
from pathlib import Path
from typing import Any

INFO_FILE = Path(__file__).with_name("provider_info.json")


def get_provider_info() -> dict[str, Any]:
    """Return the provider information: connection types, forms, hooks, sensor, backends and options."""
    info: dict[str, Any] = json.loads(INFO_FILE.read_text(encoding="utf-8"))
    return info
