"""The commands `store health`, `rekey` and `forget`, and the output of a command that crashes."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
import typer
from typer.testing import CliRunner

import watchword
from watchword import cli, redact, stores
from watchword.cli.app import app, main
from watchword.sign_in.stored_sign_in import stored_sign_in
from watchword.stores import open_store
from watchword.stores.encryption import new_key
from watchword.tokens.token import Token

SECRET = "s3cret-of-a-crash"

DOCUMENT = {
    "base_url": "https://a.test",
    "method": "oauth2_authorization_code",
    "client_id": "c",
    "client_auth": "none",
    "authorize_url": "https://a.test/authorize",
    "token_url": "https://a.test/token",
}


@pytest.fixture
def keys(monkeypatch, tmp_path):
    """Store tokens in an encrypted file; give the function that changes its keys."""
    monkeypatch.setenv("WATCHWORD_STORE", f"sqlite:///{tmp_path}/tokens.db")

    def use(*given):
        monkeypatch.setenv("WATCHWORD_KEY", ",".join(given))
        stores._stores.clear()

    return use


def sign_in(*names):
    for name in names:
        connection = watchword.load(DOCUMENT, name=name)
        stored_sign_in(connection).accept(Token(f"t0ken-of-{name}", refresh_token="r3fresh"))


def run(*arguments, typed=""):
    """Run a command in this process; its exit status is `return_value`."""
    done = CliRunner().invoke(app, ["store", *arguments], input=typed, standalone_mode=False)
    assert "t0ken" not in done.output
    return done


def test_a_store_s_health(keys):
    """`health` prints the store's URL, kind and number of tokens, and that its key decrypts them."""
    keys(new_key())
    sign_in("one", "two")
    done = run("health")
    assert done.return_value in {None, 0}
    assert "tokens.db" in done.stdout
    assert "sqlite, for the processes of this machine" in done.stdout
    assert "tokens:   2" in done.stdout
    assert "opens" in done.stdout


def test_a_wrong_key(keys):
    """A key that does not fit is exit status 3 for each command, and no key is shown."""
    first, other = new_key(), new_key()
    keys(first)
    sign_in("one")
    keys(other)
    for arguments in (["health"], ["rekey"], ["forget", "one", "--yes"]):
        done = run(*arguments)
        assert (done.return_value, "store_key_wrong" in done.stderr) == (3, True), done.output
        assert first not in done.output
        assert other not in done.output


def test_a_key_is_rolled(keys):
    """After `rekey` with `new,old`, the old key is not needed and decrypts nothing."""
    old, new = new_key(), new_key()
    keys(old)
    sign_in("one", "two")
    keys(new, old)
    done = run("rekey")
    assert "2 rows" in done.stdout, done.output
    keys(new)
    assert len(open_store().records()) == 2
    keys(old)
    assert run("health").return_value == 3


def test_memory_has_no_key(monkeypatch):
    """A store in memory ends with its process, so the commands refuse it."""
    monkeypatch.setenv("WATCHWORD_STORE", "memory://")
    for command in ("health", "rekey"):
        done = run(command)
        assert (done.return_value, "ends with each process" in done.stderr) == (3, True)


def test_a_look_makes_no_store(monkeypatch, tmp_path):
    """`health` fails for a store that does not exist, and does not create it."""
    path = tmp_path / "mistyped" / "tokens.db"
    monkeypatch.setenv("WATCHWORD_STORE", f"sqlite:///{path}")
    done = run("health")
    assert (done.return_value, "there is no token store" in done.stderr) == (3, True)
    assert not path.parent.exists()


def test_a_name_is_forgotten(keys):
    """`forget` deletes all records of one name, after a question."""
    keys(new_key())
    sign_in("one", "two")
    assert isinstance(run("forget", "one", typed="n\n").exception, typer.Abort)
    assert len(open_store().records()) == 2
    done = run("forget", "one", typed="y\n")
    assert "Deleted: 1 record of one" in done.stdout
    assert run("forget", "one", "--yes").return_value == 3
    assert [record.name for record, _ in open_store().records()] == ["two"]
    run("forget", "two", "--yes")
    assert open_store().records() == []


def test_a_row_that_was_changed_by_hand_is_forgotten(keys, tmp_path):
    """`health` and `rekey` name a connection whose row was put back, and `forget` lets them go on."""
    keys(new_key())
    sign_in("one", "two")
    with closing(sqlite3.connect(tmp_path / "tokens.db", isolation_level=None)) as other:
        before = other.execute(
            "SELECT secrets, generation FROM watchword_tokens WHERE name = 'one'"
        ).fetchall()
        sign_in("one")
        update = "UPDATE watchword_tokens SET secrets = ?, generation = ? WHERE name = 'one'"
        other.execute(update, before[0])
    for command in ("health", "rekey"):
        done = run(command)
        assert (done.return_value, "'one'" in done.stderr) == (3, True), done.output
        assert "watchword store forget" in done.stderr
    assert "Deleted: 1 record of one" in run("forget", "one", "--yes").stdout
    assert run("health").return_value in {None, 0}
    with closing(sqlite3.connect(tmp_path / "tokens.db", isolation_level=None)) as other:
        other.execute("DELETE FROM watchword_tokens")
    done = run("health")
    assert (done.return_value, "store_row_replaced" in done.stderr) == (3, True), done.output
    assert "Deleted: 1 record of two" in run("forget", "two", "--yes").stdout
    assert "tokens:   0" in run("health").stdout


def crash(monkeypatch, capsys, error, *, debug):
    """Run a command that raises an unexpected error; return its exit status and stderr."""

    def broken():
        local = f"{SECRET}-in-a-variable"
        if local:
            raise error

    redact.register([SECRET])
    monkeypatch.setattr(cli.store, "existing_store", broken)
    monkeypatch.setattr(sys, "argv", ["watchword", "store", "health"])
    monkeypatch.setenv("WATCHWORD_DEBUG", "1" if debug else "")
    with pytest.raises(SystemExit) as end:
        main()
    output = capsys.readouterr()
    assert SECRET not in output.out + output.err
    return end.value.code, output.err


@pytest.mark.parametrize("error", [ValueError(f"a\nb {SECRET}"), RecursionError(), KeyError(SECRET)])
def test_a_crash_is_one_line(monkeypatch, capsys, error):
    """An unexpected error ends in one line with its type and masked message, and exit status 70."""
    status, printed = crash(monkeypatch, capsys, error, debug=False)
    assert status == 70
    assert len(printed.splitlines()) == 1
    assert type(error).__name__ in printed


def test_a_crash_shows_lines_on_wish(monkeypatch, capsys):
    """WATCHWORD_DEBUG=1 prints the traceback, masked and without variables."""
    status, printed = crash(monkeypatch, capsys, ValueError(f"a {SECRET}"), debug=True)
    assert (status, "Traceback" in printed, "ValueError: a ***" in printed) == (70, True, True)


def test_an_error_of_watchword_is_no_crash(monkeypatch, capsys):
    """A WatchwordError that a command lets through ends in its message and exit status."""
    monkeypatch.setattr(cli.app, "app", lambda **_: watchword.load({}))
    monkeypatch.setattr(sys, "argv", ["watchword"])
    with pytest.raises(SystemExit) as end:
        main()
    assert (end.value.code, "unknown_method" in capsys.readouterr().err) == (3, True)


def test_a_crash_in_a_process_of_its_own():
    """In a process of its own, neither Python nor rich prints the value of a variable."""
    program = (
        "import sys; from watchword import cli, redact; import watchword.cli.store\n"
        "def broken():\n    local = bytes.fromhex('73336372657431').decode()\n"
        "    raise ValueError('no ' + local)\n"
        "redact.register([bytes.fromhex('73336372657431').decode()])\n"
        "cli.store.existing_store = broken\n"
        "sys.argv = ['watchword', 'store', 'health']\n"
        "cli.main()\n"
    )
    environment = {**os.environ, "WATCHWORD_DEBUG": "1"}
    command = [sys.executable, "-X", "faulthandler", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=60)
    assert done.returncode == 70, done.stderr
    assert "s3cret1" not in done.stdout + done.stderr
    assert "ValueError: no ***" in done.stderr
