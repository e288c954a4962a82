"""Ports for programs that can't choose a free one themselves."""

from __future__ import annotations

import secrets
import socket
from contextlib import suppress
from pathlib import Path

_PORTS_GIVEN = Path("/proc/sys/net/ipv4/ip_local_port_range")
_chosen: set[int] = set()


def free_port() -> int:
    """Return a free port of the loopback interface, another one each time.

    The system gives it to no connection, and to nobody who asks for any port: until a program listens on it,
    other tests open hundreds of those.
    """
    lowest_given = int(_PORTS_GIVEN.read_text().split()[0]) if _PORTS_GIVEN.exists() else 49152
    while True:
        port = 10_000 + secrets.randbelow(lowest_given - 10_000)
        with suppress(OSError):
            if port not in _chosen:
                socket.create_server(("127.0.0.1", port)).close()
                _chosen.add(port)
                return port
