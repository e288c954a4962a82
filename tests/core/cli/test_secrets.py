"""The commands `secrets set`, `list` and `remove`: the secrets of references local:NAME and gcp:NAME."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

import watchword
from watchword.connections import by_name

NAME = "watchword-secret-acme"


def test_a_secret_is_typed_twice(command, vault, secret):
    """A secret is typed twice, unseen; the output says how a field refers to it."""
    done = command("secrets", "set", NAME, typed=f"{secret}\nother\n{secret}\n{secret}\n")
    assert vault.get(NAME) == secret.encode()
    assert "local:watchword-secret-acme" in done.stdout
    assert "warning" not in done.stderr
    connection = watchword.load(
        {"base_url": "https://a.test", "method": "api_key", "api_key": f"local:{NAME}"}
    )
    assert connection.lint() == []


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_a_secret_from_stdin_or_a_file(command, vault, secret, tmp_path, ending):
    """A secret from stdin or a file is stored without its last line break."""
    command("secrets", "set", NAME, "--from", "-", typed=f"{secret}{ending}")
    assert vault.get(NAME) == secret.encode()
    (tmp_path / "key").write_bytes(f"two\nlines{ending}".encode())
    command("secrets", "set", NAME, "--from", tmp_path / "key")
    assert vault.get(NAME) == b"two\nlines"


@pytest.mark.parametrize("content", [b"", b"\n", b"  ", b"***\n", b"\xff\xfe"])
def test_what_is_no_secret(command, vault, content):
    """Empty content, asterisks and bytes that are not text are refused."""
    assert command("secrets", "set", NAME, "--from", "-", typed=content).return_value == 3
    assert vault.names() == []


def test_a_name_that_kept_connections_may_not_use(command, secret):
    """A warning says if stored connections may not refer to the name, and names the setting."""
    done = command("secrets", "set", "acme", "--from", "-", typed=secret)
    assert "WATCHWORD_ALLOWED_REFERENCES" in done.stderr


def test_connections_are_no_secrets(command, vault):
    """Connections are neither listed nor set nor removed as secrets."""
    by_name.keep(vault, "acme", {"method": "none", "base_url": "https://a.test"})
    vault.put("b", b"x")
    vault.put("a", b"x")
    assert command("secrets", "list").stdout.split() == ["a", "b"]
    for arguments in (["set", "airflow-connections-acme"], ["remove", "airflow-connections-acme", "--yes"]):
        done = command("secrets", *arguments)
        assert (done.return_value, "connections add" in done.stderr) == (3, True)
    assert by_name.names(vault) == ["acme"]


def test_an_empty_list(command):
    """An empty list names the store on stderr, and stdout stays empty."""
    done = command("secrets", "list")
    assert (done.stdout, "tokens.db" in done.stderr) == ("", True)


def test_a_secret_is_removed(command, vault):
    """A secret is removed after a question; a secret that does not exist is exit status 3."""
    vault.put(NAME, b"x")
    assert "Left as it is" in command("secrets", "remove", NAME, typed="n\n").stdout
    assert vault.names() == [NAME]
    assert "Removed" in command("secrets", "remove", NAME, typed="y\n").stdout
    assert vault.names() == []
    done = command("secrets", "remove", NAME, "--yes")
    assert (done.return_value, "secret_missing" in done.stderr) == (3, True)
    done = command("secrets", "set", "no name", "--from", "-", typed="x")
    assert (done.return_value, "secret_name_illegal" in done.stderr) == (3, True)


def test_secrets_in_secret_manager(command, manager, secret):
    """With --in the commands use Secret Manager, for references gcp:NAME."""
    done = command("secrets", "set", NAME, "--from", "-", "--in", "gcp", typed=secret)
    assert f"gcp:{NAME}" in done.stdout
    assert command("secrets", "list", "--in", "gcp").stdout.split() == [NAME]
    command("secrets", "remove", NAME, "--yes", "--in", "gcp")
    assert manager.versions("acme-prod", NAME) == []


@pytest.mark.parametrize(
    "statement", ["DELETE FROM watchword_vault", "UPDATE watchword_vault SET version = 7"]
)
def test_what_was_changed_by_hand_is_replaced_or_removed(command, vault, secret, tmp_path, statement):
    """A secret and a connection whose rows were changed by hand are listed, and can be given up by name."""
    path = vault.display_name.rpartition("sqlite:///")[2]
    vault.put(NAME, b"x")
    by_name.keep(vault, "acme", {"method": "none", "base_url": "https://a.test"})
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute(statement)
    assert command("secrets", "list").stdout.split() == [NAME]
    assert "can't be read" in command("connections", "list").stdout
    assert "Removed" in command("connections", "remove", "acme", "--yes").stdout
    command("secrets", "set", NAME, "--from", "-", typed=secret)
    assert vault.get(NAME) == secret.encode()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute(statement)
    assert "Removed" in command("secrets", "remove", NAME, "--yes").stdout
    assert vault.names() == []
