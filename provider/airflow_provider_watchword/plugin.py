"""The plugin for Airflow's API server; every Airflow process imports it, so it imports nothing heavy."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin

from airflow_provider_watchword.test_button import EmptyPort


class WatchwordPlugin(AirflowPlugin):
    """What watchword adds to the API server."""

    name = "watchword"
    fastapi_root_middlewares = [  # noqa: RUF012 - the base's attribute
        {"name": "watchword: an empty port", "middleware": EmptyPort, "args": [], "kwargs": {}}
    ]
