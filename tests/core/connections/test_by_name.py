"""Connections by name, from the configured sources."""

from __future__ import annotations

import json

import pytest

import watchword
from watchword.connections import by_name
from watchword.secrets import sources
from watchword.secrets.google.manager import SecretManager

PROJECT = "acme-prod"
DOCUMENT = {"base_url": "https://api.test", "method": "api_key", "api_key": "kept-key-of-the-shop"}
AIRFLOW = {
    "conn_type": "watchword",
    "host": "https://api.test",
    "extra": {"schema_version": 1, "method": "api_key", "api_key": "kept-key-of-the-shop"},
}
URI = (
    "watchword://https%3A%2F%2Fapi.test/?__extra__="
    "%7B%22schema_version%22%3A1%2C%22method%22%3A%22api_key%22%2C%22api_key%22%3A%22kept-key-of-the-shop%22%7D"
)


@pytest.fixture
def vault(monkeypatch, tmp_path):
    """A vault in a file of this test."""
    monkeypatch.setenv("WATCHWORD_STORE", f"sqlite:///{tmp_path}/tokens.db")
    return sources.secret_store("local")


def key_of(connection):
    return connection.document.method.api_key


@pytest.mark.parametrize("payload", [json.dumps(DOCUMENT), json.dumps(AIRFLOW), URI])
def test_a_stored_connection_is_found_in_each_form(server, vault, payload, monkeypatch):
    """A document, Airflow's JSON and its URI give the same connection from the vault and Secret Manager."""
    vault.put("airflow-connections-shop", payload.encode())
    server.put(PROJECT, "airflow-connections-shop", payload)
    for configured in ("local", f"gcp://{PROJECT}", "gcp"):
        monkeypatch.setenv("WATCHWORD_SECRETS", configured)
        connection = watchword.connect("shop")
        assert (connection.name, connection.base_url) == ("shop", "https://api.test")
        assert key_of(connection) == "kept-key-of-the-shop"


def test_sources_are_read_in_their_order(server, vault, monkeypatch):
    """The first source that has the connection wins, and the others are not read."""
    vault.put("airflow-connections-shop", json.dumps(DOCUMENT | {"api_key": "of-the-vault"}).encode())
    server.put(PROJECT, "airflow-connections-shop", json.dumps(DOCUMENT | {"api_key": "of-google"}))
    monkeypatch.setenv("WATCHWORD_SECRETS", f"env, local ,gcp://{PROJECT}")
    assert key_of(watchword.connect("shop")) == "of-the-vault"
    assert server.calls == {}
    monkeypatch.setenv("WATCHWORD_CONN_SHOP", json.dumps(DOCUMENT | {"api_key": "of-the-environment"}))
    assert key_of(watchword.connect("shop")) == "of-the-environment"
    monkeypatch.setenv("WATCHWORD_SECRETS", f"gcp://{PROJECT},local")
    assert key_of(watchword.connect("shop")) == "of-google"


def test_a_thousand_connections_of_a_name_are_one_call(server, monkeypatch):
    """Secret Manager is called once, however often a script connects."""
    server.put(PROJECT, "airflow-connections-shop", json.dumps(DOCUMENT))
    monkeypatch.setenv("WATCHWORD_SECRETS", f"gcp://{PROJECT}")
    for _ in range(1000):
        watchword.connect("shop")
    assert (server.calls, server.connections) == ({"AccessSecretVersion": 1}, 1)


def test_a_missing_connection_is_a_finding(vault):
    """The error names the sources that were read."""
    with pytest.raises(watchword.SecretError) as raised:
        watchword.connect("shop")
    assert raised.value.code == "connection_missing"
    assert "env, local" in str(raised.value)


def test_a_source_that_fails_is_not_skipped(server, vault, monkeypatch):
    """Another source may hold a different connection of the same name, so it is not read instead."""
    vault.put("airflow-connections-shop", json.dumps(DOCUMENT).encode())
    server.fault("denied", None)
    monkeypatch.setenv("WATCHWORD_SECRETS", f"gcp://{PROJECT},local")
    with pytest.raises(watchword.SecretError) as raised:
        watchword.connect("shop")
    assert raised.value.code == "secrets_denied"


def test_only_stored_connections_are_limited_to_allowed_references(vault, monkeypatch):
    """A connection in a variable may use any reference: its author can read the variables anyway."""
    document = DOCUMENT | {"api_key": "env:HOME"}
    vault.put("airflow-connections-shop", json.dumps(document).encode())
    monkeypatch.setenv("HOME", "/home/shop-owner")
    stored = watchword.connect("shop").lint()
    assert [finding.code.name for finding in stored] == ["reference_not_allowed"]
    monkeypatch.setenv("WATCHWORD_CONN_SHOP", json.dumps(document))
    assert watchword.connect("shop").lint() == []


@pytest.mark.parametrize("name", ["", "a b", "a/b", "ä", "x" * 300])
def test_an_illegal_name_is_refused(vault, name):
    """A name that no secret can have is a finding; the empty name is a missing connection."""
    with pytest.raises(watchword.SecretError) as raised:
        watchword.connect(name)
    assert raised.value.code == ("secret_name_illegal" if name else "connection_missing")


@pytest.mark.parametrize("source", ["gpc://acme", "gcp:acme", "gcp://ACME!", "vault", "local:x", "https://x"])
def test_an_unknown_source_is_a_finding(monkeypatch, source):
    """A misspelt source is a finding rather than being ignored."""
    monkeypatch.setenv("WATCHWORD_SECRETS", f"env,local,{source}")
    with pytest.raises(watchword.SecretError) as raised:
        watchword.connect("shop")
    assert raised.value.code == "secrets_unsuitable"


def test_a_stored_document_is_read_back(server, vault):
    """A document that is stored in either store comes back the same, and is listed there by its name."""
    for store in (vault, SecretManager(PROJECT)):
        by_name.keep(store, "shop", DOCUMENT)
        assert by_name.document_of(store, "shop") == DOCUMENT
        assert list(by_name.names(store)) == ["shop"]
        assert by_name.remove(store, "shop") is True
        assert by_name.document_of(store, "shop") is None
        assert list(by_name.names(store)) == []
