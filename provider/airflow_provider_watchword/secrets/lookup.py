"""One kind of content in one store: what Airflow asks for by id, and what it is told where that fails."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from airflow_provider_watchword.secrets import log_once
from watchword.errors import SecretError, WatchwordError
from watchword.findings.codes import finding
from watchword.redact import NeverPickled
from watchword.secrets.secret_store import SecretStore, check_name

TEAM = "--"
"""What stands between a team and an id in the name of a team's secret, as in Google's own backend."""

_MOST = 1024


@dataclass(frozen=True)
class Kind:
    """One of the kinds of content that Airflow asks backends for.

    Args:
        word: what it is called in messages.
        prefix: what its secrets' names begin with, the separator included; None where it is not kept here.
        pattern: what an id has to match at its start to be asked for.
        read: makes the text for Airflow of a secret's content and name.
        has_teams: whether a team may have its own.
    """

    word: str
    prefix: str | None
    pattern: re.Pattern[str] | None
    read: Callable[[bytes, str], str]
    has_teams: bool = True


class Lookup(NeverPickled):
    """Finds one kind of content in a store, which is opened at the first question.

    What fails is logged once a minute, with its code and advice; then Airflow goes on to its next backend,
    or, with `fail_closed`, stops there with the same words.
    """

    def __init__(self, kind: Kind, store: Callable[[], SecretStore], *, fail_closed: bool) -> None:
        self._kind = kind
        self._store = store
        self._fail_closed = fail_closed
        self._texts: dict[str, tuple[bytes, str]] = {}

    def get(self, key: str, team: str | None = None) -> str | None:
        """Return what is kept under an id, a team's own first; None where there is none.

        Raises AirflowSecretsBackendAccessDenied with `fail_closed`, where there may be one.
        """
        kind = self._kind
        if kind.prefix is None or (kind.pattern and not kind.pattern.match(key)):
            return None
        try:
            for name in self._names(kind.prefix, key, team):
                # What fails is not missing: a team that can't be served gets nobody else's.
                found = self._found(name)
                if found is not None:
                    return found
        except WatchwordError as error:
            problem, codes = str(error), tuple((each.code.name, each.message) for each in error.findings)
        except Exception as error:  # noqa: BLE001 - Airflow would swallow it, and say "isn't defined"
            problem, codes = _unexpected(error), ()
        else:
            return None
        self.fail(key, problem, codes)
        return None

    def _names(self, prefix: str, key: str, team: str | None) -> list[str]:
        """Return what the secret may be called, in order; raises SecretError for what could be two."""
        if not self._kind.has_teams:
            return [f"{prefix}{key}"]
        if TEAM in key and _multi_team():
            raise _ambiguous(self._kind.word, key)
        return [*([f"{prefix}{team}{TEAM}{key}"] if team else []), f"{prefix}{key}"]

    def fail(self, key: str, problem: str, about: object = ()) -> None:
        """Say that something can't be had, and raise it with `fail_closed`."""
        said = f"The {self._kind.word} {key!r} can't be had: {problem}"
        log_once.say(logging.ERROR, said, self._kind.word, key, about or problem)
        if self._fail_closed:
            _deny(said)

    def _found(self, name: str) -> str | None:
        try:
            check_name(name)
        except SecretError:
            log_once.log.debug("No secret can be called %.80r.", name)
            return None
        payload = self._store().get(name)
        if payload is None:
            return None
        known = self._texts.get(name)
        if known is not None and known[0] == payload:
            return known[1]
        text = self._kind.read(payload, name)
        if len(self._texts) >= _MOST:
            self._texts.clear()
        self._texts[name] = payload, text
        return text


def connection_text(payload: bytes, name: str) -> str:
    """Return what Airflow makes a connection of."""
    from watchword.connections.payload import airflow_value  # noqa: PLC0415 - where there is one

    return airflow_value(payload, name)


def plain_text(payload: bytes, name: str) -> str:
    """Return the value of a variable or an option; raises SecretError for what is no UTF-8."""
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError as error:
        position = error.start
    message = f"The secret {name} is no UTF-8 text from byte {position} on."
    raise SecretError([finding("secret_unreadable", message, advice="Store it as UTF-8 text.")])


def _multi_team() -> bool:
    from airflow.sdk.configuration import conf  # noqa: PLC0415 - it may be what is being read just now

    return bool(conf.getboolean("core", "multi_team", fallback=False))


def _ambiguous(word: str, key: str) -> SecretError:
    message = f"The {word} {key!r} is not asked for: where there are teams, {TEAM} in an id might name one."
    return SecretError([finding("secret_name_illegal", message, advice=f"Choose an id without {TEAM}.")])


def _unexpected(error: Exception) -> str:
    """Return what kind of an error it was and where, but not its text, which may hold content."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(frame.filename).name}, line {frame.lineno}."


def _deny(text: str) -> NoReturn:
    from airflow.sdk.exceptions import AirflowSecretsBackendAccessDenied  # noqa: PLC0415 - only where one fails

    raise AirflowSecretsBackendAccessDenied(text)
