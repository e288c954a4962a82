"""What messages say about signing in: the exact command for the connection."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import watchword
from watchword.findings.codes import CODES
from watchword.secrets.vault import Vault
from watchword.tokens.credential_words import CredentialWords
from watchword.validation.plan import ValidationPlan
from watchword.validation.procedure import validate

SIGN_IN = {
    "base_url": "https://a.test",
    "method": "oauth2_authorization_code",
    "client_id": "c",
    "client_auth": "none",
    "authorize_url": "https://a.test/authorize",
    "token_url": "https://a.test/token",
}


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (CredentialWords("acme", "airflow:acme"), "Sign in: watchword login airflow:acme"),
        (CredentialWords("acme", "local:acme"), "Sign in: watchword login local:acme"),
        (
            CredentialWords("acme"),
            "Save the connection's document as acme.json, and sign in: watchword login acme.json --name acme",
        ),
    ],
)
def test_the_command_names_the_connection(words, command):
    """The advice is the command line for this host and connection."""
    assert words.login_advice == command


def test_a_connection_s_finding_names_its_own_command(tmp_path):
    """A validation of a connection without a sign-in says which command signs in, for its host."""
    store = f"sqlite:///{tmp_path}/tokens.db"
    connection = watchword.load(SIGN_IN, name="acme", store=store, arguments="airflow:acme")
    report = validate(connection, ValidationPlan())
    assert report.deciding.code.name == "sign_in_required"
    assert report.deciding.advice == "Sign in: watchword login airflow:acme."


def test_a_connection_of_the_vault_knows_its_command(monkeypatch, tmp_path):
    """A connection that was read from the vault is signed in as `local:NAME`."""
    monkeypatch.setenv("WATCHWORD_STORE", f"sqlite:///{tmp_path}/tokens.db")
    from watchword.connections import by_name  # noqa: PLC0415 - beside its only use
    from watchword.stores import open_store  # noqa: PLC0415 - beside its only use

    by_name.keep(Vault(open_store()), "acme", SIGN_IN)
    report = watchword.connect("acme").validate()
    assert report.deciding.advice == "Sign in: watchword login local:acme."


def test_no_advice_has_a_placeholder_for_a_command():
    """No row of the table of codes asks for a command with a placeholder in it."""
    placeholder = re.compile(r"watchword [a-z ]+ (?:DOCUMENT|NAME)\b")
    assert CODES
    assert [code.name for code in CODES.values() if placeholder.search(code.advice)] == []


def test_every_code_has_its_entry_in_the_docs():
    """The link of each code leads to an anchor of the page of findings."""
    page = Path(__file__).parents[3] / "docs" / "findings.md"
    text = page.read_text()
    assert CODES
    assert [code.name for code in CODES.values() if f'<a id="{code.name}"></a>' not in text] == []
    assert {code.help.partition("#")[0] for code in CODES.values()} == {"docs/findings.md"}
