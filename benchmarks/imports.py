"""The cost of importing watchword beyond its dependencies: medians of fresh, interleaved processes."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile

from rich.console import Console
from rich.table import Table

ROUNDS = 9
LOADED = "import watchword; watchword.load({'base_url': 'https://a.test', 'method': 'none'}).session()"
PAIRS = {
    "import watchword": ("import requests", "import watchword"),
    "import watchword, first session": ("import requests", LOADED),
    "import ApiHook": (
        "from airflow.providers.http.hooks.http import HttpHook",
        "from airflow_provider_watchword.hooks import ApiHook",
    ),
}


def main() -> None:
    """Measure and print the table."""
    table = Table("import", "beyond", "seconds more")
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "AIRFLOW_HOME": home, "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # byte code is cached, as for every second import
        for name, (base, more) in PAIRS.items():
            added(base, more, environment)  # writes the byte code
            costs = [added(base, more, environment) for _ in range(ROUNDS)]
            table.add_row(name, base, f"{statistics.median(costs):.3f}")
    Console().print(table)


def added(base: str, more: str, environment: dict[str, str]) -> float:
    """Return the seconds that `more` takes after `base` in a fresh process."""
    program = (
        f"import time\n{base}\nstarted = time.perf_counter()\n{more}\nprint(time.perf_counter() - started)"
    )
    done = subprocess.run(  # noqa: S603 - this Python
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
    )
    return float(done.stdout.split()[-1])


if __name__ == "__main__":
    main()
