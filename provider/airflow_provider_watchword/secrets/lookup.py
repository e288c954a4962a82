"""`Lookup`: finds one kind of content in a store by the id that Airflow asks for, and reports failures."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from re import Pattern
from typing import NoReturn

from airflow_provider_watchword.secrets import log_once
from watchword.errors import SecretError, WatchwordError
from watchword.findings.codes import finding
from watchword.http.bodies import stored_text
from watchword.redact import NeverPickled
from watchword.secrets.secret_store import SecretStore, check_name

TEAM = "--"
"""The separator of team and id in the name of a team's secret, as in Google's own backend."""

_MOST_TEXTS = 1024


@dataclass(frozen=True)
class Kind:
    """One of the kinds of content that Airflow asks backends for.

    Args:
        word: its name in messages.
        prefix: the beginning of its secrets' names, with the separator; None if the backend has none of it.
        pattern: must match an id at its start; other ids are not looked up.
        read: returns the text for Airflow from a secret's content and name.
        fallback: what Airflow uses if this backend has no content, for messages.
        has_teams: whether teams may have their own content.
    """

    word: str
    prefix: str | None
    pattern: Pattern[str] | None
    read: Callable[[bytes, str], str]
    fallback: str
    has_teams: bool = True


class Lookup(NeverPickled):
    """Finds one kind of content in a store, which is opened by the first lookup.

    A failure is logged once a minute, with its code and advice. Then Airflow goes on to its next backend;
    with `fail_closed`, an error with the same reason stops it.

    Args:
        backend: the backend's name in messages.
        kind: the kind of content.
        store: returns the process's store.
        fail_closed: whether a failure stops Airflow's search.
    """

    def __init__(
        self, backend: str, kind: Kind, store: Callable[[], SecretStore], *, fail_closed: bool
    ) -> None:
        self._backend = backend
        self._kind = kind
        self._store = store
        self._fail_closed = fail_closed
        self._texts: dict[str, tuple[bytes, str]] = {}

    @property
    def prefix(self) -> str | None:
        """The beginning of its secrets' names; None if the backend has none of this kind."""
        return self._kind.prefix

    def store(self) -> SecretStore:
        """Return the process's store."""
        return self._store()

    def takes(self, key: str) -> bool:
        """Return whether an id is looked up at all."""
        return self._kind.prefix is not None and not (
            self._kind.pattern and not self._kind.pattern.match(key)
        )

    def get(self, key: str, team: str | None = None) -> str | None:
        """Return the content of an id, the team's own if it has one; None if there is none.

        Raises AirflowSecretsBackendAccessDenied if reading fails and `fail_closed` is on.
        """
        kind = self._kind
        if kind.prefix is None or not self.takes(key):
            return None
        secret = ""
        try:
            for secret in self._secrets(kind.prefix, key, team):
                # A failure is not a miss: it ends the loop, so a team never gets the content of all teams.
                text = self._text(secret)
                if text is not None:
                    return text
        except WatchwordError as error:
            problem, codes = str(error), tuple((each.code.name, each.message) for each in error.findings)
        except Exception as error:  # noqa: BLE001 - Airflow would hide it, and say "isn't defined"
            problem, codes = _unexpected(error), ()
        else:
            return None
        self.fail(key, problem, secret=secret, codes=codes)
        return None

    def fail(self, key: str, problem: str, *, secret: str, codes: object = ()) -> None:
        """Log that content can't be read, and raise an error with the same words if `fail_closed` is on.

        Args:
            key: the id that Airflow asked for.
            problem: the reason, with the advice.
            secret: the secret's name; empty if it isn't known.
            codes: identify the failure beside the id; the problem if left out.
        """
        kind = self._kind
        source = f" from the secret {secret}" if secret else ""
        consequence = (
            f"Airflow doesn't use {kind.fallback}, because fail_closed is on."
            if self._fail_closed
            else f"Airflow now uses {kind.fallback}."
        )
        text = f"{self._backend} can't read the {kind.word} {key!r}{source}: {problem} {consequence}"
        log_once.log_error(text, kind.word, key, codes or problem)
        if self._fail_closed:
            _deny(text)

    def secret_of(self, text: str) -> str:
        """Return the name of the secret that a text, as `get` returned it, was read from; else nothing."""
        return next((name for name, (_, cached) in self._texts.items() if cached is text), "")

    def _secrets(self, prefix: str, key: str, team: str | None) -> list[str]:
        """Return the possible names of the secret in order; raises SecretError for an ambiguous id."""
        if not self._kind.has_teams:
            return [f"{prefix}{key}"]
        if TEAM in key and _multi_team():
            raise _ambiguous(self._kind.word, key)
        return [*([f"{prefix}{team}{TEAM}{key}"] if team else []), f"{prefix}{key}"]

    def _text(self, secret: str) -> str | None:
        try:
            check_name(secret)
        except SecretError:
            log_once.logger.debug("No secret can have the name %.80r.", secret)
            return None
        payload = self._store().get(secret)
        if payload is None:
            return None
        cached = self._texts.get(secret)
        if cached is not None and cached[0] == payload:
            return cached[1]
        text = self._kind.read(payload, secret)
        if len(self._texts) >= _MOST_TEXTS:
            self._texts.clear()
        self._texts[secret] = payload, text
        return text


def connection_text(payload: bytes, name: str) -> str:
    """Return the text that Airflow makes a connection from."""
    from watchword.connections.payload import airflow_value  # noqa: PLC0415 - loads with the first connection

    return airflow_value(payload, name)


def plain_text(payload: bytes, name: str) -> str:
    """Return the value of a variable or an option; raises SecretError if it isn't UTF-8."""
    try:
        return stored_text(payload)
    except UnicodeDecodeError as error:
        position = error.start
    message = f"The secret {name} is not UTF-8 text from byte {position} on."
    raise SecretError([finding("secret_unreadable", message, advice="Store it as UTF-8 text.")])


def _multi_team() -> bool:
    from airflow.sdk.configuration import conf  # noqa: PLC0415 - a backend may be made while this is loading

    return bool(conf.getboolean("core", "multi_team", fallback=False))


def _ambiguous(word: str, key: str) -> SecretError:
    message = f"The {word} {key!r} isn't looked up: Airflow has teams, and {TEAM} in an id could name one."
    return SecretError([finding("secret_name_illegal", message, advice=f"Choose an id without {TEAM}.")])


def _unexpected(error: Exception) -> str:
    """Return the error's type and place, but not its text, which may hold content of the secret."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{type(error).__name__} in {Path(frame.filename).name}, line {frame.lineno}"
    return f"unexpected error: {place}. Check airflow.cfg and this machine, or report it to watchword."


def _deny(text: str) -> NoReturn:
    from airflow.sdk.exceptions import AirflowSecretsBackendAccessDenied  # noqa: PLC0415 - for failures only

    raise AirflowSecretsBackendAccessDenied(text)
