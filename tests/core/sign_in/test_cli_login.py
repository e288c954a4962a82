"""The commands `login` and `logout` for OAuth 2.0 as a user runs them, against a real server."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import stat
import subprocess
import sys
import types
from importlib.metadata import EntryPoint

import pytest
import requests
from typer.testing import CliRunner

import watchword
from watchword import cli_documents, cli_login
from watchword.cli import app
from watchword.playground import AWKWARD_CREDENTIALS, document
from watchword.sign_in import oauth2
from watchword.tokens.stores import open_store

CODE, DEVICE = "oauth2_authorization_code", "oauth2_device_code"


@pytest.fixture(autouse=True)
def kept(monkeypatch, tmp_path):
    """Keep tokens in a file, as a user's command does; give its URL."""
    url = f"sqlite:///{tmp_path}/store/tokens.db"
    monkeypatch.setenv("WATCHWORD_STORE", url)
    return url


@pytest.fixture
def saved(tmp_path, playground):
    """Give a function that writes a document and returns its path."""

    def write(name="acme", *, method=CODE, **fields):
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps({**document(playground.url, method), **fields}), encoding="utf-8")
        return path

    return write


@contextlib.contextmanager
def started(*arguments, command="login"):
    """Run the command as a user would; give the process."""
    line = [sys.executable, "-m", "watchword", command, *map(str, arguments)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(line, text=True, env=environment, **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def shown(process, pattern=r"http://\S+/oauth/\w+\?\S+"):
    """Return the URL that the command prints."""
    while line := process.stdout.readline():
        if found := re.search(pattern, line):
            return found[0]
    raise AssertionError(process.stderr.read())


def ended(process, typed=""):
    """Return exit status and all that was printed since, in which no secret is."""
    out, err = process.communicate(typed, timeout=30)
    assert "Traceback" not in err
    check_no_secret(out + err)
    return process.returncode, out + err


def check_no_secret(text):
    assert "client-secret" not in text
    for record, _ in open_store().records():
        if record.token:
            assert record.token.access_token not in text
            assert record.token.refresh_token is None or record.token.refresh_token not in text


def run(*arguments, typed=""):
    """Run the command in this process, which is quicker; its exit status is `return_value`."""
    done = CliRunner().invoke(
        app, [str(argument) for argument in arguments], input=typed, standalone_mode=False
    )
    assert done.exception is None, done.exception
    return done


@pytest.mark.parametrize("public", [False, True])
def test_a_browser_comes_back(saved, browser, me, kept, public):
    """A person agrees in a browser: the store has the sign-in, the document is as it was."""
    path = saved(**(AWKWARD_CREDENTIALS[CODE] if public else {}))
    before = path.read_bytes()
    with started(path, "--no-browser") as process:
        callback = browser.decide(shown(process))
        assert re.match(r"http://127\.0\.0\.1:\d+/callback\?", callback)
        assert "close this page" in requests.get(callback, timeout=10).text
        status, said = ended(process)
    assert status == 0, said
    assert "Signed in: acme at 127.0.0.1:" in said
    assert "ends in 59 minutes and is renewed" in said
    assert f"Kept in the token store {kept}." in said
    assert path.read_bytes() == before
    assert me(watchword.load(before, name="acme")) == "ada"
    file = path.parent / "store" / "tokens.db"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_others_visit_first(saved, browser, query_of, changed):
    """A visit with a wrong state, or none, is turned away, and the sign-in waits on for the right one."""
    with started(saved(), "--no-browser") as process:
        callback = browser.decide(shown(process))
        for wrong in ({"state": "another"}, {"state": None}):
            assert requests.get(changed(callback, **wrong), timeout=10).status_code == 400
        assert requests.get(callback, timeout=10).status_code == 200
        status, said = ended(process)
    assert status == 0, said
    with pytest.raises(requests.ConnectionError):
        requests.get(callback, timeout=10)


def test_the_user_says_no(saved, browser):
    """A refusal is exit status 2 and says whom to ask."""
    with started(saved(), "--no-browser") as process:
        requests.get(browser.decide(shown(process), decision="deny"), timeout=10)
        status, said = ended(process)
    assert (status, "access_denied" in said) == (2, True), said
    assert not open_store().records()


def test_two_people_sign_in_at_once(saved, browser, me):
    """Two commands that run at the same time don't get in each other's way."""
    paths = {"ada": saved("one"), "grace": saved("two")}
    with contextlib.ExitStack() as both:
        running = {
            person: both.enter_context(started(path, "--no-browser")) for person, path in paths.items()
        }
        urls = {person: shown(process) for person, process in running.items()}
        for person, url in reversed(urls.items()):
            requests.get(browser.decide(url, person=person), timeout=10)
        assert all(ended(process)[0] == 0 for process in running.values())
    for person, path in paths.items():
        assert me(watchword.load(path.read_bytes(), name=path.stem)) == person


@pytest.mark.parametrize("registered", ["http://{}:{}/watchword/back", "http://localhost:{1}/back?x=1"])
def test_the_registered_redirect_uri_is_used_to_the_letter(saved, browser, query_of, registered):
    """Host, port and path of a redirect_uri on this machine are where the browser is waited for."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    uri = registered.format("127.0.0.1", port)
    with started(saved(redirect_uri=uri), "--no-browser") as process:
        url = shown(process)
        assert query_of(url)["redirect_uri"] == uri
        callback = browser.decide(url)
        assert callback.startswith(uri)
        requests.get(callback.replace("localhost", "127.0.0.1"), timeout=10)
        status, said = ended(process)
    assert status == 0, said


def test_an_open_port_is_filled_in(saved, browser, query_of):
    """A redirect_uri without a port gets the one that is free, and keeps its host and path."""
    with started(saved(redirect_uri="http://localhost/back"), "--no-browser") as process:
        url = shown(process)
        uri = query_of(url)["redirect_uri"]
        assert re.fullmatch(r"http://localhost:\d+/back", uri)
        requests.get(browser.decide(url).replace("localhost", "127.0.0.1"), timeout=10)
        status, said = ended(process)
    assert status == 0, said


def test_ports_that_can_t_be_had(saved):
    """A port that is taken, and one beside that of the document, are exit status 3."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = run("login", saved(), "--port", port)
        assert (done.return_value, f"port {port} of 127.0.0.1 can't be had" in done.stderr) == (3, True)
    done = run("login", saved(redirect_uri="http://127.0.0.1:4711/c"), "--port", "4712")
    assert (done.return_value, "has the port 4711" in done.stderr) == (3, True)


@pytest.mark.parametrize("redirect_uri", [None, "https://airflow.example.com/watchword/callback"])
def test_the_url_is_pasted(saved, browser, me, redirect_uri):
    """Without a browser that can come back, the URL that it ended at is pasted, and not asked for twice."""
    fields = {"redirect_uri": redirect_uri} if redirect_uri else {}
    path = saved(**fields)
    with started(path, *([] if redirect_uri else ["--paste"]), "--no-browser") as process:
        callback = browser.decide(shown(process), person="grace")
        status, said = ended(process, f"  {callback} \n")
    assert status == 0, said
    assert me(watchword.load(path.read_bytes(), name="acme")) == "grace"


def test_a_wrong_url_is_pasted(saved):
    """What belongs to no sign-in, or to another, is exit status 2."""
    for typed in ("https://a.test/?code=abcdef&state=another", "https://a.test/", "a-guess"):
        done = run("login", saved(), "--paste", typed=f"{typed}\n")
        assert done.return_value == 2, done.output
        assert "Traceback" not in done.output


def test_a_code_is_typed_in_elsewhere(saved, browser, me, playground):
    """On a server without a browser, a page and a code are shown, and the command waits for the person."""
    playground.oauth_settings.device_interval = 1
    path = saved(method=DEVICE)
    with started(path, "--no-browser") as process:
        url = shown(process)
        assert url.endswith(shown(process, r"[A-Z]{4}-[A-Z]{4}"))
        browser.decide(url, person="grace")
        status, said = ended(process)
    assert status == 0, said
    assert me(watchword.load(path.read_bytes(), name="acme")) == "grace"


def test_a_browser_is_opened(saved, browser, monkeypatch):
    """Unless told otherwise the page is opened for the user; where that fails, the way out is said."""
    opened = []

    def user(url):
        opened.append(url)
        requests.get(browser.decide(url), timeout=10)
        return len(opened) == 1

    monkeypatch.setattr(cli_login.webbrowser, "open", user)
    done = run("login", saved())
    assert (done.return_value, "--paste" in done.stderr) == (None, False), done.output
    done = run("login", saved())
    assert (done.return_value, "--paste" in done.stderr) == (None, True), done.output
    assert len(opened) == 2


def test_nobody_comes_back(saved, monkeypatch):
    """After ten minutes the command gives up, which is worth another try."""
    monkeypatch.setattr(cli_login, "PATIENCE", 0.01)
    done = run("login", saved(), "--no-browser")
    assert (done.return_value, "read_timeout" in done.stderr) == (4, True)


def test_a_name_of_its_own(saved, browser, monkeypatch):
    """`--name` says what the sign-in is kept under, for every command."""
    monkeypatch.setattr(
        cli_login.webbrowser, "open", lambda url: requests.get(browser.decide(url), timeout=9)
    )
    path = saved()
    assert not run("login", path, "--name", "prod").return_value
    assert [record.name for record, _ in open_store().records()] == ["prod"]
    assert run("validate", path, "--name", "prod").return_value == 0
    done = run("validate", path)
    assert (done.return_value, "sign_in_required" in done.stdout) == (2, True)


def signed_in(path, browser, monkeypatch):
    monkeypatch.setattr(
        cli_login.webbrowser, "open", lambda url: requests.get(browser.decide(url), timeout=9)
    )
    done = run("login", path)
    assert not done.return_value, done.output
    return done


def test_signing_out(saved, browser, monkeypatch, playground):
    """`logout` forgets and revokes; a second one has nothing to do."""
    path = saved()
    signed_in(path, browser, monkeypatch)
    done = run("logout", path)
    assert (done.return_value, "revoked at the provider" in done.stdout) == (0, True), done.output
    assert open_store().records() == []
    done = run("logout", path)
    assert (done.return_value, "no sign-in of acme" in done.stdout) == (0, True)


@pytest.mark.parametrize(("url", "status"), [("http://127.0.0.1:9/revoke", 2), (None, 0)])
def test_signing_out_where_nothing_revokes(saved, browser, monkeypatch, url, status):
    """What was not revoked is said, as exit status 2 where it was tried; the store has forgotten it."""
    path = saved(revoke_url=url)
    signed_in(path, browser, monkeypatch)
    done = run("logout", path)
    assert (done.return_value, "not_revoked" in done.stderr) == (status, True), done.output
    assert open_store().records() == []


def test_no_refresh_token_is_warned_of(saved, browser, monkeypatch, serve, reply):
    """A sign-in that nobody can renew is told from one that lasts."""
    server = serve(reply(200, {"access_token": "t0ken-of-the-provider", "expires_in": 7300}))
    path = saved(token_url=f"{server.url}/token")
    done = signed_in(path, browser, monkeypatch)
    assert "warning: no_refresh_token" in done.stderr
    assert "the access token ends in 2 hours." in done.stdout


def test_a_store_of_this_process_is_no_store(saved, monkeypatch):
    """Nobody signs in for a store that ends with the command."""
    monkeypatch.setenv("WATCHWORD_STORE", "memory://")
    done = run("login", saved())
    assert (done.return_value, "set WATCHWORD_STORE" in done.stderr) == (3, True)


@pytest.mark.parametrize(
    ("store", "words"),
    [("sqlite:////proc/nowhere/tokens.db", "store_"), ("mysql://a.test/b", "store_unsuitable")],
)
def test_a_store_that_can_t_be_used(saved, monkeypatch, store, words):
    """A store that can't be made is said before anybody signs in: nothing is opened."""
    opened = []
    monkeypatch.setattr(cli_login.webbrowser, "open", opened.append)
    monkeypatch.setenv("WATCHWORD_STORE", store)
    done = run("login", saved())
    assert (done.return_value in {3, 4}, words in done.stderr, opened) == (True, True, []), done.output


@pytest.mark.skipif(sys.platform != "linux", reason="limits of another process")
def test_a_disk_that_fills_up_meanwhile(saved, browser, playground):
    """Where nothing can be written any more, this is said in a line, and no token was asked for in vain."""
    import resource  # noqa: PLC0415 - not on every platform

    asked = playground.token_requests
    with started(saved(), "--no-browser") as process:
        callback = browser.decide(shown(process))
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (1, 1))
        requests.get(callback, timeout=10)
        status, said = ended(process)
    assert (status in {3, 4}, "store_" in said) == (True, True), said
    assert not open_store().records()
    assert playground.token_requests == asked


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"authorize_url": None}, "authorize_url"),
        ({"client_id": None}, "client_id"),
        ({"clent_id": "x"}, "client_id"),
        ({"token_url": "http://a.test/token"}, "url_plain_http"),
        ({"authorize_url": None, "refresh_token": "imported-token"}, "needs authorize_url"),
    ],
)
def test_a_document_that_can_t_sign_in(saved, fields, words):
    """What is wrong with the document is said, as exit status 3."""
    done = run("login", saved(**fields))
    assert (done.return_value, words in done.stderr) == (3, True), done.output


def test_the_library_s_limits_are_the_command_s():
    """The command waits as long as the sign-in is kept."""
    assert cli_login.PATIENCE == oauth2.PATIENCE


def test_a_host_s_connection_signs_in_and_out(playground, browser, monkeypatch, me, kept):
    """`SCHEME:NAME` serves login, keepalive and logout, in the store that the host has chosen."""
    module = types.ModuleType("acme_host")
    module.connection = lambda name: watchword.load(document(playground.url, CODE), name=name, store=kept)
    monkeypatch.setitem(sys.modules, "acme_host", module)
    entry = EntryPoint("acmehost", "acme_host:connection", cli_documents.GROUP)
    monkeypatch.setattr(cli_documents, "entry_points", lambda group: [entry] if group == entry.group else [])
    done = signed_in("acmehost:acme", browser, monkeypatch)
    assert "Signed in: acme at" in done.stdout
    assert me(module.connection("acme")) == "ada"
    done = run("keepalive", "acmehost:acme", "--idle-days", "0")
    assert (done.return_value, "acme: refreshed" in done.stdout) == (0, True), done.output
    assert run("logout", "acmehost:acme").return_value == 0
    assert open_store().records() == []
