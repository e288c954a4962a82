"""The outcome of a validation: its verdict, the finding that decides it, and all other findings."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from watchword.findings.finding import Finding, Permanence, Verdict
from watchword.findings.where import Where, here


@dataclass(frozen=True)
class Report:
    """The outcome of one validation.

    `deciding` is the finding that the verdict is based on, and `findings` are all findings in the order
    in which they were made; `duration` is in seconds. `where` is where the validation ran.
    """

    deciding: Finding
    findings: tuple[Finding, ...]
    duration: float = 0.0
    where: Where = field(default_factory=here)

    @property
    def verdict(self) -> Verdict:
        """The outcome in one word, which is that of the deciding finding."""
        verdict = self.deciding.code.verdict
        if verdict is None:
            raise ValueError(f"the code {self.deciding.code.name} decides nothing")
        return verdict

    def __bool__(self) -> bool:
        """Whether the report is `ok`, so that `if connection.validate():` works as it reads."""
        return self.ok

    def __str__(self) -> str:
        return self.summary

    @property
    def ok(self) -> bool:
        """Whether extraction may start: the credential was proven."""
        return self.verdict in {Verdict.VALID, Verdict.VALID_BUT_LIMITED}

    @property
    def permanence(self) -> Permanence:
        """Whether waiting could change the verdict."""
        return Permanence.FINE if self.ok else self.deciding.code.permanence

    @property
    def exit_code(self) -> int:
        """The exit status of a command that ends with this report."""
        return self.permanence.exit_code

    @property
    def summary(self) -> str:
        """The verdict, its reason and the advice in one line."""
        return f"{self.verdict}: {self.deciding}"

    @property
    def notes(self) -> tuple[Finding, ...]:
        """All findings but the deciding one."""
        return tuple(finding for finding in self.findings if finding is not self.deciding)

    def at(self, where: Where) -> Report:
        """Return the report as that of a host; the machine is this one if `where` names none."""
        return replace(self, where=where.completed())

    def as_dict(self) -> dict[str, object]:
        """Return the report as JSON-ready data."""
        return {
            "verdict": self.verdict.value,
            "code": self.deciding.code.name,
            "permanence": self.permanence.value,
            "summary": self.summary,
            "findings": [finding.as_dict() for finding in self.findings],
            "duration": round(self.duration, 3),
            "where": self.where._asdict(),
        }
