"""The command `connections import` with the files of other programs, and the values that such files lack."""

# ruff: noqa: E501 - tables

from __future__ import annotations

import json

import pytest
import typer
import yaml

from watchword.connections import by_name

TOKEN_URL = "https://auth.test/token"
MANIFEST = {
    "type": "DeclarativeSource",
    "streams": [],
    "definitions": {
        "requester": {
            "type": "HttpRequester",
            "url_base": "https://{{ config['sub'] }}.a.test/v1",
            "authenticator": {
                "type": "OAuthAuthenticator",
                "token_refresh_endpoint": TOKEN_URL,
                "client_id": "{{ config['client_id'] }}",
                "client_secret": "{{ config['client_secret'] }}",
                "grant_type": "client_credentials",
            },
        }
    },
}


@pytest.fixture
def kept(vault):
    """Give a function that returns the document that the vault holds under a name."""
    return lambda name="acme": by_name.document_of(vault, name)


@pytest.fixture
def file(tmp_path):
    """Give a function that writes a file and returns its path."""

    def write(name, content):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return write


def document(secret):
    return {
        "base_url": "https://x.a.test/v1",
        "method": "oauth2_client_credentials",
        "token_url": TOKEN_URL,
        "client_id": "id-1",
        "client_secret": secret,
        "client_auth": "client_secret_post",
    }


def collection(secret, **more):
    info = {"name": "Acme", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"}
    requests = [
        {"name": host, "request": {"method": "GET", "url": f"https://{host}.test/me"}} for host in ("a", "b")
    ]
    bearer = {"type": "bearer", "bearer": [{"key": "token", "value": secret}]}
    return {"info": info, "item": requests, "auth": bearer, **more}


def test_values_that_a_file_lacks_are_asked_for(command, kept, file, secret):
    """Each lacking value is asked for once; a secret is typed unseen, and nothing shows it."""
    path = file("acme.yaml", yaml.safe_dump(MANIFEST))
    done = command("connections", "import", "--from", path, typed=f"x\nid-1\n{secret}\n")
    assert (done.return_value, kept()) == (0, document(secret)), done.output
    assert "acme: client_secret" in done.stdout
    assert "It is not shown while you type" in done.stdout


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.json", {"sub": "x", "client_id": "id-1", "client_secret": "SECRET", "other": {"a": [1]}}),
        ("config.yaml", "sub: x\nclient_id: id-1\nclient_secret: SECRET\n"),
        ("values.env", "# of acme\nsub=x\nexport client_id='id-1'\nclient_secret=\"SECRET\"\n"),
        ("acme.postman_environment.json", {"name": "Acme", "values": [
            {"key": "sub", "value": "x", "enabled": True}, {"key": "client_id", "value": "id-1"},
            {"key": "client_secret", "value": "SECRET", "type": "secret", "enabled": True},
            {"key": "client_secret", "value": "old", "enabled": False}]}),
        ("prod.bru", "vars {\n  sub: x\n  client_id: id-1\n  client_secret: SECRET\n  ~client_id: old\n}\n"),
    ],
)  # fmt: skip
def test_values_come_from_a_file_of_their_own(command, kept, file, secret, name, content):
    """--variables takes a configuration, an environment of Postman's or Bruno's, or lines of NAME=VALUE."""
    text = (content if isinstance(content, str) else json.dumps(content)).replace("SECRET", secret)
    arguments = ("--from", file("acme.json", MANIFEST), "--variables", file(name, text), "--yes")
    done = command("connections", "import", *arguments)
    assert (done.return_value, kept()) == (0, document(secret)), done.output


def test_nothing_is_stored_with_a_gap(command, vault, file, secret):
    """Without answers the connection is not stored; the finding names the values, the file and the way."""
    path = file("acme.json", MANIFEST)
    for arguments, typed in (((path, "--yes"), ""), ((path,), "")):
        done = command("connections", "import", "--from", *arguments, typed=typed)
        assert (done.return_value, vault.names()) == (3, [])
        assert "acme: import_value_missing: The file lacks values: sub" in done.stderr
    assert "--variables FILE" in done.stderr
    done = command("connections", "import", "acme", "--from", "-", typed=json.dumps(MANIFEST))
    assert (done.return_value, vault.names()) == (3, [])


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (".env", "API_URL=https://a.test\nAPI_TOKEN=SECRET\nSENTRY_DSN=https://SECRET@b.test/1\n", "AIRFLOW_CONN_"),
        ("robot.json", {"type": "service_account", "private_key": "SECRET", "token_uri": "https://a.test"}, "Google"),
        ("acme.ionapi", {"ci": "c", "cs": "SECRET", "iu": "https://a.test", "pu": "https://b.test", "ot": "t"}, "Infor"),
        ("acme.har", {"log": {"entries": [{"request": {"url": "https://a.test/?k=SECRET"}}]}}, "HAR"),
        ("signed.txt", "curl https://a.test -H 'Authorization: AWS4-HMAC-SHA256 Signature=SECRET'", "aws_sigv4"),
    ],
)  # fmt: skip
def test_a_file_without_connections_stores_nothing(command, vault, file, secret, name, content, words):
    """Such a file is one error that names it, not one for each entry; none of it is stored or shown."""
    text = (content if isinstance(content, str) else json.dumps(content)).replace("SECRET", secret)
    for more in ((), ("--yes",)):
        done = command("connections", "import", "--from", file(name, text), *more)
        assert (done.return_value, vault.names(), done.stdout) == (3, [], "")
        assert words in done.stderr
        assert done.stderr.count("import_unreadable") == 1
        assert secret not in done.output


def test_a_dry_run_names_what_is_still_needed(command, vault, file):
    """A dry run asks for nothing, and names the values that the real run asks for."""
    done = command("connections", "import", "--from", file("acme.json", MANIFEST), "--dry-run")
    assert (done.return_value, vault.names()) == (0, [])
    assert "still needed: sub, client_id, client_secret" in done.stdout


def test_secrets_may_become_references(command, kept, file):
    """--references stores references to variables for secrets, and names them; others are asked for."""
    path = file("acme-eu.json", MANIFEST)
    done = command("connections", "import", "--from", path, "--references", typed="x\nid-1\n")
    assert done.return_value == 0, done.output
    variable = "WATCHWORD_SECRET_ACME_EU_CLIENT_SECRET"
    assert kept("acme-eu") == document(f"env:{variable}")
    assert f"set the variable {variable}" in done.stdout


def test_a_typed_reference_is_kept_where_it_can_be(command, kept, file, secret):
    """A reference may be typed for a whole secret; elsewhere it is refused."""
    path = file("acme.json", MANIFEST)
    done = command("connections", "import", "--from", path, typed="x\nid-1\nlocal:watchword-secret-a\n")
    assert (done.return_value, kept()) == (0, document("local:watchword-secret-a")), done.output
    done = command("connections", "import", "b", "--from", path, typed=f"env:X\nid-1\n{secret}\n")
    assert "it can't be a reference" in done.stderr
    assert done.return_value == 3


def test_several_connections_of_a_file(command, vault, kept, file, secret):
    """Names begin with the file's name; a NAME imports the one that it names, or ends with."""
    path = file("Acme API.postman_collection.json", collection(secret))
    done = command("connections", "import", "--from", path)
    assert (done.return_value, by_name.names(vault)) == (0, ["acme-api-a-test", "acme-api-b-test"])
    assert kept("acme-api-a-test")["test_url"] == "https://a.test/me"
    assert command("connections", "import", "my-b-test", "--from", path).return_value == 0
    assert kept("my-b-test")["base_url"] == "https://b.test"
    done = command("connections", "import", "other", "--from", path)
    assert done.return_value == 3
    assert (
        "import_choice_needed: There is no connection other in it; there are acme-api-a-test" in done.stderr
    )
    assert "[file: Acme API.postman_collection.json]" in done.stderr


def test_one_of_several_ways_is_chosen(command, vault, kept, file, secret):
    """Alternatives are listed, and one is chosen by number or name; without a person, NAME chooses."""
    schemes = {
        "key": {"type": "apiKey", "in": "header", "name": "K"},
        "token": {"type": "http", "scheme": "bearer"},
    }
    content = {
        "openapi": "3.0.0",
        "servers": [{"url": "https://a.test"}],
        "components": {"securitySchemes": schemes},
    }
    path = file("acme.json", content)
    done = command("connections", "import", "--from", path, typed=f"9\n2\n{secret}\n")
    assert (done.return_value, by_name.names(vault)) == (0, ["acme-token"]), done.output
    assert "1 acme-key: api_key" in done.stdout
    assert kept("acme-token")["bearer_token"] == secret
    for arguments in (("--yes",), ()):
        done = command("connections", "import", "--from", path, *arguments)
        assert (done.return_value, "import_choice_needed" in done.stderr) == (3, True)
    done = command("connections", "import", "--from", path, "--dry-run")
    assert (done.return_value, done.stdout.count("would be kept")) == (0, 2)
    done = command("connections", "import", "acme-key", "--from", path, typed=f"{secret}\n")
    assert (done.return_value, kept("acme-key")["api_key"]) == (0, secret)


def test_other_forms(command, kept, file, secret):
    """A curl command and a connection document are imported under the file's name."""
    command(
        "connections", "import", "--from", file("b.sh", f"curl https://a.test/me -H 'X-Api-Key: {secret}'")
    )
    assert kept("b")["api_key"] == secret
    own = {"method": "bearer", "base_url": "https://a.test", "bearer_token": secret}
    command("connections", "import", "--from", file("c.yaml", yaml.safe_dump(own)))
    assert kept("c") == own


def test_a_file_with_a_secret_that_is_no_connection(command, vault, file, secret):
    """No finding about a file shows any of it, and each names the file."""
    for text in (
        f"{secret}",
        f"a: {secret}: b",
        f"{{{secret}",
        f"K{secret}=\n",
        f"!{secret} x",
        f"k: {secret}",
        "[]",
    ):
        done = command("connections", "import", "--from", file("acme.txt", text))
        assert (done.return_value, vault.names()) == (3, []), text
        assert "[file: acme.txt]" in done.stderr


@pytest.mark.parametrize("arguments", [["--from", "-", "--variables", "-"]])
def test_stdin_is_read_once(command, arguments):
    """Only one of the two files can be stdin."""
    command("connections", "import", *arguments, ends=typer.BadParameter)
