"""Where a validation remembers contrasts: in the connection's token store, or in this process alone."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, TypeVar

from watchword.redact import NeverPickled
from watchword.stores.contracts import NoteTable
from watchword.stores.memory import MemoryStore
from watchword.tokens.token_store import StoreError
from watchword.validation.contrast import Answer
from watchword.validation.contrast_entry import Contrast
from watchword.validation.contrast_memory import Claim, ContrastMemory
from watchword.validation.decoys.credentials import REPLACED
from watchword.validation.steps import Remember

if TYPE_CHECKING:
    from watchword.validation.subject import Subject

_log = logging.getLogger(__name__)

T = TypeVar("T")

_in_process = MemoryStore()
"""Holds the contrasts of connections without a name, and of those whose store can't be used."""


class Memories(NeverPickled):
    """The contrasts of one connection; a store that fails changes nothing about a verdict."""

    def __init__(self, subject: Subject) -> None:
        self._credential = subject.credential
        self._falls_back = not subject.credential.name
        self._claimed: set[str] = set()

    def recall(self, key: str, real: Answer) -> Contrast | Claim:
        """Return the contrast that is remembered, or who asks for it."""
        found = self._with_memory(key, lambda memory: memory.recall(real))
        if found is Claim.MINE:
            self._claimed.add(key)
        return found

    def remember(self, step: Remember) -> None:
        """Remember what a step holds."""
        self._with_memory(step.key, lambda memory: _remember(memory, step))
        self._claimed.discard(step.key)

    @property
    def has_claims(self) -> bool:
        """Whether others wait for this validation."""
        return bool(self._claimed)

    def close(self) -> None:
        """End the claims of a validation that was interrupted, so that no other one waits for it."""
        while self._claimed:
            self._with_memory(self._claimed.pop(), ContrastMemory.release)

    def _with_memory(self, key: str, work: Callable[[ContrastMemory], T]) -> T:
        """Return what `work` returns; after a failure of the store, this process remembers alone."""
        try:
            return work(self._memory(key))
        except StoreError as error:
            _log.debug("Contrasts are remembered in this process alone: %s", error)
            self._falls_back = True
            return work(self._memory(key))

    def _memory(self, key: str) -> ContrastMemory:
        return ContrastMemory(self._table, key, self._credential.name or "", self._mark(key))

    def _mark(self, key: str) -> str:
        """Return 16 bits of a hash of the credential: enough to notice another one, too few to guess it."""
        resolved = self._credential.resolved
        names = [getattr(resolved.method, name, "") for name in REPLACED]
        parts = json.dumps([key, sorted(resolved.values.items()), names], default=str)
        return sha256(parts.encode()).hexdigest()[:4]

    @property
    def _table(self) -> NoteTable:
        return _in_process.contrasts if self._falls_back else self._credential.store.contrasts


def _remember(memory: ContrastMemory, step: Remember) -> None:
    if step.contrast is not None:
        memory.remember(step.contrast, step.real)
    else:
        memory.note_real(step.real)
