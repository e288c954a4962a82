"""The network below httpx's transports: the address of each new connection is judged before it is used."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

import anyio
import httpcore

from watchword.http.networks import AllowedNetworks
from watchword.http.resolving import allowed_addresses

_HEAD_START = 0.25
"""After so many seconds an asynchronous client also tries the next address, as anyio does (RFC 8305)."""


def guard(transport: Any, networks: AllowedNetworks) -> None:  # noqa: ANN401 - of httpx, synchronous or not
    """Have a new transport of httpx connect to allowed addresses alone.

    httpx has no parameter for httpcore's network backend. A missing attribute raises: no transport goes
    unguarded because a version of httpx names it otherwise.
    """
    pool = transport._pool  # noqa: SLF001 - see above
    backend = pool._network_backend  # noqa: SLF001 - see above
    is_async = isinstance(backend, httpcore.AsyncNetworkBackend)
    pool._network_backend = (AsyncGuardedBackend if is_async else GuardedBackend)(backend, networks)  # noqa: SLF001


class GuardedBackend(httpcore.NetworkBackend):
    """Resolves each host once and connects to its allowed addresses, one after the other."""

    def __init__(self, backend: httpcore.NetworkBackend, networks: AllowedNetworks) -> None:
        self._backend = backend
        self._networks = networks

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Return a connection to an allowed address of the host.

        Raises:
            RequestError: the host has no allowed address.
            httpcore.ConnectError: it can't be resolved, or none of its addresses accepts connections.
            httpcore.ConnectTimeout: they don't answer.
        """
        try:
            addresses = allowed_addresses(self._networks, host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(error) from error
        for address in addresses[:-1]:
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return self._backend.connect_tcp(address, port, timeout, local_address, socket_options)
        return self._backend.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self._backend.sleep(seconds)


class AsyncGuardedBackend(httpcore.AsyncNetworkBackend):
    """Does the same in an event loop, and doesn't wait long for one address before it tries the next."""

    def __init__(self, backend: httpcore.AsyncNetworkBackend, networks: AllowedNetworks) -> None:
        self._backend = backend
        self._networks = networks

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the base's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Return a connection as `GuardedBackend.connect_tcp` does, and raise the same errors."""
        try:
            with anyio.fail_after(timeout):
                found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
                addresses = self._networks.allowed(host, (str(address[0]) for *_, address in found))
                attempts = _Attempts(self._backend, port, timeout, local_address, socket_options)
                return await attempts.first(addresses)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"no connection within {timeout} seconds") from error
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(error) from error

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._backend.sleep(seconds)


class _Attempts:
    """Attempts to connect to several addresses, of which the first success counts."""

    def __init__(self, backend: httpcore.AsyncNetworkBackend, port: int, *options: Any) -> None:  # noqa: ANN401 - of connect_tcp
        self._backend = backend
        self._port = port
        self._options = options
        self._stream: httpcore.AsyncNetworkStream | None = None
        self._error: httpcore.ConnectError | httpcore.ConnectTimeout | None = None

    async def first(self, addresses: Sequence[str]) -> httpcore.AsyncNetworkStream:
        """Return the first connection; the other attempts are ended."""
        if len(addresses) == 1:
            return await self._backend.connect_tcp(addresses[0], self._port, *self._options)
        async with anyio.create_task_group() as group:
            for address in addresses:
                ended = anyio.Event()
                group.start_soon(self._attempt, address, ended, group.cancel_scope)
                with anyio.move_on_after(_HEAD_START):
                    await ended.wait()
        if self._stream is None:
            raise self._error or TypeError("there is at least one address")
        return self._stream

    async def _attempt(self, address: str, ended: anyio.Event, scope: anyio.CancelScope) -> None:
        try:
            stream = await self._backend.connect_tcp(address, self._port, *self._options)
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            self._error = error
        else:
            if self._stream is None:
                self._stream = stream
                scope.cancel()
            else:
                await stream.aclose()
        finally:
            ended.set()
