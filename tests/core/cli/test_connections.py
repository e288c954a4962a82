"""The commands `connections add`, `list`, `show` and `remove` without prompts, and DOCUMENTs by name."""

from __future__ import annotations

import html
import json
import re
import webbrowser
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from watchword.connections import by_name
from watchword.stores import open_store
from watchword_playground import Playground
from watchword_playground import document as served_document

STATIC = {"method": "basic", "base_url": "https://a.test", "username": "ann"}


def document(secret, **fields):
    return {"method": "api_key", "base_url": "https://a.test", "api_key": secret, **fields}


@pytest.fixture
def kept(vault, secret):
    """Give a function that stores a document in the vault, even one with errors."""

    def keep(name="acme", **fields):
        content = document(secret, **fields)
        by_name.keep(vault, name, content)
        return content

    return keep


def test_a_document_is_kept(command, vault, tmp_path, secret):
    """A document from a file or stdin is stored with the options applied; the output names the next step."""
    path = tmp_path / "x.json"
    path.write_text(json.dumps(document(secret)), encoding="utf-8-sig")
    done = command("connections", "add", "acme", "--from", path, "--set", "timeout=5")
    assert by_name.document_of(vault, "acme") == document(secret, timeout=5.0)
    assert "tokens.db" in done.stdout
    assert "watchword validate local:acme" in done.stdout
    command("connections", "add", "beta", "--from", "-", typed=json.dumps(document(secret, proxy=None)))
    assert by_name.document_of(vault, "beta") == document(secret)


def test_a_connection_by_options_alone(command, vault):
    """With method and fields as options, and the secret as a reference, nothing is asked for."""
    options = ["--set", "base_url=https://a.test", "--set", "username=ann", "--set", "method=basic"]
    options += ["--set", "password=env:WATCHWORD_SECRET_ACME", "--set", "refresh_on_status=403;419"]
    options += ["--set", 'extra_parameters={"header:X": "1"}', "--set", "verify=false"]
    done = command("connections", "add", "acme", "--yes", *options)
    assert by_name.document_of(vault, "acme") == {
        **STATIC,
        "password": "env:WATCHWORD_SECRET_ACME",
        "refresh_on_status": [403, 419],
        "extra_parameters": {"header:X": "1"},
        "verify": False,
    }
    assert "warning: reference_unresolved" in done.stderr


def test_a_sign_in_comes_next(command):
    """If the method needs a sign-in, the output names `login` as the next command."""
    options = ["base_url=https://a.test", "token_url=https://a.test/t", "client_id=c", "client_auth=none"]
    options += ["authorize_url=https://a.test/authorize"]
    given = [part for option in options for part in ("--set", option)]
    done = command("connections", "add", "acme", "--method", "oauth2_authorization_code", "--yes", *given)
    assert "watchword login local:acme" in done.stdout


def test_what_is_there_is_not_overwritten(command, kept, vault, secret):
    """A name that is taken is refused, and the output names `connections edit`."""
    before = kept()
    done = command("connections", "add", "acme", "--from", "-", typed=json.dumps(document(secret, timeout=9)))
    assert (done.return_value, "connections edit acme" in done.stderr) == (3, True)
    assert by_name.document_of(vault, "acme") == before


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"base_url": "a.test"}, "url_not_absolute"),
        ({"api_key": "***"}, "placeholder_secret"),
        ({"secret_parameters": {"header:X": "********"}}, "placeholder_secret"),
        ({"api_keys": "x"}, "unknown_field"),
        ({"username": "ann"}, "field_of_other_method"),
        ({"method": "api-key"}, "unknown_method"),
        ({"timeout": "soon"}, "wrong_type"),
    ],
)
def test_what_is_wrong_is_not_kept(command, vault, secret, fields, code):
    """A document with an error ends with its findings and exit status 3; nothing is stored."""
    done = command("connections", "add", "acme", "--from", "-", typed=json.dumps(document(secret, **fields)))
    assert (done.return_value, code in done.stderr) == (3, True), done.output
    assert vault.names() == []


@pytest.mark.parametrize("content", ["", "{", '["a"]', "https://ann:pw@a.test", "\ud83d"])
def test_what_is_no_document(command, content):
    """Content that is not a document is refused, and the output names `connections import`."""
    typed = content.encode("utf-8", "surrogatepass")
    done = command("connections", "add", "acme", "--from", "-", typed=typed)
    assert (done.return_value, "connections import" in done.stderr) == (3, True), done.output


def test_doubts_are_told(command, secret):
    """Warnings are printed and don't stop a connection from being stored."""
    done = command("connections", "add", "acme", "--from", "-", typed=json.dumps(document(secret, prefix="")))
    assert "a field with empty text is left out: prefix" in done.stderr
    fields = {"verify": False, "api_key": "file:/nowhere/key"}
    done = command("connections", "add", "b", "--from", "-", typed=json.dumps(document(secret, **fields)))
    assert "warning: reference_not_allowed" in done.stderr
    assert "error:" not in done.stderr


def test_a_secret_is_no_argument(command, vault, secret):
    """A literal secret in --set is refused with the reason, also in a mapping and after `literal:`."""
    for setting in (
        f"api_key={secret}",
        f"api_key=literal:{secret}",
        f'secret_parameters={{"header:X": "{secret}"}}',
        f'secret_parameters={{"header:X": "env:A", "header:Y": "{secret}"}}',
        f"proxy=http://ann:{secret}@proxy.test",
        f"{secret}",
        f"{secret}=x",
        f"timeout={secret}",
        f"method={secret}",
        "api_key=",
    ):
        done = command("connections", "add", "acme", "--method", "api_key", "--yes", "--set", setting)
        assert (done.return_value, "--set" in done.stderr or "no such method" in done.stderr) == (3, True)
    done = command("connections", "add", "acme", "--method", "api_key", "--yes", "--set", f"api_key={secret}")
    assert "history" in done.stderr
    assert vault.names() == []


def test_a_connection_is_no_argument(command, secret):
    """A URI or JSON in place of a name or a file is refused and not printed."""
    for content in (f"https://ann:{secret}@a.test", f'{{"api_key": "{secret}"}}'):
        for arguments in (
            ["connections", "add", content],
            ["connections", "add", "acme", "--from", content],
            ["connections", "edit", content],
            ["connections", "show", content],
            ["connections", "remove", content],
            ["connections", "import", content],
            ["connections", "import", "acme", "--from", content],
            ["connections", "push", content],
            ["secrets", "set", "acme", "--from", content],
        ):
            done = command(*arguments)
            assert (done.return_value, "history" in done.stderr) == (3, True), done.output


def test_all_are_listed(command, kept):
    """Each connection is listed with name, method and host on one line; `--json` prints JSON."""
    kept("acme")
    kept("beta", base_url="https://b.test:8443/v1")
    done = command("connections", "list")
    rows = [line.split("│")[1:4] for line in done.stdout.splitlines() if "│" in line]
    assert [[cell.strip() for cell in row] for row in rows] == [
        ["acme", "api_key", "a.test"],
        ["beta", "api_key", "b.test:8443"],
    ]
    listed = json.loads(command("connections", "list", "--json").stdout)
    assert listed[0] == {
        "name": "acme", "method": "api_key", "host": "a.test", "unreadable": None, "last_verdict": None
    }  # fmt: skip


def test_one_that_can_t_be_read_is_listed_too(command, kept, vault, secret):
    """A connection that can't be read is listed with its error's code, and the others are listed too."""
    kept("good")
    vault.put("airflow-connections-json", f'{{"api_key": "{secret}"'.encode())
    vault.put("airflow-connections-other", f"postgres://ann:{secret}@db.test".encode())
    kept("typo", api_keys=secret)
    done = command("connections", "list")
    for words in ("can't be read: secret_unreadable", "can't be read: unknown_field", "a.test"):
        assert words in done.stdout
    codes = {
        one["name"]: one["unreadable"] for one in json.loads(command("connections", "list", "--json").stdout)
    }
    assert codes == {
        "good": None,
        "json": "secret_unreadable",
        "other": "secret_unreadable",
        "typo": "unknown_field",
    }


def test_an_empty_list_says_where_it_looked(command, tmp_path):
    """An empty list names the store, and listing does not create the vault."""
    done = command("connections", "list")
    assert (done.return_value, "tokens.db" in done.stdout) == (None, True)
    assert command("connections", "list", "--json").stdout.strip() == "[]"
    assert not (tmp_path / "tokens.db").exists()


def test_a_connection_is_shown(command, kept, secret):
    """Secrets are shown as asterisks, also in mappings and wrong fields; references are shown."""
    kept(
        client_private_key="file:/run/secrets/key",
        secret_parameters={"header:X": secret, "header:Y": "env:WATCHWORD_SECRET_Y"},
        extra_parameters={
            "header:Accept": "2",
            "header:Authorization": f"Bearer {secret}",
            "query:sid": secret,
        },
        proxy=f"http://ann:{secret}@proxy.test:3128",
        test_url=f"https://ann:hidden1@a.test/me?page=2&api_key=hidden2&x={secret}",
        client_certificate="-----BEGIN PRIVATE KEY-----hidden3",
        refresh_on_body={"token": "hidden4", "error": "{{secret:x}}"},
    )
    displayed = json.loads(command("connections", "show", "acme", "--json").stdout)
    assert displayed == {
        "method": "api_key",
        "base_url": "https://a.test",
        "api_key": "***",
        "client_private_key": "file:/run/secrets/key",
        "secret_parameters": {"header:X": "***", "header:Y": "env:WATCHWORD_SECRET_Y"},
        "extra_parameters": {"header:Accept": "2", "header:Authorization": "***", "query:sid": "***"},
        "proxy": "***",
        "test_url": "https://***@a.test/me?page=2&api_key=***&x=***",
        "client_certificate": "***",
        "refresh_on_body": {"token": "***", "error": "{{secret:x}}"},
    }
    done = command("connections", "show", "acme")
    assert "api_key: ***" in done.stdout
    assert 'secret_parameters: {"header:X": "***"' in done.stdout
    assert "hidden" not in done.output


def test_a_broken_document_is_shown_without_secrets(command, kept, vault, secret):
    """A field that no method has is masked: it may be a secret under a mistyped name."""
    kept(api_kye=secret, method="apikey", username=[secret], password={"a": [secret]}, api_key=[secret, 1])
    done = command("connections", "show", "acme")
    assert (done.return_value, "unknown_method" in done.stderr) == (3, True)
    assert "api_kye: ***" in done.stdout
    for content in (f'{{"api_key": "{secret}"', f'["{secret}"]', f"ftp://{secret}", ""):
        vault.put("airflow-connections-acme", content.encode())
        done = command("connections", "show", "acme")
        assert (done.return_value, "secret_unreadable" in done.stderr) == (3, True), done.output


@pytest.mark.parametrize("verb", ["show", "edit", "remove"])
def test_an_unknown_name(command, verb):
    """A name under which nothing is stored is exit status 3."""
    done = command("connections", verb, "nope", *(["--yes"] if verb == "remove" else []))
    assert (done.return_value, "connection_missing" in done.stderr) == (3, True)
    done = command("connections", verb, "no name")
    assert (done.return_value, "secret_name_illegal" in done.stderr) == (3, True)


def test_a_connection_is_removed(command, kept, vault):
    """A connection is removed after a question; if it may have tokens, the output says that they stay."""
    kept()
    assert "Left as it is: acme" in command("connections", "remove", "acme", typed="n\n").stdout
    done = command("connections", "remove", "acme")
    assert (done.return_value, "give --yes" in done.stderr) == (3, True)
    assert by_name.names(vault) == ["acme"]
    done = command("connections", "remove", "acme", typed="y\n")
    assert "Removed: acme" in done.stdout
    assert "logout" not in done.stdout
    assert vault.names() == []
    vault.put("airflow-connections-odd", b"{")
    done = command("connections", "remove", "odd", "--yes")
    assert "watchword logout local:odd" in done.stdout
    assert vault.names() == []


def test_a_kept_connection_is_validated_by_name(command, kept, serve, reply, secret):
    """`local:NAME` is a DOCUMENT whose references are restricted, as in every stored connection."""
    server = serve(lambda seen: reply(200 if secret in seen.text else 401))
    kept(base_url=server.url, test_url=f"{server.url}/me")
    assert command("validate", "local:acme").return_value == 0
    kept(base_url=server.url, api_key="env:PATH", test_url=f"{server.url}/me")
    done = command("validate", "local:acme")
    assert (done.return_value, "reference_not_allowed" in done.stdout) == (3, True)
    done = command("validate", "local:nope", "--json")
    assert (done.return_value, json.loads(done.stdout)["findings"][0]["code"]) == (3, "connection_missing")
    done = command("logout", "local:nope")
    assert (done.return_value, "connection_missing" in done.stderr) == (3, True)


def test_somebody_signs_in_by_name(command, vault, monkeypatch):
    """`login local:NAME` stores the sign-in under that name; `validate` and `logout` find it."""
    with Playground() as served, ThreadPoolExecutor() as browser:
        by_name.keep(vault, "acme", served_document(served.url, "oauth2_authorization_code"))
        monkeypatch.setattr(webbrowser, "open", lambda url: bool(browser.submit(agree, url)))
        done = command("login", "local:acme")
        assert "Signed in: acme" in done.stdout, done.output
        assert [record.name for record, _ in open_store().records()] == ["acme"]
        assert command("validate", "local:acme").return_value == 0
        done = command("connections", "remove", "acme", typed="n\n")
        assert "watchword logout local:acme" in done.stdout
        assert "Signed out: acme" in command("logout", "local:acme").stdout


def agree(url):
    """Act as the person who agrees in the browser."""
    with requests.Session() as session:
        session.trust_env = False
        page = session.get(url, timeout=60)
        hidden = re.findall('<input type="hidden" name="([^"]*)" value="([^"]*)">', page.text)
        form = {html.unescape(name): html.unescape(value) for name, value in hidden}
        headers = {"Sec-Fetch-Site": "same-origin"}
        decision = {**form, "user": "ada", "decision": "allow"}
        session.post(page.url.partition("?")[0], data=decision, headers=headers, timeout=60)


def test_places(command, monkeypatch, vault, kept):
    """The default is the first configured store; an unknown one, or one in memory, is refused."""
    kept()
    assert "acme" in command("connections", "list", "--in", "local").stdout
    monkeypatch.setenv("WATCHWORD_SECRETS", "env")
    done = command("connections", "list")
    assert (done.return_value, "keeps secrets" in done.stderr) == (3, True)
    for source in ("env", "gcp:/x", "nowhere"):
        done = command("connections", "list", "--in", source)
        assert (done.return_value, "secrets_unsuitable" in done.stderr) == (3, True)
    monkeypatch.setenv("WATCHWORD_STORE", "memory://")
    done = command("connections", "list", "--in", "local")
    assert (done.return_value, "memory://" in done.stderr) == (3, True)


def test_a_name_commands_no_terminal(command, vault, kept):
    """A document's content is printed as plain text, one line for each field."""
    kept(base_url="https://a.test\x1b[2J\nfine: 1", api_key="env:A\x1b[2J")
    for arguments in (["show", "acme"], ["show", "acme", "--json"], ["list"], ["list", "--json"]):
        done = command("connections", *arguments)
        assert "\x1b" not in done.output
        assert not any(line.startswith("fine") for line in done.output.splitlines())
