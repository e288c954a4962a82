"""What a check can find, and its meaning: `Finding`, `Code` and the words that they use.

The codes and their advice are in one table: `watchword.findings.codes`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

CODES_PAGE = "docs/findings.md"
"""The page of the documentation that lists all codes, in the source distribution and the repository."""

EVIDENCE_LENGTH = 300
"""The longest evidence of one label that a finding holds, in characters."""


class Word(str, Enum):
    """One of a closed list of words; it prints as the word itself."""

    def __str__(self) -> str:
        return str(self.value)


class Verdict(Word):
    """The outcome of a validation, in one word."""

    VALID = "valid"
    VALID_BUT_LIMITED = "valid_but_limited"
    INVALID = "invalid"
    UNREACHABLE = "unreachable"
    INCONCLUSIVE = "inconclusive"


class Phase(Word):
    """The part of a validation that a finding comes from, in the order in which the parts run."""

    LINT = "lint"
    NETWORK = "network"
    TOKEN = "token"  # noqa: S105 - a phase's name
    ANSWER = "answer"


class Severity(Word):
    """How much a finding matters: only an error stops the use of a connection."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Permanence(Word):
    """Whether waiting would change anything; by this hosts decide to fail, to wait or to go on."""

    FINE = "fine"
    PERMANENT = "permanent"
    CONFIGURATION = "configuration"
    TRANSIENT = "transient"
    INCONCLUSIVE = "inconclusive"

    @property
    def exit_code(self) -> int:
        """The exit status of a command that ends with a finding like this."""
        return _EXIT_CODES[self]


_EXIT_CODES: Mapping[Permanence, int] = {
    Permanence.FINE: 0,
    Permanence.PERMANENT: 2,
    Permanence.CONFIGURATION: 3,
    Permanence.TRANSIENT: 4,
    Permanence.INCONCLUSIVE: 5,
}


@dataclass(frozen=True)
class Code:
    """One row of the table of codes; `verdict` is None if the finding doesn't decide a validation."""

    name: str
    phase: Phase
    severity: Severity
    permanence: Permanence
    verdict: Verdict | None
    advice: str

    @property
    def help(self) -> str:
        """The entry of this code in the documentation."""
        return f"{CODES_PAGE}#{self.name}"


def printable(text: str) -> str:
    """Return one line of printable text: a server's text must not control a terminal or forge a log line."""
    if not text.isprintable():
        text = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(text.split())


@dataclass(frozen=True)
class Finding:
    """One thing that a check has found: what, where, and what to do; it never holds a secret.

    `evidence` maps short labels to masked text of at most 300 characters each; `retry_after` is the wait
    that the server asks for, in seconds.
    """

    code: Code
    message: str
    advice: str = ""
    evidence: Mapping[str, str] = field(default_factory=dict)
    retry_after: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", printable(self.message))
        object.__setattr__(self, "advice", printable(self.advice or self.code.advice))
        trimmed = {label: _shown(str(text)) for label, text in self.evidence.items()}
        object.__setattr__(self, "evidence", trimmed)

    def __str__(self) -> str:
        advice = "" if self.code.severity is Severity.INFO else f" {self.advice}"
        evidence = "".join(f" [{label}: {text}]" for label, text in self.evidence.items())
        return f"{self.code.name}: {self.message}{advice}{evidence}"

    def as_dict(self) -> dict[str, object]:
        """Return the finding as JSON-ready data."""
        return {
            "code": self.code.name,
            "phase": self.code.phase.value,
            "severity": self.code.severity.value,
            "permanence": self.code.permanence.value,
            "message": self.message,
            "advice": self.advice,
            "help": self.code.help,
            "evidence": dict(self.evidence),
            "retry_after": self.retry_after,
        }


def _shown(text: str) -> str:
    from watchword.findings.evidence import quote  # noqa: PLC0415 - few findings have evidence

    return printable(quote(text))[:EVIDENCE_LENGTH]


def errors(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings that stop the use of a connection."""
    return [finding for finding in findings if finding.code.severity is Severity.ERROR]
