"""One Airflow with its real processes: api-server, scheduler, dag-processor, and workers or a triggerer."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from tests.support.nightly import usually
from tests.support.ports import free_port
from tests.support.programs import Program, end, wait_until

DAGS = Path(__file__).with_name("dags")
EXECUTORS = ("LocalExecutor", "CeleryExecutor")
MEETINGS = "meetings"
WORKERS = ("worker-1", "worker-2")
AT_ONCE = 16
"""How many tasks run at once: enough for a race, but not too many for two cores."""

TASKS_PER_WAY = usually(2, 13)
TASKS_AT_ONCE = 8
"""How many tasks end in each way in the middle of a renewal, and how many of them run at once."""

_FINAL = ("success", "failed")


@dataclass
class Fleet:
    """A running Airflow: its programs, and a session that is signed in to its REST API."""

    url: str
    home: Path
    programs: list[Program]
    environment: dict[str, str] = field(default_factory=dict)
    api: requests.Session = field(default_factory=requests.Session)

    def sign_in(self) -> None:
        """Wait for the api-server, and sign in."""
        wait_until(lambda: self._get("/api/v2/version"), self.programs, 120, "the api-server responded")
        token = self._get("/auth/token")["access_token"]
        self.api.headers["Authorization"] = f"Bearer {token}"

    def run(self, dag: str, connection: str) -> list[str]:
        """Run a DAG to its end, and return the state of each of its tasks."""
        run, _ = self.begin(dag, connection)
        return [state for states in self.states(run).values() for state in states]

    def begin(self, dag: str, connection: str) -> tuple[str, Path]:
        """Begin to run a DAG, and return the path of the run in the REST API and the run's own folder."""
        path = f"/api/v2/dags/{dag}"
        self.wait_until(lambda: self._get(path), 90, f"the DAG {dag} was read")
        folder = Path(tempfile.mkdtemp(dir=self.home / MEETINGS))
        conf = {"connection": connection, "folder": str(folder), "at_once": AT_ONCE}
        body = {"logical_date": None, "conf": conf}
        run = self._post(f"{path}/dagRuns", body)["dag_run_id"]
        return f"{path}/dagRuns/{run}", folder

    def has_dag(self, dag: str) -> bool:
        """Return whether a DAG was read."""
        return self._get(f"/api/v2/dags/{dag}") is not None

    def states(self, run: str) -> dict[str, list[str]]:
        """Wait for the end of a run, and return the states of its tasks by their id."""
        ended = lambda: (self._get(run) or {}).get("state") in _FINAL  # noqa: E731
        self.wait_until(ended, 180 + 60 * TASKS_PER_WAY, f"{run} ended")
        states: dict[str, list[str]] = {}
        read = 0
        while tasks := self._get(f"{run}/taskInstances?limit=100&offset={read}")["task_instances"]:
            read += len(tasks)
            for task in tasks:
                states.setdefault(task["task_id"], []).append(task["state"])
        return states

    def clear(self, run: str, task: str, index: int) -> None:
        """Clear a mapped task of a run, which Airflow then ends and runs again."""
        dag, _, run_id = run.partition("/dagRuns/")
        what = {"dag_run_id": run_id, "task_ids": [[task, index]], "only_failed": False, "dry_run": False}
        self._post(f"{dag}/clearTaskInstances", what)

    def wait_until(self, condition: Callable[[], object], seconds: float, event: str) -> None:
        """Wait for a condition. Fail if a program of the fleet ends first or after some seconds."""
        wait_until(condition, self.programs, seconds, event)

    def errors(self) -> str:
        """Return the failures in the tasks' logs, one line each."""
        texts = [path.read_text(errors="replace") for path in self.home.glob("logs/**/attempt=*.log")]
        lines = [line for text in texts for line in text.splitlines()]
        entries = [json.loads(line) for line in lines if line.startswith("{")]
        return "\n".join(_failure(entry) for entry in entries if entry["level"] == "error")

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        """Return the JSON of the response to a POST."""
        response = self.api.post(f"{self.url}{path}", json=body, timeout=60)
        response.raise_for_status()
        return response.json()

    def _get(self, path: str) -> Any:
        """Return the JSON of a GET, None if the server or the resource isn't there yet."""
        try:
            response = self.api.get(f"{self.url}{path}", timeout=60)
        except requests.ConnectionError:
            return None
        if response.status_code == requests.codes.not_found:
            return None
        response.raise_for_status()
        return response.json()


def _failure(entry: dict[str, Any]) -> str:
    exceptions = [f"{error['exc_type']}: {error['exc_value']}" for error in entry.get("error_detail", ())]
    return " | ".join([f"{entry.get('task_id')}[{entry.get('map_index')}] {entry['event']}", *exceptions])


def settings(home: Path, database: str) -> dict[str, str]:
    """Return the environment of an Airflow in `home`, without the settings of the user who runs the tests."""
    foreign = ("AIRFLOW", "WATCHWORD")
    return {
        **{name: text for name, text in os.environ.items() if not name.startswith(foreign)},
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database,
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": database,
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__PARALLELISM": str(AT_ONCE),
        "AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE": "True",
        "AIRFLOW__CORE__MAX_ACTIVE_TASKS_PER_DAG": str(AT_ONCE),
        "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "120",  # many tasks import their DAG at once, on two cores
        "AIRFLOW__CORE__HOSTNAME_CALLABLE": "socket.gethostname",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__CORE__FERNET_KEY": "bWFkZS11cC1mZXJuZXQta2V5LWZvci10ZXN0cy0wMDA=",
        "AIRFLOW__API__SECRET_KEY": "made-up-signing-key-for-the-fleets-that-the-tests-run",
        "AIRFLOW__API_AUTH__JWT_SECRET": "made-up-jwt-secret-for-the-fleets-that-the-tests-run-which-is-long",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "3600",  # read once: no test changes its DAGs
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",  # a task that was cleared is ended that soon
        "FLEET_TASKS_PER_WAY": str(TASKS_PER_WAY),
        "FLEET_TASKS_AT_ONCE": str(TASKS_AT_ONCE),
    }


def migrate(environment: Mapping[str, str]) -> None:
    """Create Airflow's tables."""
    done = subprocess.run(
        _airflow("db", "migrate"), env=environment, capture_output=True, text=True, check=False, timeout=180
    )
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def running(home: Path, environment: Mapping[str, str], *, broker: str | None = None) -> Iterator[Fleet]:
    """Run an Airflow in `home`, under CeleryExecutor with a broker and under LocalExecutor without one.

    The one under LocalExecutor has a triggerer.
    """
    shutil.copytree(DAGS, home / "dags")
    (home / MEETINGS).mkdir()
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    common = {**environment, "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/"}
    common |= _celery(broker) if broker else {"AIRFLOW__CORE__EXECUTOR": "LocalExecutor"}
    commands = _commands(port, workers=WORKERS if broker else ())
    fleet = Fleet(url, home, [], common | {"WATCHWORD_HOME": str(home / "shell")})
    try:
        for name, command in commands.items():
            home_variable = {
                "WATCHWORD_HOME": str(home / name)
            }  # as on separate hosts: only the store is shared
            fleet.programs.append(Program(name, command, common | home_variable, home))
        fleet.sign_in()
        if broker:
            workers = [program for program in fleet.programs if program.name in WORKERS]
            ready = lambda: all(" ready." in program.output() for program in workers)  # noqa: E731
            wait_until(ready, fleet.programs, 90, "the workers were ready")
        yield fleet
    finally:
        fleet.api.close()
        shutil.rmtree(home / MEETINGS)  # tasks that still wait there fail
        end(fleet.programs[1:], fleet.programs[:1])


def _celery(broker: str) -> dict[str, str]:
    return {"AIRFLOW__CORE__EXECUTOR": "CeleryExecutor", "AIRFLOW__CELERY__BROKER_URL": broker}


def _commands(port: int, workers: tuple[str, ...]) -> dict[str, list[str]]:
    """Return the commands to start. The first ends last, because tasks report to it."""
    share = str(AT_ONCE // len(WORKERS))
    options = ("--concurrency", share, "--skip-serve-logs", "--without-mingle", "--without-gossip")
    return {
        "api-server": _airflow("api-server", "--host", "127.0.0.1", "--port", str(port)),
        "dag-processor": _airflow("dag-processor"),
        **{name: _airflow("celery", "worker", "--celery-hostname", name, *options) for name in workers},
        **({} if workers else {"triggerer": _airflow("triggerer", "--skip-serve-logs")}),
        "scheduler": _airflow("scheduler", "--skip-serve-logs"),
    }


def _airflow(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "airflow", *arguments]


def connection(fields: Mapping[str, Any]) -> str:
    """Return a document as a connection in Airflow's environment variables."""
    rest = dict(fields)
    host = rest.pop("base_url")
    return json.dumps({"conn_type": "watchword", "host": host, "extra": {"schema_version": 1, **rest}})
