"""Refresh tokens that the store could not take: an encrypted file each, adopted as soon as it can.

A server that rotates has no other copy: to drop one would end the sign-in.
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


@dataclass(frozen=True)
class RescueFile:
    """The file of one credential in one store."""

    store: TokenStore
    key: str

    @property
    def path(self) -> Path:
        """Where the file is, if there is one."""
        folder: Path = settings.home() / "spill"
        return folder / self.store.fingerprint("spill", self.key)

    def write(self, generation: int, issued: Issued) -> None:
        """Keep a token that follows that generation; raises OSError where no file can be written either."""
        content = {"generation": generation, **asdict(issued)}
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

    def adopt(self) -> None:
        """Save what the file holds if it follows what the store has, and remove the file.

        Raises StoreError where the store can't take it still: the file stays.
        """
        path = self.path
        try:
            sealed = path.read_bytes()
        except OSError:
            return
        try:
            generation, issued = _read(json.loads(self.store.unseal(sealed, self._context)))
        except (StoreError, TypeError, ValueError) as error:
            with contextlib.suppress(OSError):  # of another key or version: kept, and not in the way
                path.rename(path.with_suffix(".unreadable"))
            _log.error("A refresh token that an earlier process left in %s can't be read: %s", path, error)
            return

        def step(record: Record, now: StoreTime) -> Record:
            if record.generation != generation:
                return record
            # Who holds the lease by now has loaded before: it adopts this one when its save is refused.
            return replace(succeed(record, issued, now), lease=record.lease)

        self.store.change(self.key, step)
        self.discard()

    def discard(self) -> None:
        """Remove the file; one that stays does no harm, since the store's generation has gone on."""
        with contextlib.suppress(OSError):
            self.path.unlink()

    @property
    def _context(self) -> str:
        return f"spill {self.key}"


def _read(content: dict[str, object]) -> tuple[int, Issued]:
    fields = dict(content)
    generation = fields.pop("generation")
    token, at = fields.pop("token"), fields.pop("at")
    if not isinstance(generation, int) or not isinstance(token, dict) or not isinstance(at, dict):
        raise TypeError("a spill file that opened has another content than was sealed")
    return generation, Issued(Token(**token), StoreTime(**at), **fields)  # type: ignore[arg-type]
