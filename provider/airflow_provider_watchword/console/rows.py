"""The connections in Airflow's metadata database: read without their other columns, changed if unchanged."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, Result, and_, delete, or_, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from airflow_provider_watchword.console import internals
from airflow_provider_watchword.console.columns import Columns
from airflow_provider_watchword.console.internals import Connection
from watchword import redact
from watchword.connections.airflow_format import CONN_TYPE, AirflowConnection, is_own_type
from watchword.errors import DocumentError, SecretError
from watchword.findings.codes import finding
from watchword.redact import NeverPickled

_log = logging.getLogger(__name__)

# Columns, not objects: an object decrypts its password when it is loaded, and tells it to Airflow's masker,
# which takes half a minute for a thousand.
_READ = {
    "id": Connection.id,
    "conn_id": Connection.conn_id,
    "conn_type": Connection.conn_type,
    "team_name": Connection.team_name,
    "host": Connection.host,
    "schema": Connection.schema,
    "port": Connection.port,
    "login": Connection.login,
    "password": Connection._password,  # noqa: SLF001 - the encrypted column
    "is_encrypted": Connection.is_encrypted,
    "extra": Connection._extra,  # noqa: SLF001 - the encrypted column
    "is_extra_encrypted": Connection.is_extra_encrypted,
}


@dataclass(frozen=True)
class Row(NeverPickled):
    """A row as it is stored: `password` and `extra` are encrypted if the columns beside them say so."""

    id: int
    conn_id: str
    conn_type: str
    team_name: str | None
    host: str | None = field(repr=False)
    schema: str | None = field(repr=False)
    port: int | None = field(repr=False)
    login: str | None = field(repr=False)
    password: str | None = field(repr=False)
    is_encrypted: bool
    extra: str | None = field(repr=False)
    is_extra_encrypted: bool

    def decrypted(self) -> AirflowConnection:
        """Return the connection in clear.

        Raises:
            DocumentError: it can't be decrypted.
        """
        return AirflowConnection(
            self.conn_id,
            conn_type=self.conn_type,
            host=self.host,
            schema=self.schema,
            port=self.port,
            login=self.login,
            password=self._clear(self.password, is_encrypted=self.is_encrypted),
            extra=self._clear(self.extra, is_encrypted=self.is_extra_encrypted),
        )

    def _clear(self, text: str | None, *, is_encrypted: bool) -> str | None:
        try:
            return internals.decrypted(text, is_encrypted=is_encrypted)
        except ValueError as error:
            problem = str(error)
        message = f"The connection {self.conn_id!r} can't be decrypted: {problem}."
        advice = "Add the key that it was encrypted with to [core] fernet_key."
        raise DocumentError([finding("document_unreadable", message, advice=advice)])


def find(name: str) -> Row | None:
    """Return the row of a name, of whatever type; None if there is none."""
    with _session("read") as session:
        return next(_rows(session.execute(select(*_READ.values()).where(Connection.conn_id == name))), None)


def all_of_ours() -> Sequence[Row]:
    """Return the rows that hold a document."""
    ours = or_(
        Connection.conn_type == CONN_TYPE,
        Connection.conn_type.startswith(f"{CONN_TYPE}_", autoescape=True),
    )
    with _session("read") as session:
        found = list(_rows(session.execute(select(*_READ.values()).where(ours))))
    return [row for row in found if is_own_type(row.conn_type)]


def add(name: str, columns: Columns, account: internals.BaseUser) -> None:
    """Add a row; raises SecretError if the name is taken."""
    made = _made(name, columns)
    with _session("written") as session:
        session.add(made)
        try:
            session.flush()
        except IntegrityError:
            raise exists(name) from None
        _note(session, "post_connection", account, name, columns.conn_type)


def change(row: Row, columns: Columns, account: internals.BaseUser) -> None:
    """Change a row, its description and team aside; raises SecretError if it was changed meanwhile."""
    made = _made(row.conn_id, columns)
    values = {
        "conn_type": made.conn_type,
        "host": made.host,
        "schema": None,
        "port": None,
        "login": made.login,
        "password": made._password,  # noqa: SLF001 - setting the attribute to None would keep the old password
        "is_encrypted": bool(made.is_encrypted),
        "extra": made._extra,  # noqa: SLF001 - the encrypted column
        "is_extra_encrypted": bool(made.is_extra_encrypted),
    }
    changed = update(Connection).where(_is_still(row)).values({_READ[each]: values[each] for each in values})
    with _session("written") as session:
        _expect_one(session.execute(changed), row)
        _note(session, "patch_connection", account, row.conn_id, columns.conn_type)


def remove(row: Row, account: internals.BaseUser) -> None:
    """Remove a row; raises SecretError if it was changed meanwhile."""
    with _session("written") as session:
        _expect_one(session.execute(delete(Connection).where(_is_still(row))), row)
        _note(session, "delete_connection", account, row.conn_id, row.conn_type)


def note(event: str, account: internals.BaseUser, name: str) -> None:
    """Add a row to the audit log about a connection that is kept elsewhere."""
    with _session("written") as session:
        _note(session, event, account, name, CONN_TYPE)


def exists(name: str) -> SecretError:
    """Return the error that a name is taken."""
    return SecretError([finding("connection_exists", f"There is a connection {name!r} already.")])


def _rows(result: Result[Any]) -> Iterator[Row]:
    for values in result:
        columns: tuple[Any, ...] = tuple(values)
        yield Row(*columns)


def _made(name: str, columns: Columns) -> Connection:
    """Return a connection whose columns the model has encrypted."""
    return Connection(
        conn_id=name,
        conn_type=columns.conn_type,
        host=columns.host,
        login=columns.login,
        password=columns.password,
        extra=columns.extra,
    )


def _is_still(row: Row) -> ColumnElement[bool]:
    """Return the condition that a row has the values that were read."""
    names = (each.name for each in fields(row))
    return and_(*(_READ[name].is_not_distinct_from(getattr(row, name)) for name in names))


def _expect_one(result: Result[Any], row: Row) -> None:
    if isinstance(result, CursorResult) and result.rowcount == 1:
        return
    message = f"Somebody changed the connection {row.conn_id!r} in Airflow's database meanwhile."
    raise SecretError([finding("secret_changed_meanwhile", message)])


def _note(session: Session, event: str, account: internals.BaseUser, name: str, conn_type: str) -> None:
    facts = {"connection_id": name, "conn_type": conn_type, "by": "watchword console"}
    session.add(internals.log_entry(event, account, facts))


@contextmanager
def _session(verb: str) -> Iterator[Session]:
    """Give a session that is committed; no failure is passed on as it is, since it may hold values."""
    problem = ""
    try:
        with internals.create_session() as session:
            yield session
    except SQLAlchemyError as error:
        problem = type(error).__name__
        reason = redact.text(str(getattr(error, "orig", "")))
        _log.error("Airflow's database: %s: %s", problem, reason)
    if problem:
        message = f"The connections in Airflow's database can't be {verb} ({problem})."
        raise SecretError([finding("connections_unreachable", message)])
