"""The driver of a validation: makes its calls with `requests` and hands back plain answers."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import requests
from requests.exceptions import InvalidSchema, InvalidURL, MissingSchema
from urllib3.exceptions import HTTPError

from watchword import redact
from watchword.adapters.session import ApiSession
from watchword.errors import WatchwordError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http import faults
from watchword.http.deadline import read, run_with_deadline
from watchword.http.origins import host
from watchword.validation.probe_response import ProbeResponse

if TYPE_CHECKING:
    from watchword.adapters.token_usage import TokenUsage
    from watchword.connection import Connection
    from watchword.tokens.acquire import AcquiredToken
    from watchword.validation.plan import ValidationPlan

MOST_HOPS = 3

_LARGEST_BODY = 1 << 20
"""How much of an answer is read, in bytes."""


class Probe:
    """Makes the calls of one validation, each with a session of its own: no cookie reaches the next.

    Close it: the validation may have logged in.
    """

    def __init__(self, connection: Connection, plan: ValidationPlan) -> None:
        self.connection = connection
        self.plan = plan
        self._use: TokenUsage | None = None

    def close(self) -> None:
        """Give a new token back where the method wants that and nobody uses it."""
        if self._use:
            self._use.end()

    def renew_token(self) -> AcquiredToken | Finding:
        """Return a new token, or the finding that says why there is none."""
        try:
            self._use = self.connection.start_token_usage()
            return self.connection.renew_token()
        except WatchwordError as error:
            return error.findings[0]

    def call(self, *, anonymous: bool) -> ProbeResponse | Finding:
        """Make the plan's call and return the answer, or the finding that says why there is none."""
        url = self.plan.test_url or ""
        try:
            return run_with_deadline(self.plan.timeout, lambda: self._answer(url, anonymous=anonymous))
        except WatchwordError as error:
            return error.findings[0]
        except (InvalidURL, InvalidSchema, MissingSchema):
            return finding("test_url_not_absolute", "The test URL can't be called.")
        except (requests.RequestException, HTTPError, OSError, ValueError, TypeError) as error:
            # Whatever a library makes of an odd server ends here, typed and masked.
            redact.exception(error)
            return faults.classify(error, f"the API at {host(url)}")

    def _answer(self, url: str, *, anonymous: bool) -> ProbeResponse | Finding:
        """Call, and follow redirects inside the allowed origins."""
        adapter = self.connection.adapter(anonymous=anonymous)
        adapter.transport = replace(adapter.transport, retries=0)
        with ApiSession(self.connection.base_url, adapter) as session:
            for hop in range(MOST_HOPS + 1):
                with self._sent(session, url) as response:
                    target = _target(response)
                    if target is None or not adapter.authenticator.origins.covers(target):
                        body = read(response, _LARGEST_BODY, self.plan.timeout)
                        answer = _plain(response, target, body, followed=hop > 0)
                        rules = self.connection.document.common.body_rules
                        return replace(answer, refused_in_body=rules is not None and rules.match(body))
                    url = target
        return finding("redirect_loop", f"The API redirected more than {MOST_HOPS} times.")

    def _sent(self, session: ApiSession, url: str) -> requests.Response:
        """Send past the session, which would read a redirect's body to the end, however long it is."""
        headers = {"Cache-Control": "no-cache"}  # a shared cache would answer for the API
        request = session.prepare_request(requests.Request(self.plan.http_method, url, headers=headers))
        sent = request.url or ""
        options: dict[str, Any] = dict(session.merge_environment_settings(sent, {}, True, None, None))  # noqa: FBT003
        return session.get_adapter(sent).send(request, timeout=self.plan.timeout, **options)


def _target(response: requests.Response) -> str | None:
    """Return the absolute URL that a redirect names, "" where it names none; None for other answers."""
    if not response.is_redirect:
        return None
    location = response.headers["Location"]
    try:
        return location and urljoin(response.url, location)
    except ValueError:
        return ""


def _plain(
    response: requests.Response, redirect: str | None, body: bytes, *, followed: bool
) -> ProbeResponse:
    try:
        text = body.decode(response.encoding or "utf-8", "replace")
    except (LookupError, UnicodeError):  # a charset that nobody knows
        text = body.decode("utf-8", "replace")
    now = time.time()
    return ProbeResponse(response.url, response.status_code, response.headers, text, redirect, followed, now)
