"""The command `watchword login` as a user runs it, and the loopback listener that it waits with."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import stat
import subprocess
import sys
from urllib.parse import parse_qs

import pytest
import requests
from typer.testing import CliRunner

import watchword
from watchword.cli import login
from watchword.cli.app import app, main
from watchword.sign_in.callback import listening


@pytest.fixture
def saved(tmp_path, provider):
    """Return a function that writes a document and returns its path."""

    def write(**fields):
        path = tmp_path / "acme.json"
        path.write_text(json.dumps(provider.document(**fields)), encoding="utf-8")
        return path

    return write


@contextlib.contextmanager
def started(*arguments):
    """Run the command as a user would, and return the process."""
    command = [sys.executable, "-m", "watchword", "login", *map(str, arguments)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def url_shown(process):
    """Return the URL that the command prints."""
    while line := process.stdout.readline():
        if found := re.search(r"http://\S+/authorize\?\S+", line):
            return found[0]
    raise AssertionError(process.stderr.read())


def ended(process, typed=""):
    """Return the exit status and all further output, which must hold no secret."""
    out, err = process.communicate(typed, timeout=60)
    assert "Traceback" not in err
    assert "of-the-provider" not in out + err
    assert "s3cret" not in out + err
    return process.returncode, out + err


def usable(path):
    """Return whether the API lets the document in."""
    with watchword.load(path.read_bytes()).session() as api:
        return api.get("/v1/me").status_code == 200


def test_a_browser_comes_back(saved, provider):
    """The user agrees in a browser, and the document gets a token that the API accepts and nobody sees."""
    path = saved(extra_parameters={"header:X-Tenant": "ü"})
    with started(path, "--no-browser") as process:
        callback = provider.visit(url_shown(process))
        assert re.match(r"http://127\.0\.0\.1:\d+/[\w-]{22}\?", callback)
        page = requests.get(callback, timeout=60)
        assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
        assert page.text.startswith(f"Signed in to {path.stem}. You may close this page.")
        status, said = ended(process)
    assert status == 0, said
    content = json.loads(path.read_text(encoding="utf-8"))
    added = {name: content.pop(name) for name in ("access_token", "token_secret")}
    assert content == provider.document(extra_parameters={"header:X-Tenant": "ü"})
    assert all(added.values())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]
    assert usable(path)


@pytest.mark.parametrize("whole", [True, False])
def test_a_verifier_or_a_url_is_pasted(saved, provider, whole):
    """Out of band, the user pastes the code or the whole URL; an old token is replaced."""
    path = saved(access_token="s3cret-old", token_secret="s3cret-old")
    with started(path, "--paste") as process:
        answer = provider.visit(url_shown(process))
        (verifier,) = parse_qs(answer)["oauth_verifier"]
        status, said = ended(process, f"  https://a.test/back?{answer}\n" if whole else f" {verifier} \n")
    assert status == 0, said
    assert "s3cret-old" not in path.read_text()
    assert usable(path)


def test_a_refusal_is_exit_status_2(saved, provider):
    """If the user refuses, the document stays unchanged."""
    provider.refuses = True
    path = saved()
    before = path.read_bytes()
    with started(path, "--no-browser") as process:
        requests.get(provider.visit(url_shown(process)), timeout=60)
        status, said = ended(process)
    assert (status, "sign_in_refused" in said) == (2, True)
    assert path.read_bytes() == before


def run(*arguments, typed=""):
    """Run the command in this process, which is faster."""
    return CliRunner().invoke(app, ["login", *map(str, arguments)], input=typed)


def test_what_stands_in_for_a_token_does_no_harm(saved, provider):
    """A document whose token is a placeholder or half a token can only be used to sign in."""
    for old in ({"access_token": "********", "token_secret": "***"}, {"token_secret": "s3cret-old"}):
        assert "The code that the page shows" in run(saved(**old), "--paste").stdout
    assert len(provider.book.temporary) == 2


def test_a_wrong_verifier_is_exit_status_2(saved):
    """A code that the server does not know is refused."""
    done = run(saved(), "--paste", typed="a-guess\n")
    assert (done.exit_code, "access_token_url" in done.stderr) == (2, True)


def test_the_wrong_token_is_exit_status_2(saved, provider):
    """A visit that belongs to another sign-in ends this sign-in."""
    with started(saved(), "--no-browser") as process:
        url_shown(process)
        (begun,) = provider.book.temporary.values()
        requests.get(f"{begun['callback']}?oauth_token=another&oauth_verifier=v", timeout=60)
        status, said = ended(process)
    assert (status, "another sign-in" in said) == (2, True)


def test_a_server_that_is_down_is_exit_status_4(saved):
    """A server that is down leads to exit status 4, since waiting may help."""
    done = run(saved(request_token_url="http://127.0.0.1:9/request"))
    assert (done.exit_code, "connect_refused" in done.stderr) == (4, True)


def test_nobody_comes_back(saved, monkeypatch):
    """After ten minutes the command gives up with exit status 4, since another try may succeed."""
    monkeypatch.setattr(login, "TIMEOUT", 0.01)
    done = run(saved(), "--no-browser")
    assert (done.exit_code, "read_timeout" in done.stderr) == (4, True)


def test_the_browser_is_opened_where_there_is_one(saved, provider, monkeypatch):
    """By default the page is opened in the user's browser."""
    opened = []

    def user(url):
        opened.append(url)
        requests.get(provider.visit(url), timeout=60)

    monkeypatch.setattr(login.webbrowser, "open", user)
    done = run(saved())
    assert done.exit_code == 0, done.stderr
    assert len(opened) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "The document is empty"),
        ("[1]", "should be a JSON object"),
        ("[" * 100_000, "not valid JSON"),
        ('{"base_url": "https://a.test", "method": "basic", "username": "ann"}', "one of the methods oauth1"),
        ('{"base_url": "https://a.test", "method": "oauth1", "consumer_key": "c"}', "consumer_secret"),
        (
            '{"base_url": "https://a.test", "method": "oauth1", "consumer_key": "c", "consumer_secret": "x"}',
            "needs request_token_url, authorize_url, access_token_url",
        ),
        ('{"base_url": "https://a.test", "method": "oauth1", "consumr_key": "c"}', "consumer_key"),
        ('{"method": "oauth1", "access_token": "env:TOKEN"}', "is a reference, 'env:TOKEN'"),
    ],
)
def test_a_document_that_can_t_sign_in_is_exit_status_3(tmp_path, content, words):
    """Errors in the document are reported before anybody signs in."""
    path = tmp_path / "acme.json"
    path.write_text(content)
    done = run(path)
    assert (done.exit_code, words in done.stderr) == (3, True), done.stderr
    assert path.read_text() == content


def test_a_document_that_is_not_there_is_exit_status_3(tmp_path):
    """A missing file and a folder are reported by name."""
    assert run(tmp_path / "nowhere.json").exit_code == 3
    assert "can't be read" in run(tmp_path).stderr


def test_a_folder_that_can_t_be_written_to_is_exit_status_3(saved, monkeypatch):
    """A document that can't be written is reported before anybody signs in."""
    monkeypatch.setattr(os, "access", lambda _, mode: mode != os.W_OK)  # root may write everywhere
    done = run(saved())
    assert (done.exit_code, "can't be written to" in done.stderr) == (3, True)


def test_a_taken_port_is_exit_status_3(saved):
    """A port that is in use is reported."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = run(saved(), "--port", port)
    assert (done.exit_code, f"port {port}" in done.stderr) == (3, True)


@pytest.mark.parametrize("arguments", [(), ("a.json", "--port", "70000"), ("a.json", "--pasted")])
def test_wrong_usage_is_exit_status_64(arguments, monkeypatch):
    """Wrong usage ends with exit status 64, as for the other commands."""
    monkeypatch.setattr(sys, "argv", ["watchword", "login", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 64


def signed_in(path, provider, monkeypatch, meanwhile=lambda: None):
    """Sign in with a browser that does something else first."""

    def user(url):
        meanwhile()
        requests.get(provider.visit(url), timeout=60)

    monkeypatch.setattr(login.webbrowser, "open", user)
    return run(path)


def test_a_token_is_never_a_reference(saved, provider, reply, monkeypatch):
    """A server can't make this machine read a file by issuing a token that looks like a reference."""
    provider.answers["/exchange"] = reply(200, "oauth_token=file:/etc/hostname&oauth_token_secret=literal:x")
    path = saved()
    assert signed_in(path, provider, monkeypatch).exit_code == 0
    content = json.loads(path.read_text())
    assert content["access_token"] == "literal:file:/etc/hostname"
    assert content["token_secret"] == "literal:literal:x"
    assert "The code that the page shows" in run(path, "--paste").stdout  # such a token may be replaced


def test_what_was_changed_meanwhile_is_kept(saved, provider, monkeypatch):
    """The document is read again before it is written; if it has become invalid, it is left alone."""
    path = saved()
    changed = json.dumps(provider.document(realm="new"))
    assert signed_in(path, provider, monkeypatch, lambda: path.write_text(changed)).exit_code == 0
    assert json.loads(path.read_text())["realm"] == "new"
    half = json.dumps({**provider.document(), "note": "\ud800"})
    assert signed_in(path, provider, monkeypatch, lambda: path.write_text(half)).exit_code == 0
    assert "access_token" in json.loads(path.read_text())
    path = saved()
    reference = json.dumps({**provider.document(), "access_token": "env:WATCHWORD_SECRET_A"})
    assert signed_in(path, provider, monkeypatch, lambda: path.write_text(reference)).exit_code == 3
    assert path.read_text() == reference
    path = saved()
    assert signed_in(path, provider, monkeypatch, lambda: path.write_text("{")).exit_code == 3
    assert path.read_text() == "{"


def test_a_link_stays_a_link(saved, provider, monkeypatch):
    """If the path is a link, the linked file is written and the link stays."""
    path = saved()
    link = path.with_name("link.json")
    link.symlink_to(path)
    assert signed_in(link, provider, monkeypatch).exit_code == 0
    assert link.is_symlink()
    assert "access_token" in json.loads(path.read_text())


def test_the_listener_takes_one_visit_at_its_own_path():
    """Other paths, other methods, a second visit and other interfaces are refused."""
    with listening() as callback:
        origin = callback.url.rpartition("/")[0]
        assert origin.startswith("http://127.0.0.1:")
        with socket.create_connection(("127.0.0.1", int(origin.rpartition(":")[2]))):  # a browser's suspicion
            assert requests.get(f"{origin}/favicon.ico", timeout=60).status_code == 404
            assert requests.post(callback.url, timeout=60).status_code == 501
            assert callback.visited(0.01) is None
            assert requests.get(f"{callback.url}?a=b", timeout=60).status_code == 200
            assert requests.get(f"{callback.url}?a=c", timeout=60).status_code == 404
            assert callback.visited(60).endswith("?a=b")
    with pytest.raises(requests.ConnectionError):
        requests.get(callback.url, timeout=60)
    with listening() as one, listening() as another:
        assert one.url.rpartition("/")[2] != another.url.rpartition("/")[2]
