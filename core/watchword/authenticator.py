"""What a transport needs to authenticate a request: origins, stacked parameters, method and tokens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from requests import PreparedRequest, Response

from watchword.flow import Context, Flow, NeedToken
from watchword.methods.base import Method
from watchword.origins import Origins
from watchword.placement import Placement, with_defaults
from watchword.tokens.token import Token


@dataclass(frozen=True)
class Authenticator:
    """Authenticates requests of one connection; made once, used for every request.

    `defaults` are sent unless the caller fills their slot, `secrets` always. `get_token`
    is given the token that was refused, if any, and raises TokenError where none can be had.
    """

    origins: Origins
    method: Method
    defaults: tuple[Placement, ...]
    secrets: tuple[Placement, ...]
    context: Context
    get_token: Callable[[Token | None], Token]

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

    def following(self, flow: Flow, response: Response) -> PreparedRequest | None:
        """Hand the response to a flow; return what it wants sent again, None where it is content."""
        try:
            return self._request(flow, flow.send(response))
        except StopIteration:
            return None

    def _request(self, flow: Flow, wish: PreparedRequest | NeedToken) -> PreparedRequest:
        while isinstance(wish, NeedToken):
            wish = flow.send(self.get_token(wish.rejected))
        return wish

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("An authenticator holds secrets and is never pickled: load the connection there.")
