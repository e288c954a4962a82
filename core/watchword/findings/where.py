"""Where a validation ran."""

from __future__ import annotations

from typing import NamedTuple


class Where(NamedTuple):
    """Where a validation ran; each part is a short printable text, and "" if it is not known.

    `kind` is the kind of host: `sensor`, `hook`, `worker`, `dagster`, `cli`, `console`, or `python` for other
    programs. `job` is what the host was doing, such as the task and its run, and `machine` the name of the
    computer.
    """

    kind: str
    job: str = ""
    machine: str = ""

    def __str__(self) -> str:
        job = f" {self.job}" if self.job else ""
        return f"{self.kind}{job}{f' on {self.machine}' if self.machine else ''}"

    def completed(self) -> Where:
        """Return it with the name of this machine, if it names none."""
        if self.machine:
            return self
        import platform  # noqa: PLC0415 - errors are imported at each start, reports are made seldom

        return self._replace(machine=platform.node())


def here() -> Where:
    """Return this machine, in a program of whatever kind."""
    return Where("python").completed()
