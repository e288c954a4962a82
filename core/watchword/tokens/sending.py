"""Send a request for a token: in a session of its own, without redirects, netrc and headers of the API."""

from __future__ import annotations

from typing import Any

import requests
from urllib3.exceptions import HTTPError

from watchword import redact
from watchword.errors import RequestError, TokenError
from watchword.findings.codes import finding
from watchword.http import faults
from watchword.http.bodies import charset_in, decoded, unpacked
from watchword.http.deadline import read, run_with_deadline
from watchword.http.guarded_adapter import GuardedAdapter
from watchword.http.transport_options import TransportOptions
from watchword.tokens.token_response import TokenResponse

LARGEST_RESPONSE = 1 << 20
"""Longest response that is read, in bytes."""


class _Session(requests.Session):
    """A session that ignores redirects: requests parses their targets even if it must not follow them."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return None: a target that can't be parsed must not look like a lost connection."""


def send_token_request(
    request: requests.PreparedRequest, transport: TransportOptions, target: str
) -> TokenResponse:
    """Send a request and return the response, also one that refuses.

    `target` names the server in messages.

    Raises:
        TokenError: no complete response within `transport.timeout` seconds, one that is too large, or an
            address that may not be called.
    """
    try:
        response, body = run_with_deadline(transport.timeout, lambda: _sent(request, transport))
    except RequestError as error:
        raise TokenError(error.findings) from None
    except (requests.RequestException, HTTPError, OSError, ValueError, TypeError) as error:
        # Every error of a library, for a bad address, certificate or header, ends here, typed and masked.
        redact.exception(error, lambda value: None if value is request else value)
        raise TokenError([faults.classify(error, target)]) from None
    if len(body) > LARGEST_RESPONSE:
        message = f"Getting a token: {target} sent more than {LARGEST_RESPONSE} bytes."
        advice = "Check the URL: its response holds no token."
        raise TokenError([finding("reply_not_token", message, advice=advice)])
    cookies = tuple(response.raw.headers.getlist("Set-Cookie"))
    body = unpacked(body, response.headers.get("Content-Encoding", ""))
    text = decoded(body, charset_in(response.headers.get("Content-Type", "")))
    return TokenResponse(request.url or "", response.status_code, response.headers, text, cookies)


def _sent(request: requests.PreparedRequest, transport: TransportOptions) -> tuple[requests.Response, bytes]:
    with _Session() as session:
        for scheme in ("https://", "http://"):
            session.mount(scheme, GuardedAdapter(transport))
        options: dict[str, Any] = {
            **session.merge_environment_settings(request.url, {}, True, None, None),  # noqa: FBT003
            **transport.overrides(),
        }
        response = session.send(request, timeout=transport.timeout, allow_redirects=False, **options)
        with response:
            return response, read(response, LARGEST_RESPONSE + 1, transport.timeout, is_packed=True)
