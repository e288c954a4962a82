"""The field for tokens that are bound to a key (RFC 9449), and findings about it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Protocol

from watchword import redact
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http.placement import Slot
from watchword.methods.fields import About, Section
from watchword.protocols.dpop.proof import HEADER

Dpop = Annotated[
    bool,
    About(
        "DPoP",
        "Whether tokens are bound to a key that watchword makes and stores, and each request carries a proof "
        "of it (RFC 9449). Okta demands this of new API service apps.",
        Section.OAUTH2,
    ),
]

_UNAUTHORIZED = 401
_PROOF_REFUSED = re.compile(r"(?i)\berror\s*=\s*\"?(?:invalid_dpop_proof|use_dpop_nonce)\b")
_SCHEME = re.compile(r"(?i)(?:^|,)\s*(dpop|bearer)\b(?!\s*=)")

_OFFER = "Set dpop to true: the API takes only tokens that are bound to a key (RFC 9449)."


class MayBindTokens(Protocol):
    """A method with this field, and with the place of its token."""

    dpop: bool
    use_prefix: bool
    prefix: str

    @property
    def slot(self) -> Slot:
        """The place of the token."""


def findings_of(method: MayBindTokens, added: Iterable[str]) -> Iterator[Finding]:
    """Yield what does not fit together with dpop; `added` are the headers that the document adds itself."""
    if not method.dpop:
        return
    is_usual = (method.slot.place, method.slot.name.lower()) == ("header", "authorization")
    if not (is_usual and method.use_prefix and method.prefix.lower() in {"bearer", "dpop"}):
        yield finding("dpop_misplaced", "With dpop the token is always sent as Authorization: DPoP.")
    if any(name.lower() == HEADER.lower() for name in added):
        yield finding("header_conflict", f"The document adds the header {HEADER}, which dpop fills.")


def refusal(status: int, headers: Mapping[str, str], *, is_bound: bool) -> Finding | None:
    """Return a finding if an API refused the proof, or wants one and got none; None for another refusal."""
    challenge = headers.get("WWW-Authenticate", "")
    if status != _UNAUTHORIZED or not challenge:
        return None
    evidence = {"WWW-Authenticate": redact.quoted(challenge)}
    if _PROOF_REFUSED.search(challenge):
        message = "The API refused the proof of the token's key (DPoP)."
    elif not is_bound and {scheme.lower() for scheme in _SCHEME.findall(challenge)} == {"dpop"}:
        message = "The API wants a proof of the token's key (DPoP), and the document has no dpop."
    else:
        return None
    return finding("dpop_proof_refused", message, advice="" if is_bound else _OFFER, evidence=evidence)
