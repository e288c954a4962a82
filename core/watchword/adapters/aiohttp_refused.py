"""Responses of aiohttp that say why they are refusals; the same as `refused_call` for aiohttp."""

from __future__ import annotations

import time

import aiohttp

from watchword.adapters.refused_call import Explain, RefusedCall


class RefusedAiohttpResponse(aiohttp.ClientResponse):
    """A response whose status is that of an error."""

    _explain: Explain | None = None
    _received = 0.0

    def raise_for_status(self) -> None:
        """Raise the error with its finding; the body is part of it if the caller has read it.

        Raises:
            aiohttp.ClientResponseError: always; it shows no secret.
        """
        call = RefusedCall(
            self.method,
            str(self.url),
            self.status,
            {name: ", ".join(self.headers.getall(name)) for name in self.headers},
            self._body or b"",
            self.charset,
            self._received,
        )
        finding = self._explain(call) if self._explain else None
        if finding is not None:
            self.reason = call.described(finding)
        super().raise_for_status()


def explained(response: aiohttp.ClientResponse, explain: Explain | None) -> None:
    """Let the response of a refused call explain itself; only for statuses from 400 on."""
    if explain is not None and type(response) is aiohttp.ClientResponse:
        response.__class__ = RefusedAiohttpResponse
        vars(response).update(_explain=explain, _received=time.time())
