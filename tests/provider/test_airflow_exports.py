"""What Airflow itself exports is imported: in each of its formats, written by Airflow's own code."""

from __future__ import annotations

import json

import pytest
from airflow.cli.commands.connection_command import _format_connections
from airflow.models.connection import Connection

from watchword.connections.imports.formats import entries_in

PASSWORD = "p/ss %w\"0'rd#é\\$x"
EXTRA = {"X-API-Key": "k #1", "timeout": 20}
CONNECTIONS = [
    Connection(
        "shop", "http", host="https://a.test/v1", login="etl", password=PASSWORD, extra=json.dumps(EXTRA)
    ),
    Connection(
        "plain.id-2", "generic", host="b.test", schema="https", port=8443, login="u", password=PASSWORD
    ),
    Connection("pg", "postgres", host="db", login="u", password=PASSWORD, schema="x"),
]


@pytest.mark.parametrize(
    ("file_format", "serialization"),
    [(".json", "uri"), (".yaml", "uri"), (".env", "uri"), (".env", "json")],
)
def test_each_format_of_airflow_s_own_export(file_format, serialization):
    """Airflow's JSON, YAML and .env (as URI and JSON) give the same documents; other types are skipped."""
    text = _format_connections(CONNECTIONS, file_format, serialization)
    entries = {entry.label: entry for entry in entries_in(text, "file", {})}
    shop, plain, database = (entries[name] for name in ("shop", "plain.id-2", "pg"))
    assert shop.document == {
        "base_url": "https://a.test/v1",
        "method": "basic",
        "username": "etl",
        "password": PASSWORD,
        "charset": "latin-1",  # as requests encodes it
        "secret_parameters": {"header:X-API-Key": "k #1"},
        "timeout": 20,
    }
    assert plain.document["base_url"] == "https://b.test:8443"
    assert plain.document["password"] == PASSWORD
    assert "of type postgres" in database.skipped
