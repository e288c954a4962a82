"""Responses of httpx that say why they are refusals; the same as `refused_call` for httpx."""

from __future__ import annotations

import time

import httpx

from watchword.adapters.refused_call import Explain, RefusedCall


class RefusedHttpxResponse(httpx.Response):
    """A response whose status is that of an error; a copy that was pickled raises as httpx does."""

    _explain: Explain | None = None
    _received = 0.0

    def raise_for_status(self) -> httpx.Response:
        """Raise the error with its finding.

        Raises:
            httpx.HTTPStatusError: always; it shows no secret.
        """
        call = RefusedCall(
            self.request.method,
            str(self.request.url),
            self.status_code,
            self.headers,
            getattr(self, "_content", b""),  # not `content`: a body that the caller streams isn't read
            self.charset_encoding,
            self._received,
        )
        finding = self._explain(call) if self._explain else None
        if finding is not None:
            raise httpx.HTTPStatusError(call.described(finding), request=self.request, response=self)
        return super().raise_for_status()


def explained(response: httpx.Response, explain: Explain | None) -> None:
    """Let the response of a refused call explain itself; only for statuses from 400 on."""
    if explain is not None and type(response) is httpx.Response:
        response.__class__ = RefusedHttpxResponse
        vars(response).update(_explain=explain, _received=time.time())
