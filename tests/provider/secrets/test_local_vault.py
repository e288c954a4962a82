"""`LocalVaultBackend`: the same from the vault, with no cloud."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from airflow.sdk.bases.hook import BaseHook
from airflow.sdk.exceptions import AirflowSecretsBackendAccessDenied

from airflow_provider_watchword.secrets import LocalVaultBackend
from watchword.connections.by_name import keep
from watchword.secrets.vault import open_vault

DOCUMENT = {"method": "bearer", "base_url": "https://api.example.com", "token": "tok-0123456789"}

Said = Callable[[], list[str]]


@pytest.fixture
def place(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'vault.db'}"


def test_all_three_kinds_are_found(place: str, classes: list[type]) -> None:
    """In the store that is given, under the names that they have at Google."""
    vault = open_vault(place)
    keep(vault, "shop", DOCUMENT)
    vault.put("airflow-variables-a", b"value")
    vault.put("airflow-config-b", b"option")
    backend = LocalVaultBackend(store=place)
    for conn_class in classes:
        backend._set_connection_class(conn_class)
        found = backend.get_connection("shop")
        assert type(found) is conn_class
        assert (found.conn_type, found.host) == ("watchword", "https://api.example.com")
        assert found.extra_dejson == {"schema_version": 1, "method": "bearer", "token": DOCUMENT["token"]}
    assert (backend.get_variable("a"), backend.get_config("b")) == ("value", "option")
    assert backend.get_variable("b") is backend.get_config("a") is backend.get_conn_value("a.b") is None


def test_a_change_is_seen_at_once(place: str) -> None:
    """Nothing is kept beside the vault."""
    vault, backend = open_vault(place), LocalVaultBackend(store=place)
    assert backend.get_conn_value("shop") is None
    for payload in (b"http://old", b"http://new"):
        vault.put("airflow-connections-shop", payload)
        assert backend.get_conn_value("shop") == payload.decode()


def test_the_environment_says_where(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it does for tokens."""
    open_vault(place).put("airflow-config-a", b"value")
    monkeypatch.setenv("WATCHWORD_STORE", place)
    assert LocalVaultBackend().get_config("a") == "value"


def test_airflow_cfg_says_where(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for options, which are read while airflow.cfg is."""
    for kind in ("connections", "variables", "config"):
        open_vault(place).put(f"airflow-{kind}-a", b"http://x")
    monkeypatch.setenv("AIRFLOW__WATCHWORD__STORE", place)
    backend = LocalVaultBackend()
    assert backend.get_conn_value("a") == backend.get_variable("a") == "http://x"
    assert backend.get_config("a") is None


def test_airflow_asks_the_vault(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before its own database."""
    keep(open_vault(place), "shop", DOCUMENT)
    monkeypatch.setenv("AIRFLOW__SECRETS__BACKEND", "airflow_provider_watchword.secrets.LocalVaultBackend")
    monkeypatch.setenv("AIRFLOW__SECRETS__BACKEND_KWARGS", json.dumps({"store": place}))
    assert BaseHook.get_connection("shop").host == "https://api.example.com"


def test_patterns_and_prefixes_are_those_of_the_other_backend(place: str) -> None:
    """One learns them once."""
    open_vault(place).put("conns_gcp", b"http://x")
    backend = LocalVaultBackend(
        store=place,
        connections_prefix="conns",
        sep="_",
        connections_lookup_pattern="g",
        variables_prefix=None,
    )
    assert backend.get_conn_value("gcp") == "http://x"
    assert backend.get_conn_value("other") is backend.get_variable("gcp") is None


def test_a_vault_that_cannot_be_read_is_said(tmp_path: Path, said: Said) -> None:
    """And ends the search, if it is to."""
    (tmp_path / "vault.db").write_bytes(b"no database at all, but rather something else" * 100)
    place = f"sqlite:///{tmp_path / 'vault.db'}"
    assert LocalVaultBackend(store=place).get_conn_value("shop") is None
    [text] = said()
    assert text.startswith("The connection 'shop' can't be had: store_")
    with pytest.raises(AirflowSecretsBackendAccessDenied, match="store_"):
        LocalVaultBackend(store=place, fail_closed=True).get_conn_value("shop")


def test_a_wrong_key_is_said_without_it(place: str, said: Said) -> None:
    """When a secret is asked for, since nothing is opened before."""
    backend = LocalVaultBackend(store=place, key="no-key-0123456789")
    assert backend.get_variable("a") is None
    [text] = said()
    assert "store_key_wrong" in text
    assert "no-key" not in text
