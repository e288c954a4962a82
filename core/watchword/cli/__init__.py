"""The command `watchword`: one module for each command or group of commands, and what they share."""

from __future__ import annotations

import gc
import sys

__all__ = ["main"]


def main() -> None:
    """Run the command; Ctrl-C ends it with one line too while its modules are still being imported.

    The process ends soon after the command's last line, whatever it has loaded.
    """
    try:
        from watchword.cli.app import main as run  # noqa: PLC0415 - the import is what may be interrupted
    except KeyboardInterrupt:
        sys.stderr.write("watchword: stopped before it began.\n")
        sys.exit(130)
    try:
        run()
    finally:
        gc.freeze()  # else the last collection goes through all modules of a loaded Airflow, for seconds
