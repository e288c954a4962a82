"""Which addresses a stored document may connect to (`WATCHWORD_ALLOWED_NETWORKS`); no I/O."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from socket import inet_aton
from typing import TypeAlias

from watchword.errors import DocumentError, RequestError
from watchword.findings.codes import finding

Address: TypeAlias = "IPv4Address | IPv6Address"
Network: TypeAlias = "IPv4Network | IPv6Network"

ALLOWED_VARIABLE = "WATCHWORD_ALLOWED_NETWORKS"
PUBLIC, PRIVATE, LOOPBACK = "public", "private", "loopback"
DEFAULT_ALLOWED = f"{PUBLIC},{PRIVATE},{LOOPBACK}"

_WORDS = frozenset({PUBLIC, PRIVATE, LOOPBACK})

_METADATA_NAMES = frozenset(
    {
        "metadata.google.internal",
        "metadata.goog",
        "instance-data.ec2.internal",
        "metadata.tencentyun.com",
    }
)
_SHORT_METADATA_NAMES = frozenset({"metadata", "instance-data"})
"""The same names without their domain: a server of one's own may have such a name, but not behind a proxy."""

_NEVER = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",  # this machine, on Linux
        "169.254.0.0/16",  # link-local; the metadata services of most clouds
        "100.100.100.200",  # Alibaba
        "168.63.129.16",  # Azure's wire server
        "192.0.0.192",  # Oracle
        "224.0.0.0/4",  # multicast
        "255.255.255.255",
        "::",
        "fe80::/10",
        "ff00::/8",
        "fd00:ec2::/32",  # AWS
        "fd20:ce::/48",  # Google
        "fd00:c1::/32",  # Oracle
        "fd00:42::/48",  # Scaleway
        "fd00:a9fe:a9fe::/48",  # Linode
        "fd00:100::100:200",  # Alibaba
    )
)
"""Addresses that are refused whatever the setting says."""

_METADATA_IPV4 = frozenset(
    map(IPv4Address, ("169.254.169.254", "169.254.170.2", "169.254.170.23", "100.100.100.200"))
)
_LINK_LOCAL = IPv4Network("169.254.0.0/16")

_COMPATIBLE = IPv6Network("::/96")
_TRANSLATED = IPv6Network("::ffff:0:0:0/96")  # RFC 2765
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052
_LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")  # RFC 8215
_LOCAL_NAT64_BYTES = ((6, 7, 9, 10), (7, 9, 10, 11), (9, 10, 11, 12), (12, 13, 14, 15))
"""Where an IPv4 address may be in an address of that network (RFC 6052 section 2.2)."""

_ISATAP = b"\x5e\xfe"  # RFC 5214
_LOW = 0xFFFFFFFF


@dataclass(frozen=True)
class AllowedNetworks:
    """The addresses that a stored document may connect to.

    Without it, anybody who may edit a stored connection could have this machine ask its cloud's metadata
    service for the machine's own token, under any name, and send that on. Link-local addresses and those
    of metadata services are never allowed.

    Args:
        setting: the words `public`, `private` and `loopback`, and networks such as 10.0.0.0/8, separated by
            commas. Private is every address that is neither public nor this machine's own.
    """

    setting: str = DEFAULT_ALLOWED

    @classmethod
    def from_environment(cls) -> AllowedNetworks:
        """Return the deployment's setting; raises DocumentError if it can't be read."""
        allowed = cls(os.environ.get(ALLOWED_VARIABLE, DEFAULT_ALLOWED))
        flaw = allowed._flaw
        if flaw:
            raise DocumentError([finding("setting_unreadable", f"The variable {ALLOWED_VARIABLE} {flaw}.")])
        return allowed

    def allows(self, address: str) -> bool:
        """Return whether an IP address may be connected to; text of any other form may not."""
        return _is_allowed(self, address)

    def allows_host(self, host: str) -> bool:
        """Return whether a URL's host may be connected to, as far as its text says.

        An address is judged in any spelling that resolvers accept. A name is judged when it is resolved;
        here only the names of this machine and of metadata services are.
        """
        name = host.strip("[]").rstrip(".").lower()
        if name == "localhost" or name.endswith(".localhost"):
            name = "127.0.0.1"
        address = _address(name)
        return name not in _METADATA_NAMES if address is None else self.allows(str(address))

    def allows_behind_proxy(self, host: str) -> bool:
        """Return the same for a host that a proxy will resolve, about which nothing else is learned."""
        return self.allows_host(host) and host.rstrip(".").lower() not in _SHORT_METADATA_NAMES

    def allowed(self, host: str, addresses: Iterable[str]) -> Sequence[str]:
        """Return those addresses of a host that may be connected to, each once.

        Raises:
            RequestError: there is none (`address_not_allowed`).
        """
        found = list(dict.fromkeys(addresses))
        allowed = [address for address in found if self.allows(address)]
        if not allowed:
            raise refusal(host, *found)
        return allowed

    @cached_property
    def _entries(self) -> tuple[frozenset[str], tuple[Network, ...], tuple[str, ...]]:
        """The setting's words, its networks, and what is neither."""
        entries = {part.strip().lower() for part in self.setting.split(",")} - {""}
        networks = {entry: _network(entry) for entry in entries - _WORDS}
        known = tuple(network for network in networks.values() if network)
        unknown = tuple(entry for entry, network in networks.items() if not network)
        return frozenset(entries & _WORDS), known, unknown

    @property
    def _flaw(self) -> str:
        """What is wrong with the setting, "" if nothing is."""
        words, networks, unknown = self._entries
        if unknown:
            return f"holds {unknown[0][:60]!r}: neither a network nor one of {', '.join(sorted(_WORDS))}"
        for network in networks:
            if any(_is_subnet(network, never) for never in _NEVER):
                return f"holds {network}, which is never allowed"
        return "" if words or networks else "is empty, so that no address would be allowed"

    def covers(self, address: Address) -> bool:
        """Return whether the setting names an address, by itself or by its kind."""
        words, networks, _ = self._entries
        is_public = address.is_global and not getattr(address, "is_site_local", False)
        kind = LOOPBACK if address.is_loopback else PUBLIC if is_public else PRIVATE
        return kind in words or _is_in(address, networks)


@lru_cache(maxsize=4096)  # aiohttp's warm connections are judged too
def _is_allowed(networks: AllowedNetworks, text: str) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    meanings = list(_meanings(address))
    if any(_is_in(each, _NEVER) for each in meanings) or _hides_metadata(address):
        return False
    return all(map(networks.covers, meanings))


def refusal(host: str, *addresses: str) -> RequestError:
    """Return the error for a host, with the addresses that it was resolved to, if it was."""
    resolved = [address for address in addresses if address != host]
    where = f", which is {', '.join(resolved[:3])}" if resolved else ""
    message = f"This deployment doesn't allow the connection to call {host[:100]}{where}."
    return RequestError([finding("address_not_allowed", message)])


def _network(text: str) -> Network | None:
    try:
        return ip_network(text)
    except ValueError:
        return None


def _address(host: str) -> Address | None:
    """Return the IP address that a host is written as, None for a host name."""
    try:
        return ip_address(host)
    except ValueError:
        try:
            return IPv4Address(inet_aton(host))  # 0xa9fea9fe, 169.254.43518: resolvers accept these
        except (OSError, ValueError):
            return None


def _meanings(address: Address) -> Iterator[Address]:
    """Yield the addresses that an address stands for: itself, and the one that a gateway makes of it."""
    if isinstance(address, IPv4Address):
        yield address
        return
    low = IPv4Address(int(address) & _LOW)
    if address.ipv4_mapped:
        yield address.ipv4_mapped
    elif address in _TRANSLATED or (address in _COMPATIBLE and int(address) > 1):
        yield low
    else:
        yield IPv6Address(int(address))  # without its zone
        if address in _NAT64:
            yield low
        if address.sixtofour:
            yield address.sixtofour


def _hides_metadata(address: Address) -> bool:
    """Return whether an IPv6 address may lead to a link-local IPv4 address, by a gateway of the network."""
    if isinstance(address, IPv4Address):
        return False
    packed = address.packed
    hidden = list(address.teredo or ())
    if address in _LOCAL_NAT64:
        hidden += [IPv4Address(bytes(packed[index] for index in places)) for places in _LOCAL_NAT64_BYTES]
    low = IPv4Address(packed[12:])
    if packed[10:12] == _ISATAP:
        hidden.append(low)
    return low in _METADATA_IPV4 or any(each in _LINK_LOCAL or each in _METADATA_IPV4 for each in hidden)


def _is_in(address: Address, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks)


def _is_subnet(network: Network, other: Network) -> bool:
    if isinstance(network, IPv4Network):
        return isinstance(other, IPv4Network) and network.subnet_of(other)
    return isinstance(other, IPv6Network) and network.subnet_of(other)
