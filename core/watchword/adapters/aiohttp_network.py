"""The connector of a session of aiohttp: the requests of a middleware connect to allowed addresses alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any

from watchword.http.networks import AllowedNetworks, refusal

if TYPE_CHECKING:
    import aiohttp

_networks: ContextVar[AllowedNetworks | None] = ContextVar("watchword_networks", default=None)
"""What the request allows that the running task is sending; None for requests of others."""


@contextmanager
def judged(request: aiohttp.ClientRequest, networks: AllowedNetworks) -> Iterator[None]:
    """Judge the address of the connection that the request is sent over.

    The connector belongs to the session, which may send other requests as well: those are not judged.
    A proxy is the session's own choice and is not judged either, only the text of the host behind it.

    Raises:
        RequestError: the host has no allowed address.
    """
    host = request.url.raw_host or ""
    if request.proxy is not None:
        if not networks.allows_behind_proxy(host):
            raise refusal(host)
        yield
        return
    connector: Any = request.session.connector
    if not isinstance(connector, _GuardedConnector):
        kind: Any = type(connector)
        connector.__class__ = _guarded(kind)
    token = _networks.set(networks)
    try:
        yield
    finally:
        _networks.reset(token)


class _GuardedConnector:
    """What a connector does beside its own: it judges addresses for the requests of a middleware."""

    async def _resolve_host(self, host: str, *args: Any, **options: Any) -> list[Any]:  # noqa: ANN401 - the base's parameters
        """Return the host's allowed addresses: none of the others is connected to."""
        found: list[Any] = await super()._resolve_host(host, *args, **options)  # type: ignore[misc] # a connector follows
        networks = _networks.get()
        if networks is None:
            return found
        allowed = set(networks.allowed(host, (item["host"] for item in found)))
        return [item for item in found if item["host"] in allowed]

    async def connect(self, *args: Any, **options: Any) -> aiohttp.connector.Connection:  # noqa: ANN401 - the base's parameters
        """Return a connection; one that another request has opened is judged before it is used."""
        connection: aiohttp.connector.Connection = await super().connect(*args, **options)  # type: ignore[misc]
        networks = _networks.get()
        transport = connection.transport
        peer = transport.get_extra_info("peername") if networks is not None and transport else None
        # The name of a Unix socket is text: it has no address.
        if networks is not None and isinstance(peer, tuple) and not networks.allows(str(peer[0])):
            connection.close()
            raise refusal(str(peer[0]))
        return connection


@cache
def _guarded(connector: type[Any]) -> type[Any]:
    """Return a connector like this one that judges addresses; aiohttp gives a middleware no other way in."""
    return type(connector.__name__, (_GuardedConnector, connector), {})
