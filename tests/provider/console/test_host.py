"""What no page reaches easily: changes at the same moment, failures of the database, other backends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.api_fastapi.core_api import security
from airflow.models.connection import Connection
from airflow.models.crypto import get_fernet
from airflow.secrets.local_filesystem import LocalFilesystemBackend
from airflow.secrets.metastore import MetastoreBackend
from airflow.utils.session import create_session
from sqlalchemy import delete, text, update
from starlette.requests import Request

from airflow_provider_watchword.console import internals, people, rows, used
from airflow_provider_watchword.console.columns import columns_of, stored_document
from airflow_provider_watchword.console.host import AirflowHost
from airflow_provider_watchword.console.overview import Overviews
from airflow_provider_watchword.console.people import Person
from airflow_provider_watchword.secrets import LocalVaultBackend
from watchword.connections.airflow_format import AirflowConnection
from watchword.errors import DocumentError, SecretError

USER = SimpleAuthManagerUser(username="me", role="admin")
ME = Person("me", "me", USER)
DOCUMENT = {"method": "api_key", "base_url": "https://api.example.com", "api_key": "canary-key-81d2"}


@pytest.fixture(autouse=True)
def _encrypted_table(database: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give each test an empty table of connections, which are encrypted."""
    monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY", "bWFkZS11cC1mZXJuZXQta2V5LWZvci10ZXN0cy0wMDA=")
    get_fernet.cache_clear()
    yield
    get_fernet.cache_clear()
    with create_session() as session:
        session.execute(delete(Connection))


def stored(**changes: Any) -> rows.Row:
    rows.add("acme", columns_of({**DOCUMENT, **changes}), USER)
    row = rows.find("acme")
    assert row is not None
    return row


def use(monkeypatch: pytest.MonkeyPatch, *backends: Any) -> None:
    """Let Airflow ask these secrets backends before its database."""
    found: Sequence[Any] = [*backends, MetastoreBackend()]
    monkeypatch.setattr(internals, "secrets_backends", lambda: found)


def test_a_row_that_was_changed_at_the_same_moment_is_left_alone() -> None:
    """A row that isn't as it was read is neither changed nor removed, and the error says so."""
    row = stored()
    with create_session() as session:
        session.execute(update(Connection).values(host="https://other.example"))
    for attempt in (lambda: rows.change(row, columns_of(DOCUMENT), USER), lambda: rows.remove(row, USER)):
        with pytest.raises(SecretError, match="meanwhile") as raised:
            attempt()
        assert raised.value.code == "secret_changed_meanwhile"
    assert rows.find("acme").host == "https://other.example"


def test_a_name_that_was_taken_at_the_same_moment_is_refused() -> None:
    """Of two people who create the same name at once, the second one gets an error in words."""
    stored()
    with pytest.raises(SecretError) as raised:
        rows.add("acme", columns_of(DOCUMENT), USER)
    assert raised.value.code == "connection_exists"


def test_secrets_are_encrypted_in_the_row() -> None:
    """Neither the key in the extra nor a password is in clear in the database."""
    row = stored(method="basic", username="me", password="canary-password", api_key=None)
    assert row.is_encrypted
    assert row.is_extra_encrypted
    assert "canary" not in f"{row.password} {row.extra}"
    assert row.decrypted().password == "canary-password"


def test_a_row_of_another_key_is_shown_as_unreadable() -> None:
    """A connection that was encrypted with another key is listed, and its page says what is wrong."""
    stored()
    with create_session() as session:
        session.execute(update(Connection).values(extra="gAAAAABkZWFkYmVlZg==", is_extra_encrypted=True))
    found = AirflowHost().read("acme")
    assert found.document is None
    assert "fernet_key" in found.problem.advice


def test_a_database_that_fails_is_an_error_in_words() -> None:
    """A failure of the database has a code and advice, and shows no statement and no value."""
    with create_session() as session:
        session.execute(text("ALTER TABLE connection RENAME TO elsewhere"))
    try:
        with pytest.raises(SecretError) as raised:
            AirflowHost().write(ME, "acme", DOCUMENT, used.DATABASE, None)
    finally:
        with create_session() as session:
            session.execute(text("ALTER TABLE elsewhere RENAME TO connection"))
    assert raised.value.code == "connections_unreachable"
    assert "canary" not in str(raised.value)
    assert "SELECT" not in str(raised.value)


def test_the_list_follows_the_content_of_a_row() -> None:
    """What the list shows of the complete type is read from the extra, and read again when that changes."""
    overviews = Overviews()
    row = stored()
    with create_session() as session:
        session.execute(update(Connection).values(conn_type="watchword"))
    first = rows.find("acme")
    assert overviews.of(first) == overviews.of(first)
    assert (overviews.of(first).api, overviews.of(first).method) == ("api.example.com", "api_key")
    rows.change(first, columns_of({"method": "none", "base_url": "https://b.example"}), USER)
    second = rows.find("acme")
    assert (overviews.of(second).api, overviews.of(second).method) == ("b.example", "none")
    assert overviews.of(row).method == "api_key"


def test_another_backends_connection_is_only_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A connection of a backend that isn't watchword's hides the database's, and can't be changed here."""
    file = tmp_path / "connections.json"
    extra = {"schema_version": 1, "method": "api_key", "api_key": "k" * 20}
    file.write_text(
        json.dumps({"acme": {"conn_type": "watchword", "host": "https://f.example", "extra": extra}})
    )
    stored()
    use(monkeypatch, LocalFilesystemBackend(connections_file_path=str(file)))
    found = AirflowHost().read("acme")
    assert found.home.title == "LocalFilesystemBackend"
    assert found.document["base_url"] == "https://f.example"
    assert [home.key for home in AirflowHost().homes()] == ["database"]
    with pytest.raises(SecretError) as raised:
        AirflowHost().write(ME, "acme", DOCUMENT, found.home, found)
    assert raised.value.code == "connection_read_only"
    with pytest.raises(SecretError):
        AirflowHost().remove(ME, found)


def test_a_backend_that_forbids_to_go_on_is_obeyed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """If tasks would get no connection at all, the console doesn't show the database's in its place."""
    stored()
    store = f"sqlite:///{tmp_path}/store"
    use(monkeypatch, LocalVaultBackend(store=store, key="no key", fail_closed=True))
    with pytest.raises(SecretError) as raised:
        AirflowHost().read("acme")
    assert raised.value.code == "secrets_refused"
    use(monkeypatch, LocalVaultBackend(store=store, key="no key"))
    assert AirflowHost().read("acme").home == used.DATABASE


def test_a_vault_that_was_changed_at_the_same_moment_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A connection in the vault is neither replaced nor removed if it isn't as it was read."""
    use(monkeypatch, LocalVaultBackend(store=f"sqlite:///{tmp_path}/vault.db"))
    host = AirflowHost()
    [_, vault] = host.homes()
    host.write(ME, "acme", DOCUMENT, vault, None)
    found = host.read("acme")
    host.write(ME, "acme", {**DOCUMENT, "key_name": "X-Key"}, vault, found)
    with pytest.raises(SecretError) as raised:
        host.write(ME, "acme", DOCUMENT, vault, found)
    assert raised.value.code == "secret_changed_meanwhile"
    with pytest.raises(SecretError):
        host.remove(ME, found)
    assert host.read("acme").document["key_name"] == "X-Key"


def test_a_field_that_is_given_twice_is_shown() -> None:
    """A document with a field under two names that differ isn't shown as if it had one of them."""
    extra = {"schema_version": 1, "method": "oauth2_client_credentials", "token_url": "https://a.example/t"}
    twice = json.dumps({**extra, "grant_url": "https://b.example/t"})
    empty = json.dumps({**extra, "grant_url": None})
    assert (
        stored_document(AirflowConnection("acme", "watchword", extra=empty))["token_url"]
        == extra["token_url"]
    )
    document = stored_document(AirflowConnection("acme", "watchword", extra=twice))
    assert {document["token_url"], document["grant_url"]} == {"https://a.example/t", "https://b.example/t"}
    with pytest.raises(DocumentError):
        AirflowHost().open("acme", document, private=True)


def test_a_middlewares_person_counts_only_under_the_servers_own_name() -> None:
    """A middleware that lets everybody in, as some auth managers have, opens no door to DNS rebinding."""

    def request(host: str) -> Request:
        mark = getattr(security, "USER_INJECTED_BY_TRUSTED_MIDDLEWARE", None)  # 3.2 needs none
        state = {"user": USER, "user_authenticated_via": mark}
        return Request({"type": "http", "headers": [(b"host", host.encode())], "state": state})

    assert asyncio.run(people.person_of(request("localhost:8080"))).name == "me"
    assert asyncio.run(people.person_of(request("rebound.example:8080"))) is None
