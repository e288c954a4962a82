"""Refresh tokens that the store could not save: an encrypted file each, adopted as soon as the store works.

A server that rotates refresh tokens accepts no other one: to lose it would end the sign-in.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from watchword import settings
from watchword.tokens.record import Record, StoreTime
from watchword.tokens.token import Token
from watchword.tokens.token_store import StoreError, TokenStore
from watchword.tokens.transitions import Issued, succeed

_log = logging.getLogger(__name__)

_STORED_NAMES = {
    "request_fingerprint": "guard",
    "sent_refresh_token": "shown",
    "token_destinations": "reach",
}
"""The names in the file of fields that were renamed in the code, so that earlier releases can read it."""


@dataclass(frozen=True)
class RescueFile:
    """The rescue file of one credential in one store, by the key of its record and the name of the file."""

    store: TokenStore
    key: str
    name: str

    @property
    def path(self) -> Path:
        """The path of the file, whether it exists or not; the folder has the name of the first release."""
        return Path(settings.home(), "spill", self.name)

    def write(self, generation: int, issued: Issued) -> None:
        """Write a token that follows a generation of the record; raises OSError if that fails too."""
        fields = {_STORED_NAMES.get(name, name): value for name, value in asdict(issued).items()}
        content = {"generation": generation, **fields}
        sealed = self.store.seal(json.dumps(content).encode(), self._context)
        path = self.path
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        number, temporary = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(number, "wb") as file:
                file.write(sealed)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    def adopt(self) -> bool:
        """Save the file's token if it follows the store's generation, and remove the file.

        Returns whether there was a token to save. Raises StoreError if the store still can't save it: the
        file stays.
        """
        path = self.path
        try:
            sealed = path.read_bytes()
        except OSError:
            return False
        try:
            generation, issued = _read(json.loads(self.store.unseal(sealed, self._context)))
        except (StoreError, TypeError, ValueError) as error:
            with contextlib.suppress(OSError):  # of another key or version: keep it under another name
                path.rename(path.with_suffix(".unreadable"))
            _log.error("A refresh token that an earlier process left in %s can't be read: %s", path, error)
            return False

        def transition(record: Record, now: StoreTime) -> Record:
            if record.generation != generation:
                return record
            # The holder of the lease has loaded before this: it adopts this token when its save is refused.
            return replace(succeed(record, issued, now), lease=record.lease)

        self.store.change(self.key, transition)
        self.discard()
        return True

    def discard(self) -> None:
        """Remove the file; one that stays does no harm, since the store has a later generation."""
        with contextlib.suppress(OSError):
            self.path.unlink()

    @property
    def _context(self) -> str:
        return f"spill {self.key}"


def _read(content: dict[str, object]) -> tuple[int, Issued]:
    names = {stored: name for name, stored in _STORED_NAMES.items()}
    fields = {names.get(name, name): value for name, value in dict(content).items()}
    generation = fields.pop("generation")
    token, at = fields.pop("token"), fields.pop("at")
    if not isinstance(generation, int) or not isinstance(token, dict) or not isinstance(at, dict):
        raise TypeError("the content of a rescue file is malformed")
    return generation, Issued(Token(**token), StoreTime(**at), **fields)  # type: ignore[arg-type]
