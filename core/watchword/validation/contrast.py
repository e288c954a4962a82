"""Compare what an API answers to the credential, to a decoy, and to none; no I/O.

A credential is proven when the answer depends on it. Answers are compared by status, redirect, content type
and structure. Words don't prove anything: other rows of a public feed don't count as a difference, and an
error that looks like data doesn't count as success.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from watchword.findings.codes import CODES
from watchword.findings.finding import Finding, Phase, Word
from watchword.http import body_words
from watchword.validation import response_meaning as meaning
from watchword.validation.probe_response import ProbeResponse
from watchword.validation.states import state_of
from watchword.validation.structure import Structure, hashed, structure_of

_REFUSED = frozenset({401, 403})
_CLIENT_ERRORS = range(400, 500)

_ALIKE = 0.5
"""Lists are alike if they have so great a share of the smaller one's fields in common."""

_FAULTS = frozenset({
    "rate_limited_429", "quota_exhausted", "server_error_5xx", "blocked_by_waf", "redirect_loop",
    "proxy_authentication_required", "temporarily_unavailable",
})  # fmt: skip
"""The codes of answers that come from an API's limits and faults, or from something in front of it."""

_OWN_FAULTS = frozenset({
    "aws_credentials_missing", "sign_in_required", "refresh_outcome_unknown", "renewal_in_progress",
    "no_refresh_token", "slow_down", "authorization_pending", "rotation_not_persisted",
    "rescue_file_unreadable", "store_unsuitable", "store_read_only", "store_full", "store_locked",
    "store_unreachable", "store_damaged", "store_row_replaced", "store_on_network_disk", "store_key_missing",
    "store_key_wrong", "store_newer", "store_not_shared", "contrast_unavailable",
})  # fmt: skip
"""The codes of the phases of token and answer that say nothing about what a server has answered."""

_OF_SERVERS = frozenset({Phase.TOKEN, Phase.ANSWER})
"""The phases whose codes say what a server has answered; a decoy that was never sent proves nothing."""

_NOT_MODIFIED = 304
"""Nobody asked whether anything was modified: a cache has answered, or the server is wrong."""

_UNAUTHORIZED = 401
_FORBIDDEN = 403

_PAYMENT_REQUIRED = 402
"""The server doesn't know a decoy client, which therefore has no paid plan."""

_CERTIFICATE_REFUSALS = frozenset({"tls_client_certificate_required", "tls_client_certificate_refused"})
"""How a server refuses in TLS, before there is a status."""


_BARE = frozenset({hashed(":object"), hashed(":list")})
"""The parts of an empty object and an empty list."""


class Dependence(Word):
    """How the answer depends on the credential."""

    PROVEN = "proven"
    OPTIONAL = "optional"  # a wrong credential is refused, and none is accepted
    ONLY_NEEDED = "only_needed"  # none is refused, and a wrong one was not tried
    ANY_ACCEPTED = "any_accepted"
    NOT_NEEDED = "not_needed"
    UNCLEAR = "unclear"
    UNAVAILABLE = "unavailable"
    NOT_COMPARED = "not_compared"

    @property
    def is_doubt(self) -> bool:
        """Whether the answers were compared and prove nothing."""
        return self in _DOUBTS


_DOUBTS = frozenset({
    Dependence.ANY_ACCEPTED, Dependence.NOT_NEEDED, Dependence.UNCLEAR, Dependence.UNAVAILABLE,
})  # fmt: skip


class Answer(NamedTuple):
    """What is compared of one answer, and remembered.

    `status` is 0 without a response; `redirect` stands for the URL that it redirects to; `problem` is the
    name of the code that a validation would report, "" for a success. `state` is a hash of what the body says
    about its outcome; it only decides when a contrast is asked for anew.
    """

    status: int
    redirect: str
    content_type: str
    structure: Structure
    problem: str
    state: str = ""

    @property
    def is_comparable(self) -> bool:
        """Whether the API itself has answered, and not with a limit or a fault."""
        if self.status == _NOT_MODIFIED:
            return False
        if not self.problem or self.problem in _CERTIFICATE_REFUSALS or self.status == _PAYMENT_REQUIRED:
            return True
        if not self.status and self.problem in _OWN_FAULTS:
            return False
        return self.problem not in _FAULTS and CODES[self.problem].phase in _OF_SERVERS

    @property
    def is_refusal(self) -> bool:
        """Whether the answer refuses a credential by its status, or in TLS."""
        return self.status in _REFUSED or self.problem in _CERTIFICATE_REFUSALS

    @property
    def head(self) -> tuple[object, ...]:
        """The parts in which answers must be equal to be alike."""
        return (self.status, self.redirect, self.content_type, self.structure.kind)


def answer_of(outcome: ProbeResponse | Finding, expected: Collection[int] = ()) -> Answer:
    """Return what is compared of a call's outcome."""
    if isinstance(outcome, Finding):
        return Answer(0, "", "", Structure("empty"), outcome.code.name)
    refusal = meaning.refusal(outcome, expected)
    problem = refusal.code.name if refusal else ""
    if not problem and (
        body_words.reads_as_refusal(outcome.text) or body_words.reports_failure(outcome.text)
    ):
        problem = "refused_in_200_body"
    structure = structure_of(outcome.text)
    if outcome.succeeded and outcome.report:
        structure = structure._replace(kind=f"{structure.kind}, report")  # the same fields may hold data
    if outcome.refused_in_body:  # the document says how the API refuses: other bodies are different
        structure = structure._replace(kind=f"{structure.kind}, refused")
    state = state_of(outcome.text, problem)
    return Answer(outcome.status, _redirect_of(outcome), outcome.content_type, structure, problem, state)


def _redirect_of(outcome: ProbeResponse) -> str:
    """Return what tells where an answer was redirected to, "" if it wasn't.

    Of a redirect that was followed it is the number of the path's parts: one of them may be the credential.
    """
    if outcome.redirect is not None:
        return hashed(outcome.redirect.partition("?")[0])
    path = outcome.url.partition("?")[0].rstrip("/")
    return f"followed {path.count('/')}" if outcome.followed else ""


class Observed(NamedTuple):
    """Answers to the same credential: the first one, the parts that all have, and those that any has."""

    first: Answer
    stable: Structure
    seen: Structure
    is_steady: bool = True

    @classmethod
    def of(cls, answer: Answer) -> Observed:
        """Return what is known after one answer."""
        return cls(answer, answer.structure, answer.structure)

    def and_(self, other: Answer) -> Observed:
        """Return what is known after another answer."""
        stable, seen, structure = self.stable, self.seen, other.structure
        return Observed(
            self.first,
            Structure(stable.kind, stable.outer & structure.outer, stable.rows & structure.rows),
            Structure(seen.kind, seen.outer | structure.outer, seen.rows | structure.rows),
            self.is_steady and other.head == self.first.head,
        )

    def has_rows_beyond(self, other: Answer) -> bool:
        """Return whether an answer differs from these by its missing rows."""
        return bool(self.stable.rows) and other.head == self.first.head and not other.structure.rows

    @property
    def varies(self) -> bool:
        """Whether the answers differ from each other."""
        return not self.is_steady or self.stable != self.seen

    def is_like(self, other: Answer) -> bool:
        """Return whether an answer could be one of these: rows and what varies may differ.

        An answer without rows is another one if all of these have rows.
        """
        if other.head != self.first.head or self.has_rows_beyond(other):
            return False
        outer, rows = other.structure.outer, other.structure.rows
        if self.stable.outer == self.seen.outer:
            outer_is_like = outer == self.seen.outer
        else:
            outer_is_like = _share(outer, self.seen.outer) >= _ALIKE
        return outer_is_like and _share(rows, self.seen.rows) >= _ALIKE

    def resembles(self, other: Answer) -> bool:
        """Return whether an answer could be that to another user: it may have other optional fields."""
        if other.head != self.first.head:
            return False
        seen, structure = self.seen, other.structure
        outer_is_alike = _share(structure.outer, seen.outer) > _ALIKE  # any two objects share their type
        return outer_is_alike and _share(structure.rows, seen.rows) >= _ALIKE


def _share(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the share of the smaller set that both have; a list without rows is like any other."""
    smaller = min(len(one), len(other))
    return len(one & other) / smaller if smaller else 1.0


def needs_more(real: Observed, decoy: Answer) -> bool:
    """Return whether only further calls with the credential tell a refusal from an API that varies."""
    return decoy.is_comparable and not decoy.is_refusal and not real.is_like(decoy)


def may_be_chance(real: Observed, decoy: Answer | None, none: Answer | None) -> bool:
    """Return whether a server that flaps, or bans a caller after the first call, would answer so too."""
    if none is None or decoy is None or not decoy.is_refusal:
        return False
    return real.is_like(none) or decoy.status == none.status == _FORBIDDEN


def dependence(  # noqa: PLR0911 - one return for each rule
    real: Observed, decoy: Answer | None, none: Answer | None
) -> Dependence:
    """Return how an answer that isn't a refusal depends on the credential.

    Args:
        real: the answers with the credential.
        decoy: the answer to the decoy, None if it was not tried.
        none: the answer without a credential, None if it was not tried.
    """
    if decoy is None:
        return _without_decoy(real, none)
    if not decoy.is_comparable:
        return Dependence.UNAVAILABLE
    none_is_like = none is not None and real.is_like(none)
    if real.is_like(decoy):
        return Dependence.NOT_NEEDED if none_is_like else Dependence.ANY_ACCEPTED
    if none_is_like and _is_of_another(real.first, decoy):
        return Dependence.UNAVAILABLE
    if not real.is_steady and may_be_chance(real, decoy, none):
        return Dependence.UNCLEAR
    if decoy.is_refusal:
        return Dependence.OPTIONAL if none_is_like else Dependence.PROVEN
    if not real.is_steady:
        return Dependence.UNCLEAR
    if decoy.status in _CLIENT_ERRORS and decoy.status != real.first.status:
        return Dependence.OPTIONAL if none_is_like else Dependence.PROVEN
    return Dependence.PROVEN if _confirms(real, decoy, none) else Dependence.UNCLEAR


def _is_of_another(real: Answer, decoy: Answer) -> bool:
    """Return whether a page or a line of text refuses the decoy of a public API that answers otherwise.

    A firewall in front of the API may have sent it, unless its words are about the credential.
    """
    is_page = decoy.structure.kind == "html" or "html" in decoy.content_type
    is_line = decoy.structure.kind == "text" != real.structure.kind
    is_foreign = is_page or (is_line and decoy.problem != "credential_refused_403")
    is_refused = decoy.status in _CLIENT_ERRORS and decoy.status != _UNAUTHORIZED
    return is_foreign and is_refused and decoy.content_type != real.content_type


def _confirms(real: Observed, decoy: Answer, none: Answer | None) -> bool:
    """Return whether an answer of another structure is a refusal of the decoy.

    An API whose answers vary by themselves has most fields in common with the real answer. Without a
    credential it would answer a third thing, or what the credential got. Two strangers who get the same,
    and a credential that always gets something else, can't be chance.
    """
    if none is None or not none.is_comparable or none.status != real.first.status:
        return bool(decoy.problem) or not _shares_fields(real, decoy)
    if real.is_like(none):
        return False
    strangers_are_alike = Observed.of(decoy).is_like(none) and Observed.of(none).is_like(decoy)
    holds_more = bool((real.stable.outer | real.stable.rows) - decoy.structure.outer)
    holds_more |= real.first.redirect != decoy.redirect
    holds_more |= _is_bare(decoy.structure) and not _is_bare(real.first.structure)
    is_chance = not strangers_are_alike or real.varies or not holds_more
    return bool(decoy.problem) or not is_chance


def _is_bare(structure: Structure) -> bool:
    """Return whether a body holds nothing: no text, an empty object or an empty list."""
    is_bare = structure.kind == "json" and structure.outer <= _BARE and not structure.rows
    return is_bare or structure.kind == "empty"


def _shares_fields(real: Observed, decoy: Answer) -> bool:
    """Return whether most fields of the shorter answer are in the other one too; the whole doesn't count."""
    whole = {hashed(":object")}
    kinds = {real.first.structure.kind, decoy.structure.kind}
    return len(kinds) == 1 and _share(decoy.structure.outer - whole, real.seen.outer - whole) >= _ALIKE


def _without_decoy(real: Observed, none: Answer | None) -> Dependence:
    if none is None:
        return Dependence.NOT_COMPARED
    if not none.is_comparable:
        return Dependence.UNAVAILABLE
    if real.is_like(none):
        return Dependence.NOT_NEEDED
    redirected = bool(none.redirect) and not real.first.redirect
    refused = none.is_refusal or redirected or meaning.is_refusal(none.problem)
    return Dependence.ONLY_NEEDED if refused else Dependence.UNCLEAR
