"""httpx's own transports below the signing one: a connection's certificates, proxy and time limit."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any, Generic, TypeVar
from urllib.request import getproxies

import httpx
from requests.utils import get_environ_proxies, select_proxy

from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.http.transport_options import TransportOptions

T = TypeVar("T")


class Pools(Generic[T]):
    """Transports of one kind, each with its own kept connections, made when they are first needed.

    `make` takes httpx's `verify` and `proxy`. Where the connection has no proxy of its own, that of
    the environment is chosen for each URL as requests does.
    """

    def __init__(self, options: TransportOptions, make: Callable[[ssl.SSLContext, str | None], T]) -> None:
        self._make = make
        self._proxy = options.proxy
        self._looks_around = options.proxy is None and bool(getproxies())
        self._own = self._foreign = _tls(options.overrides())
        if options.client_certificate:
            self._foreign = _tls(options.overrides(credentials=False))
        self._made: dict[tuple[ssl.SSLContext, str | None], T] = {}
        self._lock = Lock()

    def choose(self, url: str, *, covered: bool) -> T:
        """Return the transport for an absolute URL; one that is not covered sees no client certificate."""
        proxy = _proxy_for(url) if self._looks_around else self._proxy
        key = (self._own if covered else self._foreign, proxy)
        return self._made.get(key) or self._new(key)

    def all(self) -> list[T]:
        """Return the transports that have been made, to be closed."""
        with self._lock:
            return list(self._made.values())

    def _new(self, key: tuple[ssl.SSLContext, str | None]) -> T:
        with self._lock:
            if key not in self._made:
                self._made[key] = self._make(*key)
            return self._made[key]


def _proxy_for(url: str) -> str | None:
    found = select_proxy(url, get_environ_proxies(url, no_proxy=None))
    return found if found is None or "://" in found else f"http://{found}"


def _tls(overrides: dict[str, Any]) -> ssl.SSLContext:
    """Return the context for options of `requests`; where they say nothing, httpx's own."""
    verify = overrides.get("verify", True)
    if isinstance(verify, str):
        place = "capath" if Path(verify).is_dir() else "cafile"
        context = ssl.create_default_context(**{place: verify})  # type: ignore[arg-type] # both are texts
    else:
        context = httpx.create_ssl_context(verify=verify)
    if cert := overrides.get("cert"):
        certificate, key = (cert, None) if isinstance(cert, str) else cert
        try:
            context.load_cert_chain(certificate, key, password="")  # else OpenSSL asks the terminal
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", None) or type(error).__name__
            message = f"The client certificate or its key can't be read: {reason}."
            advice = "Give certificate and key as PEM that belong together, the key without a passphrase."
            raise DocumentError([finding("key_unreadable", message, advice=advice)]) from None
    return context
