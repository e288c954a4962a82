"""`LocalVaultBackend` finds connections, variables and options in the vault, without a cloud."""

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

Logged = Callable[[], list[str]]


@pytest.fixture
def place(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'vault.db'}"


def test_all_three_kinds_are_found(place: str, classes: list[type]) -> None:
    """The vault of the given store has them under the same names as Google Secret Manager."""
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
    """The backend doesn't cache what the vault holds."""
    vault, backend = open_vault(place), LocalVaultBackend(store=place)
    assert backend.get_conn_value("shop") is None
    for payload in (b"http://old", b"http://new"):
        vault.put("airflow-connections-shop", payload)
        assert backend.get_conn_value("shop") == payload.decode()


def test_the_environment_names_the_vault(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """WATCHWORD_STORE names the vault, as it names the token store."""
    open_vault(place).put("airflow-config-a", b"value")
    monkeypatch.setenv("WATCHWORD_STORE", place)
    assert LocalVaultBackend().get_config("a") == "value"


def test_airflow_cfg_names_the_vault(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`[watchword]` applies to connections and variables, not to options, which are read with airflow.cfg."""
    for kind in ("connections", "variables", "config"):
        open_vault(place).put(f"airflow-{kind}-a", b"http://x")
    monkeypatch.setenv("AIRFLOW__WATCHWORD__STORE", place)
    backend = LocalVaultBackend()
    assert backend.get_conn_value("a") == backend.get_variable("a") == "http://x"
    assert backend.get_config("a") is None


def test_airflow_looks_into_the_vault(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow finds a connection in the vault before it looks into its database."""
    keep(open_vault(place), "shop", DOCUMENT)
    monkeypatch.setenv("AIRFLOW__SECRETS__BACKEND", "airflow_provider_watchword.secrets.LocalVaultBackend")
    monkeypatch.setenv("AIRFLOW__SECRETS__BACKEND_KWARGS", json.dumps({"store": place}))
    assert BaseHook.get_connection("shop").host == "https://api.example.com"


def test_patterns_and_prefixes_are_those_of_the_other_backend(place: str) -> None:
    """Patterns, prefixes and separator work as in the other backend."""
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


def test_a_vault_that_cannot_be_read_is_logged(tmp_path: Path, logged: Logged) -> None:
    """A damaged vault is logged; with fail_closed it also stops the search."""
    (tmp_path / "vault.db").write_bytes(b"no database at all, but rather something else" * 100)
    place = f"sqlite:///{tmp_path / 'vault.db'}"
    assert LocalVaultBackend(store=place).get_conn_value("shop") is None
    [text] = logged()
    source = "the connection 'shop' from the secret airflow-connections-shop"
    assert text.startswith(f"LocalVaultBackend can't read {source}: store_")
    with pytest.raises(AirflowSecretsBackendAccessDenied, match="store_"):
        LocalVaultBackend(store=place, fail_closed=True).get_conn_value("shop")


def test_a_wrong_key_is_logged_without_it(place: str, logged: Logged) -> None:
    """The first lookup reports a wrong key, because the vault isn't opened before."""
    backend = LocalVaultBackend(store=place, key="no-key-0123456789")
    assert backend.get_variable("a") is None
    [text] = logged()
    assert "store_key_wrong" in text
    assert "no-key" not in text
