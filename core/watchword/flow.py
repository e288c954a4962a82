"""The seam between methods and transports: a method is a generator without I/O.

A transport steps it: on `NeedToken` it sends a token in, on a request it sends that request
and hands the response in, until the flow ends. Tests step it with `next` and `send`.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from requests import PreparedRequest

if TYPE_CHECKING:
    from watchword.tokens.token import Token


@dataclass(frozen=True)
class NeedToken:
    """A flow's wish for a token; `rejected` is the one that the API has just refused."""

    rejected: Token | None = None


NEED_TOKEN = NeedToken()
"""The wish that most requests begin with."""


@dataclass(frozen=True)
class Context:
    """What a connection tells its method's flow: the statuses on which a token counts as refused."""

    refresh_on_status: frozenset[int] = frozenset({401})


# What is sent in is a Response after a request and a Token after a wish: no type can say so.
Flow: TypeAlias = Generator[PreparedRequest | NeedToken, Any, None]
