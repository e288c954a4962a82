"""The two hosts of the demo: how each stores the connection, runs its pipeline, and says why it stopped."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from pathlib import Path

from example_dags.demo.processes import Processes

EXAMPLES = Path(__file__).parents[1]
CONNECTION = "acme"

# A finding as hosts print it: the code, then message and advice up to the evidence.
_REASON = re.compile(r"\b(?:invalid|unreachable|inconclusive): (\w+): ([^\[\n]+)")


@dataclass(frozen=True)
class Outcome:
    """How a pipeline ended: whether it finished, why not, and after how many seconds."""

    host: str
    finished: bool
    reason: str
    seconds: float


class AirflowHost:
    """An Airflow of its own: home, database, the connection `acme`, and the example DAG."""

    def __init__(self, processes: Processes, home: Path, document: Path, database: Path) -> None:
        self._processes = processes
        self._document = document
        self._environment = {
            "AIRFLOW_HOME": str(home / "airflow"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(EXAMPLES),
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
            "WATCHWORD_EXAMPLE_DATABASE": str(database),
            "COLUMNS": "500",
        }

    def prepare(self) -> None:
        """Make the database and store the connection; raises RuntimeError where that fails."""
        self._call("airflow-migrate", ["airflow", "db", "migrate"])
        stored = json.dumps(airflow_connection(json.loads(self._document.read_text())))
        self._call("airflow-connection", ["airflow", "connections", "add", CONNECTION, "--conn-json", stored])

    def run(self) -> Outcome:
        """Run the example DAG once."""
        started = time.monotonic()
        command = ["airflow", "dags", "test", "validate_then_extract"]
        status, output = self._processes.run("airflow-dag", command, self._environment)
        return Outcome("Airflow", status == 0, _reason(output), time.monotonic() - started)

    def _call(self, name: str, command: list[str]) -> None:
        status, output = self._processes.run(name, command, self._environment)
        if status != 0:
            raise RuntimeError(f"{' '.join(command[:3])} failed:\n{output[-2000:]}")


class DagsterHost:
    """A Dagster instance of its own, and the example project on the same document."""

    def __init__(self, processes: Processes, home: Path, document: Path, database: Path) -> None:
        self._processes = processes
        self._environment = {
            "DAGSTER_HOME": str(home / "dagster"),
            "DAGSTER_DISABLE_TELEMETRY": "1",
            "WATCHWORD_EXAMPLE_DATABASE": str(database),
            "WATCHWORD_EXAMPLE_DOCUMENT": str(document),
            "COLUMNS": "500",
        }
        (home / "dagster").mkdir(exist_ok=True)
        (home / "dagster" / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")

    def run(self) -> Outcome:
        """Materialize every asset of the example project once."""
        started = time.monotonic()
        definitions = str(EXAMPLES / "dagster_project" / "definitions.py")
        command = ["dagster", "asset", "materialize", "-f", definitions, "--select", "*"]
        status, output = self._processes.run("dagster-job", command, self._environment)
        return Outcome("Dagster", status == 0, _reason(output), time.monotonic() - started)


def airflow_connection(document: dict[str, object]) -> dict[str, object]:
    """Return a connection document as Airflow keeps it: host, login and password apart, the rest in extra."""
    rest = dict(document)
    stored: dict[str, object] = {"conn_type": "watchword", "host": rest.pop("base_url")}
    for field, name in (("login", "username"), ("password", "password")):
        if name in rest:
            stored[field] = rest.pop(name)
    return {**stored, "extra": rest}


def _reason(output: str) -> str:
    """Return the code and the message that a host printed for the finding that stopped it."""
    found = _REASON.search(output)
    return f"{found[1]}: {found[2].strip()}" if found else ""
