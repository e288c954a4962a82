"""A name server of a test, and a server that nobody may connect to."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field

GOOD, BAD = "127.0.0.1", "127.0.0.2"
"""Two addresses of this machine: tests let the deployment allow the first alone."""


@dataclass
class Names:
    """A name server: each name has a list of answers, the last of which is repeated."""

    answers: dict[str, list[list[str] | OSError]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __setitem__(self, name, addresses):
        self.answers[name] = [addresses]

    def lookup(self, host, port, *args, **options):
        """Answer as `socket.getaddrinfo` does; names that a test hasn't set are really looked up."""
        host = host.decode() if isinstance(host, bytes) else host
        self.asked.append(host)
        answers = self.answers.get(host)
        if not answers:
            return _getaddrinfo(host, port, *args, **options)
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(addresses, OSError):
            raise addresses
        numeric = 0, socket.SOCK_STREAM, 0, socket.AI_NUMERICHOST
        return [info for address in addresses for info in _getaddrinfo(address, port, *numeric)]


class Trap:
    """A server at the refused address, which no connection may reach."""

    def __init__(self, port=0):
        self.socket = socket.create_server((BAD, port))
        self.socket.setblocking(False)  # noqa: FBT003 - its only parameter
        self.port = self.socket.getsockname()[1]

    @property
    def is_untouched(self):
        try:
            self.socket.accept()[0].close()
        except BlockingIOError:
            return True
        return False


_getaddrinfo = socket.getaddrinfo
