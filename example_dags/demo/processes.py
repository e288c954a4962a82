"""The programs that the demo starts, and ends at its own end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from typing_extensions import Self

GRACE = 5.0
"""How long a program may take to end by itself, in seconds."""


class Processes:
    """Runs programs of this environment, each in its own process group, and ends all groups at the close."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for program in tuple(self._running):  # the program's thread removes it from the list when it ends
            _end(program)

    def call(
        self, name: str, arguments: list[str], environment: dict[str, str] | None = None, stdin: str = ""
    ) -> str:
        """Run a program and return its output; raises RuntimeError if it fails."""
        status, output = self.run(name, arguments, environment, stdin)
        if status != 0:
            raise RuntimeError(f"{' '.join(arguments[:3])} failed:\n{output[-2000:]}")
        return output

    def run(
        self, name: str, arguments: list[str], environment: dict[str, str] | None = None, stdin: str = ""
    ) -> tuple[int, str]:
        """Run a program to its end; return its exit status and its output.

        Args:
            name: the name of its log file.
            arguments: its command line, the program first.
            environment: variables in addition to those of this process.
            stdin: the text of its standard input.
        """
        log = self._logs / f"{name}.log"
        command = [str(Path(sys.executable).with_name(arguments[0])), *arguments[1:]]
        with log.open("wb") as output:
            program = subprocess.Popen(  # noqa: S603 - programs of this environment
                command,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )
            self._running.append(program)
            program.communicate(stdin.encode())
        self._running.remove(program)
        return program.returncode, log.read_text(errors="replace")


def _end(program: subprocess.Popen[bytes]) -> None:
    """End a program and all programs that it started."""
    for signal_number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(program.pid, signal_number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            program.wait(GRACE)
