"""A TCP relay in front of the gRPC server, because gRPC's server can't cut a connection."""

import asyncio
import socket
import struct
import threading
from itertools import count
from typing import NamedTuple, cast

_HOST = "127.0.0.1"
_LINGER_ZERO = struct.pack("ii", 1, 0)  # with SO_LINGER of 0 seconds, closing sends RST in place of FIN


class Client(NamedTuple):
    """The client's address of a connection, and the connection's number."""

    address: str
    connection: int


class Relay:
    """Forwards each connection on `port` to the gRPC server, in one background thread."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="watchword-secret-manager", daemon=True)
        self._numbers = count(1)
        self._links: dict[str, _Front] = {}
        self._server: asyncio.Server | None = None

    def start(self, server_port: int) -> None:
        """Listen, on any free port if it is 0; raises OSError if the port is taken."""
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._listen(server_port), self._loop).result()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Cut all connections and end the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def client(self, peer: str) -> Client:
        """Return the client behind a peer of the gRPC server. `peer` is in gRPC's form."""
        link = self._links.get(peer.rpartition(":")[2])
        return Client(peer, 0) if link is None else link.client

    def reset(self, peer: str) -> None:
        """Reset the client's connection behind a peer of the gRPC server, and return when it is cut."""
        cut = threading.Event()
        self._loop.call_soon_threadsafe(self._cut, peer.rpartition(":")[2], cut)
        cut.wait(1)

    def _cut(self, port: str, cut: threading.Event) -> None:
        link = self._links.get(port)
        if link is not None:
            link.reset()
        # The callback that closes the socket is queued already, so this one runs after it.
        self._loop.call_soon(cut.set)

    async def _listen(self, server_port: int) -> None:
        def accept() -> _Front:
            return _Front(self._links, server_port, next(self._numbers))

        self._server = await self._loop.create_server(accept, _HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def _run(self) -> None:
        self._loop.run_forever()
        self._loop.run_until_complete(self._end())
        self._loop.close()

    async def _end(self) -> None:
        if self._server is not None:
            self._server.close()
        for link in list(self._links.values()):
            link.reset()
        other_tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in other_tasks:
            task.cancel()
        await asyncio.gather(*other_tasks, return_exceptions=True)
        await asyncio.sleep(0)  # for the callbacks that close the sockets
        await asyncio.sleep(0)


class _Front(asyncio.Protocol):
    """The client's side of one connection."""

    def __init__(self, links: dict[str, "_Front"], server_port: int, number: int) -> None:
        self._links = links
        self._server_port = server_port
        self._number = number
        self._early = bytearray()
        self._back: asyncio.Transport | None = None
        self._key = ""
        self.client = Client("", number)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        host, port = transport.get_extra_info("peername")[:2]
        self.client = Client(f"{host}:{port}", self._number)
        self._dialling = asyncio.get_running_loop().create_task(self._dial())

    async def _dial(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            back, _ = await loop.create_connection(lambda: _Back(self.transport), _HOST, self._server_port)
        except OSError:
            self.transport.abort()
            return
        self._key = str(back.get_extra_info("sockname")[1])
        self._links[self._key] = self
        self._back = back
        back.write(bytes(self._early))
        if self.transport.is_closing():
            self.connection_lost(None)

    def data_received(self, data: bytes) -> None:
        if self._back is None:
            self._early += data
        else:
            self._back.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc  # the server's side ends in either case
        self._links.pop(self._key, None)
        if self._back is not None:
            self._back.close()

    def reset(self) -> None:
        """Close the client's socket so that it sends RST."""
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        self.transport.abort()


class _Back(asyncio.Protocol):
    """The server's side of one connection."""

    def __init__(self, front: asyncio.Transport) -> None:
        self._front = front

    def data_received(self, data: bytes) -> None:
        self._front.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc  # the client's side ends in either case
        self._front.close()
