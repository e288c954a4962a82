"""The commands `connections push` and `pull`: the vault and a Secret Manager on loopback."""

from __future__ import annotations

import json

import pytest
import typer

from watchword.connections import by_name

PROJECT = "acme-prod"


@pytest.fixture
def documents(vault, manager, secret):
    """Keep two connections in the vault and give their documents."""
    found = {
        name: {"method": "api_key", "base_url": f"https://{name}.test", "api_key": f"{secret}-{name}"}
        for name in ("one", "two")
    }
    for name, document in found.items():
        by_name.keep(vault, name, document)
    return found


def stored(manager, name, project=PROJECT):
    """Return the documents of a secret's versions."""
    versions = manager.versions(project, f"airflow-connections-{name}")
    return [json.loads(version.payload) for version in versions if version.payload]


def test_a_connection_is_pushed(command, manager, documents):
    """As a secret that Airflow's backends find by its name; then `gcp:NAME` is a DOCUMENT."""
    done = command("connections", "push", "one")
    assert done.return_value == 0
    assert done.stdout.startswith("one: kept in Google Secret Manager of acme-prod")
    assert stored(manager, "one") == [documents["one"]]
    assert stored(manager, "two") == []
    done = command("validate", "gcp:one")
    assert "connection_missing" not in done.stdout
    done = command("validate", "gcp:two")
    assert (done.return_value, "connection_missing" in done.stdout) == (3, True)


def test_all_are_pushed_once(command, manager, documents):
    """What is there already is not written again, in whichever form it is there."""
    assert command("connections", "push", "--all").return_value == 0
    assert [stored(manager, name) for name in documents] == [[each] for each in documents.values()]
    done = command("connections", "push", "--all")
    assert done.stdout.count("unchanged") == 2
    assert manager.calls["AddSecretVersion"] == 4  # a secret that is not there yet takes two
    extra = json.dumps({"schema_version": 1, **documents["one"]})
    manager.put(PROJECT, "airflow-connections-one", json.dumps({"conn_type": "watchword", "extra": extra}))
    assert "unchanged" in command("connections", "push", "one").stdout


@pytest.mark.parametrize("present", ['{"method": "none", "base_url": "https://x.test"}', "{", "s3cret"])
def test_other_content_is_asked_about(command, manager, documents, present):
    """Nothing of others is replaced without a yes, also where it can't be read."""
    manager.put(PROJECT, "airflow-connections-one", present)
    done = command("connections", "push", "one", typed="n\n")
    assert (done.return_value, "left as it is" in done.stdout) == (0, True)
    done = command("connections", "push", "one")
    assert (done.return_value, "give --yes" in done.stderr) == (3, True)
    assert len(manager.versions(PROJECT, "airflow-connections-one")) == 1
    done = command("connections", "push", "one", typed="y\n")
    assert "one: replaced" in done.stdout
    assert json.loads(manager.versions(PROJECT, "airflow-connections-one")[-1].payload) == documents["one"]
    manager.put(PROJECT, "airflow-connections-one", present)
    assert "replaced" in command("connections", "push", "one", "--yes").stdout


def test_one_failure_stops_no_other(command, manager, documents, vault, secret):
    """Each has its line, and the worst is the exit status."""
    vault.put("airflow-connections-broken", f'{{"api_key": "{secret}"'.encode())
    by_name.keep(vault, "stars", {**documents["one"], "api_key": "***"})
    names = ["broken", "stars", "no name", "missing", "one", "two"]
    manager.fault("denied", None, secret="airflow-connections-two")
    done = command("connections", "push", *names)
    assert done.return_value == 3
    assert done.stdout.startswith("one: kept")
    codes = [
        "secret_unreadable",
        "placeholder_secret",
        "secret_name_illegal",
        "connection_missing",
        "secrets_denied",
    ]
    assert [line.split(": ")[1] for line in done.stderr.splitlines()] == codes
    manager.faults.clear()
    manager.fault("unavailable", None, secret="airflow-connections-two")
    assert command("connections", "push", "one", "two").return_value == 4


def test_what_it_refers_to_stays(command, vault, documents):
    """A reference to the vault leads nowhere on another machine, which is said."""
    by_name.keep(vault, "one", {**documents["one"], "api_key": "local:watchword-secret-one"})
    done = command("connections", "push", "one")
    assert (done.return_value, "local:watchword-secret-one" in done.stderr) == (0, True)


def test_a_connection_is_pulled(command, manager, documents, vault):
    """Back into the vault, all or one, with the question where it has other content."""
    command("connections", "push", "--all")
    by_name.remove(vault, "two")
    by_name.keep(vault, "one", {"method": "none", "base_url": "https://a.test"})
    done = command("connections", "pull", "--all", typed="n\n")
    assert "one: left as it is in the vault" in done.stdout
    assert "two: kept in the vault" in done.stdout
    assert by_name.document_of(vault, "two") == documents["two"]
    command("connections", "pull", "one", "--yes")
    assert by_name.document_of(vault, "one") == documents["one"]
    assert "unchanged" in command("connections", "pull", "one").stdout


def test_where_to(command, manager, documents, monkeypatch):
    """--to, else the first Secret Manager that WATCHWORD_SECRETS names; nothing else is a target."""
    command("connections", "push", "one", "--to", "gcp://acme-test")
    assert stored(manager, "one", "acme-test") == [documents["one"]]
    monkeypatch.setenv("WATCHWORD_SECRETS", "local,gcp://acme-stage")
    command("connections", "push", "one")
    assert stored(manager, "one", "acme-stage") == [documents["one"]]
    done = command("connections", "add", "x", "--in", "gcp://acme-test", "--yes", "--method", "none",
                   "--set", "base_url=https://x.test")  # fmt: skip
    assert "WATCHWORD_SECRETS=gcp://acme-test watchword validate gcp:x" in done.stdout
    assert "x" in command("connections", "list", "--in", "gcp://acme-test").stdout
    done = command("connections", "push", "one", "--to", "local")
    assert (done.return_value, "secrets_unsuitable" in done.stderr) == (3, True)
    for arguments in ([], ["one", "--all"], ["one", "--in", "gcp://acme-stage"]):
        command("connections", "push", *arguments, ends=typer.BadParameter)


def test_a_project_without_connections(command, manager):
    """There is nothing to pull, which is said and no failure."""
    done = command("connections", "pull", "--all")
    assert (done.return_value, "no connections in Google Secret Manager" in done.stdout) == (0, True)
