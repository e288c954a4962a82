"""The transport of `requests` whose connections go to allowed addresses alone, and end with their call."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from urllib3 import exceptions as urllib3_errors
from urllib3.util.connection import allowed_gai_family

from watchword.http.call_sockets import opened
from watchword.http.networks import AllowedNetworks, refusal
from watchword.http.resolving import allowed_addresses

if TYPE_CHECKING:
    from urllib3.connectionpool import ConnectionPool

    from watchword.http.transport_options import TransportOptions


@dataclass(frozen=True)
class _Guard:
    """What is judged: nothing without networks, and a proxy only if the document names it."""

    networks: AllowedNetworks | None
    judges_proxy: bool


class GuardedAdapter(HTTPAdapter):
    """Judges the address of each new connection, redirects included, and connects to no other.

    The name is resolved once, so that a second answer of its name server changes nothing. A connection that
    is kept alive is not judged again. Through a proxy, which resolves the names, only the text of the host
    is judged.
    """

    def __init__(self, transport: TransportOptions) -> None:
        self._guard = _Guard(transport.networks, judges_proxy=transport.proxy is not None)
        self._key_password = transport.key_password if transport.client_certificate else ""
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - the base's parameters
        """Make the pools of direct connections."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _guarded_pools(self.poolmanager, self._guard)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:  # noqa: ANN401 - the base's signature
        """Return the pools of connections through a proxy."""
        is_new = proxy not in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **options)
        if is_new:
            manager.pool_classes_by_scheme = _guarded_pools(manager, self._guard)
        return manager

    def build_connection_pool_key_attributes(
        self,
        request: PreparedRequest,
        verify: bool | str,  # noqa: FBT001 - the base's signature
        cert: str | tuple[str, str] | None = None,
    ) -> Any:  # noqa: ANN401 - the base's types are private
        """Return what tells connections apart; the passphrase of a client's key is part of it.

        Without a passphrase OpenSSL asks for it at the terminal, and waits for an answer.
        """
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, ({**pool, "key_password": self._key_password} if cert else pool)

    def get_connection_with_tls_context(
        self,
        request: PreparedRequest,
        verify: bool | str | None,  # noqa: FBT001 - the base's signature
        proxies: Mapping[str, str] | None = None,
        cert: str | tuple[str, str] | None = None,
    ) -> ConnectionPool:
        """Return the pool of the request's host; raises RequestError for one that no proxy may call."""
        if proxies and self._guard.networks is not None:
            host = urlsplit(request.url or "").hostname or ""
            if not self._guard.networks.allows_behind_proxy(host):
                raise refusal(host)
        return super().get_connection_with_tls_context(request, verify, proxies, cert)


def _guarded_pools(manager: Any, guard: _Guard) -> dict[str, type]:  # noqa: ANN401 - urllib3 has no common type
    return {scheme: _guarded_pool(pool, guard) for scheme, pool in manager.pool_classes_by_scheme.items()}


@cache
def _guarded_pool(pool: type[Any], guard: _Guard) -> type[Any]:
    """Return a pool like this one whose connections are guarded.

    The connection's class is looked up when it is needed: recorders such as vcrpy replace it meanwhile.
    """

    def connection_class(_: object) -> type:
        return _guarded_connection(pool.ConnectionCls, guard)

    return type(pool.__name__, (pool,), {"ConnectionCls": property(connection_class)})


@cache
def _guarded_connection(connection: type, guard: _Guard) -> type:
    return type(connection.__name__, (_GuardedConnection, connection), {"guard": guard})


class _GuardedConnection:
    """What is done before and after one of urllib3's connections, direct or through a proxy, is opened."""

    guard: _Guard
    host: str
    port: int
    proxy: object
    _dns_host: str
    _socks_options: dict[str, Any] | None = None

    def _new_conn(self) -> socket.socket:
        """Return a socket that is connected to one of the allowed addresses, in the resolver's order.

        For each of them urllib3 connects as usual; the certificate is still that of the host's name.
        """
        original = self._route
        error: Exception | None = None
        for route in self._routes():
            self._route = route
            try:
                return opened(super()._new_conn())  # type: ignore[misc] # the connection's own class follows
            except (urllib3_errors.NewConnectionError, urllib3_errors.ConnectTimeoutError) as failed:
                error = failed
            finally:
                self._route = original
        try:
            raise error or TypeError("there is at least one route")
        finally:
            error = None  # otherwise its traceback and this frame would keep each other alive

    @property
    def _route(self) -> tuple[str, dict[str, Any] | None]:
        """The host that urllib3 resolves, and that of a SOCKS proxy."""
        return self._dns_host, self._socks_options

    @_route.setter
    def _route(self, route: tuple[str, dict[str, Any] | None]) -> None:
        self._dns_host, self._socks_options = route

    def _routes(self) -> Iterator[tuple[str, dict[str, Any] | None]]:
        """Yield each route to the host, with addresses in place of the names that are resolved here."""
        socks = self._socks_options
        if socks is None:
            judged = self.guard.judges_proxy or not self.proxy
            yield from ((host, None) for host in self._addresses(self._dns_host, self.port, judged=judged))
            return
        proxy, port = socks["proxy_host"], int(socks["proxy_port"] or 1080)
        for via in self._addresses(proxy, port, judged=self.guard.judges_proxy):
            # Only with `rdns` the proxy resolves the host.
            for host in self._addresses(self._dns_host, self.port, judged=not socks["rdns"]):
                yield host, {**socks, "proxy_host": via}

    def _addresses(self, host: str, port: int, *, judged: bool) -> Iterator[str]:
        networks = self.guard.networks
        if networks is None or not judged:
            yield host
            return
        with self._resolution_errors(host):
            addresses = allowed_addresses(networks, host.strip("[]"), port, allowed_gai_family())
        yield from addresses

    @contextmanager
    def _resolution_errors(self, host: str) -> Iterator[None]:
        """Raise what urllib3 raises for a host without an address."""
        try:
            yield
        except OSError as error:
            message = f"Failed to resolve '{host}' ({error})"
            raise urllib3_errors.NewConnectionError(self, message) from error  # type: ignore[arg-type] # it follows
        except UnicodeError:
            raise urllib3_errors.LocationParseError(f"'{host}', label empty or too long") from None
