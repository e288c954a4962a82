"""Requests that are signed in a test at a fixed time, with a fixed nonce."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import requests

import watchword
from watchword.flow import Context

NONCE = "0123456789abcdef" * 2


@dataclass(frozen=True)
class Call:
    """A request before it is signed, and the time in seconds since 1970."""

    method: str
    url: str
    body: object = None
    headers: tuple[tuple[str, str], ...] = ()
    now: float = 1_700_000_000.0
    nonce: str = NONCE


@pytest.fixture
def sign():
    """Give a function that signs a call as a document says, and returns the signed request."""

    def signed(document, call):
        connection = watchword.load(
            {"base_url": call.url.partition("?")[0], "method": "hmac_signature", **document}
        )
        assert [found.message for found in connection.lint() if found.code.severity.value == "error"] == []
        resolved = connection.credential.resolved
        request = requests.Request(call.method, call.url, dict(call.headers), data=call.body).prepare()
        context = Context(
            now=lambda: call.now, nonce=lambda: call.nonce, template_secrets=resolved.template_secrets
        )
        return next(resolved.method.flow(request, context))

    return signed


@pytest.fixture
def call():
    """Give the class of calls."""
    return Call
