"""Carry out the steps of a validation with httpx in an event loop, which it never blocks."""

from __future__ import annotations

import asyncio
import logging
import zlib
from functools import partial
from typing import TYPE_CHECKING

import httpx
import requests

from watchword import redact
from watchword.adapters.authenticator import Authenticator
from watchword.adapters.httpx import AsyncApiClient
from watchword.adapters.token_threads import end_usage, on_token_thread
from watchword.errors import WatchwordError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http import faults
from watchword.http.origins import host
from watchword.http.transport_options import TransportOptions
from watchword.redact import NeverPickled
from watchword.validation.calling import (
    HEADERS,
    LARGEST_BODY,
    MOST_HOPS,
    Credentials,
    Received,
    redirect_target,
)
from watchword.validation.in_loops import on_thread
from watchword.validation.memories import Memories
from watchword.validation.probe_response import ProbeResponse
from watchword.validation.steps import Call, Pause, Recall, RenewToken, Sent, Step

if TYPE_CHECKING:
    from watchword.validation.plan import ValidationPlan
    from watchword.validation.subject import Subject

_log = logging.getLogger(__name__)

_ENCODINGS = frozenset({"gzip", "x-gzip", "deflate"})


class AsyncProbe(NeverPickled):
    """The same as `probe.Probe` for asyncio: calls run in the loop, all else that may wait on threads."""

    def __init__(self, subject: Subject, plan: ValidationPlan) -> None:
        self._subject = subject
        self._plan = plan
        self._credentials = Credentials(subject, plan)
        self._memories = Memories(subject)

    async def close(self) -> None:
        """Log out if the method does that and nobody else uses the token; end what is claimed."""
        if self._memories.has_claims:
            await on_thread(self._memories.close)
        if self._credentials.usage is not None:
            await end_usage(self._credentials.usage)

    async def take(self, step: Step) -> object:
        """Take a step of the procedure and return its outcome."""
        if isinstance(step, RenewToken):
            return await self._token(step.sent)
        if isinstance(step, Call):
            return await self._call(step.sent)
        if isinstance(step, Recall):
            return await on_thread(partial(self._memories.recall, step.key, step.real))
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
        else:
            await on_thread(partial(self._memories.remember, step))
        return None

    async def _token(self, sent: Sent) -> object:
        cache = self._subject.credential.token_cache
        if sent is Sent.REAL and cache is not None:
            return await on_token_thread(cache, self._credentials.token)
        return await on_thread(self._credentials.token_for_decoy)

    async def _call(self, sent: Sent) -> ProbeResponse | Finding:
        """Make the plan's call and return the response, or the finding that says why there is none."""
        target = f"the API at {host(self._plan.test_url or '')}"
        try:
            # A decoy may need a new key.
            made = partial(self._credentials.of, sent)
            authenticator, transport = await on_thread(made) if sent is Sent.DECOY else made()
            return await asyncio.wait_for(
                self._response(sent, authenticator, transport), self._plan.call_timeout
            )
        except WatchwordError as error:
            return error.findings[0]
        except asyncio.TimeoutError:
            return faults.classify(requests.ReadTimeout("no complete response in time"), target)
        except httpx.InvalidURL:
            return finding("test_url_not_absolute", "The test URL can't be called.")
        except (httpx.HTTPError, OSError, ValueError, TypeError, zlib.error) as error:
            # Any error that a library raises about an odd server ends here, typed and masked.
            redact.exception(error)
            return faults.classify(error, target)

    async def _response(
        self, sent: Sent, authenticator: Authenticator, transport: TransportOptions
    ) -> ProbeResponse | Finding:
        """Make the call and follow redirects inside the allowed origins."""
        common, url = self._subject.credential.document.common, self._plan.test_url or ""
        async with AsyncApiClient(common.base_url, authenticator, transport) as client:
            for hop in range(MOST_HOPS + 1):
                request = client.build_request(self._plan.http_method, url, headers=HEADERS)
                response = await client.send(request, stream=True)
                try:
                    location = response.headers["Location"] if response.has_redirect_location else None
                    target = redirect_target(str(response.url), location)
                    is_last = target is None or not common.origins.covers(target)
                    if target is None or is_last or not self._credentials.follows(sent, hop):
                        body = await _beginning(response)
                        received = Received(
                            str(response.url),
                            response.status_code,
                            response.headers,
                            body,
                            response.charset_encoding,
                        )
                        return received.probed(target, common.body_rules, followed=hop > 0)
                finally:
                    await response.aclose()
                url = target
        return finding("redirect_loop", f"The API redirected more than {MOST_HOPS} times.")


async def _beginning(response: httpx.Response) -> bytes:
    """Return the beginning of a body, decompressed no further than that."""
    is_compressed = response.headers.get("Content-Encoding", "").strip().lower() in _ENCODINGS
    expanding = zlib.decompressobj(wbits=47) if is_compressed else None  # 47: gzip or zlib, by the header
    body = bytearray()
    async for chunk in response.aiter_raw():
        left = LARGEST_BODY - len(body)
        body += expanding.decompress(chunk, left) if expanding else chunk[:left]
        if len(body) >= LARGEST_BODY:
            break
    return bytes(body)
