"""What stands between a client and its server: it hands on what it gets, or swallows it."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path


class Middle:
    """A port in front of a server's socket, at first without any effect.

    When a client sends what `ends_before` says, that doesn't go on; what `ends_after` says goes on still.
    From then on no byte goes on, in either direction, while all connections stay open. Without a server
    nothing is ever answered.
    """

    def __init__(self, server: Path | None) -> None:
        self._server = server
        self.ends_before = self.ends_after = b""
        self.is_silent = False
        self.ends: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listening.getsockname()[1]
        self.threads = [threading.Thread(target=self._accept, daemon=True)]
        self.threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            self.ends.append(client)
            if self._server is None:
                continue
            server = socket.socket(socket.AF_UNIX)
            server.connect(str(self._server))
            self.ends.append(server)
            for copy, ends in ((self._ask, (client, server)), (self._answer, (server, client))):
                self.threads.append(threading.Thread(target=copy, args=ends, daemon=True))
                self.threads[-1].start()

    def _ask(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while content := client.recv(1 << 16):
                is_last = bool(self.ends_after) and self.ends_after in content
                self.is_silent |= is_last or (bool(self.ends_before) and self.ends_before in content)
                if is_last or not self.is_silent:
                    server.sendall(content)
            self._end(server)

    def _answer(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while content := server.recv(1 << 16):
                if not self.is_silent:
                    client.sendall(content)
            self._end(client)

    def _end(self, other: socket.socket) -> None:
        if not self.is_silent:
            other.shutdown(socket.SHUT_WR)

    def own(self) -> set[object]:
        """Return its threads and open sockets, as the system names them."""
        sockets = {str(Path(f"/proc/self/fd/{end.fileno()}").readlink()) for end in self.ends}
        return {*sockets, *self.threads}

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for end in self.ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join()
        for end in self.ends:
            end.close()
