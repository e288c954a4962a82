"""Opening stores: by URL, once in a process, and what the environment says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from watchword import settings
from watchword.stores import open_store
from watchword.stores.encryption import new_key
from watchword.stores.memory import MemoryStore
from watchword.tokens.token_store import StoreError


def test_a_store_is_opened_once():
    """The same URL and keys give the same store, others another one."""
    assert open_store("memory://") is open_store("memory://", new_key())
    assert isinstance(open_store("memory://"), MemoryStore)
    assert open_store() is open_store()
    assert open_store(key=new_key()) is not open_store()


def test_opening_touches_nothing(tmp_path):
    """A store's file is made at its first use, not before."""
    store = open_store()
    assert not (tmp_path / "home").exists()
    assert store.load("k").record.generation == 0
    assert (tmp_path / "home/tokens.db").exists()
    assert store.display_url == f"sqlite:///{tmp_path}/home/tokens.db"
    assert not store.leaves_host


def test_the_environment_says_where(monkeypatch, tmp_path):
    """WATCHWORD_STORE and WATCHWORD_KEY are taken without blanks around them, when they are set."""
    monkeypatch.setenv("WATCHWORD_STORE", " memory://\n")
    monkeypatch.setenv("WATCHWORD_KEY", " k\n")
    assert (settings.store_url(), settings.keys()) == ("memory://", "k")
    assert isinstance(open_store(), MemoryStore)
    monkeypatch.setenv("WATCHWORD_STORE", " ")
    assert settings.store_url() == f"sqlite:///{tmp_path}/home/tokens.db"


def test_home_is_a_folder_of_this_user(monkeypatch):
    """Without WATCHWORD_HOME it is the user's data folder; a relative one, another each time, is refused."""
    monkeypatch.setenv("WATCHWORD_HOME", "here")
    monkeypatch.delenv("WATCHWORD_STORE", raising=False)
    with pytest.raises(StoreError, match="absolute path"):
        open_store()
    monkeypatch.setenv("WATCHWORD_HOME", "~/there")
    assert settings.home() == Path.home() / "there"
    monkeypatch.setenv("WATCHWORD_HOME", "")
    assert settings.home().name == "watchword"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "tokens.db",
        "mysql://u:canary@h/d",
        "postgresql+psycopg2://u:canary@h/d",
        "postgresql+psycopg://u:p@canary:canary/d",
        "canary-of-a-secret:x://h",
        "sqlite://canary@h/x",
        "sqlite:////var/lib/watchword/tokens.db?key=canary",
    ],
)
def test_an_unsuitable_url_is_refused_without_being_shown(url):
    """A URL of no store is named by its kind at most, since it may hold a password."""
    with pytest.raises(StoreError) as caught:
        open_store(url)
    assert caught.value.code == "store_unsuitable"
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_importing_needs_no_database():
    """Neither the package nor a store in memory imports SQLAlchemy or cryptography."""
    program = (
        "import sys, watchword; from watchword.stores import open_store; "
        "open_store('memory://').load('k'); "
        "assert not {'sqlalchemy', 'cryptography', 'psycopg', 'filelock'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_password_that_is_not_percent_encoded_is_not_shown():
    """What would be taken for host and database is a part of it: the error says how it is written."""
    with pytest.raises(StoreError, match="%40") as error:
        open_store("postgresql+psycopg://u:s3cret@PW/x@127.0.0.1:1/db", new_key())
    assert "PW" not in str(error.value)
    assert "s3cret" not in str(error.value)
