"""The sign-in on another device (RFC 8628): for machines that no browser can come back to.

`begin` gives a page and a code to type in there; `finish` asks the server until somebody has done so.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl

from watchword import redact
from watchword.connection import Connection
from watchword.errors import TokenError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http.durations import seconds
from watchword.http.origins import host, origin
from watchword.methods.oauth2_device_code import OAuth2DeviceCode
from watchword.protocols.oauth2.request_words import DEVICE, RequestWords
from watchword.protocols.oauth2.token_endpoint_response import ReplyPaths, read_token
from watchword.sign_in.authorization_server import (
    AuthorizationServer,
    authorization_server_of,
    keep,
    required,
)
from watchword.tokens.token import Token
from watchword.tokens.token_response import TokenResponse

_GRANT = "urn:ietf:params:oauth:grant-type:device_code"

_INTERVAL, _SLOWER = 5.0, 5.0
"""Seconds between two questions unless the server says others, and those that `slow_down` adds."""

_SHORTEST, _LONGEST = 1.0, 60.0
"""Seconds between two questions at least and, after any fault, at most."""

_LIFETIME = 1800.0
"""Longest time that a code is waited for, in seconds."""

_WRONG_URL = "Check device_url: what it answers is no beginning of a sign-in (RFC 8628)."

_BEGIN = RequestWords(
    "Beginning the sign-in",
    {
        "token_endpoint_not_found": "Check device_url: the server does not know this path.",
        "reply_not_token": _WRONG_URL,
        "token_field_missing": _WRONG_URL,
        "token_malformed": _WRONG_URL,
        "unauthorized_client": "Have the device code grant allowed for this client at the provider.",
        "access_denied": "The provider refuses this client; ask its administrator.",
    },
)

_POLL = replace(
    DEVICE,
    advice={
        **DEVICE.advice,
        "access_denied": "Whoever was asked has said no, or may not: ask them, and begin again.",
    },
)


@dataclass(frozen=True)
class DeviceSignIn:
    """A sign-in that has begun: the page to open and the code to type in; times are in seconds.

    `verification_uri_complete` holds the code already, "" where the server gives no such URL.
    """

    verification_uri: str
    user_code: str
    verification_uri_complete: str
    interval: float
    expires_in: float
    device_code: str = field(repr=False)


def begin(connection: Connection) -> DeviceSignIn:
    """Ask for a code and return the sign-in that has begun (sections 3.1 and 3.2).

    Raises:
        DocumentError: the document holds an error, is of another method, or lacks the device_url.
        StoreError: the store can't keep a sign-in, so that nobody signs in for nothing.
        TokenError: the server gave no code.
    """
    server = authorization_server_of(connection, OAuth2DeviceCode)
    connection.health()  # can be read
    connection.store.keep_draft(secrets.token_hex(16), {}, 1.0)  # and written
    method = server.method
    request = method.request_to(
        required(server, "device_url"),
        {"client_id": method.client_id, "scope": method.joined_scope},
        server.template_secrets,
        more=method.grant_body,
        more_headers=method.grant_headers,
    )
    reply = server.ask(request, f"the device_url at {host(request.url or '')}")
    purpose = _BEGIN.for_client_auth(method.client_auth)
    device_code = read_token(reply, ReplyPaths(access="device_code"), purpose).access_token
    redact.register_token(device_code)
    return _begun(reply, device_code)


def finish(
    connection: Connection,
    begun: DeviceSignIn,
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> list[Finding]:
    """Wait until somebody has signed in, keep the token, and return what is to be remarked.

    A server that can't be reached for a while is asked again, more seldom each time (section 3.5).

    Raises:
        DocumentError: as `begin` does.
        TokenError: the user refused, or the code was not typed in while it lasted.
        StoreError: the token can't be kept.
    """
    server = authorization_server_of(connection, OAuth2DeviceCode)
    redact.register_token(begun.device_code)
    ends, interval = clock() + begun.expires_in, begun.interval
    try:
        while True:
            sleep(max(min(interval, ends - clock()), 0.0))
            if clock() >= ends:
                message = "Nobody typed the code in while it lasted."
                raise TokenError([finding("expired_token", message)])
            try:
                token = ask(server, begun)
            except TokenError as error:
                interval = _next(interval, error)
                continue
            return keep(connection, token)
    finally:
        redact.forget_token(begun.device_code)


def ask(server: AuthorizationServer[OAuth2DeviceCode], begun: DeviceSignIn) -> Token:
    """Ask once for the token (section 3.4).

    Raises:
        TokenError: `authorization_pending` and `slow_down` mean that nobody has decided yet.
    """
    fields = {"grant_type": _GRANT, "device_code": begun.device_code, "client_id": server.method.client_id}
    return server.token(server.method.token_request(fields, server.template_secrets), _POLL)


def _next(interval: float, error: TokenError) -> float:
    """Return the seconds until the next question; raises the error where another would change nothing."""
    if error.code == "authorization_pending":
        return interval
    if error.code == "slow_down":
        return interval + _SLOWER
    if not error.retryable:
        raise error
    wished = error.findings[0].retry_after or 0.0
    return min(max(2 * interval, wished), max(_LONGEST, interval))


def _begun(reply: TokenResponse, device_code: str) -> DeviceSignIn:
    """Return what a reply says beside the device code, which has been found in it."""
    content = _fields(reply)
    # Google's first name for it.
    page = content.get("verification_uri") or content.get("verification_url")
    complete = content.get("verification_uri_complete")
    code = content.get("user_code")
    if not (_is_url(page) and isinstance(code, str) and code and code.isprintable()):
        message = f"Beginning the sign-in: {reply.host} gave no page to open, or no code to type in."
        raise TokenError([finding("reply_not_token", message, advice=_WRONG_URL)])
    interval, lifetime = seconds(content.get("interval")), seconds(content.get("expires_in"))
    return DeviceSignIn(
        verification_uri=str(page),
        user_code=code,
        verification_uri_complete=str(complete) if _is_url(complete) else "",
        interval=_INTERVAL if interval is None or interval < 0 else min(max(interval, _SHORTEST), _LONGEST),
        expires_in=lifetime if lifetime and 0 < lifetime < _LIFETIME else _LIFETIME,
        device_code=device_code,
    )


def _fields(reply: TokenResponse) -> Mapping[str, Any]:
    try:
        content = json.loads(reply.text)
    except (ValueError, RecursionError):
        return dict(parse_qsl(reply.text))
    return content if isinstance(content, dict) else {}


def _is_url(value: object) -> bool:
    """Return whether a value can be opened in a browser, and printed."""
    return isinstance(value, str) and value.isprintable() and " " not in value and origin(value) is not None
