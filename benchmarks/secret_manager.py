"""1,000 lookups of a connection in Secret Manager: the calls of watchword's and of Google's Airflow backend.

Both call a local server over gRPC without TLS, which favours the backend that opens more channels. Google's
backend needs a separate environment, because its provider may not be installable together with watchword's:

    .venv/bin/uv venv .tox/peer
    .venv/bin/uv pip install --python .tox/peer apache-airflow==3.3.2 apache-airflow-providers-google
    .venv/bin/python benchmarks/secret_manager.py --peer .tox/peer/bin/python

Without `--peer` the table has watchword's column only. The counts matter most. Times are medians of fresh,
interleaved processes, and each backend runs in its own Python. Imports, in CPU time, and distributions are
counted beyond Airflow's own. The last rows are of a real Airflow with four task processes.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import warnings
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from cases import result_of
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from rich.console import Console
from rich.table import Table

from watchword_playground import Playground

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Google's libraries, on old Pythons
    from watchword_playground.secret_manager import SecretManagerServer

CASE = Path(__file__).with_name("secret_manager_case.py")
ROOT = Path(__file__).parents[1]

ROUNDS = 5
PROJECT = "acme-bench"
KNOWN, MISSING = "acme", "absent"
CONNECTION = {"conn_type": "http", "host": "https://api.example.com", "password": "made-up"}

REQUIREMENTS = {"watchword": "watchword[airflow,gcp]", "google": "apache-airflow-providers-google"}
"""The requirement of each backend, beyond Airflow."""

LONGEST = 300
"""The time limit of a case, in seconds."""


@dataclass(frozen=True)
class CaseResult:
    """The result of a case: its figure, the calls to the server, and the opened channels."""

    figure: float
    calls: int
    channels: int


@dataclass(frozen=True)
class Contender:
    """A backend, the Python that it runs in, and the server that it calls."""

    backend: str
    python: str
    home: str
    server: SecretManagerServer
    keyfile: Mapping[str, str]

    def run(self, case: str, name: str = KNOWN) -> CaseResult:
        """Run a case in a fresh process; raises RuntimeError if it fails."""
        self.server.reset()
        plan = {
            "backend": self.backend,
            "case": case,
            "name": name,
            "there": name == KNOWN,
            "project": PROJECT,
            "address": self.server.address,
            "keyfile": self.keyfile,
            "requirement": REQUIREMENTS[self.backend],
        }
        result = result_of(
            f"{self.backend}, {case}",
            [self.python, str(CASE)],
            plan,
            self._environment,
            LONGEST,
        )
        return CaseResult(result["figure"], self.server.calls["AccessSecretVersion"], result["channels"])

    @property
    def _environment(self) -> dict[str, str]:
        """Return the environment of its processes, without the settings of the user who runs this."""
        foreign = ("AIRFLOW", "WATCHWORD", "PYTHON", "VIRTUAL_ENV", "GOOGLE")
        return {
            **{name: text for name, text in os.environ.items() if not name.startswith(foreign)},
            "AIRFLOW_HOME": self.home,
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "SECRET_MANAGER_EMULATOR_HOST": self.server.address,
        }


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peer", metavar="PYTHON", help="a Python that has Google's provider for Airflow")
    peer = parser.parse_args().peer
    pythons = {"watchword": sys.executable, **({"google": peer} if peer else {})}
    keyfile = service_account()
    with ExitStack() as stack:
        server = stack.enter_context(SecretManagerServer())
        server.put(PROJECT, f"airflow-connections-{KNOWN}", json.dumps(CONNECTION))
        homes = {backend: stack.enter_context(tempfile.TemporaryDirectory()) for backend in pythons}
        contenders = [
            Contender(name, python, homes[name], server, keyfile) for name, python in pythons.items()
        ]
        table = compared(contenders)
    add_fleet(table)
    Console().print(table)
    if not peer:
        print("Google's backend was not measured: name a Python that has it with --peer.")


def compared(contenders: list[Contender]) -> Table:
    """Return the table of the results of all contenders."""
    table = Table("Secret Manager", "watchword", *(["Google's backend", "ratio"] if contenders[1:] else []))
    for contender in contenders:
        contender.run("loading")  # writes the byte code
    rounds = [[contender.run("lookups") for contender in contenders] for _ in range(ROUNDS)]
    known = list(zip(*rounds, strict=True))
    loaded = [[contender.run("loading").figure for contender in contenders] for _ in range(ROUNDS)]
    missing = [contender.run("lookups", MISSING) for contender in contenders]
    cold = [contender.run("threads") for contender in contenders]
    assert all(each.figure == 50 for each in cold), cold
    distributions = [contender.run("distributions").figure for contender in contenders]

    def add(title: str, figures: list[float], text_of: Callable[[float], str] = "{:,.0f}".format) -> None:
        ratio = [f"{more / figures[0]:,.{0 if more > 10 * figures[0] else 1}f}" for more in figures[1:]]
        table.add_row(title, *map(text_of, figures), *ratio)

    add("1,000 lookups of a connection: calls", [max(each.calls for each in own) for own in known])
    add("  channels", [max(each.channels for each in own) for own in known])
    seconds = [statistics.median(each.figure for each in own) for own in known]
    add("  µs for each after the first", [each * 1e6 for each in seconds], "{:,.1f}".format)
    add("1,000 lookups of a missing one: calls", [each.calls for each in missing])
    add("  channels", [each.channels for each in missing])
    add("50 threads, nothing known yet: calls", [each.calls for each in cold])
    add("  channels", [each.channels for each in cold])
    seconds = [statistics.median(own) for own in zip(*loaded, strict=True)]
    add("import and construction, s", seconds, "{:.3f}".format)
    add("distributions", distributions)
    return table


def add_fleet(table: Table) -> None:
    """Add the calls of a real Airflow's tasks, if its libraries are installed: watchword's backend only."""
    sys.path.insert(0, str(ROOT))
    try:
        # These need more libraries than the rest of the benchmark.
        from tests.fleet.airflow_fleet import migrate, settings  # noqa: PLC0415 - see above
        from tests.fleet.secret_manager_fleet import LOOKUPS, emulated, looked_up  # noqa: PLC0415 - see above
        from tests.support.postgres import running_postgres  # noqa: PLC0415 - see above
    except ImportError as error:
        print(f"The tasks of a real Airflow were not counted: it needs {error.name}.")
        return
    with tempfile.TemporaryDirectory(prefix="watchword-fleet-") as folder, ExitStack() as stack:
        home = Path(folder) / "airflow"
        home.mkdir()
        playground = stack.enter_context(Playground())
        postgres = stack.enter_context(running_postgres())
        database = postgres.url(postgres.create("airflow"))
        migrate(settings(home, database))
        lookups = looked_up(*stack.enter_context(emulated(home, database, playground.url)))
    assert set(lookups.states) == {"success"}, lookups
    rest = [""] * (len(table.columns) - 2)
    title = f"LocalExecutor, {lookups.processes} x {LOOKUPS} lookups: calls"
    table.add_row(title, str(lookups.calls), *rest)
    table.add_row("  channels", str(lookups.connections), *rest)


def service_account() -> dict[str, str]:
    """Return the key file of a made-up service account, so that no other credentials are searched."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": "made-up",
        "private_key": key.decode(),
        "client_email": f"airflow@{PROJECT}.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": "https://oauth2.googleapis.com/token",
    }


if __name__ == "__main__":
    main()
