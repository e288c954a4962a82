"""The verdict history for commands: they note what a validation came to, and show the last verdict."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from watchword.cli.output import say
from watchword.findings.finding import Verdict
from watchword.findings.report import Report
from watchword.findings.where import Where
from watchword.http.durations import in_words as in_words_of
from watchword.stores.contracts import Store
from watchword.tokens.token_store import StoreError

if TYPE_CHECKING:
    from watchword.validation.history import LastVerdicts, PastVerdict

CLI = Where("cli")


def note(open_store: Callable[[], Store], name: str | None, report: Report) -> None:
    """Note the verdict on a stored connection in its history; one without a name has none."""
    from watchword.validation import history  # noqa: PLC0415 - few commands validate

    history.note(open_store, name, report, CLI)


def last_verdicts() -> LastVerdicts:
    """Return the last verdict on each connection, by name; say so if the token store can't be read."""
    from watchword.stores import open_store  # noqa: PLC0415 - loads if a command uses the store
    from watchword.validation import history  # noqa: PLC0415 - few commands show verdicts

    try:
        return history.last_verdicts(open_store())
    except StoreError as error:
        say(f"watchword: the last verdicts can't be read: {error}", err=True)
        return {}


def in_words(last: PastVerdict | StoreError | None) -> str:
    """Return the last verdict in words: `valid, 3 hours ago`; a dash if there is none."""
    if last is None:
        return "-"
    if isinstance(last, StoreError):
        return f"can't be read: {last.code}"
    reason = "" if last.verdict is Verdict.VALID else f" ({last.code})"
    return f"{last.verdict}{reason}, {in_words_of(last.seconds_ago)} ago"


def as_json_data(last: PastVerdict | StoreError | None) -> object:
    """Return the last verdict as JSON-ready data."""
    if isinstance(last, StoreError):
        return {"unreadable": last.code}
    return last and last.as_dict()
