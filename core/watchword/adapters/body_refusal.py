"""The check of response bodies for a refused token (`refresh_on_body`): clients read bodies, flows don't."""

from __future__ import annotations

from collections.abc import Collection

from watchword.adapters.authenticator import Authenticator
from watchword.flow import FlowResponse, RefusedInBody
from watchword.http.body_rules import BodyRules


class BodyRefusal:
    """Tells whether a body refuses the token by the rules of `refresh_on_body`; the adapter reads it."""

    def __init__(self, rules: BodyRules, statuses: Collection[int]) -> None:
        self._rules = rules
        self._statuses = statuses

    def needs_body(self, response: FlowResponse) -> bool:
        """Return whether the body has to be read: not if the status refuses the token already."""
        return response.status_code not in self._statuses

    def flow_response(self, response: FlowResponse, body: bytes) -> FlowResponse:
        """Return the response as the flow sees it, given its decoded body."""
        return RefusedInBody(response) if self._rules.match(body) else response


def body_refusal_of(authenticator: Authenticator) -> BodyRefusal | None:
    """Return a connection's check of bodies; None, as for most, if no body can refuse a token."""
    context = authenticator.context
    if context.refresh_on_body is None or authenticator.token_cache is None:
        return None
    return BodyRefusal(context.refresh_on_body, context.refresh_on_status)
