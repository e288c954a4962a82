"""What a transport needs to authenticate a request: origins, stacked parameters, method and tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from requests import PreparedRequest

from watchword.flow import Context, Flow, FlowResponse, NeedToken
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

    `defaults` are sent unless the caller fills their slot, `secrets` always. `token_cache` holds the
    method's token, None where it has none.
    """

    origins: Origins
    method: Method
    defaults: tuple[Placement, ...]
    secrets: tuple[Placement, ...]
    context: Context
    token_cache: TokenCache | None = None

    @property
    def default_headers(self) -> list[str]:
        """The names of the headers that are sent unless the caller gives them: a library's own are none."""
        return [placement.slot.name for placement in self.defaults if placement.slot.place == "header"]

    def flow(self, request: PreparedRequest) -> Flow:
        """Start authenticating a request, which is the flow's own to change.

        Stacked parameters come first and the method last, since signatures cover them.
        """
        if self.defaults:
            with_defaults(request, self.defaults)
        for placement in self.secrets:
            placement.put(request)
        return self.method.flow(request, self.context)

    def first(self, flow: Flow) -> PreparedRequest:
        """Step a flow to the request that it wants sent first."""
        return self._request(flow, next(flow))

    def following(self, flow: Flow, response: FlowResponse) -> PreparedRequest | None:
        """Hand the response to a flow; return what it wants sent again, None where it is content."""
        try:
            return self._request(flow, flow.send(response))
        except StopIteration:
            return None

    def carry_cookies(self, again: PreparedRequest, set_cookies: Iterable[str]) -> None:
        """Give a request that is sent again the cookies that came with the refusal, such as a route's.

        `set_cookies` are the lines of Set-Cookie; what the connection sends as cookie itself stays.
        """
        for name, cookie in effective_cookies(set_cookies).items():
            if name not in self.own_cookies:
                put(again, Slot("cookie", name), cookie.value)

    @cached_property
    def own_cookies(self) -> frozenset[str]:
        """The names of the cookies that the connection sends."""
        placed = (*self.defaults, *self.secrets, *self.method.placements())
        slots = [item.slot if isinstance(item, Placement) else item for item in placed]
        return frozenset(slot.name for slot in slots if slot.place == "cookie")

    def _request(self, flow: Flow, step: PreparedRequest | NeedToken) -> PreparedRequest:
        while isinstance(step, NeedToken):
            step = flow.send(self.token(step.rejected))
        return step

    @cached_property
    def token(self) -> Callable[[Token | None], Token]:
        """What returns a token that is good for a request, given the one that was refused, if any.

        It may mean to wait for one, and raises TokenError where none can be had.
        """
        return self.token_cache.get if self.token_cache else _no_token


def _no_token(_: Token | None) -> Token:
    raise TypeError("this method has no token")
