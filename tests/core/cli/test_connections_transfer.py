"""The commands `connections push` and `pull`, between the vault and a Secret Manager on loopback."""

from __future__ import annotations

import json

import pytest
import typer

from watchword.connections import by_name

PROJECT = "acme-prod"


@pytest.fixture
def documents(vault, manager, secret):
    """Store two connections in the vault and give their documents."""
    content = {
        name: {"method": "api_key", "base_url": f"https://{name}.test", "api_key": f"{secret}-{name}"}
        for name in ("one", "two")
    }
    for name, document in content.items():
        by_name.keep(vault, name, document)
    return content


def stored(manager, name, project=PROJECT):
    """Return the documents in the versions of a secret."""
    versions = manager.versions(project, f"airflow-connections-{name}")
    return [json.loads(version.payload) for version in versions if version.payload]


def test_a_connection_is_pushed(command, manager, documents):
    """A pushed connection has the secret name that Airflow's backends look for; `gcp:NAME` is a DOCUMENT."""
    done = command("connections", "push", "one")
    assert done.return_value == 0
    assert done.stdout.startswith("one: stored in Google Secret Manager of acme-prod")
    assert stored(manager, "one") == [documents["one"]]
    assert stored(manager, "two") == []
    done = command("validate", "gcp:one")
    assert "connection_missing" not in done.stdout
    done = command("validate", "gcp:two")
    assert (done.return_value, "connection_missing" in done.stdout) == (3, True)


def test_all_are_pushed_once(command, manager, documents):
    """A connection that is stored there already, in any form, is not written again."""
    assert command("connections", "push", "--all").return_value == 0
    assert [stored(manager, name) for name in documents] == [[each] for each in documents.values()]
    done = command("connections", "push", "--all")
    assert done.stdout.count("unchanged") == 2
    assert manager.calls["AddSecretVersion"] == 4  # a secret that doesn't exist yet takes two calls
    extra = json.dumps({"schema_version": 1, **documents["one"]})
    manager.put(PROJECT, "airflow-connections-one", json.dumps({"conn_type": "watchword", "extra": extra}))
    assert "unchanged" in command("connections", "push", "one").stdout


@pytest.mark.parametrize("present", ['{"method": "none", "base_url": "https://x.test"}', "{", "s3cret"])
def test_other_content_is_asked_about(command, manager, documents, present):
    """Other content is only replaced after a yes, also if it can't be read."""
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
    """One failure does not stop the others; the exit status is the worst of all."""
    vault.put("airflow-connections-broken", f'{{"api_key": "{secret}"'.encode())
    by_name.keep(vault, "stars", {**documents["one"], "api_key": "***"})
    names = ["broken", "stars", "no name", "missing", "one", "two"]
    manager.fault("denied", None, secret="airflow-connections-two")
    done = command("connections", "push", *names)
    assert done.return_value == 3
    assert done.stdout.startswith("one: stored")
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
    """A reference to the vault is not copied with the connection, and a warning says so."""
    by_name.keep(vault, "one", {**documents["one"], "api_key": "local:watchword-secret-one"})
    done = command("connections", "push", "one")
    assert (done.return_value, "local:watchword-secret-one" in done.stderr) == (0, True)


def test_a_connection_is_pulled(command, manager, documents, vault):
    """`pull` copies one connection or all into the vault, and asks before it replaces other content."""
    command("connections", "push", "--all")
    by_name.remove(vault, "two")
    by_name.keep(vault, "one", {"method": "none", "base_url": "https://a.test"})
    done = command("connections", "pull", "--all", typed="n\n")
    assert "one: left as it is in the vault" in done.stdout
    assert "two: stored in the vault" in done.stdout
    assert by_name.document_of(vault, "two") == documents["two"]
    command("connections", "pull", "one", "--yes")
    assert by_name.document_of(vault, "one") == documents["one"]
    assert "unchanged" in command("connections", "pull", "one").stdout


def test_where_to(command, manager, documents, monkeypatch):
    """The target is --to, else the first configured Secret Manager; nothing else can be a target."""
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
    """A project without connections is not a failure, and the output says that there are none."""
    done = command("connections", "pull", "--all")
    assert (done.return_value, "no connections in Google Secret Manager" in done.stdout) == (0, True)
