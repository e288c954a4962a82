"""The network below httpx's transports that use a proxy: a proxy that can't be reached is named as such."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import httpcore


def name_proxy_faults(transport: Any) -> None:  # noqa: ANN401 - of httpx, synchronous or not
    """Have a new transport with a proxy raise `httpx.ProxyError` if the proxy can't be reached.

    httpx itself raises what it raises for an API that is down, and nothing in that error names the proxy. It
    has no parameter for httpcore's network backend, and a missing attribute raises.
    """
    pool = transport._pool  # noqa: SLF001 - see above
    backend = pool._network_backend  # noqa: SLF001 - see above
    is_async = isinstance(backend, httpcore.AsyncNetworkBackend)
    pool._network_backend = (_AsyncProxyBackend if is_async else _ProxyBackend)(backend)  # noqa: SLF001


class _ProxyBackend(httpcore.NetworkBackend):
    """Connects to a proxy: the transport connects to nothing else."""

    def __init__(self, backend: httpcore.NetworkBackend) -> None:
        self._backend = backend

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Return a connection to the proxy; raises httpcore.ProxyError if there is none."""
        try:
            return self._backend.connect_tcp(host, port, timeout, local_address, socket_options)
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            raise httpcore.ProxyError(error) from error  # the pool drops the cause, and keeps the arguments

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self._backend.sleep(seconds)


class _AsyncProxyBackend(httpcore.AsyncNetworkBackend):
    """Does the same in an event loop."""

    def __init__(self, backend: httpcore.AsyncNetworkBackend) -> None:
        self._backend = backend

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Return a connection as `_ProxyBackend.connect_tcp` does, and raise the same error."""
        try:
            return await self._backend.connect_tcp(host, port, timeout, local_address, socket_options)
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            raise httpcore.ProxyError(error) from error  # the pool drops the cause, and keeps the arguments

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._backend.sleep(seconds)
