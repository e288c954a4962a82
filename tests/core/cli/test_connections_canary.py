"""A planted secret appears in no output of any command, whatever fails, and in no crash message."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import watchword
from watchword.cli.connections import show
from watchword.connections import by_name
from watchword.methods.fields import secret_names
from watchword.secrets.secret_store import check_size

FAULTS = ("denied", "unavailable", "corrupt", "internal")


def planted(method, secret):
    """Return a document of a method with the canary in each of its secret fields."""
    kind = watchword.METHODS[method]
    required = {name: "https://a.test/x" for name, info in kind.model_fields.items() if info.is_required()}
    secrets = {name: f"{secret}-{name}" for name in secret_names(kind)}
    common = {"secret_parameters": {"header:X": secret}, "proxy": f"http://ann:{secret}@proxy.test"}
    return {"method": method, "base_url": "https://a.test", **required, **secrets, **common}


@pytest.mark.parametrize("method", watchword.METHODS)
def test_no_command_shows_a_secret(command, manager, vault, secret, method):
    """No command shows a secret of any method; `command` searches all output for it."""
    document = planted(method, secret)
    command("connections", "add", "acme", "--from", "-", typed=json.dumps(document))
    by_name.keep(vault, "acme", document)
    for arguments in (
        ["show", "acme"],
        ["show", "acme", "--json"],
        ["list"],
        ["list", "--json"],
        ["edit", "acme", "--set", "retries=1"],
        ["edit", "acme", "--set", "base_url=a.test"],
        ["push", "--all"],
        ["pull", "--all", "--yes"],
        ["remove", "acme", "--yes"],
    ):
        command("connections", *arguments)


def broken(secret):
    """Yield contents that are not a valid connection, each with the canary in it."""
    document = {"method": "api_key", "base_url": "https://a.test", "api_key": secret}
    yield json.dumps(document)[:-1]
    yield json.dumps([document])
    yield json.dumps({**document, "method": secret})
    yield json.dumps({**document, "method": [secret]})
    yield json.dumps({**document, "base_url": f"https://ann:{secret}@a.test"})
    yield json.dumps({**document, "base_url": [secret]})
    yield json.dumps({**document, "timeout": secret, "secret_parameters": secret})
    yield json.dumps({**document, "secret_parameters": {"header:X": [secret, {"a": secret}]}})
    yield json.dumps({**document, "keyy": secret, "api_key": {"a": secret}})
    yield json.dumps({**document, "test_url": f"https://a.test/?x={secret}"})
    yield json.dumps({"conn_type": "http", "password": secret, "extra": f'{{"{secret}'})
    yield json.dumps({"conn_type": "http", "host": f"http://ann:{secret}@[", "port": secret})
    yield json.dumps({"conn_type": "watchword", "host": "a.test", "password": secret, "extra": "{}"})
    yield json.dumps({"api_key": secret})
    yield f"http://ann:{secret}@a.test:{secret}/?__extra__={secret}"
    yield f"postgres://ann:{secret}@a.test"
    yield f"{secret}"


@pytest.mark.parametrize("number", range(17))
def test_no_command_shows_what_is_broken(command, manager, vault, secret, number):
    """No command shows a secret in content that can't be read, whether stored or given."""
    content = list(broken(secret))[number]
    vault.put("airflow-connections-acme", content.encode())
    manager.put("acme-prod", "airflow-connections-acme", content)
    for arguments in (
        ["connections", "add", "b", "--from", "-"],
        ["connections", "import", "c", "--from", "-"],
        ["connections", "import", "c", "--from", "-", "--dry-run"],
        ["connections", "edit", "acme", "--from", "-"],
        ["connections", "edit", "acme", "--set", "retries=1"],
        ["connections", "show", "acme"],
        ["connections", "show", "acme", "--json"],
        ["connections", "list"],
        ["connections", "list", "--in", "gcp"],
        ["connections", "push", "acme", "--yes"],
        ["connections", "pull", "acme", "--yes"],
        ["validate", "local:acme"],
        ["login", "gcp:acme"],
        ["logout", "local:acme"],
        ["connections", "remove", "acme", "--yes"],
    ):
        command(*arguments, typed=content)


@pytest.mark.parametrize("fault", FAULTS)
def test_no_failure_of_a_place_shows_a_secret(command, manager, vault, secret, fault):
    """Secret Manager's failures end in their codes, with exit status 3 or 4."""
    by_name.keep(vault, "acme", {"method": "api_key", "base_url": "https://a.test", "api_key": secret})
    manager.fault(fault, None)
    assert command("connections", "push", "acme").return_value in {3, 4}


def test_a_key_that_does_not_fit(command, vault, monkeypatch, secret):
    """If the key does not decrypt the vault, each command ends with exit status 3."""
    vault.put("airflow-connections-acme", secret.encode())
    monkeypatch.setenv("WATCHWORD_KEY", "A" * 43)
    for arguments in (["list"], ["show", "acme"], ["remove", "acme", "--yes"], ["edit", "acme"]):
        done = command("connections", *arguments)
        assert (done.return_value, "store_" in done.stderr) == (3, True), done.output


def test_what_is_too_large(command, vault, secret):
    """Content of more than 64 KiB is refused."""
    content = json.dumps({"method": "api_key", "base_url": "https://a.test", "api_key": secret * 5000})
    with pytest.raises(watchword.SecretError):
        check_size("x", content.encode())
    done = command("connections", "add", "acme", "--from", "-", typed=content)
    assert (done.return_value, "secret_too_large" in done.stderr) == (3, True)
    done = command("secrets", "set", "acme", "--from", "-", typed=content)
    assert (done.return_value, "secret_too_large" in done.stderr) == (3, True)


def test_a_process_of_its_own(vault, secret, tmp_path):
    """The installed command shows no secret on stdout or stderr, for a valid and for a wrong document."""
    good = {"method": "api_key", "base_url": "https://a.test", "api_key": secret}
    for document, status in ((good, 0), ({**good, "base_url": "x"}, 3), ({**good, "keyy": secret}, 3)):
        program = [sys.executable, "-m", "watchword", "connections"]
        (tmp_path / "x.json").write_text(json.dumps(document))
        for arguments in (["add", "acme", "--from", str(tmp_path / "x.json")], ["show", "acme"], ["list"]):
            done = subprocess.run(
                [*program, *arguments], capture_output=True, text=True, check=False, timeout=60
            )
            assert secret not in done.stdout + done.stderr
            if arguments[0] == "add":
                assert done.returncode == status, done.stderr
        by_name.remove(vault, "acme")


def test_a_crash_shows_no_secret(command, vault, secret, monkeypatch, capsys):
    """An unexpected error ends in a masked message."""
    from watchword.cli import main  # noqa: PLC0415 - only this test uses it

    by_name.keep(vault, "acme", {"method": "api_key", "base_url": "https://a.test", "api_key": secret})

    def crashing(document):
        raise KeyError(document["api_key"])

    monkeypatch.setattr(show, "masked", crashing)
    monkeypatch.setattr(sys, "argv", ["watchword", "connections", "show", "acme"])
    with pytest.raises(SystemExit):
        main()
    assert secret not in "".join(capsys.readouterr())
