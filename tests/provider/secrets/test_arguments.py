"""The arguments of backends are JSON, or text if Airflow reads single arguments from variables."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from airflow_provider_watchword.secrets import GoogleSecretManagerBackend, LocalVaultBackend
from watchword.secrets.google.account import Account
from watchword_playground.secret_manager import SecretManagerServer

SECRET = "s3cret-0123456789"
KEY = {"type": "service_account", "private_key": SECRET}

Make = Callable[..., GoogleSecretManagerBackend]
Put = Callable[[str, bytes | str], int]


def settings(**arguments: Any) -> Any:
    """Return the checked arguments, because there is no Google here that would accept the credentials."""
    return GoogleSecretManagerBackend(**arguments)._connections._store.__self__


def account(**arguments: Any) -> Account:
    """Return the account that would call Google."""
    return settings(**arguments).secret_manager()._service._account


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("cache_ttl", "300", 300),
        ("missing_ttl", " 0.5 ", 0.5),
        ("versions", '{"a": "3", "b": "latest"}', {"a": 3, "b": "latest"}),
        ("versions", "None", None),
        ("gcp_keyfile_dict", json.dumps(KEY), KEY),
        ("gcp_keyfile_dict", "", None),
        ("gcp_key_path", "none", None),
        ("gcp_credential_config_file", "null", None),
        ("project_id", "", None),
        ("location", "", None),
        ("impersonation_chain", '["a@x", "b@x"]', ["a@x", "b@x"]),
        ("impersonation_chain", "a@x, b@x", ["a@x", "b@x"]),
        ("impersonation_chain", "a@x", ["a@x"]),
    ],
)
def test_text_means_what_json_would(name: str, text: str, value: object) -> None:
    """Airflow passes on single arguments as they are in the environment."""
    assert settings(**{name: text}) == settings(**{name: value})


def test_credentials_are_passed_on() -> None:
    """The account that calls Google has the backend's keyfile, scopes and impersonation chain."""
    found = account(
        gcp_keyfile_dict=KEY, gcp_scopes="https://a, https://b", impersonation_chain=["a@x", "b@x"]
    )
    assert found.keyfile == KEY
    assert found.scopes == ("https://a", "https://b")
    assert found.impersonation_chain == ("a@x", "b@x")
    assert account(gcp_key_path="/key.json").key_path == "/key.json"
    assert account(gcp_credential_config_file={"type": "x"}).configuration == {"type": "x"}
    assert account(gcp_credential_config_file='{"type": "x"}').configuration == '{"type": "x"}'


@pytest.mark.parametrize("words", ["true", "True", " yes", "1", "on"])
def test_text_may_mean_yes(words: str) -> None:
    """fail_closed takes the words for yes that airflow.cfg takes."""
    assert GoogleSecretManagerBackend(fail_closed=words)._variables._fail_closed is True


@pytest.mark.parametrize("words", ["false", "False", "0", "no", "", "None"])
def test_text_may_mean_no(words: str) -> None:
    """fail_closed takes the words for no; None and empty text mean no too."""
    assert LocalVaultBackend(fail_closed=words)._variables._fail_closed is False


def test_everything_may_be_text(server: SecretManagerServer, project: str, put: Put) -> None:
    """Arguments as text, as in AIRFLOW__SECRETS__BACKEND_KWARG__…, all take effect."""
    put("vars.a".replace(".", "_"), "first")
    put("vars_a", "second")
    backend = GoogleSecretManagerBackend(
        project_id=project,
        connections_prefix="None",
        variables_prefix="vars",
        sep="_",
        versions='{"vars_a": 1}',
        cache_ttl="60",
        missing_ttl="0",
        grace="0",
        deadline="0.5",
        fail_closed="false",
        variables_lookup_pattern="^a$",
        config_lookup_pattern="None",
    )
    assert backend.get_variable("a") == "first"
    assert backend.get_variable("ab") is backend.get_conn_value("a") is None
    assert server.calls == {"AccessSecretVersion": 1}


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("cache_ttl", SECRET, "str of 17 characters; it has to be a number of seconds, 0 or more"),
        ("cache_ttl", True, "bool"),
        ("cache_ttl", "", "a number of seconds"),
        ("missing_ttl", -1, "0 or more"),
        ("grace", "nan", "a number"),
        ("deadline", 0, "0.05 or more"),
        ("deadline", None, "NoneType"),
        ("fail_closed", SECRET, "true or false"),
        ("fail_closed", 2, "true or false"),
        ("versions", f'["{SECRET}"]', "an object of secrets' names|an object"),
        ("versions", {"a": SECRET}, "numbers of their versions"),
        ("versions", {"a/b": 1}, "secrets' names"),
        ("versions", {"a": True}, "numbers"),
        ("gcp_keyfile_dict", f'{{"private_key": "{SECRET}"', "an object, or its JSON"),
        ("gcp_keyfile_dict", [SECRET], "an object, or its JSON"),
        ("gcp_key_path", {"private_key": SECRET}, "dict; it has to be text"),
        ("gcp_scopes", 5, "commas"),
        ("impersonation_chain", ["a@x", 5], "a list of texts"),
        ("impersonation_chain", f'["{SECRET}"', "a list of texts"),
        ("project_id", "acme/secrets/x", "the id of a project"),
        ("project_id", 5, "int; it has to be text"),
        ("location", "evil.example/", "a location"),
        ("connections_prefix", "with blank", "letters, digits"),
        ("variables_prefix", 5, "letters, digits"),
        ("config_prefix", "a/b", "letters, digits"),
        ("sep", "/", "letters, digits, _ and -"),
        ("sep", None, "letters, digits, _ and -"),
        ("connections_lookup_pattern", "(", "a regular expression"),
        ("variables_lookup_pattern", ["a"], "text"),
    ],
)
def test_a_wrong_argument_is_refused(name: str, value: object, words: str) -> None:
    """The error names the argument and the value's type when the backend is made, but not the value."""
    with pytest.raises(ValueError, match=f"^{name} is given as .*({words})") as caught:
        GoogleSecretManagerBackend(**{name: value})
    assert SECRET not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_only_one_credential_may_be_given() -> None:
    """Several credentials are refused, as Google's backend does."""
    with pytest.raises(ValueError, match="more than one is given") as caught:
        GoogleSecretManagerBackend(gcp_keyfile_dict=KEY, gcp_key_path="/key.json")
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("made", [GoogleSecretManagerBackend, LocalVaultBackend])
def test_an_unknown_argument_is_refused(made: type) -> None:
    """A misspelt argument is an error; otherwise it would silently have no effect."""
    with pytest.raises(TypeError, match="conections_prefix"):
        made(conections_prefix="a")


def test_a_wrong_argument_of_the_vault_is_refused() -> None:
    """The vault's backend checks its arguments by the same rules."""
    with pytest.raises(ValueError, match="store is given as int"):
        LocalVaultBackend(store=5)
