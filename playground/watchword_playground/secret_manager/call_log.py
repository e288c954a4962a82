"""The log of the calls: which method, by which client, and how often."""

import json
import os
from collections import Counter
from pathlib import Path
from threading import Lock
from typing import NamedTuple


class Call(NamedTuple):
    """One call: its method, the resource's name, and the client's end of the TCP connection."""

    method: str
    name: str
    peer: str


class CallLog:
    """The calls since the last reset. With a path, their counts are also written there as JSON."""

    def __init__(self, path: Path | None = None) -> None:
        self._lock = Lock()
        self._path = path
        self._entries: list[Call] = []
        self._calls: Counter[str] = Counter()
        self._connections: set[int] = set()
        self._write()

    def record(self, call: Call, connection: int) -> None:
        """Count a call before its response is sent, so that a client with a response finds it counted."""
        with self._lock:
            self._entries.append(call)
            self._calls[call.method] += 1
            self._connections.add(connection)
            self._write()

    def reset(self) -> None:
        """Clear the log and the counts."""
        with self._lock:
            self._entries.clear()
            self._calls.clear()
            self._connections.clear()
            self._write()

    @property
    def entries(self) -> list[Call]:
        """The calls in order."""
        with self._lock:
            return list(self._entries)

    @property
    def calls(self) -> Counter[str]:
        """The number of calls by method."""
        with self._lock:
            return self._calls.copy()

    @property
    def connections(self) -> int:
        """The number of TCP connections that were used for calls."""
        with self._lock:
            return len(self._connections)

    def _write(self) -> None:
        if self._path is None:
            return
        counts = {"calls": self._calls, "connections": len(self._connections)}
        draft = self._path.with_name(f"{self._path.name}.{os.getpid()}.tmp")
        draft.write_text(json.dumps(counts), encoding="utf-8")
        draft.replace(self._path)  # atomic: a reader sees the old counts or the new ones
