"""What the list shows of a row: its API and its method, without decrypting it at each visit."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from airflow_provider_watchword.console.columns import stored_document
from airflow_provider_watchword.console.rows import Row
from watchword.connections.airflow_format import AirflowConnection, method_of
from watchword.errors import DocumentError
from watchword.http.origins import host as host_of

_MOST = 10_000
"""How many rows are remembered; of each only what the list shows, and a digest of what was read."""


@dataclass(frozen=True)
class Overview:
    """The API's host and the method of a connection; None if it can't be read."""

    api: str
    method: str | None


class Overviews:
    """Remembers what was read of each content, for all threads of a process."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, Overview] = OrderedDict()
        self._lock = Lock()

    def of(self, row: Row) -> Overview:
        """Return the overview of a row; it is decrypted only if the columns in clear don't tell it."""
        method = method_of(row.conn_type)
        if method and row.host and "://" in row.host and not row.port:
            return Overview(host_of(row.host), method)
        key = _digest(row)
        with self._lock:
            known = self._known.get(key)
            if known is not None:
                self._known.move_to_end(key)
                return known
        found = _decrypted(row)
        with self._lock:
            self._known[key] = found
            while len(self._known) > _MOST:
                self._known.popitem(last=False)
        return found


def overview_of(connection: AirflowConnection) -> Overview:
    """Return the overview of a connection in clear."""
    try:
        document = stored_document(connection)
    except DocumentError:
        return Overview("", method_of(connection.conn_type))
    base_url, method = document.get("base_url"), document.get("method")
    return Overview(
        host_of(base_url) if isinstance(base_url, str) else "", method if isinstance(method, str) else None
    )


def _decrypted(row: Row) -> Overview:
    try:
        return overview_of(row.decrypted())
    except DocumentError:
        return Overview("", method_of(row.conn_type))


def _digest(row: Row) -> bytes:
    content = repr((row.conn_type, row.host, row.schema, row.port, row.login, row.password, row.extra))
    return hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=16).digest()
