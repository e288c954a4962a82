"""Responses that say why they are refusals: `raise_for_status` raises with a finding, not with a bare 401."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from requests import HTTPError, Response

from watchword.findings.finding import Finding
from watchword.http.urls import display_call
from watchword.redact import NeverPickled

REFUSED = 400
"""The lowest status of an error."""

_SERVER_ERROR = 500


@dataclass(frozen=True)
class RefusedCall(NeverPickled):
    """A response that is an error, as much of it as says why; `received` is in seconds since 1970."""

    verb: str
    url: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    charset: str | None
    received: float

    def described(self, finding: Finding) -> str:
        """Return the text of an exception, which begins like that of requests."""
        side = "Client" if self.status < _SERVER_ERROR else "Server"
        return f"{self.status} {side} Error for {display_call(self.verb, self.url)}: {finding}"


Explain: TypeAlias = Callable[[RefusedCall], "Finding | None"]
"""Returns what a refused call means for the credential; None if it says nothing about it."""


class RefusedResponse(Response):
    """A response whose status is that of an error; a copy that was pickled raises as requests does."""

    _explain: Explain | None = None
    _received = 0.0

    def raise_for_status(self) -> None:
        """Raise the error with its finding.

        Raises:
            requests.HTTPError: always; it shows no secret.
        """
        call = RefusedCall(
            self.request.method or "",
            self.url,
            self.status_code,
            self.headers,
            self._content or b"",  # not `content`: that would wait for a body that the caller streams
            self.encoding,
            self._received,
        )
        finding = self._explain(call) if self._explain else None
        if finding is not None:
            raise HTTPError(call.described(finding), response=self)
        super().raise_for_status()


def explained(response: Response, explain: Explain | None) -> None:
    """Let the response of a refused call explain itself; only for statuses from 400 on."""
    if explain is not None and type(response) is Response:
        response.__class__ = RefusedResponse
        vars(response).update(_explain=explain, _received=time.time())
