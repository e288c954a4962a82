"""What a client looks for in the bodies of replies before it hands them to a flow, which sees none."""

from __future__ import annotations

from collections.abc import Collection

from watchword.adapters.authenticator import Authenticator
from watchword.flow import FlowResponse, RefusedInBody
from watchword.http.body_rules import BodyRules


class BodyRefusal:
    """Tells whether a body refuses the token as `refresh_on_body` says; the adapter does the reading."""

    def __init__(self, rules: BodyRules, statuses: Collection[int]) -> None:
        self._rules = rules
        self._statuses = statuses

    def wants(self, response: FlowResponse) -> bool:
        """Return whether the body has to be read: a status that refuses says enough."""
        return response.status_code not in self._statuses

    def judged(self, response: FlowResponse, body: bytes) -> FlowResponse:
        """Return the response as the flow is to see it, given its decoded body."""
        return RefusedInBody(response) if self._rules.match(body) else response


def body_refusal_of(authenticator: Authenticator) -> BodyRefusal | None:
    """Return the judge of a connection's replies; None, as for most, where no body can refuse a token."""
    context = authenticator.context
    if context.refresh_on_body is None or authenticator.token_cache is None:
        return None
    return BodyRefusal(context.refresh_on_body, context.refresh_on_status)
