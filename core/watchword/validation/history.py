"""The verdict history of each connection, kept in the token store under the connection's name.

Hosts note the outcome of each validation of a stored connection. A validation of values that aren't stored,
as by Airflow's Test button, is not noted.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeAlias

from watchword import forks, redact
from watchword.findings.finding import Verdict, printable
from watchword.findings.report import Report
from watchword.findings.where import Where
from watchword.stores.contracts import Store
from watchword.stores.rows import RowMalformedError
from watchword.stores.store_failures import failure
from watchword.tokens.record import StoreTime
from watchword.tokens.token_store import StoreError
from watchword.validation.pruning import pruned
from watchword.validation.verdict_entry import Entry, last_of, packed, unpacked

_log = logging.getLogger(__name__)

_LONGEST = 200
"""The longest part of a `Where` that is kept, in characters."""

_warned: dict[str, object] = {}
"""The codes of the failures that this process has warned of since a verdict was last noted."""

forks.in_child(_warned.clear)  # a child writes its own log, that of a task


class PastVerdict(NamedTuple):
    """The outcome of a validation, and how long ago by the store's clock, which all its machines share."""

    entry: Entry
    seconds_ago: float

    @property
    def verdict(self) -> Verdict:
        """The outcome in one word."""
        return self.entry.verdict

    @property
    def code(self) -> str:
        """The name of the code that decided the verdict."""
        return self.entry.code

    @property
    def where(self) -> Where:
        """Where the validation ran."""
        return self.entry.where

    @property
    def date(self) -> datetime:
        """When the validation ended, by the clock of the machine that it ran on."""
        return self.entry.date

    def as_dict(self) -> dict[str, object]:
        """Return it as JSON-ready data."""
        return {
            "verdict": self.verdict.value,
            "code": self.code,
            "date": self.date.isoformat(timespec="seconds"),
            "where": self.where._asdict(),
        }


LastVerdicts: TypeAlias = Mapping[str, PastVerdict | StoreError]
"""The last verdict on each connection, by its name; the error in place of what can't be read."""


def note(open_store: Callable[[], Store], name: str | None, report: Report, where: Where) -> None:
    """Note the verdict of a report in the history of a connection; one without a name has no history.

    A store that fails changes nothing about the report: the failure is logged as a warning, and not again
    before the store has worked.

    Args:
        open_store: returns the store; may raise StoreError.
        name: of the connection.
        report: of a validation of the stored connection.
        where: the machine is filled in; texts are masked and shortened.
    """
    if not name:
        return
    described, malformed = _described(where), False

    def noting(content: bytes, now: StoreTime) -> bytes:
        nonlocal malformed
        before: Sequence[Entry] = ()
        try:
            before = unpacked(content)
        except RowMalformedError:
            malformed = True
        last = Entry(report.verdict, report.deciding.code.name, now, described)
        return packed(pruned([*before, last], now))

    try:
        store = open_store()
        unreadable = store.history.change(name, noting)
    except StoreError as error:
        _warn_once(name, error)
        return
    _warned.clear()
    if unreadable or malformed:
        cause = unreadable or _malformed(store, name)
        _log.warning("The verdict history of %r begins anew: %s", name, cause)


def history(store: Store, name: str) -> tuple[PastVerdict, ...]:
    """Return the verdicts on a connection that are kept, the newest first; at most twenty.

    Raises:
        StoreError: the store can't be used, or this history can't be read.
    """
    noted = store.history.get(name)
    if noted is None:
        return ()
    try:
        entries = unpacked(noted.content)
    except RowMalformedError:
        raise _malformed(store, name) from None
    return tuple(_past(entry, noted.now) for entry in reversed(entries))


def last_verdicts(store: Store) -> LastVerdicts:
    """Return the last verdict on each connection, by its name; the error in place of what can't be read.

    Raises:
        StoreError: the store can't be used.
    """
    found: dict[str, PastVerdict | StoreError] = {}
    for name, noted in store.history.all().items():
        if isinstance(noted, StoreError):
            found[name] = noted
            continue
        try:
            found[name] = _past(last_of(noted.content), noted.now)
        except RowMalformedError:
            found[name] = _malformed(store, name)
    return found


def _warn_once(name: str, error: StoreError) -> None:
    mine = object()  # of several threads, the one whose object is stored logs
    if _warned.setdefault(error.code, mine) is mine:
        _log.warning("The verdict on %r is missing from its history: %s", name, error)


def _described(where: Where) -> Where:
    return Where(*map(_short, where.completed()))


def _short(text: str) -> str:
    return printable(redact.text(text))[:_LONGEST]


def _past(entry: Entry, now: StoreTime) -> PastVerdict:
    return PastVerdict(entry, max(now.since(entry.at), 0.0))


def _malformed(store: Store, name: str) -> StoreError:
    return failure("store_damaged", store.display_url, f"the history of {name!r} is malformed")
