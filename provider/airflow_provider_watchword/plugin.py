"""The plugin for Airflow's API server; every Airflow process imports it, so it imports nothing heavy."""

from __future__ import annotations

from functools import cached_property
from importlib.util import find_spec
from typing import Any

from airflow.plugins_manager import AirflowPlugin

from airflow_provider_watchword.console import PATH
from airflow_provider_watchword.test_button import EmptyPort

_NEEDED = ("fastapi", "itsdangerous", "jinja2", "python_multipart")
"""What the console's pages need: the extra `watchword[console]`."""


class WatchwordPlugin(AirflowPlugin):
    """What watchword adds to the API server."""

    name = "watchword"
    fastapi_root_middlewares = [  # noqa: RUF012 - the base's attribute
        {"name": "watchword: an empty port", "middleware": EmptyPort, "args": [], "kwargs": {}}
    ]

    @cached_property
    def fastapi_apps(self) -> list[Any]:  # type: ignore[override] # the base's is a plain attribute
        """The console, built when the API server asks for it; nothing without the extra."""
        if not _has_console():
            return []
        from airflow_provider_watchword.console.host import AirflowHost  # noqa: PLC0415 - the server's only
        from watchword.console.app import create_app  # noqa: PLC0415 - an extra

        return [{"name": "watchword", "app": create_app(AirflowHost()), "url_prefix": f"/{PATH}"}]

    @cached_property
    def external_views(self) -> list[Any]:  # type: ignore[override] # the base's is a plain attribute
        """The entry under Admin; it has no route of Airflow's, so the console opens in a tab of its own."""
        if not _has_console():
            return []
        return [
            {"name": "API credentials", "href": f"{PATH}/", "destination": "nav", "category": "admin"},
        ]


def _has_console() -> bool:
    return all(find_spec(name) is not None for name in _NEEDED)
