"""The places for connections and secrets: whether each can be read, and which one answers for a name.

Hosts that have places of their own offer them by an entry point in the group `watchword.places`. Its name is
the host's; its value is a function that takes a name and returns the places in the order in which the host
asks them: a title, and a function that says whether the connection is there. It imports what these functions
need, since they have a shorter time limit. It raises FileNotFoundError with the path of the host's
configuration, if the host isn't set up on this machine.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from typing import TypeAlias

from watchword.cli.doctor.line import LOADING, Line, lines_of, ok, problem, warning
from watchword.cli.doctor.store import REPAIR_FIRST, StoreLook
from watchword.cli.output import exit_status
from watchword.connections import by_name
from watchword.errors import WatchwordError
from watchword.secrets import sources
from watchword.secrets.vault import open_vault

SECRETS, NAME = "secrets", "name"
GROUP = "watchword.places"

_PROBE = "watchword-doctor"
"""The name of a secret that doesn't exist; to ask for it shows whether Secret Manager answers."""

Place: TypeAlias = tuple[str, Callable[[], bool]]
"""A place's title, and whether a connection is there."""


def readable(source: str, store: StoreLook) -> Iterator[Line]:
    """Yield whether a source of WATCHWORD_SECRETS can be read; raises SecretError if not."""
    if source == sources.ENVIRONMENT:
        number = sum(name.startswith(by_name.VARIABLE) for name in os.environ)
        yield ok(SECRETS, f"env: {number} connections in variables {by_name.VARIABLE}…")
    elif source == sources.VAULT:
        yield from _vault(store)
    else:
        manager = sources.secret_manager(source)
        manager.current(_PROBE)
        yield ok(SECRETS, f"{source}: {manager.display_name} answers; its circuit breaker is closed")


def _vault(store: StoreLook) -> Iterator[Line]:
    seen = store.seen()
    if seen is None or seen.version is None:
        yield ok(SECRETS, "local: there is no vault yet")
    elif not seen.is_ready:
        yield warning(SECRETS, "local: the vault was not looked at.", REPAIR_FIRST)
    else:
        number = len(open_vault().names())
        yield ok(SECRETS, f"local: the vault can be read; it holds {number} secrets")


def answers(name: str, store: StoreLook) -> Iterator[Line]:
    """Yield which place answers for a connection's name, and what it hides in later places."""
    yield from lines_of(NAME, lambda: _in_order("watchword.connect", _own_places(name, store)))
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        asked: list[Place] = []
        yield from lines_of(NAME, partial(_load, entry, name, asked), f"loading {entry.name}", LOADING)
        if asked:
            step = f"asking the places of {entry.name}"
            yield from lines_of(NAME, partial(_in_order, entry.name, asked), step)


def _load(entry: EntryPoint, name: str, asked: list[Place]) -> Iterator[Line]:
    """Load a host and add its places; yield why there are none."""
    try:
        asked.extend(entry.load()(name))
    except FileNotFoundError as error:
        yield ok(NAME, f"{entry.name}: it is not asked, because there is no {error}")


def _own_places(name: str, store: StoreLook) -> Sequence[Place]:
    """Return the places of WATCHWORD_SECRETS in order."""
    return [(source, partial(_has, source, name, store)) for source in sources.configured_sources()]


def _has(source: str, name: str, store: StoreLook) -> bool:
    if source == sources.ENVIRONMENT:
        variable = by_name.VARIABLE + re.sub(r"[^A-Za-z0-9]", "_", name).upper()
        return bool(os.environ.get(variable))
    if source == sources.VAULT:
        store.demand_unchanged()
        seen = store.seen()
        if seen is None or seen.version is None:
            return False
    return sources.secret_store(source).get(by_name.secret_name(name)) is not None


def _in_order(host: str, places: Iterable[Place]) -> Iterator[Line]:
    """Ask each place of a host, and yield a line for each."""
    answering = ""
    for title, has in places:
        is_there = _asked(has)
        yield _line(host, title, is_there, answering)
        if is_there is True:
            answering = answering or title
    if not answering:
        todo = "Correct the name, or store the connection in one of these places."
        yield warning(NAME, f"{host}: no place has this connection.", todo)


def _asked(has: Callable[[], bool]) -> bool | Exception:
    """Return whether a connection is in a place, or the error in place of an answer."""
    try:
        return has()
    except Exception as error:  # noqa: BLE001 - a backend may raise anything; the next one is asked too
        return error


def _line(host: str, title: str, is_there: bool | Exception, answering: str) -> Line:  # noqa: FBT001 - an outcome
    if isinstance(is_there, WatchwordError):
        first = is_there.findings[0]
        return problem(
            NAME, f"{host}: {title} can't be asked: {first.message}", first.advice, exit_status(is_there)
        )
    if isinstance(is_there, Exception):
        todo = "Repair it: a place that fails may hide the later ones."
        return problem(NAME, f"{host}: {title} can't be asked ({type(is_there).__name__}).", todo)
    if not is_there:
        return ok(NAME, f"{host}: {title} doesn't have it")
    if answering:
        todo = f"Remove it there, or in {answering}, unless both are meant."
        return warning(NAME, f"{host}: {title} has it too, hidden by {answering}.", todo)
    return ok(NAME, f"{host}: {title} answers")
