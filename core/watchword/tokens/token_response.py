"""The response to a request for a token, and what all such responses share; no I/O."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from watchword.errors import TokenError
from watchword.findings.codes import finding
from watchword.http import jsonpaths
from watchword.http.durations import retry_after, seconds
from watchword.http.origins import host
from watchword.redact import NeverPickled
from watchword.tokens.token import jwt_expiry

LONGEST_LIFETIME = 10 * 365 * 86400.0
"""A longer lifetime, in seconds, is taken for a mistake: such a token counts as one that does not expire."""

# RFC 6749 appendix A.12: visible characters; without the space, which a header value can't end in.
VISIBLE = re.compile(r"[\x21-\x7e]+")

_OK, _REDIRECT, _TOO_MANY, _SERVER_ERROR = 200, 300, 429, 500


@dataclass(frozen=True)
class TokenResponse(NeverPickled):
    """A server's response; `url` is the absolute URL of the request, `cookies` are the Set-Cookie lines."""

    url: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    text: str = field(repr=False)
    cookies: tuple[str, ...] = field(default=(), repr=False)

    @property
    def host(self) -> str:
        """Host and port of the server, for a message."""
        return host(self.url)

    @property
    def succeeded(self) -> bool:
        """Whether the status says success."""
        return _OK <= self.status < _REDIRECT

    @property
    def is_transient(self) -> bool:
        """Whether the status says that waiting may help."""
        return self.status == _TOO_MANY or self.status >= _SERVER_ERROR

    @property
    def retry_after(self) -> float | None:
        """The seconds after which the server may be asked again, None if it does not say."""
        return retry_after(self.headers.get("Retry-After"))


def value_at(content: Mapping[str, Any], path: str) -> object:
    """Return the first value at a JSONPath, None if there is none; names and indices need no library.

    A path whose search takes more than one pass, such as a search by a pattern, finds nothing. Raises
    TokenError if the response is too large to be searched by this path.
    """
    if path in content:
        return content[path]
    if path.isidentifier() or not jsonpaths.takes_one_pass(path):
        return None
    keys = jsonpaths.keys(path)
    if keys is not None:
        return next(jsonpaths.at_keys(content, keys), None)
    if not jsonpaths.is_affordable(content, jsonpaths.steps(path)):
        message = f"The response is too large to be searched by {path[:40]!r}."
        advice = "Write the path with names and indices alone, such as data.token."
        raise TokenError([finding("reply_not_token", message, advice=advice)])
    import jsonpath  # noqa: PLC0415 - costs 0.1 s, and few paths need it

    try:
        match = jsonpath.match(jsonpaths.whole(path), content)
    except (jsonpath.JSONPathError, RecursionError):
        return None
    return match.obj if match else None


def lifetime_of(stated: object, access_token: str, default: float | None) -> float:
    """Return a token's lifetime in seconds: as stated, by its own `exp` claim, the default, or infinite."""
    lifetime = seconds(stated)
    if lifetime is not None and 0 < lifetime <= LONGEST_LIFETIME:
        return lifetime
    expiry = jwt_expiry(access_token)
    if expiry is not None and expiry > time.time():
        return expiry - time.time()
    return default if default is not None else math.inf
