"""Resolve a host once, and judge each of its addresses before one is connected to."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from watchword.http.networks import AllowedNetworks, refusal
from watchword.http.origins import host_name
from watchword.http.transport_options import TransportOptions


def allowed_addresses(
    networks: AllowedNetworks, host: str, port: int, family: int = socket.AF_UNSPEC
) -> Sequence[str]:
    """Return the addresses of a host that may be connected to, in the resolver's order.

    Raises:
        OSError: the host can't be resolved.
        UnicodeError: the host can't be a name.
        RequestError: none of its addresses is allowed (`address_not_allowed`).
    """
    found = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
    return networks.allowed(host, (str(address[0]) for *_, address in found))


def pinned_proxies(transport: TransportOptions) -> Mapping[str, str] | None:
    """Return a connection's proxies with an allowed address in place of the name, None if it has none.

    For botocore, which makes its own sessions. A proxy that speaks TLS keeps its name: only its certificate
    is left to show that it is the one that was judged.

    Raises:
        OSError: the proxy's host can't be resolved.
        RequestError: none of its addresses is allowed (`address_not_allowed`).
    """
    proxies: dict[str, str] | None = transport.overrides().get("proxies")
    if not proxies or transport.networks is None or transport.proxy is None:
        return proxies
    parts = urlsplit(transport.proxy)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    address = allowed_addresses(transport.networks, host, port)[0]
    if parts.scheme == "https":
        return proxies
    userinfo, at, _ = parts.netloc.rpartition("@")
    written = f"[{address}]" if ":" in address else address
    pinned = parts._replace(netloc=f"{userinfo}{at}{written}:{port}").geturl()
    return dict.fromkeys(proxies, pinned)


class JudgedHosts:
    """The hosts that a session of another library may call; each is resolved and judged once.

    Such a session resolves the name again when it connects, and through a proxy not at all: a name server
    that then answers differently is not noticed.
    """

    def __init__(self, networks: AllowedNetworks) -> None:
        self._networks = networks
        self._allowed = set[str]()

    def has(self, url: str) -> bool:
        """Return whether the URL's host was judged before and is allowed; no I/O."""
        return host_name(url) in self._allowed

    def check(self, url: str) -> None:
        """Judge the host of an absolute URL; one that can't be resolved is left to the session.

        Raises:
            RequestError: it has no allowed address (`address_not_allowed`).
        """
        host = host_name(url)
        if not host or host in self._allowed:
            return
        if not self._networks.allows_behind_proxy(host):
            raise refusal(host)
        try:
            found = socket.getaddrinfo(host, None, 0, socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return  # it may exist a moment later, so it is not remembered
        addresses = [str(address[0]) for *_, address in found]
        # The session may choose any of them.
        if not all(map(self._networks.allows, addresses)):
            raise refusal(host, *dict.fromkeys(addresses))
        self._allowed.add(host)
