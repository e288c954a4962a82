"""Further tries of idempotent requests after a passing fault; each is signed anew."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from requests import ConnectionError as RequestsConnectionError
from requests import PreparedRequest, Response, Timeout
from requests.exceptions import SSLError

from watchword.transport import retry_after

IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
PASSING = frozenset({429, 502, 503, 504})

LONGEST_PAUSE = 120.0
"""An API that wants a longer wait than this, in seconds, gets its answer passed on instead."""


def with_retries(attempt: Callable[[], Response], request: PreparedRequest, retries: int) -> Response:
    """Return the answer of the first try without a passing fault, or of the last one (RFC 9110, 9.2.2).

    A Retry-After in seconds is honoured; else the pause doubles from half a second, with jitter.
    """
    if request.method not in IDEMPOTENT or not isinstance(request.body, (str, bytes, type(None))):
        return attempt()
    for number in range(retries):
        pause = 0.5 * 2**number * random.uniform(0.5, 1.5)  # noqa: S311 - jitter
        try:
            response = attempt()
        except SSLError:
            raise  # no waiting mends a certificate
        except (RequestsConnectionError, Timeout):
            time.sleep(pause)
            continue
        wished = retry_after(response.headers.get("Retry-After"))
        pause = pause if wished is None else wished
        if response.status_code not in PASSING or pause > LONGEST_PAUSE:
            return response
        response.close()
        time.sleep(pause)
    return attempt()
