"""The steps that compare the real answer with those to a decoy and to no credential; no I/O."""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NamedTuple

from watchword.findings.finding import Finding
from watchword.http.durations import in_words, retry_after
from watchword.validation.contrast import (
    Answer,
    Dependence,
    Observed,
    answer_of,
    dependence,
    may_be_chance,
    needs_more,
)
from watchword.validation.contrast_entry import Contrast
from watchword.validation.contrast_memory import Claim
from watchword.validation.probe_response import ProbeResponse
from watchword.validation.steps import Call, Pause, Recall, Remember, RenewToken, Sent, Step
from watchword.validation.structure import Structure

LONGEST_PAUSE = 30.0
"""An API that asks for a longer pause, in seconds, is not asked a second time."""

_PAUSE = 1.0
"""The pause before the second try if the API asks for none, in seconds."""

_TRIES = {"tls_failed": 4}
"""How often an answer that can't be compared is asked for, by its problem; twice for all others.

A server that refuses a certificate and hangs up at once may destroy the message that says so.
"""

_WAIT = 0.25
"""How often a validation looks whether another one has its answer, in seconds."""

_MORE_CALLS = 2
"""Further calls with the credential, which show what in the answers varies by itself."""

_MANY_CALLS = 6
"""So many if the decoy's answer doesn't read like an error: it may be just another answer."""

ISSUED = Answer(200, "", "", Structure("token"), "")
"""The answer of a token endpoint that has issued a token."""


@dataclass(frozen=True)
class Question:
    """What is compared: the call, or the token request if `step` is RenewToken.

    `key` finds what is remembered; `decoy` and `none` say which of the two is asked; `expected` are the
    statuses that mean success.
    """

    step: type[Call | RenewToken]
    key: str
    decoy: bool
    none: bool
    expected: frozenset[int] = frozenset()


class Comparison(NamedTuple):
    """What the credential got, and the contrast to it."""

    real: Observed
    contrast: Contrast

    @property
    def depends(self) -> Dependence:
        """How the answer depends on the credential."""
        return dependence(self.real, self.contrast.decoy, self.contrast.none)

    def __str__(self) -> str:
        """Return the answers in words: `200 with the credential, 401 with a wrong one, 401 without one`."""
        contrast = self.contrast
        parts = [f"{_in_words(self.real.first)} with the credential"]
        if contrast.is_outdated:
            return f"{parts[0]}, and something else than before{self.age}"
        if contrast.decoy is not None:
            parts.append(f"{_in_words(contrast.decoy, self.real)} with a wrong one")
        if contrast.none is not None:
            parts.append(f"{_in_words(contrast.none, self.real)} without one")
        return f"{', '.join(parts)}{self.age}"

    @property
    def age(self) -> str:
        """When the contrast was asked for and is asked for again, in words; "" if it is new."""
        age, left = self.contrast.age, self.contrast.left
        times = [f"compared {in_words(age)} ago"] if age >= 1 else []
        if left and (times or self.contrast.is_outdated):
            times.append(f"a wrong one is tried again in {in_words(max(left, 1))}")
        return f" ({', '.join(times)})" if times else ""


def key_of(*parts: object) -> str:
    """Return the key of a contrast, which holds its parts as a hash."""
    return sha256(json.dumps(parts, default=str).encode()).hexdigest()[:32]


def compare(question: Question, real: Answer) -> Generator[Step, Any, Comparison]:
    """Ask for the contrast, unless it is remembered, and return it beside what the credential got."""
    while (found := (yield Recall(question.key, real))) is Claim.OTHERS:
        yield Pause(_WAIT)
    asks = not isinstance(found, Contrast)
    contrast: Contrast = (yield from _asked(question)) if asks else found
    if contrast.real is not None and contrast.real.is_like(real):
        return Comparison(contrast.real, contrast)
    observed = Observed.of(real)
    if contrast.is_outdated:  # what is remembered stays, so that it is asked for again
        return Comparison(observed, contrast)
    if question.step is Call and contrast.decoy is not None and needs_more(observed, contrast.decoy):
        for _ in range(_MORE_CALLS if contrast.decoy.problem else _MANY_CALLS):
            observed = observed.and_(_answer((yield Call()), question))
            if not needs_more(observed, contrast.decoy):
                break
    elif question.step is Call and asks and may_be_chance(observed, contrast.decoy, contrast.none):
        observed = observed.and_(_answer((yield Call()), question))
    yield Remember(question.key, observed, contrast if asks else None)
    return Comparison(observed, contrast)


def _asked(question: Question) -> Generator[Step, Any, Contrast]:
    decoy = (yield from _answered(question.step(Sent.DECOY), question)) if question.decoy else None
    none = (yield from _answered(question.step(Sent.NONE), question)) if question.none else None
    return Contrast(decoy, none)


def _answered(step: Call | RenewToken, question: Question) -> Generator[Step, Any, Answer]:
    """Take a step, and again after a pause if its answer can't be compared."""
    tries = 1
    while True:
        outcome = yield step
        answer = _answer(outcome, question)
        pause = _pause_of(outcome)
        if answer.is_comparable or pause > LONGEST_PAUSE or tries >= _TRIES.get(answer.problem, 2):
            return answer
        yield Pause(pause)
        tries += 1


def _answer(outcome: object, question: Question) -> Answer:
    if isinstance(outcome, (ProbeResponse, Finding)):
        return answer_of(outcome, question.expected)
    return ISSUED


def _pause_of(outcome: object) -> float:
    asked: float | None = None
    if isinstance(outcome, ProbeResponse):
        asked = retry_after(outcome.headers.get("Retry-After"))
    elif isinstance(outcome, Finding):
        asked = outcome.retry_after
    return _PAUSE if asked is None else asked


def _in_words(answer: Answer, real: Observed | None = None) -> str:
    if not answer.status:
        return f"no answer ({answer.problem})"
    if real is None or answer.status != real.first.status:
        return str(answer.status)
    if real.is_like(answer):
        return f"{answer.status} and the same structure"
    if real.has_rows_beyond(answer):
        return f"{answer.status} and no rows"
    return f"{answer.status} and another structure"
