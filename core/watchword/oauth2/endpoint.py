"""Call a token endpoint: its own plain session, without redirects, netrc or the connection's headers."""

from __future__ import annotations

from typing import Any

import requests
from urllib3.exceptions import HTTPError

from watchword import network, redact
from watchword.codes import finding
from watchword.deadline import read, within
from watchword.errors import TokenError
from watchword.oauth2.reply import Reply, ReplyPaths, read_token
from watchword.origins import host
from watchword.tokens.token import Token
from watchword.transport import Transport

LARGEST_REPLY = 1 << 20
"""Longest reply that is read, in bytes."""


def fetch_token(request: requests.PreparedRequest, paths: ReplyPaths, transport: Transport) -> Token:
    """Send a token request and return the token; what is secret in it is masked from then on.

    Raises:
        TokenError: no whole answer within `transport.timeout` seconds, or one without a token.
    """
    server = host(request.url or "")
    try:
        reply = within(transport.timeout, lambda: _call(request, server, transport))
    except (requests.RequestException, HTTPError, OSError, ValueError, TypeError) as error:
        # Whatever a library makes of a bad address, certificate or header ends here, typed and masked.
        redact.exception(error, lambda value: None if value is request else value)
        raise TokenError([network.classify(error, f"the token endpoint at {server}")]) from None
    token = read_token(reply, paths)
    redact.register([token.access_token])
    return token


def _call(request: requests.PreparedRequest, server: str, transport: Transport) -> Reply:
    with requests.Session() as session:
        options: dict[str, Any] = {
            **session.merge_environment_settings(request.url, {}, True, None, None),  # noqa: FBT003
            **transport.overrides(),
        }
        response = session.send(request, timeout=transport.timeout, allow_redirects=False, **options)
        with response:
            body = read(response, LARGEST_REPLY + 1, transport.timeout)
    if len(body) > LARGEST_REPLY:
        message = f"Getting a token: the token endpoint at {server} answered more than {LARGEST_REPLY} bytes."
        raise TokenError([finding("reply_not_token", message)])
    return Reply(server, response.status_code, response.headers, body.decode("utf-8", "replace"))
