"""`python -m watchword_playground.secret_manager` serves until Ctrl-C or SIGTERM."""

import argparse
import sys
from pathlib import Path

from watchword_playground.secret_manager.server import serve


def main() -> int:
    """Read the command line, serve, and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m watchword_playground.secret_manager",
        description="Serve a local Google Secret Manager on 127.0.0.1 until Ctrl-C.",
    )
    parser.add_argument("--port", type=int, default=8643, help="port on 127.0.0.1; 0 for any free one")
    parser.add_argument("--counts", type=Path, help="file that the number of calls is written to, as JSON")
    arguments = parser.parse_args()
    try:
        serve(arguments.port, _announce, counts=arguments.counts)
    except (OSError, OverflowError) as error:
        parser.exit(1, f"{error}\n")
    return 0


def _announce(address: str) -> None:
    sys.stdout.write(f"Secret Manager on {address}; SECRET_MANAGER_EMULATOR_HOST={address}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
