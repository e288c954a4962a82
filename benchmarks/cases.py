"""Runs a case of a benchmark: a program that reads a plan from standard input and prints its result last."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any


def result_of(
    name: str,
    command: Sequence[str],
    plan: Mapping[str, Any],
    environment: Mapping[str, str],
    seconds: float,
) -> dict[str, Any]:
    """Run a case in a fresh process and return the JSON of its last line.

    Args:
        name: the name of the case in error messages.
        command: the interpreter and the script.
        plan: the input of the case.
        environment: all environment variables of the process.
        seconds: its time limit.

    Raises:
        RuntimeError: it failed; the message quotes its error output.
        subprocess.TimeoutExpired: it took too long.
    """
    done = subprocess.run(  # noqa: S603 - a program of this project
        command,
        input=json.dumps(plan),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stderr}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result
