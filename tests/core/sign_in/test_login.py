"""The command `login` for OAuth 2.0 as a user runs it: in a process, with a browser and a real server."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import subprocess
import sys

import pytest
import requests

import watchword
from tests.support.ports import free_port
from watchword.stores import open_store
from watchword_playground import AWKWARD_CREDENTIALS

CODE, DEVICE = "oauth2_authorization_code", "oauth2_device_code"


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


def printed_url(process, pattern=r"http://\S+/oauth/\w+\?\S+"):
    """Return the URL that the command prints."""
    while line := process.stdout.readline():
        if found := re.search(pattern, line):
            return found[0]
    raise AssertionError(process.stderr.read())


def ended(process, typed=""):
    """Return exit status and all further output, which must hold no secret."""
    out, err = process.communicate(typed, timeout=60)
    assert "Traceback" not in err
    check_no_secret(out + err)
    return process.returncode, out + err


def check_no_secret(text):
    assert "client-secret" not in text
    for record, _ in open_store().records():
        if record.token:
            assert record.token.access_token not in text
            assert record.token.refresh_token is None or record.token.refresh_token not in text


@pytest.mark.parametrize("public", [False, True])
def test_a_browser_comes_back(saved, browser, me, kept, public):
    """After a person agrees in a browser, the store has the sign-in, the page says so; the document stays."""
    path = saved(**(AWKWARD_CREDENTIALS[CODE] if public else {}))
    before = path.read_bytes()
    with started(path, "--no-browser") as process:
        url = printed_url(process)
        explained = [process.stdout.readline() for _ in range(4)]
        callback = browser.decide(url)
        assert re.match(r"http://127\.0\.0\.1:\d+/callback\?", callback)
        page = requests.get(callback, timeout=60).text
        assert page.startswith("Signed in to acme. You may close this page.")
        status, output = ended(process)
    assert status == 0, output
    redirect_uri = callback.partition("?")[0]
    for words in ("Waiting 10 minutes", f"{redirect_uri} (the redirect URI)", "--port 8400", "--paste"):
        assert words in "".join(explained)
    assert "Signed in: acme at 127.0.0.1:" in output
    assert "ends in 59 minutes and is renewed" in output
    assert f"The token is stored in {kept}." in output
    assert path.read_bytes() == before
    assert me(watchword.load(before, name="acme")) == "ada"
    file = path.parent / "store" / "tokens.db"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_others_visit_first(saved, browser, query_of, changed):
    """A visit with a wrong state, or without one, is refused; the command still waits for the right one."""
    with started(saved(), "--no-browser") as process:
        callback = browser.decide(printed_url(process))
        for wrong in ({"state": "another"}, {"state": None}):
            assert requests.get(changed(callback, **wrong), timeout=60).status_code == 400
        assert requests.get(callback, timeout=60).status_code == 200
        status, output = ended(process)
    assert status == 0, output
    with pytest.raises(requests.ConnectionError):
        requests.get(callback, timeout=60)


def test_the_user_says_no(saved, browser):
    """A refusal is exit status 2 and stores nothing, and the browser's page says it too."""
    with started(saved(), "--no-browser") as process:
        page = requests.get(browser.decide(printed_url(process), decision="deny"), timeout=60)
        assert page.text.startswith("The sign-in to acme was refused.")
        status, output = ended(process)
    assert (status, "access_denied" in output) == (2, True), output
    assert not open_store().records()


def test_two_people_sign_in_at_once(saved, browser, me):
    """Two commands that run at the same time don't disturb each other."""
    paths = {"ada": saved("one"), "grace": saved("two")}
    with contextlib.ExitStack() as both:
        running = {
            person: both.enter_context(started(path, "--no-browser")) for person, path in paths.items()
        }
        urls = {person: printed_url(process) for person, process in running.items()}
        for person, url in reversed(urls.items()):
            requests.get(browser.decide(url, person=person), timeout=60)
        assert all(ended(process)[0] == 0 for process in running.values())
    for person, path in paths.items():
        assert me(watchword.load(path.read_bytes(), name=path.stem)) == person


@pytest.mark.parametrize("registered", ["http://{}:{}/watchword/back", "http://localhost:{1}/back?x=1"])
def test_the_registered_redirect_uri_is_used_exactly(saved, browser, query_of, registered):
    """A redirect_uri on loopback is used exactly as registered, and listened for."""
    port = free_port()
    uri = registered.format("127.0.0.1", port)
    with started(saved(redirect_uri=uri), "--no-browser") as process:
        url = printed_url(process)
        assert query_of(url)["redirect_uri"] == uri
        callback = browser.decide(url)
        assert callback.startswith(uri)
        requests.get(callback.replace("localhost", "127.0.0.1"), timeout=60)
        status, output = ended(process)
    assert status == 0, output


def test_an_open_port_is_filled_in(saved, browser, query_of):
    """A redirect_uri without a port gets a free one, and keeps its host and path."""
    with started(saved(redirect_uri="http://localhost/back"), "--no-browser") as process:
        url = printed_url(process)
        uri = query_of(url)["redirect_uri"]
        assert re.fullmatch(r"http://localhost:\d+/back", uri)
        requests.get(browser.decide(url).replace("localhost", "127.0.0.1"), timeout=60)
        status, output = ended(process)
    assert status == 0, output


@pytest.mark.parametrize("redirect_uri", [None, "https://airflow.example.com/watchword/callback"])
def test_the_url_is_pasted(saved, browser, me, redirect_uri):
    """If the browser can't come back, the URL that it ended at is pasted."""
    fields = {"redirect_uri": redirect_uri} if redirect_uri else {}
    path = saved(**fields)
    with started(path, *([] if redirect_uri else ["--paste"]), "--no-browser") as process:
        callback = browser.decide(printed_url(process), person="grace")
        status, output = ended(process, f"  {callback} \n")
    assert status == 0, output
    assert me(watchword.load(path.read_bytes(), name="acme")) == "grace"


def test_a_code_is_typed_in_elsewhere(saved, browser, me, playground):
    """For the device code method the command shows a page and a code, and waits for the person."""
    playground.oauth_settings.device_interval = 1
    path = saved(method=DEVICE)
    with started(path, "--no-browser") as process:
        url = printed_url(process)
        assert url.endswith(printed_url(process, r"[A-Z]{4}-[A-Z]{4}"))
        browser.decide(url, person="grace")
        status, output = ended(process)
    assert status == 0, output
    assert me(watchword.load(path.read_bytes(), name="acme")) == "grace"


@pytest.mark.skipif(sys.platform != "linux", reason="limits of another process")
def test_a_disk_that_fills_up_meanwhile(saved, browser, playground, monkeypatch):
    """If the disk fills up meanwhile, the error is one line, and no token is requested in vain."""
    import resource  # noqa: PLC0415 - not on every platform

    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)  # its file could not be written either
    asked = playground.token_requests
    with started(saved(), "--no-browser") as process:
        callback = browser.decide(printed_url(process))
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (1, 1))
        requests.get(callback, timeout=60)
        status, output = ended(process)
    assert (status, "store_full" in output) == (4, True), output
    assert not open_store().records()
    assert playground.token_requests == asked
