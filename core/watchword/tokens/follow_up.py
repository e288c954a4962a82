"""The one GET that asks, with a new token, for what the token's own response does not hold."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from requests import PreparedRequest, Request

from watchword import redact
from watchword.errors import TokenError
from watchword.findings.codes import finding
from watchword.http.origins import host
from watchword.http.transport_options import TransportOptions
from watchword.redact import NeverPickled
from watchword.tokens.token import Token, with_values
from watchword.tokens.token_response import TokenResponse
from watchword.tokens.token_values import ValueSources

_log = logging.getLogger(__name__)

LONGEST = 10.0
"""Longest wait for the response, in seconds: other processes may wait for the token."""


@dataclass(frozen=True)
class FollowUp(NeverPickled):
    """A GET to `url`; `sign` adds the new token to it, and `sources` say what its response holds.

    `again` returns whether a response asks for the request once more, with what it gave for its signature.
    """

    url: str
    sources: ValueSources
    sign: Callable[[PreparedRequest, Token], PreparedRequest] = field(repr=False, compare=False)
    again: Callable[[TokenResponse], bool] | None = field(default=None, repr=False, compare=False)

    def completed(self, token: Token, transport: TransportOptions) -> Token:
        """Return the token with the values of the response; raises TokenError without a usable response."""
        response = self._answer(token, transport)
        if self.again is not None and self.again(response):
            response = self._answer(token, transport)
        if not response.succeeded:
            code = "temporarily_unavailable" if response.is_transient else "value_missing"
            message = f"Asking for values: the server at {response.host} answered {response.status}."
            evidence = {"status": str(response.status), "answer": redact.quoted(response.text)}
            raise TokenError([finding(code, message, evidence=evidence, retry_after=response.retry_after)])
        content = response.content()
        if content.kind not in {"json", "xml"} and not self.sources.is_whole:
            message = f"Asking for values: the server at {response.host} answered {response.kind}."
            raise TokenError([finding("value_missing", message)])
        return with_values(token, self.sources.in_response(response, content.value))

    def _answer(self, token: Token, transport: TransportOptions) -> TokenResponse:
        from watchword.tokens.sending import send_token_request  # noqa: PLC0415 - few requests need a new token

        request = Request("GET", self.url, headers={"Accept": "application/json"}).prepare()
        brief = replace(transport, timeout=min(transport.timeout, LONGEST))
        return send_token_request(self.sign(request, token), brief, f"values_url at {host(self.url)}")

    def completed_if_possible(self, token: Token, transport: TransportOptions) -> Token:
        """Return the token with or without the values: that of a sign-in must be saved in any case."""
        try:
            return self.completed(token, transport)
        except TokenError as error:
            _log.warning("The token was issued, but its values could not be asked for: %s", error)
            return token
