"""Refresh tokens that the store could not save: an encrypted file each, adopted as soon as the store works.

A server that rotates refresh tokens accepts no other one: to lose it would end the sign-in.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from watchword import settings
from watchword.findings.codes import finding
from watchword.tokens.record import StoreTime
from watchword.tokens.token import LATER_SECRETS, Token
from watchword.tokens.token_store import Snapshot, StoreError, TokenStore
from watchword.tokens.transitions import Issued, save

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

    def write(self, generation: int, issued: Issued, *, durable: bool) -> bytes:
        """Write a token that follows a generation of the record, and return the content of the file.

        A file that isn't `durable` outlives this process, but perhaps not a crash of the machine. Raises
        OSError if it can't be written, and StoreError if nothing can be encrypted for the store now.
        """
        fields = {_STORED_NAMES.get(name, name): value for name, value in asdict(issued).items()}
        del fields["token"]["account"]  # the record keeps it, and earlier releases can read the file
        del fields["token"]["unread_end"]
        for name in LATER_SECRETS:
            if not fields["token"][name]:
                del fields["token"][name]
        content = {"generation": generation, **fields}
        sealed = self.store.seal(json.dumps(content).encode(), self._context)
        path = self.path
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        number, temporary = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(number, "wb") as file:
                file.write(sealed)
                file.flush()
                if durable:
                    os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        return sealed

    def adopt(self, owner: str = "") -> Snapshot | None:
        """Save the file's token if it follows the store's generation, and remove the file.

        Returns the record, None if there is no file. The lease ends, except this owner's.

        Raises:
            StoreError: the store still can't save the token, or the file can't be read: it stays.
        """
        sealed = self._read()
        found = self._opened(sealed) if sealed else None
        if sealed is None or found is None:
            return None
        generation, issued = found
        snapshot = self.store.change(self.key, save(generation, issued, owner))
        self.discard(sealed)
        return snapshot

    def _read(self) -> bytes | None:
        """Return the content of the file, None if there is none."""
        path = self.path
        try:
            return path.read_bytes()
        except OSError as error:
            if not os.path.lexists(
                path
            ):  # or this process may not look into the folder, which needs no alarm
                return None
            message = (
                f"A new refresh token that the store could not save is in {path}, which this process can't "
                f"read: {error.strerror}."
            )
            raise StoreError([finding("rescue_file_unreadable", message)]) from None

    def _opened(self, sealed: bytes) -> tuple[int, Issued] | None:
        """Return the generation and the token in the file; None if no key opens it."""
        path = self.path
        try:
            return _parsed(json.loads(self.store.unseal(sealed, self._context)))
        except (StoreError, TypeError, ValueError) as error:
            if isinstance(error, StoreError) and error.code != "store_key_wrong":
                raise  # the store can't be opened now, and neither can the file
            with contextlib.suppress(OSError):  # of another key or version: keep it under another name
                path.rename(path.with_suffix(".unreadable"))
            _log.error("A refresh token that an earlier process left in %s can't be read: %s", path, error)
            return None

    def discard(self, sealed: bytes) -> None:
        """Remove the file, unless another process has written a later token into it.

        A file that stays does no harm: the store has a later generation.
        """
        with contextlib.suppress(OSError):
            if self.path.read_bytes() == sealed:
                self.path.unlink()

    def remove(self) -> None:
        """Remove the file, whatever it contains."""
        with contextlib.suppress(OSError):
            self.path.unlink()

    @property
    def _context(self) -> str:
        return f"spill {self.key}"


def _parsed(content: dict[str, object]) -> tuple[int, Issued]:
    names = {stored: name for name, stored in _STORED_NAMES.items()}
    fields = {names.get(name, name): value for name, value in dict(content).items()}
    generation = fields.pop("generation")
    token, at = fields.pop("token"), fields.pop("at")
    if not isinstance(generation, int) or not isinstance(token, dict) or not isinstance(at, dict):
        raise TypeError("the content of a rescue file is malformed")
    return generation, Issued(Token(**token), StoreTime(**at), **fields)  # type: ignore[arg-type]
