"""The steps of a validation: what the procedure asks its driver to do, and what it gets back."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, TypeAlias

from watchword.findings.finding import Finding, Word
from watchword.validation.contrast import Answer, Observed
from watchword.validation.contrast_entry import Contrast


class Sent(Word):
    """What a call sends as its credential."""

    REAL = "real"
    DECOY = "decoy"
    NONE = "none"


@dataclass(frozen=True)
class RenewToken:
    """Ask for a new token; a decoy asks as a client that doesn't exist.

    The outcome is an AcquiredToken, or a Finding that says why there is none.
    """

    sent: Sent = Sent.REAL


@dataclass(frozen=True)
class Call:
    """Make the call; the outcome is a ProbeResponse, or a Finding that says why there is none."""

    sent: Sent = Sent.REAL


@dataclass(frozen=True)
class Pause:
    """Wait for so many seconds; the outcome is None."""

    seconds: float


@dataclass(frozen=True)
class Recall:
    """Look up a contrast by its key and the present real answer.

    The outcome is a Contrast or a Claim; `Claim.MINE` too if nothing can be remembered.
    """

    key: str
    real: Answer


@dataclass(frozen=True)
class Remember:
    """Remember what the connection got, and the contrast if it was asked for; the outcome is None."""

    key: str
    real: Observed
    contrast: Contrast | None


Step: TypeAlias = RenewToken | Call | Pause | Recall | Remember

Steps: TypeAlias = Generator[Step, Any, Finding]
"""The steps of a validation; the generator returns the deciding finding."""
