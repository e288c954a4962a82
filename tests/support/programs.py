"""Programs that a test starts, waits for and ends, together with all their processes."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil


class Program:
    """A program in its own session (setsid), by which all its processes are found."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str], logs: Path) -> None:
        self.name = name
        self.log = logs / f"{name}.log"
        with self.log.open("wb") as output:
            self._leader = subprocess.Popen(
                command, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )

    @property
    def running(self) -> bool:
        """Whether the program itself still runs."""
        return self._leader.poll() is None

    def output(self, characters: int = 3000) -> str:
        """Return the end of its output."""
        return f"--- {self.name}\n{self.log.read_text(errors='replace')[-characters:]}"

    def ask_to_end(self) -> None:
        """Send SIGTERM to the program, which has to end its own processes."""
        if self.running:
            self._leader.terminate()

    def end(self, seconds: float) -> list[str]:
        """Wait until all its processes end. Kill and return those that still run after some seconds."""
        deadline, repeat_at = time.monotonic() + seconds, time.monotonic() + seconds / 3
        while self._processes() and time.monotonic() < deadline:
            time.sleep(0.1)
            if time.monotonic() > repeat_at:
                # Further SIGTERMs: Airflow's handlers raise SystemExit, which ends one wait of several at an
                # exit and is ignored in a finalizer. LocalExecutor forgets a worker that ends while it
                # terminates the others.
                for process in self._processes():
                    with suppress(psutil.NoSuchProcess):
                        process.terminate()
                repeat_at = time.monotonic() + seconds / 6
        killed = [f"{self.name}: {process}" for process in self._processes()]
        while processes := self._processes():
            for process in processes:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            time.sleep(0.1)
        self._leader.wait(10)
        return [*killed, self.output()] if killed else []

    def _processes(self) -> list[psutil.Process]:
        self._leader.poll()  # otherwise it stays as a zombie
        return [process for process in psutil.process_iter() if _session(process) == self._leader.pid]


def _session(process: psutil.Process) -> int | None:
    """Return the session of a process, None if it has ended."""
    try:
        ended = process.status() == psutil.STATUS_ZOMBIE  # its parent may not read its exit status
        return None if ended else os.getsid(process.pid)
    except (psutil.NoSuchProcess, ProcessLookupError):
        return None


def end(*stages: list[Program], seconds: float = 90) -> None:
    """End the programs of each stage together. Fail if a process had to be killed."""
    killed = []
    for programs in stages:
        for program in programs:
            program.ask_to_end()
        for program in programs:
            killed += program.end(seconds)
    assert not killed, "\n".join([f"still running {seconds:g} s after SIGTERM:", *killed])


def wait_until(condition: Callable[[], object], programs: list[Program], seconds: float, event: str) -> None:
    """Wait for a condition. Fail if a program ends first or after some seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        ended = [program for program in programs if not program.running]
        late = time.monotonic() > deadline
        if ended or late:
            reason = f"{seconds:g} s passed" if late else f"{ended[0].name} ended"
            outputs = "\n".join(program.output() for program in ended or programs)
            raise AssertionError(f"{reason} before {event}\n{outputs}")
        time.sleep(0.2)
