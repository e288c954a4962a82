"""What an adapter needs to authenticate a request: origins, stacked parameters, method and tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property

from requests import PreparedRequest

from watchword.adapters.refused_call import Explain
from watchword.flow import Context, Flow
from watchword.http.cookies import effective_cookies
from watchword.http.origins import Origins
from watchword.http.placement import Placement, Slot, put, with_defaults
from watchword.methods.base import Method
from watchword.redact import NeverPickled
from watchword.tokens.token import Token
from watchword.tokens.token_cache import TokenCache


@dataclass(frozen=True)
class Authenticator(NeverPickled):
    """Authenticates requests of one connection; made once, used for every request.

    `defaults` are sent unless the caller fills their slot, `secrets` are always sent. `token_cache` holds
    the method's token; it is None if the method has no token. `content` is what the secrets come from: it is
    kept, because they are masked as long as it lives. `explain` says what a refused call means.
    """

    origins: Origins
    method: Method
    defaults: tuple[Placement, ...]
    secrets: tuple[Placement, ...]
    context: Context
    token_cache: TokenCache | None = None
    content: object = field(default=None, repr=False)
    explain: Explain | None = field(default=None, repr=False)

    @property
    def default_headers(self) -> list[str]:
        """The names of the headers that are sent unless the caller gives them; they replace a library's."""
        return [placement.slot.name for placement in self.defaults if placement.slot.place == "header"]

    def flow(self, request: PreparedRequest) -> Flow:
        """Start authenticating a request, which the flow may change.

        Stacked parameters come first and the method last, since signatures cover them.
        """
        if self.defaults:
            with_defaults(request, self.defaults)
        for placement in self.secrets:
            placement.put(request)
        return self.method.flow(request, self.context)

    def carry_cookies(self, again: PreparedRequest, set_cookies: Iterable[str]) -> None:
        """Give a request that is sent again the cookies that came with the refusal, such as a route's.

        `set_cookies` are the lines of Set-Cookie. Cookies that the connection itself sends stay as they are.
        """
        for name, cookie in effective_cookies(set_cookies).items():
            if name not in self.own_cookies:
                put(again, Slot("cookie", name), cookie.value)

    @cached_property
    def own_cookies(self) -> frozenset[str]:
        """The names of the cookies that the connection sends."""
        return frozenset(slot.name for slot in self.slots if slot.place == "cookie")

    @property
    def slots(self) -> list[Slot]:
        """The places that the connection fills in each request."""
        placed = (*self.defaults, *self.secrets, *self.method.placements())
        return [item.slot if isinstance(item, Placement) else item for item in placed]

    @cached_property
    def token_cookie(self) -> str | None:
        """The name of the cookie that the method's token is sent as; None if it is sent in another way."""
        if self.token_cache is None:
            return None
        slots = (item for item in self.method.placements() if isinstance(item, Slot))
        return next((slot.name for slot in slots if slot.place == "cookie"), None)

    @cached_property
    def signs_each_request(self) -> bool:
        """Whether each request carries values of its own, such as a signature, that aren't registered."""
        placed = self.method.placements()
        return self.token_cache is None and any(isinstance(item, Slot) for item in placed)

    @cached_property
    def token(self) -> Callable[[Token | None], Token]:
        """Returns a token that is good for a request; it takes the token that was refused, or None.

        It may wait for a token, and raises TokenError if none can be obtained.
        """
        return self.token_cache.get if self.token_cache else _no_token


def _no_token(_: Token | None) -> Token:
    raise TypeError("this method has no token")
