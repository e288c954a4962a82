"""The DOCUMENT argument: a file, stdin, or a connection that a host has stored."""

from __future__ import annotations

import json
import sys

import pytest
from typer.testing import CliRunner

import watchword
from watchword.cli.app import app
from watchword.cli.documents import name_of, open_connection
from watchword.errors import DocumentError

HOST = """
import watchword

def connection(name):
    print("what a host says on its way")
    if name == "missing":
        raise LookupError(f"no connection {name}, nor s3cret-key")
    if name == "odd":
        return name
    if name == "broken":
        return watchword.load({"method": "bearer", "bearer_token": "s3cret-key", "tokn": 1})
    import os
    url = os.environ["ACME_URL"]
    document = {"base_url": url, "method": "api_key", "api_key": "s3cret-key", "test_url": f"{url}/me"}
    return watchword.load(document, name=name)
"""


@pytest.fixture
def host(tmp_path, monkeypatch, serve, reply):
    """Install a host that offers its connections under two schemes, one of them broken; give its server."""
    folder = tmp_path / "site"
    metadata = folder / "acme_host-1.0.dist-info"
    metadata.mkdir(parents=True)
    (folder / "acme_host.py").write_text(HOST)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-host\nVersion: 1.0\n")
    entries = "[watchword.connections]\nacmehost = acme_host:connection\nbroken = acme_host:nothing\n"
    (metadata / "entry_points.txt").write_text(entries)
    monkeypatch.syspath_prepend(str(folder))
    server = serve(lambda seen: reply(200 if "s3cret-key" in seen.text else 401))
    monkeypatch.setenv("ACME_URL", server.url)
    yield server
    sys.modules.pop("acme_host", None)


def run(*arguments):
    """Run a command in this process; its exit status is `return_value`."""
    done = CliRunner().invoke(app, list(map(str, arguments)), standalone_mode=False)
    assert done.exception is None, done.exception
    assert "s3cret" not in done.output
    return done


def test_a_host_s_connection_is_validated(host):
    """`SCHEME:NAME` loads the host's connection of that name, with its own test URL."""
    done = run("validate", "acmehost:acme")
    assert (done.return_value, "authenticated" in done.stdout) == (0, True), done.output
    assert json.loads(run("validate", "acmehost:acme", "--json").stdout)["verdict"] == "valid"


@pytest.mark.usefixtures("host")
@pytest.mark.parametrize("command", ["validate", "login", "logout", "keepalive"])
def test_an_unknown_scheme_lists_those_that_there_are(command):
    """An unknown scheme ends with the installed ones, and with how to give a file of such a name."""
    done = run(command, "acmehots:acme")
    assert done.return_value == 3
    assert "acmehost" in done.stderr
    assert "./acmehots:acme" in done.stderr


@pytest.mark.usefixtures("host")
@pytest.mark.parametrize("command", ["validate", "login", "logout", "keepalive"])
@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("acmehost:missing", "LookupError: no connection missing"),
        ("acmehost:odd", "returned no connection"),
        ("broken:acme", "AttributeError"),
    ],
)
def test_what_a_host_can_t_give(command, argument, words):
    """Any exception of a host ends in one line and exit status 3."""
    watchword.load({"base_url": "https://a.test", "method": "api_key", "api_key": "s3cret-key"}).lint()
    done = run(command, argument)
    assert (done.return_value, words in done.stderr) == (3, True), done.output


@pytest.mark.usefixtures("host")
def test_a_host_s_broken_document_is_reported():
    """The errors of a host's document are reported as those of any document."""
    done = run("validate", "acmehost:broken")
    assert (done.return_value, "unknown_field" in done.stdout) == (3, True)


@pytest.mark.usefixtures("host")
def test_a_host_s_connection_has_its_name():
    """The host names its connections, so that every process finds the same token; --name is refused."""
    assert open_connection("acmehost:acme").name == "acme"
    done = run("validate", "acmehost:acme", "--name", "other")
    assert (done.return_value, "leave --name out" in done.stderr) == (3, True)


@pytest.mark.usefixtures("host")
def test_where_nobody_signs_in():
    """For a method without a sign-in, login and logout end with exit status 3, and keepalive skips it."""
    for command in ("login", "logout"):
        done = run(command, "acmehost:acme")
        assert (done.return_value, "unknown_method" in done.stderr) == (3, True), done.output
    done = run("keepalive", "acmehost:acme")
    assert (done.return_value, "nothing to keep alive" in done.stdout) == (0, True)


def test_files_that_look_like_a_scheme(tmp_path, monkeypatch):
    """A path with a colon or a drive letter is a file."""
    (tmp_path / "airflow:acme").write_text(json.dumps({"base_url": "https://a.test", "method": "none"}))
    monkeypatch.chdir(tmp_path)
    assert open_connection("./airflow:acme").name == "airflow:acme"
    done = run("validate", "C:\\acme.json")
    assert "can't be read" in done.stderr


def test_the_name_is_that_of_the_file(tmp_path):
    """The default name is the file's name without its last ending; stdin has none."""
    assert name_of(str(tmp_path / "acme.prod.json")) == "acme.prod"
    assert name_of("-") is None
    path = tmp_path / "acme.json"
    path.write_text("{")
    with pytest.raises(DocumentError):
        open_connection(str(path))


def test_a_name_that_no_file_can_have():
    """A null character in a path ends in exit status 3."""
    assert run("validate", "a\0b").return_value == 3


def test_oauth1_needs_a_file():
    """A sign-in of OAuth 1.0 writes into the document, so a document from stdin is refused."""
    document = '{"base_url": "https://a.test", "method": "oauth1", "consumer_key": "c"}'
    done = CliRunner().invoke(app, ["login", "-"], input=document, standalone_mode=False)
    assert (done.return_value, "give a file" in done.stderr) == (3, True)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "The document is empty."),
        (" \n", "The document is empty."),
        ("{", "is not valid JSON"),
        ("[]", "should be a JSON object"),
        ('{"method": "bearer", "bearer_token": "s3cret-key", "tokn": 1}', "tokn"),
    ],
)
def test_a_finding_about_a_document_names_its_file(tmp_path, content, said):
    """Each finding about a file has the path as it was typed; an empty file is called empty."""
    path = tmp_path / "acme.json"
    path.write_text(content)
    with pytest.raises(DocumentError) as caught:
        open_connection(str(path))
    assert said in str(caught.value)
    assert {each.evidence["file"] for each in caught.value.findings} == {str(path)}
    assert f"file: {path}" in run("validate", path).output
