"""httpx's own transports below the signing transport, with a connection's certificates and proxy."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar
from urllib.request import getproxies

import httpx
from requests.utils import get_environ_proxies, select_proxy

from watchword.adapters.httpx_network import guard
from watchword.adapters.httpx_proxies import name_proxy_faults
from watchword.http.networks import refusal
from watchword.http.origins import host_name
from watchword.http.transport_options import TransportOptions
from watchword.redact import NeverPickled

T = TypeVar("T")


class Pools(NeverPickled, Generic[T]):
    """Transports of one kind, each with its own network connections, made when they are first needed.

    `make` takes httpx's `verify` and `proxy`. If the connection has no proxy, the environment's proxy is
    chosen for each URL, as requests does. New connections go to allowed addresses alone; the environment's
    proxy may have any address, and only the text of the hosts behind a proxy is judged.
    """

    def __init__(self, options: TransportOptions, make: Callable[[ssl.SSLContext, str | None], T]) -> None:
        self._make = make
        self._proxy = options.proxy
        self._networks = options.networks
        self._proxy_by_url = options.proxy is None and bool(getproxies())
        self._own_tls = self._foreign_tls = _tls(options)
        if options.client_certificate:
            self._foreign_tls = _tls(replace(options, client_certificate=None, client_private_key=None))
        self._transports: dict[tuple[ssl.SSLContext, str | None], T] = {}
        self._lock = Lock()

    def choose(self, url: str, *, covered: bool) -> T:
        """Return the transport for an absolute URL; a foreign origin gets no client certificate.

        Raises:
            RequestError: no proxy may call the URL's host.
        """
        proxy = _proxy_for(url) if self._proxy_by_url else self._proxy
        if proxy is not None and self._networks is not None:
            host = host_name(url)
            if not self._networks.allows_behind_proxy(host):
                raise refusal(host)
        key = (self._own_tls if covered else self._foreign_tls, proxy)
        return self._transports.get(key) or self._new(key)

    def all(self) -> list[T]:
        """Return the transports that have been made, so that they can be closed."""
        with self._lock:
            return list(self._transports.values())

    def _new(self, key: tuple[ssl.SSLContext, str | None]) -> T:
        with self._lock:
            if key not in self._transports:
                transport = self._make(*key)
                if self._networks is not None and key[1] == self._proxy:
                    guard(transport, self._networks)
                if key[1] is not None:
                    name_proxy_faults(transport)
                self._transports[key] = transport
            return self._transports[key]


def _proxy_for(url: str) -> str | None:
    proxy = select_proxy(url, get_environ_proxies(url, no_proxy=None))
    return proxy if proxy is None or "://" in proxy else f"http://{proxy}"


@lru_cache(maxsize=4)
def _plain_tls(verify: bool, _file: str | None, _folder: str | None) -> ssl.SSLContext:  # noqa: FBT001
    """Return the context of all connections without certificates of their own: making one takes 10 ms."""
    return httpx.create_ssl_context(verify=verify)


def _tls(options: TransportOptions) -> ssl.SSLContext:
    """Return the TLS context for a connection, which is httpx's own if the connection sets nothing."""
    verify = options.overrides(credentials=False).get("verify", True)
    if isinstance(verify, str):
        parameter = "capath" if Path(verify).is_dir() else "cafile"
        context = ssl.create_default_context(**{parameter: verify})  # type: ignore[arg-type] # texts
    elif options.client_certificate:
        context = httpx.create_ssl_context(verify=verify)
    else:
        context = _plain_tls(verify, os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
    options.load_certificate(context)
    return context
