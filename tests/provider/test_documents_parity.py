"""The core reads Airflow's texts as Airflow itself does."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from airflow.models import Connection as DatabaseConnection
from airflow.providers.http.hooks.http import HttpHook
from airflow.sdk import Connection
from hypothesis import example, given
from hypothesis import strategies as st

import watchword
from watchword import DocumentError
from watchword.connections.airflow_format import airflow_json, document_of, parse_connection
from watchword.connections.imports.airflow.http_connection import convert

FIELDS = ("conn_type", "host", "schema", "port", "login", "password", "extra")
DOCUMENT = {"method": "basic", "base_url": "https://api.test/v2", "username": "ann", "password": "p:/@?#ä"}


def fields(connection: Any) -> dict[str, object]:
    return {name: getattr(connection, name) for name in FIELDS}


def ours(text: str) -> dict[str, object] | None:
    try:
        return fields(parse_connection(text, "acme"))
    except DocumentError:
        return None


def airflows(text: str) -> dict[str, object] | None:
    """Return what the Task SDK reads, called as by its secrets backends; None if it fails."""
    text = text.strip()
    try:
        if text.startswith("{"):
            return fields(Connection.from_json(text, conn_id="acme"))
        return fields(Connection.from_uri(text, conn_id="acme"))
    except Exception:  # noqa: BLE001 - of many types
        return None


texts = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(
    ["https://Api.test", "a/b", "@:%"]
)
maybe = st.none() | texts
extras = st.dictionaries(texts, texts | st.integers() | st.booleans(), max_size=3)
connections = st.fixed_dictionaries(
    {"conn_type": st.sampled_from(["http", "watchword", "postgresql", "google-cloud", "a_b", "HTTP"])},
    optional={
        "host": maybe, "schema": maybe, "login": maybe, "password": maybe, "description": maybe,
        "port": st.none() | st.integers(0, 65535) | st.sampled_from(["", "80", " 80 ", "x", 80.5, True]),
        "extra": st.none() | texts | extras | extras.map(json.dumps) | st.lists(texts, max_size=2),
        "uri": st.none() | st.just("http://h"),
        "conn_id": st.just("other"),
    },
)  # fmt: skip


@given(connections)
def test_json_is_read_the_same(entries: dict[str, Any]) -> None:
    """The core reads each field of Airflow's JSON, and fails, as Airflow does."""
    text = json.dumps(entries)
    assert ours(text) == airflows(text)


@given(st.dictionaries(st.sampled_from(["uri", "port", "extra", "host"]), st.none() | st.just("http://h/s")))
def test_a_uri_in_json_is_read_the_same(entries: dict[str, Any]) -> None:
    """A URI in Airflow's JSON is read as Airflow reads it, alone or with empty fields."""
    text = json.dumps(entries)
    assert ours(text) == airflows(text)


pieces = st.sampled_from(
    [
        *(
            "http",
            "HTTPS",
            "a-b",
            "a_b",
            "postgresql",
            "://",
            "://",
            ":",
            "/",
            "@",
            "?",
            "#",
            "&",
            "=",
            "[",
            "]",
        ),
        *("%2F", "%3A%2F%2F", "%", "%40", "Api.test", "443", "99999", "x", "ä", "\u2100", "__extra__", "::1"),
        *("\n", " ", "+", ";", "%7B%7D"),
    ]
)


@given(st.lists(pieces, max_size=14).map("".join) | st.text(st.characters(codec="utf-8")))
@example("http://https%3A%2F%2FApi.test%3A8443%2Fv2/")
@example("http://https://ann:p%40ss@Api.test:8443/v2?a=1&b=")
@example("http://https://")
@example("://://h")
@example("google_cloud_platform://?a=1")
@example("//ann:p@h/s")
@example("http://u:p@/?__extra__=x&a=b")
@example("http:https://h/http://")
def test_a_uri_is_read_the_same(uri: str) -> None:
    """The core reads each part of a URI, and fails, as Airflow does, including its quirks."""
    if not uri.strip().startswith("{"):
        assert ours(uri) == airflows(uri)


@given(connections)
def test_what_airflow_writes_is_read_the_same(entries: dict[str, Any]) -> None:
    """The core reads URIs and JSON that Airflow writes as Airflow does."""
    if airflows(json.dumps(entries)) is None:
        return
    connection = Connection.from_json(json.dumps(entries), conn_id="acme")
    try:
        written = [connection.get_uri(), connection.as_json()]
    except Exception:  # noqa: BLE001 - Airflow's own writing fails on some extras
        return
    for text in written:
        assert ours(text) == airflows(text)


@pytest.mark.parametrize("of_database", [False, True])
def test_airflow_reads_what_is_wrapped_for_it(*, of_database: bool) -> None:
    """A wrapped document is an Airflow connection, which gives the same document again."""
    kind = DatabaseConnection if of_database else Connection  # noqa: AIR311 - the server's own
    connection = kind.from_json(airflow_json(DOCUMENT), conn_id="acme")
    assert connection.conn_type == "watchword"
    assert document_of(connection) == {"schema_version": 1, **DOCUMENT}


def test_a_uri_of_the_server_differs_only_in_plain_parameters() -> None:
    """The server's connection reads URI parameters as JSON, and other fields as in tasks and here."""
    uri = "http://ann:p%40ss@Api.test:8443/https?timeout=3&name=x"
    served = fields(DatabaseConnection(conn_id="acme", uri=uri))  # noqa: AIR311 - the server's own
    read = ours(uri)
    assert read is not None
    assert json.loads(str(served.pop("extra"))) == {"timeout": 3, "name": "x"}
    assert json.loads(str(read.pop("extra"))) == {"timeout": "3", "name": "x"}
    assert read == served


@pytest.mark.parametrize(
    "entries",
    [
        {"extra": {"X-Tenant": "7", "Accept-Language": "de"}},
        {"extra": {"Accept": "text/csv", "User-Agent": "acme"}},
        {"login": "ann", "password": "p:w"},
        {"login": "ann", "password": "pä"},
        {"login": "ann", "extra": {"Authorization": "Bearer t", "X-API-Key": "k"}, "password": ""},
        {"password": "alone"},
        {"extra": {"Authorization": "Bearer t", "X-API-Key": "k", "X-Tenant": "7"}},
        {"extra": {"authorization": "bearer t"}},
        {"extra": {"Authorization": "Basic cDpx"}},
        {"extra": {"Authorization": "Basic odd"}},
        {"extra": {"Authorization": "Token t"}},
        {"extra": {"X-API-Key": "env:HOME"}},
        {"extra": {"X-API-Key": "k", "X-Auth-Token": "t", "Cookie": "a=b"}},
        {"host": "https://ann:p%21@api.test", "schema": "v2"},
    ],
)
def test_a_converted_connection_sends_what_httphook_sent(
    entries: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request has the same headers with Airflow's hook and with the converted document."""
    text = json.dumps({"conn_type": "http", "host": "api.test", "schema": "https", **entries})
    monkeypatch.setenv("AIRFLOW_CONN_ACME", text)
    hook = HttpHook("GET", "acme")
    with hook.get_conn() as session:
        sent = session.prepare_request(requests.Request("GET", hook.url_from_endpoint("/v1")))
        connection = watchword.load(convert(parse_connection(text, "acme"))[0])
    with connection.session() as api:
        mine = connection.auth()(api.prepare_request(requests.Request("GET", "/v1")))
    assert {name.lower(): value for name, value in mine.headers.items()} == {
        name.lower(): value for name, value in sent.headers.items()
    }
    assert mine.url == requests.Request("GET", str(sent.url).replace("ann:p%21@", "")).prepare().url
