"""An Airflow connection becomes a connection document."""

from __future__ import annotations

import json
from typing import Any

import pytest
from airflow.models import Connection as DatabaseConnection
from airflow.sdk import Connection

from airflow_provider_watchword.documents import connection_of, document_of
from airflow_provider_watchword.forms.complete import conn_fields
from watchword import DocumentError

CANARY = "canary-8d1f5c07"


def stored(extra: object = None, **columns: Any) -> Connection:
    columns.setdefault("host", "https://api.example.com")
    text = extra if extra is None or isinstance(extra, str) else json.dumps(extra)
    return Connection(conn_id="acme", conn_type="watchword", extra=text, **columns)


def bearer(**fields: object) -> dict[str, object]:
    return {"schema_version": 1, "method": "bearer", "bearer_token": CANARY, **fields}


def test_host_and_extra_make_the_document() -> None:
    """The base URL comes from the host, and every other field from the extra."""
    assert document_of(stored(bearer())) == {"base_url": "https://api.example.com", **bearer()}


@pytest.mark.parametrize(
    ("columns", "base_url"),
    [
        ({"host": "api.example.com"}, "https://api.example.com"),
        ({"host": "api.example.com", "schema": "http"}, "http://api.example.com"),
        ({"host": "http://api.example.com", "schema": "https"}, "http://api.example.com"),
        ({"host": "https://api.example.com/v2", "port": 8443}, "https://api.example.com:8443/v2"),
        ({"host": "https://api.example.com:8443", "port": 8443}, "https://api.example.com:8443"),
        ({"host": "api.example.com/v2", "port": 8443}, "https://api.example.com:8443/v2"),
        ({"host": "https://[::1]/v2", "port": 8443}, "https://[::1]:8443/v2"),
        ({"host": "https://[::1", "port": 8443}, "https://[::1"),
    ],
)
def test_base_url_honours_scheme_and_port(columns: dict[str, Any], base_url: str) -> None:
    """The scheme is the host's, else the connection's, else https; the connection's port is added."""
    assert document_of(stored(bearer(), **columns))["base_url"] == base_url


def test_login_and_password_are_user_name_and_password() -> None:
    """Login and password become user name and password of methods that have these fields."""
    extra = {"schema_version": 1, "method": "basic"}
    method = connection_of(stored(extra, login="ann", password=CANARY)).document.method
    assert (method.username, method.password) == ("ann", CANARY)


def test_an_unused_password_gives_a_warning() -> None:
    """A login that the method doesn't use gives a warning."""
    connection = connection_of(stored(bearer(), login="ann", password="left-behind"))
    [warning] = connection.document.warnings
    assert warning.code.name == "fields_ignored"
    assert "password" in warning.message
    assert "left-behind" not in str(warning)


def test_what_the_form_saves_is_accepted() -> None:
    """Untouched fields, which the form saves as null or empty text, are accepted."""
    nothing: dict[str, object] = dict.fromkeys(conn_fields())
    connection = connection_of(stored({**nothing, **bearer(), "scope": "", "api_key": ""}))
    assert connection.document.method.method == "bearer"


def test_grant_url_is_the_token_url() -> None:
    """`grant_url`, the form's name of the token URL, is accepted."""
    extra = {
        "schema_version": 1,
        "method": "oauth2_client_credentials",
        "grant_url": "https://login.example.com/token",
        "client_id": "id",
        "client_secret": CANARY,
    }
    assert connection_of(stored(extra)).document.method.token_url == "https://login.example.com/token"


@pytest.mark.parametrize(
    "extra",
    [
        None,
        {},
        {"method": "bearer", "bearer_token": CANARY},
        bearer(schema_version="1"),
        bearer(schema_version=None),
        bearer(schema_version=True),
        bearer(schema_version=1.0),
        bearer(schema_version=2),
        {"method": "bearer", "schema_version": 1, "bearer_token": CANARY},
    ],
)
def test_the_schema_version_must_come_first(extra: object) -> None:
    """An extra whose first key isn't schema_version is refused: stock hooks would send the keys before it."""
    with pytest.raises(DocumentError) as caught:
        document_of(stored(extra))
    assert caught.value.code == "schema_version_missing"
    assert '"schema_version": 1' in caught.value.findings[0].advice
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    "extra", [f'{{"schema_version": 1, "bearer_token": "{CANARY}"', f'["{CANARY}"]', "[" * 100_000, "3"]
)
def test_an_unreadable_extra_is_reported(extra: str) -> None:
    """An extra that isn't JSON is reported as such; Airflow would read it as an empty object."""
    with pytest.raises(DocumentError) as caught:
        document_of(stored(extra))
    assert caught.value.code == "document_unreadable"
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    ("columns", "fields"),
    [
        ({}, {"base_url": "https://other.example.com"}),
        ({"login": "ann"}, {"username": "bob"}),
        ({"password": CANARY}, {"password": f"other-{CANARY}"}),
    ],
)
def test_contradictions_are_refused(columns: dict[str, Any], fields: dict[str, object]) -> None:
    """Two different values for one field are refused."""
    with pytest.raises(DocumentError, match="given twice") as caught:
        document_of(stored(bearer(**fields), **columns))
    assert caught.value.code == "given_twice"
    assert CANARY not in str(caught.value)


def test_two_ports_are_refused() -> None:
    """A port in the base URL and another one in the connection's own field contradict each other."""
    with pytest.raises(DocumentError, match="8443"):
        document_of(stored(bearer(), host="https://api.example.com:8443", port=9443))


@pytest.mark.parametrize("mask", ["***", "********"])
def test_asterisks_are_refused(mask: str) -> None:
    """The asterisks that Airflow shows in place of a secret are refused as a secret."""
    with pytest.raises(DocumentError) as caught:
        connection_of(stored(bearer(bearer_token=mask)))
    assert caught.value.code == "placeholder_secret"


def test_connections_of_the_database_are_read_the_same() -> None:
    """Connections of Airflow's database give the same document as those of the SDK."""
    connection = DatabaseConnection(  # noqa: AIR311 - the server's own, not the task's
        conn_id="acme", conn_type="watchword", host="https://api.example.com", extra=json.dumps(bearer())
    )
    assert connection_of(connection).name == "acme"


def test_a_uri_keeps_the_integer_in_its_extra() -> None:
    """Airflow's URI carries the extra as JSON, so the integer stays an integer."""
    uri = stored(bearer()).get_uri()
    assert document_of(Connection.from_uri(uri, conn_id="acme")) == document_of(stored(bearer()))
