"""What the drivers of a validation share: which credential a call sends, and what they return of its response."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from watchword.adapters.authenticator import Authenticator
from watchword.http.bodies import decoded
from watchword.http.body_rules import BodyRules
from watchword.http.transport_options import TransportOptions
from watchword.methods.none import NoAuthentication
from watchword.redact import NeverPickled
from watchword.tokens.token import Token
from watchword.validation.decoys.credentials import decoy_authenticator, decoy_transport
from watchword.validation.probe_response import ProbeResponse
from watchword.validation.steps import Sent

if TYPE_CHECKING:
    from watchword.validation.subject import Subject

MOST_HOPS = 3
"""More redirects are not followed."""

LARGEST_BODY = 1 << 20
"""How much of a response is read, in bytes."""

HEADERS = {"Cache-Control": "no-cache"}
"""Sent with each call: otherwise a shared cache may answer instead of the API."""

IN_WORDS: Mapping[Sent, str] = {
    Sent.REAL: "the credential",
    Sent.DECOY: "a decoy",
    Sent.NONE: "no credential",
}


def credential_of(
    sent: Sent, subject: Subject, token: Token | None
) -> tuple[Authenticator, TransportOptions]:
    """Return what authenticates a call, and its transport, which never retries.

    Raises:
        DocumentError: the document holds an error.
    """
    authenticator = subject.authenticator()
    transport = replace(subject.credential.resolved.transport, retries=0)
    if sent is Sent.DECOY:
        return decoy_authenticator(authenticator, token), decoy_transport(authenticator, transport)
    if sent is Sent.NONE:
        authenticator = replace(authenticator, method=NoAuthentication(), secrets=(), token_cache=None)
        transport = replace(transport, client_certificate=None, client_private_key=None)
    return authenticator, transport


@dataclass(frozen=True)
class Received(NeverPickled):
    """A response as a client has received it; `body` is its beginning, `charset` the one that is declared."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    charset: str | None

    def probed(self, redirect: str | None, rules: BodyRules | None, *, followed: bool) -> ProbeResponse:
        """Return what the procedure looks at."""
        return ProbeResponse(
            self.url,
            self.status,
            self.headers,
            decoded(self.body, self.charset),
            redirect,
            followed,
            received=time.time(),
            refused_in_body=rules is not None and rules.match(self.body),
            is_cut=len(self.body) >= LARGEST_BODY,
        )
