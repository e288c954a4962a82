"""Programs that a test starts, waits for and ends, with every process that they started."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil


class Program:
    """A program in a session of its own, by which all its descendants are found again."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str], logs: Path) -> None:
        self.name = name
        self.log = logs / f"{name}.log"
        with self.log.open("wb") as output:
            self._leader = subprocess.Popen(
                command, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )

    @property
    def running(self) -> bool:
        """Whether the program itself, not only something it started, is there."""
        return self._leader.poll() is None

    def output(self, characters: int = 3000) -> str:
        """Return the end of what it printed."""
        return f"--- {self.name}\n{self.log.read_text(errors='replace')[-characters:]}"

    def ask_to_end(self) -> None:
        """Send SIGTERM to the program itself, which is to end what it started."""
        if self.running:
            self._leader.terminate()

    def end(self, within: float) -> list[str]:
        """Wait for the last of its processes, kill what is there after `within` seconds and return that."""
        deadline, again = time.monotonic() + within, time.monotonic() + within / 3
        while self._processes() and time.monotonic() < deadline:
            time.sleep(0.1)
            if time.monotonic() > again:
                # Airflow's handlers raise SystemExit, which Python swallows where a finalizer is running;
                # and LocalExecutor forgets a worker that ends while it tells the others to.
                for process in self._processes():
                    with suppress(psutil.NoSuchProcess):
                        process.terminate()
                again = deadline
        left = [f"{self.name}: {process}" for process in self._processes()]
        while processes := self._processes():
            for process in processes:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            time.sleep(0.1)
        self._leader.wait(10)
        return [*left, self.output()] if left else []

    def _processes(self) -> list[psutil.Process]:
        self._leader.poll()  # else it would stay as a zombie
        return [process for process in psutil.process_iter() if _session(process) == self._leader.pid]


def _session(process: psutil.Process) -> int | None:
    """Return the session of a process, None where it has ended."""
    try:
        ended = process.status() == psutil.STATUS_ZOMBIE  # nobody may be there to read its exit status
        return None if ended else os.getsid(process.pid)
    except (psutil.NoSuchProcess, ProcessLookupError):
        return None


def end(*stages: list[Program], within: float = 60) -> None:
    """End the programs of each stage together, and fail where one of their processes had to be killed."""
    left = []
    for programs in stages:
        for program in programs:
            program.ask_to_end()
        for program in programs:
            left += program.end(within)
    assert not left, "\n".join([f"still running {within:g} s after SIGTERM:", *left])


def wait_until(condition: Callable[[], object], programs: list[Program], within: float, what: str) -> None:
    """Wait for `condition`, and fail when a program ends first or when `within` seconds have passed."""
    deadline = time.monotonic() + within
    while not condition():
        gone = [program for program in programs if not program.running]
        late = time.monotonic() > deadline
        if gone or late:
            reason = f"{within:g} s passed" if late else f"{gone[0].name} ended"
            outputs = "\n".join(program.output() for program in gone or programs)
            raise AssertionError(f"{reason} before {what}\n{outputs}")
        time.sleep(0.2)


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port
