"""The commands `store health`, `rekey` and `forget`, and what a command shows of itself when it breaks."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

import watchword
from watchword import cli, redact, stores
from watchword.cli.app import app, main
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
    """Keep tokens in a file that is encrypted by given keys; give the function that changes them."""
    monkeypatch.setenv("WATCHWORD_STORE", f"sqlite:///{tmp_path}/tokens.db")

    def use(*given):
        monkeypatch.setenv("WATCHWORD_KEY", ",".join(given))
        stores._stores.clear()

    return use


def sign_in(*names):
    for name in names:
        watchword.load(DOCUMENT, name=name).accept_sign_in(Token(f"t0ken-of-{name}", refresh_token="r3fresh"))


def run(*arguments, typed=""):
    """Run a command in this process; its exit status is `return_value`."""
    done = CliRunner().invoke(app, ["store", *arguments], input=typed, standalone_mode=False)
    assert "t0ken" not in done.output
    return done


def test_a_store_s_health(keys):
    """URL, kind and number of records of the store in use, and that its key opens it."""
    keys(new_key())
    sign_in("one", "two")
    done = run("health")
    assert done.return_value in {None, 0}
    assert "tokens.db" in done.stdout
    assert "sqlite, for the processes of this machine" in done.stdout
    assert "tokens:   2" in done.stdout
    assert "opens" in done.stdout


def test_a_wrong_key(keys):
    """A key that opens nothing is exit status 3 for each command, and no key is shown."""
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
    """By `new,old` and `rekey` the old key becomes superfluous, and opens nothing any more."""
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
    """A store of this process alone has nothing to look into or to be encrypted anew."""
    monkeypatch.setenv("WATCHWORD_STORE", "memory://")
    for command in ("health", "rekey"):
        done = run(command)
        assert (done.return_value, "ends with each process" in done.stderr) == (3, True)


def test_a_look_makes_no_store(monkeypatch, tmp_path):
    """A mistyped path is no all-clear: it is said that nothing is there, and nothing is made."""
    path = tmp_path / "mistyped" / "tokens.db"
    monkeypatch.setenv("WATCHWORD_STORE", f"sqlite:///{path}")
    done = run("health")
    assert (done.return_value, "there is no token store" in done.stderr) == (3, True)
    assert not path.parent.exists()


def test_a_name_is_forgotten(keys):
    """All of a name goes, and nothing of another; the user is asked first."""
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


def crash(monkeypatch, capsys, error, *, debug):
    """Have a command end in an error that nobody foresaw; return its exit status and what it shows."""

    def broken():
        local = f"{SECRET}-in-a-variable"
        if local:
            raise error

    redact.register([SECRET])
    monkeypatch.setattr(cli.store, "kept_store", broken)
    monkeypatch.setattr(sys, "argv", ["watchword", "store", "health"])
    monkeypatch.setenv("WATCHWORD_DEBUG", "1" if debug else "")
    with pytest.raises(SystemExit) as end:
        main()
    shown = capsys.readouterr()
    assert SECRET not in shown.out + shown.err
    return end.value.code, shown.err


@pytest.mark.parametrize("error", [ValueError(f"a\nb {SECRET}"), RecursionError(), KeyError(SECRET)])
def test_a_crash_is_one_line(monkeypatch, capsys, error):
    """What nobody foresaw ends in its type and a masked message, as exit status 70."""
    status, shown = crash(monkeypatch, capsys, error, debug=False)
    assert status == 70
    assert len(shown.splitlines()) == 1
    assert type(error).__name__ in shown


def test_a_crash_shows_lines_on_wish(monkeypatch, capsys):
    """With WATCHWORD_DEBUG=1 the traceback is shown, masked and without variables."""
    status, shown = crash(monkeypatch, capsys, ValueError(f"a {SECRET}"), debug=True)
    assert (status, "Traceback" in shown, "ValueError: a ***" in shown) == (70, True, True)


def test_an_error_of_watchword_is_no_crash(monkeypatch, capsys):
    """A typed error that a command lets through ends in its message and the exit status of its kind."""
    monkeypatch.setattr(cli.app, "app", lambda **_: watchword.load({}))
    monkeypatch.setattr(sys, "argv", ["watchword"])
    with pytest.raises(SystemExit) as end:
        main()
    assert (end.value.code, "unknown_method" in capsys.readouterr().err) == (3, True)


def test_a_crash_in_a_process_of_its_own():
    """Neither Python's own dump nor rich's shows what a variable held."""
    program = (
        "import sys; from watchword import cli, redact\n"
        "def broken():\n    local = bytes.fromhex('73336372657431').decode()\n"
        "    raise ValueError('no ' + local)\n"
        "redact.register([bytes.fromhex('73336372657431').decode()])\n"
        "cli.store.kept_store = broken\n"
        "sys.argv = ['watchword', 'store', 'health']\n"
        "cli.main()\n"
    )
    environment = {**os.environ, "WATCHWORD_DEBUG": "1"}
    command = [sys.executable, "-X", "faulthandler", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=60)
    assert done.returncode == 70, done.stderr
    assert "s3cret1" not in done.stdout + done.stderr
    assert "ValueError: no ***" in done.stderr
