"""A store for the threads of one process, which ends with it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from threading import RLock
from typing import NamedTuple

from watchword.forks import reset_in_child
from watchword.redact import NeverPickled
from watchword.stores.contracts import CONTRAST_KEPT, HISTORY_KEPT
from watchword.stores.encryption import Keyring, unopened
from watchword.stores.memory_notes import MemoryNotes
from watchword.stores.memory_vault import MemoryVault
from watchword.tokens.fingerprint import fingerprint
from watchword.tokens.record import Record, StoreTime
from watchword.tokens.token_store import Snapshot, Transition


class _Draft(NamedTuple):
    """What a sign-in has begun with, and until when it may be finished."""

    content: Mapping[str, str]
    until: StoreTime

    def __repr__(self) -> str:
        return "_Draft()"  # without its verifier


class MemoryStore(NeverPickled):
    """Keeps everything in this process; a forked child has a copy of its own."""

    display_url = "memory://"
    leaves_host = False
    outlives_process = False
    is_made = True

    def __init__(self) -> None:
        self.vault = MemoryVault()
        self.history = MemoryNotes(_now, HISTORY_KEPT)
        self.contrasts = MemoryNotes(_now, CONTRAST_KEPT)
        self.salt = secrets.token_bytes(32)
        self._records: dict[str, Record] = {}
        self._claims: dict[str, str] = {}
        self._drafts: dict[str, _Draft] = {}
        self._lock = RLock()
        reset_in_child(self)

    def fingerprint(self, *parts: object) -> str:
        """Return the fingerprint of values in this store."""
        return fingerprint(self.salt, parts)

    def load(self, key: str) -> Snapshot:
        """Return a record; an empty one if nothing is stored under the key."""
        with self._lock:
            return Snapshot(self._records.get(key, Record(key)), _now())

    def change(self, key: str, transition: Transition) -> Snapshot:
        """Apply a transition to a record, alone."""
        with self._lock:
            now = _now()
            record = self._records.get(key, Record(key))
            changed = transition(record, now)
            if changed != record:
                self._records[key] = changed
            return Snapshot(changed, now)

    def delete(self, key: str) -> None:
        """Delete a record."""
        with self._lock:
            self._records.pop(key, None)

    def count(self, name: str) -> int:
        """Return how many records have a name; its history is one."""
        return sum(snapshot.record.name == name for snapshot in self.records()) + bool(self.history.get(name))

    def forget(self, name: str) -> int:
        """Delete all records of a name with its history, and return how many there were."""
        with self._lock:
            keys = [key for key, record in self._records.items() if record.name == name]
            for key in keys:
                del self._records[key]
        return len(keys) + self.history.remove(name)

    def records(self) -> Sequence[Snapshot]:
        """Return every record, ordered by name and method."""
        with self._lock:
            now = _now()
            ordered = sorted(self._records.values(), key=lambda record: (record.name, record.method))
        return [Snapshot(record, now) for record in ordered]

    def claim(self, imported: str, key: str) -> bool:
        """Have an imported refresh token belong to a record for ever."""
        with self._lock:
            return self._claims.setdefault(imported, key) == key

    def unclaim(self, imported: str, key: str) -> None:
        """Let other records claim a refresh token that this one has claimed, and that was never used."""
        with self._lock:
            if self._claims.get(imported) == key:
                del self._claims[imported]

    def keep_draft(self, state: str, content: Mapping[str, str], seconds: float) -> None:
        """Store what a sign-in needs to be finished."""
        with self._lock:
            now = _now()
            self._drafts = {name: kept for name, kept in self._drafts.items() if now.before(kept.until)}
            self._drafts[self.fingerprint("draft", state)] = _Draft(dict(content), now.after(seconds))

    def read_draft(self, state: str) -> Mapping[str, str] | None:
        """Return what was stored, which stays; None if it is unknown or too old."""
        with self._lock:
            kept = self._drafts.get(self.fingerprint("draft", state))
            return kept.content if kept and _now().before(kept.until) else None

    def take_draft(self, state: str) -> Mapping[str, str] | None:
        """Return what was stored and delete it; None if it is unknown or too old."""
        with self._lock:
            kept = self._drafts.pop(self.fingerprint("draft", state), None)
            return kept.content if kept and _now().before(kept.until) else None

    def seal(self, content: bytes, context: str) -> bytes:
        """Return the content encrypted with a key that only this process has."""
        return self._keyring.seal(content, "seal", context)

    def unseal(self, sealed: bytes, context: str) -> bytes:
        """Return what this process has sealed in that context."""
        opened = self._keyring.opened(sealed, "seal", context)
        if opened is None:
            raise unopened(self.display_url, f"what was sealed as {context!r}")
        return opened

    @cached_property
    def _keyring(self) -> Keyring:
        return Keyring([self.salt])

    def begin_child(self) -> None:
        """Give a forked child a lock of its own: a thread that does not exist here may hold the parent's."""
        self._lock = RLock()


def _now() -> StoreTime:
    return StoreTime("", time.monotonic(), time.time())
