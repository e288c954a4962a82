"""The token store and its keys; looking at them creates and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

from watchword import settings
from watchword.cli.doctor.line import Line, ok, problem, warning
from watchword.findings.codes import CODES, finding
from watchword.stores import inspection, schema
from watchword.stores.inspection import Inspection
from watchword.stores.store_failures import failure
from watchword.tokens.token_store import StoreError

STORE, KEYS = "token store", "keys"

_MEMORY = "memory://"


REPAIR_FIRST = "Repair the token store first, as said above."

LIMIT = 20.0
"""How long the look at the store may take, in seconds: the error of a server that is down says more."""


class StoreLook:
    """One look at the token store, shared by all checks of a command, so that its trouble is said once."""

    def __init__(self) -> None:
        self._seen: Inspection | None = None
        self._failure = ""
        self.is_done = False

    def lines(self) -> Iterator[Line]:
        """Look at the store, and yield its state and that of its keys; raises StoreError if it can't."""
        self._failure = "store_unreachable"  # if the time limit ends this
        try:
            self._seen = _inspected()
        except StoreError as error:
            self._failure = error.code
            raise
        self.is_done = True
        yield from _lines(self._seen)

    def seen(self) -> Inspection | None:
        """Return what was seen of the store, None for one in memory; raises StoreError if nothing was."""
        if not self.is_done:
            message = "The token store can't be looked at."
            raise StoreError([finding(self._failure, message, advice=REPAIR_FIRST)])
        return self._seen

    def demand_unchanged(self) -> None:
        """Raise StoreError if to use the store would change it: it needs an upgrade or a repair first."""
        seen = self.seen()
        if seen is not None and seen.version is not None and not seen.is_ready:
            why = "it was not opened, because that would change it"
            raise failure("store_unsuitable", seen.display_url, why, advice=REPAIR_FIRST)


def _inspected() -> Inspection | None:
    url = settings.store_url()
    return None if url == _MEMORY else inspection.inspect(url, settings.keys())


def _lines(seen: Inspection | None) -> Iterator[Line]:
    if seen is None:
        todo = "Set WATCHWORD_STORE to a file or a server, if sign-ins have to last."
        yield warning(STORE, "it is memory://, so tokens end with each process.", todo)
        return
    yield _state(seen)
    yield _users(seen)
    if seen.network_disk:
        yield problem(STORE, f"its folder is on {seen.network_disk}.", CODES["store_on_network_disk"].advice)
    for weakness in seen.weaknesses:
        todo = "Take the rights of others away from it; Linux: chmod go-rwx, or go-w for a folder."
        yield problem(KEYS if ".key " in weakness else STORE, f"{weakness}.", todo)
    if seen.version is not None:
        yield _keys(seen)


def _state(seen: Inspection) -> Line:
    url = seen.display_url
    if seen.version is None and seen.obstacle:
        return problem(STORE, f"{url} can't be created: {seen.obstacle}.", "Correct WATCHWORD_STORE.")
    if seen.version is None:
        todo = "The first token or secret creates it. If there should be one: correct WATCHWORD_STORE."
        return warning(STORE, f"{url} does not exist yet.", todo)
    if seen.is_read_only:
        return problem(STORE, f"{url} is read-only for this process.", CODES["store_read_only"].advice)
    if seen.version < schema.VERSION:
        what = f"{url} is of version {seen.version}, and this watchword writes {schema.VERSION}."
        return warning(STORE, what, "The next use upgrades it; upgrade watchword in all its processes first.")
    return ok(STORE, f"{url} can be opened, version {seen.version}")


def _users(seen: Inspection) -> Line:
    if seen.leaves_host:
        return ok(STORE, "it is shared by all machines that reach it")
    return ok(STORE, "it is shared by the processes of this machine only")


def _keys(seen: Inspection) -> Line:
    source, right = seen.key_source, list(seen.right_keys)
    if not seen.keys:
        return problem(KEYS, f"there is no key in {source}.", CODES["store_key_missing"].advice)
    number = f"{seen.keys} keys in {source}" if seen.keys > 1 else f"the key in {source}"
    if not right:
        verb = "open" if seen.keys > 1 else "opens"
        return problem(KEYS, f"{number} {verb} nothing of the store.", CODES["store_key_wrong"].advice)
    if right[0] != 1:
        what = f"key {right[0]} of {seen.keys} in {source} opens the store, and new rows get the first."
        return warning(KEYS, what, "To end the change of keys, run: watchword store rekey")
    return ok(KEYS, f"{number}: the first one is the store's" if seen.keys > 1 else f"{number} opens it")
