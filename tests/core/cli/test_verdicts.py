"""Commands and the verdict history: `validate` adds to it, `connections list` shows the last verdict."""

from __future__ import annotations

import json
import sqlite3

import pytest

from watchword.connections import by_name
from watchword.stores import open_store
from watchword.validation.history import history


@pytest.fixture
def api(serve, reply, secret):
    """Give an API that accepts the key."""
    return serve(lambda seen: reply() if secret in seen.text else reply(401))


@pytest.fixture
def kept(vault, api, secret):
    """Give a function that stores a connection to the API in the vault."""

    def keep(name="acme", **fields):
        document = {"method": "api_key", "base_url": api.url, "api_key": secret, "test_url": f"{api.url}/me"}
        by_name.keep(vault, name, {**document, **fields})

    return keep


def verdicts(name="acme"):
    return [(past.verdict.value, past.code, past.where.kind) for past in history(open_store(), name)]


def listed(command, *options):
    """Return the last cell of each row of `connections list`, by the first one."""
    lines = command("connections", "list", *options).stdout.splitlines()
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines if "│" in line]
    return {row[0]: row[-1] for row in rows}


def test_a_validation_of_a_stored_connection_is_noted(command, kept):
    """Each validation leaves its verdict under the connection's name, the list shows the last one."""
    kept()
    kept("other")
    assert listed(command) == {"acme": "-", "other": "-"}
    command("validate", "local:acme")
    assert listed(command) == {"acme": "valid, less than a minute ago", "other": "-"}
    kept(api_key="wrong")
    assert command("validate", "local:acme", "--json").return_value == 2
    assert verdicts() == [("invalid", "unauthorized_401", "cli"), ("valid", "authenticated", "cli")]
    assert listed(command)["acme"] == "invalid (unauthorized_401), less than a minute ago"
    [row, other] = json.loads(command("connections", "list", "--json").stdout)
    assert {**row["last_verdict"], "date": "", "where": row["last_verdict"]["where"]["kind"]} == {
        "verdict": "invalid", "code": "unauthorized_401", "date": "", "where": "cli"
    }  # fmt: skip
    assert other["last_verdict"] is None


def test_a_connection_that_can_t_be_used_is_noted(command, kept):
    """A stored connection whose document is wrong has that as its verdict; one that is missing has none."""
    kept(api_keys="x")
    assert command("validate", "local:acme").return_value == 3
    assert verdicts() == [("invalid", "unknown_field", "cli")]
    assert command("validate", "local:nobody").return_value == 3
    assert verdicts("nobody") == []


def test_a_file_is_not_noted(command, kept, tmp_path, api, secret):
    """A file may hold what is stored nowhere: its validation is not noted, also under a stored name."""
    kept()
    path = tmp_path / "acme.json"
    path.write_text(
        json.dumps({"method": "api_key", "base_url": api.url, "api_key": secret}), encoding="utf-8"
    )
    url = f"{api.url}/me"
    assert command("validate", path, "--test-url", url).return_value == 0
    assert command("validate", path, "--name", "acme", "--test-url", url).return_value == 0
    assert verdicts() == []


def test_a_connection_that_is_validated_when_it_is_added_is_noted(command, api, secret):
    """`connections add` notes the verdict of the validation that it offers."""
    typed = [api.url, "", secret, "", f"{api.url}/me", "", "y"]
    command("connections", "add", "acme", "--method", "api_key", typed="".join(f"{line}\n" for line in typed))
    assert verdicts() == [("valid", "authenticated", "cli")]


def test_a_store_that_can_t_be_read_hides_no_connection(command, manager, tmp_path):
    """If the token store can't be read, connections of other places are listed, and stderr says why."""
    target = ["--in", "gcp://acme-prod"]
    fields = ["method=api_key", "base_url=https://a.test", "api_key=env:WATCHWORD_SECRET_A"]
    settings = [part for field in fields for part in ("--set", field)]
    command("connections", "add", "acme", "--yes", *settings, *target)
    (tmp_path / "tokens.db").write_text("no store")
    done = command("connections", "list", *target)
    assert "a.test" in done.stdout
    assert "the last verdicts can't be read: store_" in done.stderr


def test_a_history_that_can_t_be_read_is_listed(command, kept, vault, tmp_path):
    """A history that was altered by hand is named in its row, and the other rows are as they are."""
    kept()
    kept("other")
    command("validate", "local:acme")
    command("validate", "local:other")
    with sqlite3.connect(tmp_path / "tokens.db") as altered:
        altered.execute("UPDATE watchword_history SET changed = '{}' WHERE name = 'acme'")
    altered.close()
    assert listed(command) == {
        "acme": "can't be read: store_key_wrong",
        "other": "valid, less than a minute ago",
    }
    rows = json.loads(command("connections", "list", "--json").stdout)
    assert rows[0]["last_verdict"] == {"unreadable": "store_key_wrong"}
