"""A case of a benchmark: a program that reads its plan from standard input and prints its result last."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any


def result_of(
    called: str,
    command: Sequence[str],
    plan: Mapping[str, Any],
    environment: Mapping[str, str],
    seconds: float,
) -> dict[str, Any]:
    """Run a case in a fresh process and return the JSON of its last line.

    Args:
        called: what the case is called where it fails.
        command: the interpreter and the script.
        plan: what it is to do.
        environment: all of the process's variables.
        seconds: how long it may take.

    Raises:
        RuntimeError: it failed; the message quotes what it printed as errors.
        subprocess.TimeoutExpired: it took too long.
    """
    done = subprocess.run(  # noqa: S603 - a program of ours
        command,
        input=json.dumps(plan),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )
    if done.returncode:
        raise RuntimeError(f"{called}: {done.stderr}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result
