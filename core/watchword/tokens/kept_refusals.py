"""Refusals that end no sign-in, although many are named invalid_grant: they pass, or somebody lifts them.

The rule: a sign-in has ended if only a new one helps, since the server calls the refresh token itself dead,
or the person's consent. An address that is not allowed, a blocked app, a disabled user and a policy are
lifted by an administrator, and the same refresh token is good again then. So it is kept and tried again.
"""

from __future__ import annotations

import re

from watchword.http.bodies import Content
from watchword.tokens.refusal_words import LONGEST_TEXT, entries

_STOPPED = (
    r"(?:restricted|blocked|disabled|suspended|locked|frozen|deactivated|not (?:allowed|permitted|trusted))"
)
_SAYS = r"(?:\s(?:is|was|are|has|have|been|currently|temporarily|access|account)){0,4}\s"

# The names are those of Salesforce, Google and Firebase; SAP Concur's user lives in another data center.
_LIFTABLE = re.compile(
    rf"(?i)(?<![a-z])(?:ip(?:v[46])?(?:[\s/_-](?:address|range|token))*\b(?P<gap>[^;!\n]{{0,80}}?){_STOPPED}"
    rf"|(?:user|account|organi[sz]ation|workspace|tenant|client application|app|application){_SAYS}{_STOPPED}"
    r"|(?:inactive|disabled|locked|suspended|blocked|frozen|deactivated)[\s_-](?:user|account|org)"
    r"|(?:user|account|org)[\s_-](?:disabled|locked|suspended|blocked|frozen)"
    r"|inactive_org|invalid_app_access|oauth_app_blocked|admin_policy_enforced|not admin[\s-]approved"
    r"|user lives elsewhere"
    r"|blocked by (?:an? |the |your )?(?:admin|conditional access|polic|organi[sz]ation)[a-z]*"
    # Entra: locked, disabled, not assigned to the app, barred by Conditional Access; a disabled app.
    r"|AADSTS(?:50053|50057|50105|5300[0-3]|5300[3-5][0-9]|7000112)"
    r")(?![a-z0-9])"
)

_OF_TOKEN = re.compile(
    r"(?i)\btokens?\b[^.;!]{0,30}\b(?:revoked|expired|invalid)|(?:revoked|expired|invalid)[\s_-]token"
)
"""Words that call a token dead as well."""

_SUBERRORS = frozenset({"message_only", "additional_action"})
"""Entra's names for a condition that a sign-in can't resolve."""

_PASSING = re.compile(r"(?i)already being processed|AADSTS50196|rate (?:limit )?exceeded|too many requests")
"""With these words invalid_grant ends no sign-in: Salesforce is busy with it, Entra found a loop."""

_TOO_EARLY = re.compile(r"(?i)access[\s_-]?token (?:is |has )?(?:not (?:yet )?expired|still valid)\b")

_LONGEST = 60


def liftable(text: str) -> str | None:
    """Return the words of a text that name such a refusal, without others between them; None otherwise."""
    if text in _SUBERRORS:
        return text
    match = _LIFTABLE.search(text)
    if match is None or _OF_TOKEN.search(text):
        return None
    gap = match["gap"] or ""
    return (match[0].replace(gap, " … ") if gap.strip() else match[0])[:_LONGEST]


def is_passing(content: Content) -> bool:
    """Return whether a refusal of the refresh token is about this one request, by the server's words."""
    return any(
        isinstance(value, str) and _PASSING.search(value[:LONGEST_TEXT]) for _, value in entries(content)
    )


def comes_too_early(content: Content) -> bool:
    """Return whether a server refuses to renew a token since it has not ended, as Exact Online does."""
    texts = (value[:LONGEST_TEXT] for _, value in entries(content) if isinstance(value, str))
    return any(_TOO_EARLY.search(text) for text in texts)
