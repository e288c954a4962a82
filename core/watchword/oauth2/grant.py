"""How a token is asked for: the request, where the reply holds the token, the scopes that are wished."""

from __future__ import annotations

from dataclasses import dataclass, field

from requests import PreparedRequest

from watchword.oauth2.reply import ReplyPaths


@dataclass(frozen=True)
class Grant:
    """An authorization grant (RFC 6749 section 1.3), ready to be sent to the token endpoint."""

    request: PreparedRequest = field(repr=False)
    paths: ReplyPaths
    scopes: frozenset[str] = frozenset()
