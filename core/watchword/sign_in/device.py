"""The sign-in on another device (RFC 8628): for machines that no browser can come back to.

`begin` returns a page and a code to type in there; `finish` polls the server until somebody has done so.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from watchword import redact
from watchword.connection import Connection
from watchword.errors import TokenError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http.durations import seconds
from watchword.http.origins import host, origin
from watchword.methods.additions import Additions
from watchword.methods.oauth2_device_code import OAuth2DeviceCode
from watchword.protocols.oauth2.request_words import DEVICE, RequestWords
from watchword.protocols.oauth2.token_endpoint_response import ResponsePaths, read_token
from watchword.redact import NeverPickled
from watchword.sign_in.authorization_server import (
    AuthorizationServer,
    authorization_server_of,
    required_url,
    store_token,
)
from watchword.sign_in.stored_sign_in import stored_sign_in
from watchword.tokens.lifetimes import remaining
from watchword.tokens.token import Token
from watchword.tokens.token_response import TokenResponse

_GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"

_ENDPOINT = "device_authorization_endpoint"

_DEFAULT_INTERVAL, _SLOW_DOWN = 5.0, 5.0
"""Seconds between two polls if the server states none, and the seconds that `slow_down` adds."""

_MIN_INTERVAL, _MAX_INTERVAL = 1.0, 60.0
"""The fewest seconds between two polls and, after a failure, the most."""

_MAX_LIFETIME = 1800.0
"""How long a code is polled for at most, in seconds."""

_CHECK_ENDPOINT = f"Check {_ENDPOINT}: its response does not begin a sign-in (RFC 8628)."

_BEGIN = RequestWords(
    "Beginning the sign-in",
    {
        "token_endpoint_not_found": f"Check {_ENDPOINT}: the server does not know this path.",
        "reply_not_token": _CHECK_ENDPOINT,
        "token_field_missing": _CHECK_ENDPOINT,
        "token_malformed": _CHECK_ENDPOINT,
        "unauthorized_client": "Ask the provider to allow the device code grant for this client.",
        "access_denied": "The provider refuses this client; ask its administrator.",
    },
    _ENDPOINT,
)

_POLL = replace(
    DEVICE,
    advice={
        **DEVICE.advice,
        "access_denied": "The user has refused, or may not sign in: ask them, and begin again.",
    },
)


@dataclass(frozen=True)
class DeviceSignIn(NeverPickled):
    """A sign-in that has begun: the page to open and the code to type in; times are in seconds.

    `verification_uri_complete` contains the code already; it is "" if the server gives no such URL.
    """

    verification_uri: str
    user_code: str
    verification_uri_complete: str
    interval: float
    expires_in: float
    device_code: str = field(repr=False)


def begin(connection: Connection) -> DeviceSignIn:
    """Request a code and return the sign-in that has begun (sections 3.1 and 3.2).

    Raises:
        DocumentError: the document has an error, another method, or no device_authorization_endpoint.
        StoreError: the store can't be used, so that a sign-in would be lost.
        TokenError: the server gave no code.
    """
    server = authorization_server_of(connection, OAuth2DeviceCode)
    stored_sign_in(connection).health()  # raises if the store can't be read
    connection.store.keep_draft(secrets.token_hex(16), {}, 1.0)  # raises if it can't be written
    method = server.method
    request = method.request_to(
        required_url(server, _ENDPOINT),
        {"client_id": method.client_id, "scope": method.joined_scope},
        server.template_secrets,
        Additions(method.grant_body, method.grant_headers),
    )
    response = server.send(request, f"the {_ENDPOINT} at {host(request.url or '')}")
    words = _BEGIN.for_client_auth(method.client_auth)
    device_code = read_token(
        response, ResponsePaths(access="device_code", is_token=False), words
    ).access_token
    with redact.masked([device_code]):  # an error may quote it
        begun = _device_sign_in(response, device_code)
    redact.register([device_code], begun)
    return begun


def finish(
    connection: Connection,
    begun: DeviceSignIn,
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> list[Finding]:
    """Wait until somebody has signed in, store the token, and return warnings about it.

    A server that can't be reached is polled again, at growing intervals (section 3.5).

    Raises:
        DocumentError: as `begin` does.
        TokenError: the user refused, or did not type the code in before it expired.
        StoreError: the token can't be stored.
    """
    server = authorization_server_of(connection, OAuth2DeviceCode)
    redact.register([begun.device_code], begun)
    ends, interval = clock() + begun.expires_in, begun.interval
    while True:
        sleep(max(min(interval, ends - clock()), 0.0))
        if clock() >= ends:
            message = "The code expired before somebody typed it in."
            raise TokenError([finding("expired_token", message)])
        try:
            token = poll(server, begun)
        except TokenError as error:
            interval = next_interval(interval, error)
            continue
        return store_token(connection, token)


def poll(server: AuthorizationServer[OAuth2DeviceCode], begun: DeviceSignIn) -> Token:
    """Request the token once (section 3.4).

    Raises:
        TokenError: the codes `authorization_pending` and `slow_down` mean that the user has not decided yet.
    """
    fields = {
        "grant_type": _GRANT_TYPE,
        "device_code": begun.device_code,
        "client_id": server.method.client_id,
    }
    return server.request_token(fields, _POLL)


def next_interval(interval: float, error: TokenError) -> float:
    """Return the seconds until the next poll after one that brought no token.

    Raises:
        TokenError: the given error, if another poll can't succeed.
    """
    asked = error.findings[0].retry_after or 0.0  # a server may ask for it whatever it answers
    if error.code == "authorization_pending":
        return max(interval, asked)
    if error.code == "slow_down":
        return max(interval + _SLOW_DOWN, asked)
    if not error.retryable:
        raise error
    return max(min(2 * interval, max(_MAX_INTERVAL, interval)), asked)


def _device_sign_in(response: TokenResponse, device_code: str) -> DeviceSignIn:
    """Return the sign-in that a response begins; its device code has been read already."""
    content = response.content({"device_code"}).fields or {}
    # Google's older name for it is verification_url.
    page = content.get("verification_uri") or content.get("verification_url")
    complete = content.get("verification_uri_complete")
    code = content.get("user_code")
    if not (_is_url(page) and isinstance(code, str) and code and code.isprintable()):
        message = f"Beginning the sign-in: {response.host} gave no page to open, or no code to type in."
        raise TokenError([finding("reply_not_token", message, advice=_CHECK_ENDPOINT)])
    interval, lifetime = seconds(content.get("interval")), remaining(content.get("expires_in"), response.now)
    return DeviceSignIn(
        verification_uri=str(page),
        user_code=code,
        verification_uri_complete=str(complete) if _is_url(complete) else "",
        interval=_DEFAULT_INTERVAL
        if interval is None or interval < 0
        else min(max(interval, _MIN_INTERVAL), _MAX_INTERVAL),
        expires_in=lifetime if lifetime and 0 < lifetime < _MAX_LIFETIME else _MAX_LIFETIME,
        device_code=device_code,
    )


def _is_url(value: object) -> bool:
    """Return whether a value is a URL that may be opened in a browser, and printed."""
    return isinstance(value, str) and value.isprintable() and " " not in value and origin(value) is not None
