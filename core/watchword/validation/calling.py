"""What the drivers of a validation share: the credentials of the calls, and what is kept of a response."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from watchword.adapters.authenticator import Authenticator
from watchword.adapters.token_usage import TokenUsage
from watchword.errors import WatchwordError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http.bodies import decoded
from watchword.http.body_rules import BodyRules
from watchword.http.origins import display_url
from watchword.http.transport_options import TransportOptions
from watchword.methods.none import NoAuthentication
from watchword.redact import NeverPickled
from watchword.tokens.token import Token
from watchword.validation.decoys.credentials import decoy_authenticator, decoy_source, decoy_transport
from watchword.validation.probe_response import ProbeResponse
from watchword.validation.steps import Sent

if TYPE_CHECKING:
    from watchword.tokens.acquire import AcquiredToken
    from watchword.validation.plan import ValidationPlan
    from watchword.validation.subject import Subject

_log = logging.getLogger(__name__)

MOST_HOPS = 3
"""More redirects are not followed; a decoy follows no more than the real credential."""

LARGEST_BODY = 1 << 20
"""How much of a response is read, in bytes."""

HEADERS = {"Accept-Encoding": "gzip, deflate", "Cache-Control": "no-cache"}
"""Sent with each call: a shared cache must not answer instead of the API."""

_NO_SECRET = "-"  # noqa: S105 - it stands for none
"""What a call without a credential has in its path, in the place of a secret."""

_IN_WORDS: Mapping[Sent, str] = {
    Sent.REAL: "the credential",
    Sent.DECOY: "a decoy",
    Sent.NONE: "no credential",
}


class Credentials(NeverPickled):
    """What the calls of one validation send: one decoy at most, also for a second try."""

    def __init__(self, subject: Subject, plan: ValidationPlan) -> None:
        self._subject = subject
        self._plan = plan
        self._issued: Token | None = None
        self._made: dict[Sent, tuple[Authenticator, TransportOptions]] = {}
        self._hops = 0
        self.usage: TokenUsage | None = None
        """The use of the token, once there is one; the maker of this object ends it."""

    def of(self, sent: Sent) -> tuple[Authenticator, TransportOptions]:
        """Return what authenticates a call, and its transport, which never retries.

        Raises:
            DocumentError: the document holds an error.
        """
        _log.info(
            "Calling %s %s with %s",
            self._plan.http_method,
            display_url(self._plan.test_url or ""),
            _IN_WORDS[sent],
        )
        if sent not in self._made:
            self._made[sent] = self._new(sent)
        return self._made[sent]

    def follows(self, sent: Sent, hop: int) -> bool:
        """Return whether a call follows a redirect after `hop` others.

        A redirect where the real credential gets none is an answer, which is compared as it is.
        """
        if sent is Sent.REAL:
            self._hops = max(self._hops, hop + 1)
            return True
        return hop < self._hops

    def token(self) -> AcquiredToken | Finding:
        """Return a new token, or the finding that says why there is none."""
        credential = self._subject.credential
        try:
            self.usage = TokenUsage(credential.token_cache)
            self.usage.begin()
            acquired = credential.renew_token()
        except WatchwordError as error:
            return error.findings[0]
        self._issued = acquired.token
        return acquired

    def token_for_decoy(self) -> Token | Finding:
        """Return the token for a client that doesn't exist, or the finding that says why it gets none."""
        resolved = self._subject.credential.resolved
        transport = replace(resolved.transport, timeout=self._plan.call_timeout)
        _log.info("Asking for a token as a client that doesn't exist")
        try:
            source = decoy_source(resolved.method, resolved.template_secrets)
            if source is None:
                return finding("token_refused", "There is no token endpoint.")
            token = source.fetch(transport)
            source.discard(token, transport)  # a session that anybody may open must not stay open
        except WatchwordError as error:
            return error.findings[0]
        return token

    def _new(self, sent: Sent) -> tuple[Authenticator, TransportOptions]:
        authenticator = self._subject.authenticator()
        transport = replace(self._subject.credential.resolved.transport, retries=0)
        values = authenticator.context.values
        if sent is not Sent.REAL and values is not None and self._issued is not None:
            # The call goes where the token says, but without the token and the secrets that came with it.
            issued, rules = self._issued, values.without_secrets
            authenticator = replace(authenticator, located=lambda request: rules.applied(request, issued))
        if sent is Sent.DECOY:
            return decoy_authenticator(authenticator, self._issued), decoy_transport(authenticator, transport)
        if sent is Sent.NONE:
            in_path = dict.fromkeys(authenticator.path_secrets, _NO_SECRET)
            authenticator = replace(
                authenticator, method=NoAuthentication(), secrets=(), token_cache=None, path_secrets=in_path
            )
            transport = replace(transport, client_certificate=None, client_private_key=None)
        return authenticator, transport


def redirect_target(url: str, location: str | None) -> str | None:
    """Return the absolute URL that a Location names, "" if it names none; None without a Location."""
    try:
        return location and urljoin(url, location)
    except ValueError:
        return ""


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
