"""The plugin that every Airflow process imports, and the link from a task to its connection."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest
from airflow.providers_manager import ProvidersManager

from airflow_provider_watchword.links import ConnectionLink
from airflow_provider_watchword.sensors import CredentialSensor

FRAMEWORKS = {"fastapi", "starlette", "jinja2", "itsdangerous", "sqlalchemy", "pydantic"}


def run(program: str) -> str:
    """Run a program and return the list that it prints; Airflow logs to the same place."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return next(line for line in reversed(done.stdout.splitlines()) if line.startswith("["))


def test_importing_the_plugin_adds_next_to_nothing_to_a_process() -> None:
    """A scheduler or a worker that imports the plugin loads no web framework, and nothing of the console."""
    program = (
        "import airflow.plugins_manager, sys; before = set(sys.modules);"
        "from airflow_provider_watchword.plugin import WatchwordPlugin; WatchwordPlugin();"
        "print(sorted(set(sys.modules) - before))"
    )
    added = set(ast.literal_eval(run(program)))
    assert "airflow_provider_watchword.plugin" in added
    assert not {name.partition(".")[0] for name in added} & FRAMEWORKS
    assert {name for name in added if name.startswith("watchword")} <= {"watchword"}
    assert len(added) <= 12, added


def test_without_the_extra_there_is_no_console_and_no_error() -> None:
    """If a package of the extra is missing, the plugin adds neither an app nor an entry in the menu."""
    program = (
        "from airflow_provider_watchword.plugin import WatchwordPlugin as Plugin; import sys\n"
        "found = [len(Plugin().external_views)]\n"
        "for name in ('fastapi', 'itsdangerous', 'jinja2', 'python_multipart'):\n"
        "    there = sys.modules.pop(name, None); sys.modules[name] = None; plugin = Plugin()\n"
        "    found += [len(plugin.fastapi_apps), len(plugin.external_views)]\n"
        "    del sys.modules[name]; sys.modules.update({name: there} if there else {})\n"
        "print(found)"
    )
    assert ast.literal_eval(run(program)) == [1, *([0] * 8)]


def test_the_sensors_link_leads_to_its_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """The link has the configured address with its path, and the connection's id is quoted."""
    sensor = CredentialSensor(task_id="gate", http_conn_id="a b/c")
    [link] = sensor.operator_extra_links
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example.com/team/")
    assert link.get_link(sensor, ti_key=None) == (
        "https://airflow.example.com/team/watchword/connections/a%20b%2Fc"
    )
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "")
    assert link.get_link(sensor, ti_key=None) == "/watchword/connections/a%20b%2Fc"


def test_airflow_knows_the_link() -> None:
    """The provider's information names the class of the link."""
    name = f"{ConnectionLink.__module__}.{ConnectionLink.__qualname__}"
    assert name in ProvidersManager().extra_links_class_names
