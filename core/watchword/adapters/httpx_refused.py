"""Responses of httpx that say why they are refusals; the same as `refused_call` for httpx."""

from __future__ import annotations

import time

import httpx

from watchword.adapters.refused_call import Explain, RefusedCall
from watchword.findings.finding import Finding


class RefusedHttpxResponse(httpx.Response):
    """A response whose status is that of an error; a copy that was pickled raises as httpx does."""

    _explain: Explain | None = None
    _received = 0.0

    def raise_for_status(self) -> httpx.Response:
        """Raise the error with its finding.

        Raises:
            httpx.HTTPStatusError: always; it shows no secret.
        """
        finding = self.finding()
        if finding is not None:
            message = self._call().described(finding)
            raise httpx.HTTPStatusError(message, request=self.request, response=self)
        return super().raise_for_status()

    def finding(self, body: bytes | None = None) -> Finding | None:
        """Return why the call was refused, as far as the response and its body tell.

        The body is that of the response if left out; a caller that streams it may give what it has read.
        """
        return self._explain(self._call(body)) if self._explain else None

    def _call(self, body: bytes | None = None) -> RefusedCall:
        if body is None:
            body = getattr(self, "_content", b"")  # not `content`: a body that the caller streams isn't read
        return RefusedCall(
            self.request.method,
            str(self.request.url),
            self.status_code,
            self.headers,
            body,
            self.charset_encoding,
            self._received,
        )


def explained(response: httpx.Response, explain: Explain | None) -> None:
    """Let the response of a refused call explain itself; only for statuses from 400 on."""
    if explain is not None and type(response) is httpx.Response:
        response.__class__ = RefusedHttpxResponse
        vars(response).update(_explain=explain, _received=time.time())
