"""Call a token endpoint: its own plain session, without redirects, netrc or the connection's headers."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

import requests

from watchword import network, redact
from watchword.codes import finding
from watchword.errors import TokenError
from watchword.oauth2.reply import Reply, ReplyPaths, read_token
from watchword.tokens.token import Token
from watchword.transport import Transport

LARGEST_REPLY = 1 << 20
"""Longest reply that is read, in bytes."""


def fetch_token(request: requests.PreparedRequest, paths: ReplyPaths, transport: Transport) -> Token:
    """Send a token request and return the token; what is secret in it is masked from then on.

    Raises:
        TokenError: no answer within `transport.timeout` seconds, or one without a token.
    """
    host = urlsplit(request.url or "").netloc
    try:
        reply = _call(request, host, transport)
    except requests.RequestException as error:
        redact.exception(error, lambda value: None if value is request else value)
        raise TokenError([network.classify(error, f"the token endpoint at {host}")]) from None
    token = read_token(reply, paths)
    redact.register([token.access_token])
    return token


def _call(request: requests.PreparedRequest, host: str, transport: Transport) -> Reply:
    deadline = time.monotonic() + transport.timeout
    with requests.Session() as session:
        options = session.merge_environment_settings(request.url, {}, True, None, None)  # noqa: FBT003
        response = session.send(
            request,
            timeout=transport.timeout,
            allow_redirects=False,
            **{**options, **transport.overrides()},
        )
        with response:
            body = bytearray()
            for chunk in response.iter_content(1 << 14):
                body += chunk
                if len(body) > LARGEST_REPLY:
                    raise _too_large(host)
                if time.monotonic() > deadline:
                    raise requests.ReadTimeout
    text = bytes(body).decode("utf-8", "replace")
    return Reply(host, response.status_code, response.headers, text)


def _too_large(host: str) -> TokenError:
    message = f"Getting a token: the token endpoint at {host} answered more than {LARGEST_REPLY} bytes."
    return TokenError([finding("reply_not_token", message)])
