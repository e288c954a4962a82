"""`watchword validate --on worker` in a real Airflow, under each executor."""

from __future__ import annotations

import json
import socket
import subprocess
import sys

import pytest

from tests.support.nightly import rest_nightly
from watchword_playground import Playground

from .airflow_fleet import EXECUTORS, Fleet

METHOD = "oauth2_client_credentials"

pytestmark = pytest.mark.timeout(480)  # with the start of a fleet


def validate(fleet: Fleet, name: str, *options: str) -> tuple[int, dict[str, object]]:
    """Validate on a worker, and return the exit status and the report."""
    command = ["-m", "watchword", "validate", f"airflow:{name}", "--on", "worker", "--json", *options]
    done = subprocess.run(
        [sys.executable, *command],
        env=fleet.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.stdout, done.stderr + fleet.errors()
    return done.returncode, json.loads(done.stdout)


@pytest.mark.parametrize("fleet", rest_nightly(EXECUTORS, {"CeleryExecutor"}), indirect=True)
def test_a_worker_validates_and_names_its_machine(fleet: Fleet, playground: Playground) -> None:
    """A task of a worker makes the calls, and the command prints its report with the worker's name."""
    fleet.wait_until(lambda: fleet.has_dag("watchword_validation"), 90, "the DAG was read")
    url = f"{playground.url}/{METHOD}/v1/me"
    status, report = validate(fleet, METHOD, "--test-url", url)
    assert (status, report["verdict"]) == (0, "valid"), report
    where = report["where"]
    assert (where["kind"], where["machine"]) == ("worker", socket.gethostname())
    assert where["job"].startswith("watchword_validation.validate, run watchword__")


@pytest.mark.parametrize("fleet", rest_nightly(EXECUTORS, {"LocalExecutor"}), indirect=True)
def test_a_connection_that_the_workers_lack_is_named(fleet: Fleet) -> None:
    """A connection that no worker finds ends in a report that says so, not in a failed run alone."""
    fleet.wait_until(lambda: fleet.has_dag("watchword_validation"), 90, "the DAG was read")
    status, report = validate(fleet, "nowhere")
    assert (status, report["code"]) == (3, "connection_missing"), report
    assert report["where"]["kind"] == "worker"
