"""Run the demo: `python -m example_dags.demo`."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from example_dags.demo.hosts import AirflowHost, DagsterHost, Outcome
from example_dags.demo.processes import Processes
from example_dags.demo.tables import extracted, show_extracted, show_next, show_stopped
from watchword_playground import CREDENTIALS, Playground

PORT = 8642
INTERRUPTED = 130

console = Console()


def main() -> int:
    """Run the demo and return its exit status: 0 if everything went as expected."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--method", choices=sorted(set(CREDENTIALS) - {"none"}), default="api_key")
    parser.add_argument("--port", type=int, default=PORT, help="port of the local API on 127.0.0.1")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # SIGTERM cleans up as Ctrl-C does
    home = Path(tempfile.mkdtemp(prefix="watchword-demo-"))
    try:
        with ExitStack() as stack:
            processes = stack.enter_context(Processes(home))
            playground = start_playground(arguments.port, stack)
            succeeded = run_acts(playground, arguments.method, home, processes)
    except KeyboardInterrupt:
        console.print("\nStopped; no process was left behind.")
        succeeded, status = True, INTERRUPTED
    else:
        status = 0 if succeeded else 1
    if succeeded:
        shutil.rmtree(home)
        if status == 0:
            show_next(console)
    else:
        console.print(f"[red]The demo did not go as expected.[/] The logs are in {home}")
    return status


def start_playground(port: int, stack: ExitStack) -> Playground:
    """Return a running playground on the port, or on a free one if the port is taken."""
    try:
        return stack.enter_context(Playground(port))
    except OSError:
        console.print(f"Port {port} is taken; the local API uses a free one.")
        return stack.enter_context(Playground())


def run_acts(playground: Playground, method: str, home: Path, processes: Processes) -> bool:
    """Show the two acts and return whether both went as expected."""
    store_connection(playground, method, home, processes)
    database = home / "airports.sqlite"
    hosts = AirflowHost(processes, home, database), DagsterHost(processes, home, database)
    console.print("\nAirflow gets its own database, without connections ...")
    with console.status("airflow db migrate"):
        hosts[0].prepare()
    console.print("\n[bold]1. The credential is good:[/] both hosts validate it, then extract.")
    first = run(hosts)
    show_extracted(console, database, first)
    console.print("\n[bold]2. The credential is revoked:[/] both hosts stop before extraction starts.")
    playground.revoke(method)
    before = extracted(database)
    second = run(hosts)
    show_stopped(console, second)
    untouched = extracted(database) == before
    if untouched:
        console.print("The tables are as they were: nothing was extracted with a bad credential.")
    complete = all(count == 3376 for count in before.values()) and len(before) == len(hosts)  # noqa: PLR2004
    all_finished = all(outcome.finished for outcome in first)
    all_stopped = all(outcome.reason and not outcome.finished for outcome in second)
    return complete and untouched and all_finished and all_stopped


def store_connection(playground: Playground, method: str, home: Path, processes: Processes) -> None:
    """Store the connection in the demo's own vault, as a user would, and show it."""
    connection = playground.document(method)
    connection["test_url"] = f"{connection['base_url']}/v1/me"
    folder = home / "watchword"
    # All programs inherit these variables, so they use only this vault, whatever the user's settings are.
    os.environ.update(
        WATCHWORD_HOME=str(folder),
        WATCHWORD_STORE=f"sqlite:///{folder / 'tokens.db'}",
        WATCHWORD_KEY="",
        WATCHWORD_SECRETS="local",
    )
    console.print(f"A local API with 3,376 airports runs at [bold]{connection['base_url']}[/]")
    console.print(f"Its method is [bold]{method}[/]. Both hosts read [bold]acme[/] from one encrypted vault:")
    add = ["watchword", "connections", "add", "acme", "--from", "-"]
    processes.call("watchword-add", add, stdin=json.dumps(connection))
    listing = processes.call("watchword-show", ["watchword", "connections", "show", "acme"])
    console.print(listing, end="", markup=False)


def run(hosts: tuple[AirflowHost, DagsterHost]) -> list[Outcome]:
    """Run the pipelines of both hosts at the same time and return their outcomes."""
    console.print("Airflow runs its DAG and Dagster its job at the same time, both with the vault ...")
    with console.status("airflow dags test validate_then_extract | dagster asset materialize"):
        pool = ThreadPoolExecutor(len(hosts))
        try:
            running = [pool.submit(host.run) for host in hosts]
            for ended in as_completed(running):
                console.print(f"  {ended.result().host} ended after {ended.result().seconds:.0f} s")
            return [future.result() for future in running]
        finally:
            # On Ctrl-C, `Processes` ends the programs, and their threads end with them.
            pool.shutdown(wait=False, cancel_futures=True)


if __name__ == "__main__":
    sys.exit(main())
