"""Authenticate the request for a token by the flow of another method: a credential for the credential."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from requests import PreparedRequest

from watchword.errors import RequestError, TokenError, WatchwordError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding, Phase
from watchword.flow import Context, Flow, NeedToken
from watchword.http.transport_options import TransportOptions
from watchword.protocols.templates import TemplateSecrets
from watchword.redact import NeverPickled
from watchword.tokens.token import Token
from watchword.tokens.token_response import TokenResponse
from watchword.tokens.token_source import TokenSource

T = TypeVar("T")

# After these the server may have received the request. Of a login that came before it, that would be wrong.
_AMBIGUOUS = frozenset({"read_timeout", "connection_lost", "tls_failed"})

_LEAST_TIME = 0.1
"""Shortest time limit of a request, in seconds, if the ones before it have taken the whole time."""

_CLIENT_ERRORS = range(400, 500)
_NOT_FOR_CREDENTIALS = frozenset({404, 405, 429})


class InnerMethod(Protocol):
    """What is needed of the method that authenticates the request."""

    def flow(self, request: PreparedRequest, context: Context, /) -> Flow:
        """Authenticate the request, which the flow may change, and yield it."""

    def explain(self, status: int, headers: Mapping[str, str], text: str, /) -> Finding | None:
        """Return the reason for a refusal, if the method can read it."""


@dataclass(frozen=True)
class _Seen:
    """A response as a flow sees it."""

    status_code: int
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Login(NeverPickled):
    """A method that authenticates requests for tokens; `label` names it in messages.

    `source` returns the source of the method's own token, if it has one; `identity` is everything that it
    sends, `secrets` those of its templates.
    """

    method: InnerMethod
    source: Callable[[], TokenSource | None] = field(repr=False)
    label: str
    identity: tuple[object, ...] = field(repr=False)
    secrets: TemplateSecrets = field(default_factory=dict, repr=False)

    def send(self, request: PreparedRequest, transport: TransportOptions, target: str) -> TokenResponse:
        """Send a request, authenticated, and return the response that ends the flow, also one that refuses.

        All requests together take as long as one may; `target` names the server in messages.

        Raises:
            TokenError: as for a request without a login, or if the login's own token can't be obtained.
        """
        steps = _Steps(self, transport, target)
        try:
            return steps.run(request.copy())
        finally:
            steps.log_out()

    def explained(self, error: TokenError, response: TokenResponse) -> TokenError:
        """Return the error of a response without a token; a refusal names the login as a possible cause."""
        status = response.status
        if status not in _CLIENT_ERRORS or status in _NOT_FOR_CREDENTIALS:
            return error
        reason = self.method.explain(status, response.headers, response.text)
        found = error.findings[0]
        message = f"{found.message} The request was authenticated by {self.label}."
        cause = f" {reason.message}" if reason else ""
        advice = f"{found.advice} Check {self.label} too.{cause}".strip()
        return type(error)([replace(found, message=message, advice=advice), *error.findings[1:]])


def received(
    request: PreparedRequest, transport: TransportOptions, target: str, login: Login | None
) -> TokenResponse:
    """Send a request for a token, with a login if there is one, and return the response.

    Raises:
        TokenError: there is no complete response, or no token for the login.
    """
    if login is not None:
        return login.send(request, transport, target)
    from watchword.tokens.sending import send_token_request  # noqa: PLC0415 - few requests need a new token

    return send_token_request(request, transport, target)


def read(response: TokenResponse, login: Login | None, reader: Callable[[TokenResponse], T]) -> T:
    """Return what `reader` reads in a response; its error names the login, if the request had one."""
    try:
        return reader(response)
    except TokenError as error:
        if login is None:
            raise
        explained = login.explained(error, response)
    raise explained


class _Steps:
    """One authenticated request: it steps the method's flow until that ends."""

    def __init__(self, login: Login, transport: TransportOptions, target: str) -> None:
        self._login = login
        self._transport = transport
        self._target = target
        self._ends = time.monotonic() + transport.timeout
        self._source: TokenSource | None = None
        self._token: Token | None = None

    def run(self, request: PreparedRequest) -> TokenResponse:
        from watchword.tokens.sending import send_token_request  # noqa: PLC0415 - few requests need a new token

        flow = self._login.method.flow(request, Context(template_secrets=self._login.secrets))
        value: object = None
        response: TokenResponse | None = None
        while True:
            try:
                step = flow.send(value)
            except StopIteration:
                if response is None:
                    raise TypeError("a flow sends its request at least once") from None
                return response
            except RequestError as error:
                raise _failure(self._login.label, error) from None
            if isinstance(step, NeedToken):
                value = self._own_token()
            else:
                response = send_token_request(step, self._limited(), self._target)
                value = _Seen(response.status, response.headers)

    def log_out(self) -> None:
        """Give the login's own token back, which serves once."""
        if self._source is not None and self._token is not None and self._source.logs_out:
            self._source.discard(self._token, self._limited())

    def _own_token(self) -> Token:
        """Return the login's own token: always the same, since a refusal of a new one is final."""
        if self._token is None:
            self._source = self._login.source()
            if self._source is None:
                raise TypeError("this method has no token")
            try:
                self._token = self._source.fetch(self._limited())
            except TokenError as error:
                raise _failure(self._login.label, error) from None
        return self._token

    def _limited(self) -> TransportOptions:
        return replace(self._transport, timeout=max(self._ends - time.monotonic(), _LEAST_TIME))


def _failure(label: str, error: WatchwordError) -> TokenError:
    """Return the error for a login that has failed before the request itself was sent.

    Its code must not be taken for an answer to the request: a refresh token was not even shown.
    """
    found = error.findings[0]
    name = found.code.name
    evidence = {key: value for key, value in found.evidence.items() if key != "status"}
    if found.code.phase is not Phase.NETWORK or name in _AMBIGUOUS:
        evidence["cause"] = name
        name = "temporarily_unavailable" if error.retryable else "login_with_refused"
    message = f"{label}: {found.message}"
    return TokenError(
        [finding(name, message, advice=found.advice, evidence=evidence, retry_after=found.retry_after)]
    )
