"""The command `connections import`: Airflow's connections from files, stdin and the environment."""

from __future__ import annotations

import json

import pytest
import typer

from watchword.connections import by_name


@pytest.fixture
def kept(vault):
    """Give a function that returns the document that the vault holds under a name."""
    return lambda name="acme": by_name.document_of(vault, name)


@pytest.fixture
def basic(secret):
    """Give the document that the tests' URI is converted to."""
    return {"base_url": "https://a.test/v1", "method": "basic", "username": "ann", "password": secret}


def uri(secret):
    return f"http://ann:{secret}@https%3A%2F%2Fa.test%2Fv1"


def test_a_uri(command, kept, basic, secret, tmp_path):
    """A URI from stdin needs a name; a URI from a file is stored under the file's name."""
    done = command("connections", "import", "acme", "--from", "-", typed=uri(secret))
    assert done.return_value == 0, done.output
    assert kept() == basic
    assert "acme: stored in the vault" in done.stdout
    assert "basic at a.test" in done.stdout
    (tmp_path / "beta.txt").write_text(uri(secret) + "\n")
    command("connections", "import", "--from", tmp_path / "beta.txt")
    assert kept("beta") == basic
    done = command("connections", "import", "--from", "-", typed=uri(secret))
    assert (done.return_value, "give one" in done.stderr) == (3, True)


def test_json_of_one(command, kept, basic, secret):
    """Airflow's JSON is imported, also of the type watchword; options without a field are reported."""
    entries = {"conn_type": "http", "host": "https://a.test/v1", "login": "ann", "password": secret}
    entries["extra"] = {"allow_redirects": False}
    done = command("connections", "import", "acme", "--from", "-", typed=json.dumps(entries))
    assert kept() == basic
    assert "acme: The option allow_redirects was left out" in done.stderr
    own = {"conn_type": "watchword", "host": "https://a.test/v1", "login": "ann", "password": secret}
    own["extra"] = {"schema_version": 1, "method": "basic"}
    done = command("connections", "import", "acme", "--from", "-", typed=json.dumps(own))
    assert "unchanged" in done.stdout


@pytest.fixture
def export(tmp_path, secret):
    """Write a file as `airflow connections export` does, and return its path."""
    none = dict.fromkeys(["description", "login", "password", "host", "port", "schema", "extra"])
    entries = {
        "acme": {
            **none,
            "conn_type": "http",
            "host": "https://a.test/v1",
            "login": "ann",
            "password": secret,
        },
        "db": {**none, "conn_type": "postgres", "host": "db.test", "password": secret},
        "bad.name": {**none, "conn_type": "http", "host": "https://b.test"},
        "broken": {**none, "conn_type": "http", "extra": f'{{"a": "{secret}'},
        "plain": {**none, "conn_type": "http", "host": "http://c.test", "login": "ann", "password": secret},
        "open": {**none, "conn_type": "generic", "host": "https://d.test"},
    }
    path = tmp_path / "export.json"
    path.write_text(json.dumps(entries))
    return path


def test_an_export_of_many(command, vault, kept, basic, export):
    """Each connection of an export has its line, and the exit status is the worst of all."""
    done = command("connections", "import", "--from", export)
    assert done.return_value == 3
    assert by_name.names(vault) == ["acme", "open"]
    assert kept() == basic
    assert "db: skipped: a connection of type postgres isn't HTTP" in done.stdout
    for words in ("bad.name: secret_name_illegal", "broken: ", "plain: url_plain_http"):
        assert words in done.stderr


def test_one_of_many(command, vault, export):
    """A name selects one connection; then skipping it is a failure, and so is an unknown name."""
    assert command("connections", "import", "open", "--from", export).return_value == 0
    assert by_name.names(vault) == ["open"]
    assert command("connections", "import", "db", "--from", export).return_value == 3
    done = command("connections", "import", "nope", "--from", export)
    assert (done.return_value, "no connection nope" in done.stderr) == (3, True)


def test_the_environment(command, monkeypatch, vault, kept, basic, secret):
    """--env imports each AIRFLOW_CONN_ variable under its name in lower case, or the one that is named."""
    done = command("connections", "import", "--env")
    assert (done.return_value, "AIRFLOW_CONN_" in done.stderr) == (3, True)
    monkeypatch.setenv("AIRFLOW_CONN_MY_API", uri(secret))
    monkeypatch.setenv("AIRFLOW_CONN_DB", f"postgresql://ann:{secret}@db.test")
    monkeypatch.setenv("AIRFLOW_CONN_EMPTY", "")
    done = command("connections", "import", "--env", "--dry-run")
    assert (done.return_value, "my_api: would be kept" in done.stdout, vault.names()) == (0, True, [])
    done = command("connections", "import", "--env")
    assert (done.return_value, kept("my_api")) == (0, basic)
    assert "db: skipped" in done.stdout
    command("connections", "import", "My_Api", "--env")
    assert kept("My_Api") == basic
    done = command("connections", "import", "nope", "--env")
    assert (done.return_value, "AIRFLOW_CONN_NOPE" in done.stderr) == (3, True)


def test_what_is_there_is_asked_about(command, vault, kept, basic, secret, tmp_path):
    """Other content is replaced after a yes, or with --yes if stdin held the connection."""
    path = tmp_path / "acme"
    path.write_text(uri(secret))
    other = {"method": "none", "base_url": "https://a.test"}
    by_name.keep(vault, "acme", other)
    done = command("connections", "import", "--from", path, typed="n\n")
    assert ("left as it is" in done.stdout, kept()) == (True, other)
    done = command("connections", "import", "acme", "--from", "-", typed=uri(secret))
    assert (done.return_value, "add --yes" in done.stderr, kept()) == (3, True, other)
    done = command("connections", "import", "acme", "--from", "-", "--yes", typed=uri(secret))
    assert ("replaced" in done.stdout, kept()) == (True, basic)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "nothing",
        '{"conn_type": "http", "hots": 1}',
        "[]",
        '{"method": "none"}',
        "a://b://c://d",
        b"\xff",
    ],
)
def test_what_is_no_connection(command, vault, content):
    """Content that is not a connection is exit status 3, and nothing is stored."""
    done = command("connections", "import", "acme", "--from", "-", typed=content)
    assert (done.return_value, vault.names()) == (3, []), done.output


@pytest.mark.parametrize("arguments", [[], ["--env", "--from", "x"]])
def test_where_from(command, arguments):
    """Exactly one of --from and --env must be given."""
    command("connections", "import", *arguments, ends=typer.BadParameter)
