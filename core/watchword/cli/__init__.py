"""The command `watchword`: one module for each command or group of commands, and what they share."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command; Ctrl-C ends it with one line too while its modules are still being imported."""
    try:
        from watchword.cli.app import main as run  # noqa: PLC0415 - the import is what may be interrupted
    except KeyboardInterrupt:
        sys.stderr.write("watchword: stopped before it began.\n")
        sys.exit(130)
    run()
