"""Connections by name, from the places that are configured."""

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
    return sources.opened("local")


def key_of(connection):
    return connection.document.method.api_key


@pytest.mark.parametrize("payload", [json.dumps(DOCUMENT), json.dumps(AIRFLOW), URI])
def test_a_stored_connection_is_found_in_whichever_form(server, vault, payload, monkeypatch):
    """A document, Airflow's JSON and its URI are the same connection, in the vault and in Secret Manager."""
    vault.put("airflow-connections-shop", payload.encode())
    server.put(PROJECT, "airflow-connections-shop", payload)
    for places in ("local", f"gcp://{PROJECT}", "gcp"):
        monkeypatch.setenv("WATCHWORD_SECRETS", places)
        connection = watchword.connect("shop")
        assert (connection.name, connection.base_url) == ("shop", "https://api.test")
        assert key_of(connection) == "kept-key-of-the-shop"


def test_places_are_asked_in_their_order(server, vault, monkeypatch):
    """The first that has the connection wins, and the others are not asked."""
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
    """However often a script connects."""
    server.put(PROJECT, "airflow-connections-shop", json.dumps(DOCUMENT))
    monkeypatch.setenv("WATCHWORD_SECRETS", f"gcp://{PROJECT}")
    for _ in range(1000):
        watchword.connect("shop")
    assert (server.calls, server.connections) == ({"AccessSecretVersion": 1}, 1)


def test_a_connection_that_is_nowhere_is_a_finding(vault):
    """The places that were asked are named, and none of them is made."""
    with pytest.raises(watchword.SecretError) as raised:
        watchword.connect("shop")
    assert raised.value.code == "connection_missing"
    assert "env, local" in str(raised.value)


def test_a_place_that_fails_is_not_passed_over(server, vault, monkeypatch):
    """A connection of the same name in another place may be another one: no falling through."""
    vault.put("airflow-connections-shop", json.dumps(DOCUMENT).encode())
    server.fault("denied", None)
    monkeypatch.setenv("WATCHWORD_SECRETS", f"gcp://{PROJECT},local")
    with pytest.raises(watchword.SecretError) as raised:
        watchword.connect("shop")
    assert raised.value.code == "secrets_denied"


def test_stored_connections_are_fenced_and_those_of_variables_are_not(vault, monkeypatch):
    """Who sets a process's variables can read them anyway."""
    document = DOCUMENT | {"api_key": "env:HOME"}
    vault.put("airflow-connections-shop", json.dumps(document).encode())
    monkeypatch.setenv("HOME", "/home/shop-owner")
    stored = watchword.connect("shop").lint()
    assert [finding.code.name for finding in stored] == ["reference_not_allowed"]
    monkeypatch.setenv("WATCHWORD_CONN_SHOP", json.dumps(document))
    assert watchword.connect("shop").lint() == []


@pytest.mark.parametrize("name", ["", "a b", "a/b", "ä", "x" * 300])
def test_what_can_be_no_name_is_refused(vault, name):
    """With or without a place that would have it."""
    with pytest.raises(watchword.SecretError) as raised:
        watchword.connect(name)
    assert raised.value.code == ("secret_name_illegal" if name else "connection_missing")


@pytest.mark.parametrize("source", ["gpc://acme", "gcp:acme", "gcp://ACME!", "vault", "local:x", "https://x"])
def test_a_place_that_is_none_is_a_finding(monkeypatch, source):
    """A misspelt place is not left out in silence."""
    monkeypatch.setenv("WATCHWORD_SECRETS", f"env,local,{source}")
    with pytest.raises(watchword.SecretError) as raised:
        watchword.connect("shop")
    assert raised.value.code == "secrets_unsuitable"


def test_what_is_kept_is_what_is_read(server, vault):
    """A document goes into either place and comes back the same, and is listed there by its name."""
    for store in (vault, SecretManager(PROJECT)):
        by_name.keep(store, "shop", DOCUMENT)
        assert by_name.document_of(store, "shop") == DOCUMENT
        assert list(by_name.names(store)) == ["shop"]
        assert by_name.remove(store, "shop") is True
        assert by_name.document_of(store, "shop") is None
        assert list(by_name.names(store)) == []


def test_a_wrong_document_is_not_to_be_kept(vault):
    """What could not be used is refused; that a reference can't be followed here is a remark."""
    with pytest.raises(watchword.DocumentError):
        by_name.checked(DOCUMENT | {"base_url": "api.test"}, "shop")
    with pytest.raises(watchword.DocumentError):
        by_name.checked(DOCUMENT | {"api_kee": "x"}, "shop")
    for url in ("http://api.test", "api.test"):  # whether or not its secret can be followed here
        with pytest.raises(watchword.DocumentError):
            by_name.checked(DOCUMENT | {"base_url": url, "api_key": "env:NOT_SET_HERE"}, "shop")
    with pytest.raises(watchword.DocumentError):
        by_name.checked(DOCUMENT | {"api_key": "***"}, "shop")
    remarks = by_name.checked(DOCUMENT | {"api_key": "env:NOT_SET_HERE"}, "shop")
    assert [finding.code.name for finding in remarks] == ["reference_not_allowed"]
    assert by_name.checked(DOCUMENT, "shop") == []


@pytest.mark.parametrize(
    "entries",
    [
        {"test_url": "https://api.test/me?api_key=***"},
        {"proxy": "http://***@proxy.test"},
        {"api_key": "Token ******"},
        {"api_key": "•••••"},
        {"secret_parameters": {"header:X": "***"}},
    ],
)
def test_what_stands_for_a_secret_is_not_kept(entries):
    """What was shown with a part masked must not come back as the real thing."""
    with pytest.raises(watchword.DocumentError) as raised:
        by_name.checked(DOCUMENT | entries, "shop")
    assert raised.value.code == "placeholder_secret"


def test_a_service_that_fails_keeps_no_document_from_being_kept(server):
    """Where it is used it may be up, or allowed."""
    server.fault("denied", None)
    remarks = by_name.checked(DOCUMENT | {"api_key": "gcp:watchword-secret-shop"}, "shop")
    assert [finding.code.name for finding in remarks] == ["secrets_denied"]
