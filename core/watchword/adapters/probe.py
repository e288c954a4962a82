"""The driver of a validation: makes its calls with `requests` and hands back plain answers."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests
from requests.exceptions import InvalidSchema, InvalidURL, MissingSchema
from typing_extensions import Self

from watchword import network, redact
from watchword.adapters.session import ApiSession
from watchword.answer import Answer
from watchword.codes import finding
from watchword.diagnosis import Finding
from watchword.errors import WatchwordError

if TYPE_CHECKING:
    from watchword.connection import Connection
    from watchword.tokens.token import Token
    from watchword.validate import Plan

LARGEST_BODY = 1 << 16
"""How much of an answer is read to find out what it means, in bytes."""

MOST_HOPS = 3


class Probe:
    """Makes the calls of one validation; closes its sessions at the end."""

    def __init__(self, connection: Connection, plan: Plan) -> None:
        self._connection = connection
        self._plan = plan
        self._sessions: list[requests.Session] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for session in self._sessions:
            session.close()

    def renew_token(self) -> Token | Finding:
        """Return a new token, or the finding that says why there is none."""
        try:
            return self._connection.renew_token()
        except WatchwordError as error:
            return error.findings[0]

    def call(self, anonymous: bool) -> Answer | Finding:  # noqa: FBT001 - a step's one property
        """Make the plan's call and return the answer, or the finding that says why there is none."""
        url = self._plan.test_url or ""
        try:
            return self._answer(self._session(anonymous=anonymous), url)
        except WatchwordError as error:
            return error.findings[0]
        except (InvalidURL, InvalidSchema, MissingSchema):
            return finding("test_url_not_absolute", "The test URL can't be called.")
        except requests.RequestException as error:
            return network.classify(error, f"the API at {urlsplit(url).netloc.rpartition('@')[2]}")

    def _session(self, *, anonymous: bool) -> ApiSession:
        """Return a session of its own for each call, so that no cookie of one reaches the other."""
        adapter = self._connection.adapter(anonymous=anonymous)
        session = ApiSession(self._connection.base_url, adapter)
        self._sessions.append(session)
        return session

    def _answer(self, session: ApiSession, url: str) -> Answer:
        """Call, and follow redirects inside the allowed origins."""
        method = self._plan.http_method
        for _ in range(MOST_HOPS + 1):
            timeout = self._plan.timeout
            with session.request(
                method, url, allow_redirects=False, stream=True, timeout=timeout
            ) as response:
                following = response.next
                target = following.url if following is not None else None
                if following is None or target is None or not self._may_follow(target):
                    return _plain(response, target, timeout)
                method, url = following.method or method, target
        raise requests.TooManyRedirects(f"more than {MOST_HOPS} redirects")

    def _may_follow(self, url: str) -> bool:
        from watchword.lint import allowed_origins  # noqa: PLC0415 - shares its module with all rules

        return allowed_origins(self._connection.document).covers(url)


def _plain(response: requests.Response, redirect: str | None, timeout: float) -> Answer:
    """Return the response as plain, masked data; its body as far as it comes within the time."""
    deadline = time.monotonic() + timeout
    body = bytearray()
    for chunk in response.iter_content(1 << 13):
        body += chunk
        if len(body) >= LARGEST_BODY or time.monotonic() > deadline:
            break
    text = bytes(body[:LARGEST_BODY]).decode(response.encoding or "utf-8", "replace")
    headers = requests.structures.CaseInsensitiveDict(
        {name: redact.text(value) for name, value in response.headers.items()}
    )
    target = redact.text(redirect) if redirect is not None else None
    return Answer(redact.text(response.url), response.status_code, headers, redact.text(text), target)
