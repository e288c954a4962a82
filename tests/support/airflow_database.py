"""A fresh database of Airflow in SQLite, as a copy: `airflow db migrate` takes eight seconds."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path


def create_database(target: Path) -> None:
    """Write a file with Airflow's tables, which must not be there yet."""
    assert not target.exists()
    shutil.copyfile(Path(_migrated().name, "airflow.db"), target)


@cache
def _migrated() -> tempfile.TemporaryDirectory[str]:
    """Return a folder with a database that nobody else uses. It is removed when this process ends."""
    folder = tempfile.TemporaryDirectory(prefix="watchword-migrated-")
    own = {name: text for name, text in os.environ.items() if not name.startswith(("AIRFLOW", "WATCHWORD"))}
    url = f"sqlite:///{folder.name}/airflow.db"
    done = subprocess.run(
        [sys.executable, "-m", "airflow", "db", "migrate"],
        env={**own, "AIRFLOW_HOME": folder.name, "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": url},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder
