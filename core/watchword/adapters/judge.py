"""What a client looks for in the bodies of replies before it hands them to a flow, which sees none."""

from __future__ import annotations

from collections.abc import Collection

from watchword.authenticator import Authenticator
from watchword.body_rules import BodyRules
from watchword.flow import Answered, RefusedInBody


class Judge:
    """Tells whether a body refuses the token as `refresh_on_body` says; the adapter does the reading."""

    def __init__(self, rules: BodyRules, statuses: Collection[int]) -> None:
        self._rules = rules
        self._statuses = statuses

    def wants(self, response: Answered) -> bool:
        """Return whether the body has to be read: a status that refuses says enough."""
        return response.status_code not in self._statuses

    def judged(self, response: Answered, body: bytes) -> Answered:
        """Return the response as the flow is to see it, given its decoded body."""
        return RefusedInBody(response) if self._rules.match(body) else response


def judge_of(authenticator: Authenticator) -> Judge | None:
    """Return the judge of a connection's replies; None, as for most, where no body can refuse a token."""
    context = authenticator.context
    if context.refresh_on_body is None or authenticator.keeper is None:
        return None
    return Judge(context.refresh_on_body, context.refresh_on_status)
