"""The two hosts of the demo: each runs its pipeline and reports why it stopped."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path

from example_dags.demo.processes import Processes

EXAMPLES = Path(__file__).parents[1]
VAULT = "airflow_provider_watchword.secrets.LocalVaultBackend"

# A finding as hosts print it: the code, then message and advice up to the evidence.
_REASON = re.compile(r"\b(?:invalid|unreachable|inconclusive): (\w+): ([^\[\n]+)")


@dataclass(frozen=True)
class Outcome:
    """The end of a pipeline: whether it finished, the reason if not, and its duration in seconds."""

    host: str
    finished: bool
    reason: str
    seconds: float


class AirflowHost:
    """A separate Airflow: home, database, the example DAG, and the vault for connections."""

    def __init__(self, processes: Processes, home: Path, database: Path) -> None:
        self._processes = processes
        self._environment = {
            "AIRFLOW_HOME": str(home / "airflow"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(EXAMPLES),
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__SECRETS__BACKEND": VAULT,
            "AIRFLOW__SECRETS__BACKEND_KWARGS": "{}",
            "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
            "WATCHWORD_EXAMPLE_DATABASE": str(database),
            "COLUMNS": "500",
        }

    def prepare(self) -> None:
        """Create the database; raises RuntimeError if that fails."""
        self._processes.call("airflow-migrate", ["airflow", "db", "migrate"], self._environment)

    def run(self) -> Outcome:
        """Run the example DAG once."""
        started = time.monotonic()
        command = ["airflow", "dags", "test", "validate_then_extract"]
        status, output = self._processes.run("airflow-dag", command, self._environment)
        return Outcome("Airflow", status == 0, _reason(output), time.monotonic() - started)


class DagsterHost:
    """A separate Dagster instance with the example project, which reads the same vault."""

    def __init__(self, processes: Processes, home: Path, database: Path) -> None:
        self._processes = processes
        self._environment = {
            "DAGSTER_HOME": str(home / "dagster"),
            "DAGSTER_DISABLE_TELEMETRY": "1",
            "WATCHWORD_EXAMPLE_DATABASE": str(database),
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


def _reason(output: str) -> str:
    """Return code and message of the finding that stopped a host, from its output."""
    reason = _REASON.search(output)
    return f"{reason[1]}: {reason[2].strip()}" if reason else ""
