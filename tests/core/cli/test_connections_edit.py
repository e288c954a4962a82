"""The command `connections edit` by options and by a whole new document."""

from __future__ import annotations

import json

import pytest

from watchword.cli.connections import edit
from watchword.connections import by_name


@pytest.fixture
def before(vault, secret):
    """Store a connection, and give its document."""
    stored = {"method": "api_key", "base_url": "https://a.test", "api_key": secret, "timeout": 5}
    by_name.keep(vault, "acme", stored)
    return stored


def test_fields_are_set_and_removed(command, vault, before):
    """--set and --unset change their fields only."""
    done = command("connections", "edit", "acme", "--set", "retries=2", "--unset", "timeout")
    assert "watchword validate local:acme" in done.stdout
    after = {name: value for name, value in before.items() if name != "timeout"}
    assert by_name.document_of(vault, "acme") == {**after, "retries": 2}


def test_another_method(command, vault, before):
    """The method changes together with its fields, in any order; otherwise nothing changes."""
    done = command("connections", "edit", "acme", "--set", "username=ann", "--set", "method=basic")
    assert (done.return_value, "field_of_other_method" in done.stderr) == (3, True)
    assert by_name.document_of(vault, "acme") == before
    done = command(
        "connections", "edit", "acme", "--set", "username=ann", "--set", "method=basic", "--unset", "api_key"
    )
    assert by_name.document_of(vault, "acme") == {
        "method": "basic",
        "base_url": "https://a.test",
        "timeout": 5,
        "username": "ann",
    }


def test_a_new_document(command, vault, before, tmp_path):
    """A new document replaces the old one as a whole."""
    new = {"method": "none", "base_url": "https://b.test"}
    command("connections", "edit", "acme", "--from", "-", typed=json.dumps(new))
    assert by_name.document_of(vault, "acme") == new


def test_what_was_shown_is_not_kept(command, vault, before):
    """The asterisks of `show` can't be stored, also in a mapping and as a proxy's password."""
    for more in ({}, {"secret_parameters": {"header:X": "env:WATCHWORD_SECRET_X"}, "api_key": "k1234567"}):
        by_name.keep(vault, "acme", {**before, **more, "proxy": "http://ann:pa55word@proxy.test:3128"})
        kept = vault.get("airflow-connections-acme")
        displayed = command("connections", "show", "acme", "--json").stdout
        assert "pa55word" not in displayed
        done = command("connections", "edit", "acme", "--from", "-", typed=displayed)
        assert (done.return_value, "placeholder_secret" in done.stderr) == (3, True)
        assert vault.get("airflow-connections-acme") == kept


@pytest.mark.parametrize(
    "options", [["--set", "timeout=0"], ["--unset", "nope"], ["--unset", "base_url"], ["--set", "nope=1"]]
)
def test_what_is_wrong_changes_nothing(command, vault, before, options):
    """An error is exit status 3, and the stored connection stays as it was."""
    assert command("connections", "edit", "acme", *options).return_value == 3
    assert by_name.document_of(vault, "acme") == before


def test_the_same_is_unchanged(command, vault, before):
    """A document that is stored already is not written again."""
    done = command("connections", "edit", "acme", "--from", "-", typed=json.dumps(before))
    assert "Unchanged: acme" in done.stdout


def test_a_broken_one_is_replaced_as_a_whole(command, vault, secret):
    """Content that can't be read can't be edited by fields, but a new document replaces it."""
    vault.put("airflow-connections-acme", f'{{"api_key": "{secret}"'.encode())
    done = command("connections", "edit", "acme", "--set", "timeout=5")
    assert (done.return_value, "secret_unreadable" in done.stderr) == (3, True)
    new = {"method": "none", "base_url": "https://b.test"}
    command("connections", "edit", "acme", "--from", "-", typed=json.dumps(new))
    assert by_name.document_of(vault, "acme") == new


def test_airflow_s_form_becomes_a_document(command, vault, secret):
    """A connection in Airflow's format becomes a document with its first change."""
    extra = {"schema_version": 1, "method": "basic"}
    stored = {"conn_type": "watchword", "host": "https://a.test", "login": "ann", "password": secret}
    vault.put("airflow-connections-acme", json.dumps({**stored, "extra": json.dumps(extra)}).encode())
    done = command("connections", "edit", "acme", "--set", "timeout=5")
    assert "as Airflow writes connections" in done.stderr
    kept = json.loads(vault.get("airflow-connections-acme"))
    assert kept == {
        "method": "basic",
        "base_url": "https://a.test",
        "username": "ann",
        "password": secret,
        "timeout": 5.0,
    }


def test_a_change_meanwhile_is_not_lost(command, vault, before, monkeypatch):
    """If somebody else has changed the connection meanwhile, the edit fails and overwrites nothing."""
    check_document = edit.check_document

    def slow(document, name):
        check_document(document, name)
        by_name.keep(vault, "acme", {**before, "retries": 3})

    monkeypatch.setattr(edit, "check_document", slow)
    done = command("connections", "edit", "acme", "--set", "timeout=9")
    assert (done.return_value, "secret_changed_meanwhile" in done.stderr) == (4, True)
    assert by_name.document_of(vault, "acme") == {**before, "retries": 3}
