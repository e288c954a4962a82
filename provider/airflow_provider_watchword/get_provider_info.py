"""The provider information, for Airflow's `apache_airflow_provider` entry point.

Every Airflow process reads it at start, so this is a file to be parsed and nothing to be imported;
`python -m airflow_provider_watchword.form` writes the file from the fields of the core.
"""

import json
from pathlib import Path
from typing import Any

INFO_FILE = Path(__file__).with_name("provider_info.json")


def get_provider_info() -> dict[str, Any]:
    """Return what Airflow wants to know: connection type, form, hook and sensor."""
    info: dict[str, Any] = json.loads(INFO_FILE.read_text(encoding="utf-8"))
    return info
