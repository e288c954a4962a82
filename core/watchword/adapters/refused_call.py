"""Responses that say why they are refusals: `raise_for_status` raises with a finding, not with a bare 401."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from requests import HTTPError, Response

from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http.origins import origin
from watchword.http.urls import display_call
from watchword.redact import NeverPickled

REFUSED = 400
"""The lowest status of an error."""

_SERVER_ERROR = 500

_WITHOUT_CREDENTIAL = frozenset({401, 403, 404})
"""What APIs answer to a call without a credential; some hide from it that there is anything."""

NOT_ALLOWED = "this origin isn't in allowed_origins."
ADD_ORIGIN = "Add it there if it may receive the credential."


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
        finding = self.finding()
        if finding is not None:
            raise HTTPError(self._call().described(finding), response=self)
        super().raise_for_status()

    def finding(self) -> Finding | None:
        """Return why the call was refused, as far as the response tells."""
        return self._explain(self._call()) if self._explain else None

    def _call(self) -> RefusedCall:
        return RefusedCall(
            self.request.method or "",
            self.url,
            self.status_code,
            self.headers,
            self._content or b"",  # not `content`: that would wait for a body that the caller streams
            self.encoding,
            self._received,
        )


def explain_foreign(call: RefusedCall) -> Finding | None:
    """Return why an origin that gets no credential may have refused a call; None for other errors."""
    if call.status not in _WITHOUT_CREDENTIAL:
        return None
    return finding(
        "origin_not_allowed",
        f"The call to {origin(call.url)} was sent without the credential: {NOT_ALLOWED}",
        advice=ADD_ORIGIN,
        evidence={"status": str(call.status)},
    )


def explained(response: Response, explain: Explain | None) -> None:
    """Let the response of a refused call explain itself; only for statuses from 400 on."""
    if explain is not None and type(response) is Response:
        response.__class__ = RefusedResponse
        vars(response).update(_explain=explain, _received=time.time())
