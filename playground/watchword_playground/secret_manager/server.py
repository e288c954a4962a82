"""The emulator's server on the loopback interface: in threads for tests, in the foreground for a laptop."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

import grpc
from google.cloud.secretmanager_v1 import types
from typing_extensions import Self

from watchword_playground.secret_manager import resource_names
from watchword_playground.secret_manager.call_log import Call, CallLog
from watchword_playground.secret_manager.faults import Fault, FaultKind, Faults, Quotas
from watchword_playground.secret_manager.memory import Secret, Version
from watchword_playground.secret_manager.refusal import Refusal
from watchword_playground.secret_manager.relay import Relay
from watchword_playground.secret_manager.service import Service

_HOST = "127.0.0.1"
_WORKERS = 32
_REPLICATED = types.Replication.serialize(types.Replication(automatic={}))


class SecretManagerServer:
    """A Secret Manager in background threads. It is ready inside the `with` block and stops at its end.

    The number of calls is written to the file `counts`, as JSON, for tests in other processes.
    """

    def __init__(self, port: int = 0, *, counts: Path | None = None) -> None:
        self._relay = Relay(port)
        self._log = CallLog(counts)
        self._service = Service(self._log, self._relay)
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="watchword-secret-manager")
        self._grpc: grpc.Server | None = None
        self.address = ""

    def __enter__(self) -> Self:
        self._grpc = grpc.server(
            self._workers, handlers=[self._service.handler()], options=[("grpc.so_reuseport", 0)]
        )
        grpc_port = self._grpc.add_insecure_port(f"{_HOST}:0")
        self._grpc.start()
        try:
            self._relay.start(grpc_port)
        except BaseException:
            self._stop()
            raise
        self.address = f"{_HOST}:{self._relay.port}"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._relay.stop()
        self._stop()

    def _stop(self) -> None:
        if self._grpc is not None:
            self._grpc.stop(0).wait()
        self._workers.shutdown()

    def put(
        self,
        project: str,
        name: str,
        payload: bytes | str,
        *,
        location: str = "",
        labels: Mapping[str, str] | None = None,
    ) -> int:
        """Store a new version and return its number. Create the secret if it doesn't exist.

        `labels` are for a secret that is created here.
        """
        full_name = _full_name(project, name, location)
        memory = self._service.memory
        with contextlib.suppress(Refusal):  # it exists already
            memory.create(
                Secret(full_name, labels=labels or {}, replication=b"" if location else _REPLICATED)
            )
        return memory.add(full_name, payload.encode() if isinstance(payload, str) else payload).number

    def versions(self, project: str, name: str, *, location: str = "") -> list[Version]:
        """Return a secret's versions, oldest first, [] for an unknown secret."""
        try:
            return self._service.memory.versions(_full_name(project, name, location))[::-1]
        except Refusal:
            return []

    def fault(
        self,
        kind: FaultKind,
        times: int | None = 1,
        *,
        method: str = "",
        secret: str = "",
        late: bool = False,
    ) -> None:
        """Disturb the next `times` calls: see `Fault`."""
        self.faults.add(Fault(kind, times, method, secret, late))

    @property
    def faults(self) -> Faults:
        """The queued faults: `add` one, or `clear` them."""
        return self._service.faults

    @property
    def quotas(self) -> Quotas:
        """How many more calls are allowed. Assign to its `access`, `read` and `write`."""
        return self._service.quotas

    @property
    def stale_latest(self) -> bool | float:
        """Whether `latest` lags by one version, or behind versions younger than so many seconds."""
        return self._service.memory.stale_latest

    @stale_latest.setter
    def stale_latest(self, lag: bool | float) -> None:
        self._service.memory.stale_latest = lag

    @property
    def calls(self) -> Counter[str]:
        """The number of calls by method, for example `AccessSecretVersion`. Failed calls count."""
        return self._log.calls

    @property
    def log(self) -> list[Call]:
        """The calls in order: method, resource and the client's address."""
        return self._log.entries

    @property
    def connections(self) -> int:
        """The number of TCP connections that were used for calls."""
        return self._log.connections

    def reset(self) -> None:
        """Clear the counts and the log. Secrets, faults and quotas stay."""
        self._log.reset()


def serve(port: int, announce: Callable[[str], None], *, counts: Path | None = None) -> None:
    """Serve in the foreground until Ctrl-C or SIGTERM. `announce` is called with the address."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with SecretManagerServer(port, counts=counts) as server:
        announce(server.address)
        ended.wait()


def _full_name(project: str, name: str, location: str) -> str:
    in_location = f"/locations/{location}" if location else ""
    return resource_names.new_secret(f"projects/{project}{in_location}", name)
