"""The vault: it shares the process's one store with the tokens, and does nothing before its first use."""

from __future__ import annotations

import stat
import subprocess
import sys

import pytest

from watchword.errors import SecretError
from watchword.secrets.vault import open_vault
from watchword.stores import open_store
from watchword.stores.encryption import new_key


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/store/tokens.db"


def test_it_is_the_store_of_the_environment(monkeypatch, url):
    """Without a URL and a key it is the environment's store, and its name holds no password."""
    monkeypatch.setenv("WATCHWORD_STORE", url)
    monkeypatch.setenv("WATCHWORD_KEY", new_key())
    vault = open_vault()
    assert vault.display_name == f"the vault {url}"
    vault.put("a", b"1")
    assert open_store().vault.get("a") == b"1"
    server = open_vault("postgresql+psycopg://u:canary@h/d", new_key())
    assert server.display_name == "the vault postgresql+psycopg://u@h/d"


def test_a_process_opens_its_store_once(url):
    """The vault and the tokens share one open database; another key opens another one."""
    key = new_key()
    assert open_vault(url, key)._store is open_vault(url, key)._store is open_store(url, key)
    assert open_vault(url, new_key())._store is not open_store(url, key)
    open_vault("memory://").put("a", b"1")
    assert open_vault("memory://", key).get("a") == b"1"


def test_reading_makes_nothing(url, tmp_path):
    """A vault whose file does not exist has no secrets, and reading does not create the file."""
    vault = open_vault(url)
    assert vault.get("a") is None
    assert list(vault.names()) == []
    assert not vault.remove("a")
    assert not vault.is_made
    assert not (tmp_path / "store").exists()
    vault.put("a", b"1")
    assert vault.is_made
    assert vault.get("a") == b"1"


def test_a_place_that_cannot_be_looked_at_is_named(tmp_path):
    """If the system can't say whether the file exists, the vault raises an error and is not empty."""
    vault = open_vault(f"sqlite:///{tmp_path}/{'x' * 300}/tokens.db")
    for use in (
        vault.names,
        lambda: vault.get("a"),
        lambda: vault.put("a", b"canary"),
        lambda: vault.is_made,
    ):
        with pytest.raises(SecretError) as caught:
            use()
        assert caught.value.code == "store_unsuitable"
        assert "canary" not in str(caught.value)


def test_a_vault_begun_by_a_secret_is_this_users_alone(url, tmp_path):
    """Its files have mode 0600, its folder 0700, and no file shows the secret."""
    vault = open_vault(url)
    vault.put("a", b"canary of a secret")
    files = list((tmp_path / "store").iterdir())
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "store").stat().st_mode) == 0o700
    assert not any(b"canary" in path.read_bytes() for path in files)


def test_an_unsuitable_url_is_refused_at_once():
    """A URL that no store can have is refused when the vault is opened."""
    with pytest.raises(SecretError) as caught:
        open_vault("mysql://u:canary@h/d")
    assert caught.value.code == "store_unsuitable"
    assert "canary" not in str(caught.value)


def test_importing_needs_no_database():
    """A vault in memory imports neither SQLAlchemy nor cryptography."""
    program = (
        "import sys; from watchword.secrets.vault import open_vault; vault = open_vault('memory://'); "
        "vault.put('a', b'1'); assert vault.get('a') == b'1'; "
        "assert not {'sqlalchemy', 'cryptography', 'psycopg', 'filelock', 'google'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
