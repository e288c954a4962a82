"""The results of `login` and `logout` for OAuth 2.0: their output, their exit status, and what is stored."""

from __future__ import annotations

import re
import socket
import sys
import types
from importlib.metadata import EntryPoint
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from typer.testing import CliRunner

import watchword
from watchword.cli import documents, login
from watchword.cli.app import app
from watchword.sign_in import oauth2
from watchword.stores import open_store
from watchword_playground import document

CODE = "oauth2_authorization_code"


def run(*arguments, typed=""):
    """Run the command in this process, which is faster; its exit status is `return_value`."""
    done = CliRunner().invoke(
        app, [str(argument) for argument in arguments], input=typed, standalone_mode=False
    )
    assert done.exception is None, done.exception
    return done


def test_ports_that_can_t_be_had(saved):
    """A port that is taken, and a port other than the document's, are exit status 3."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = run("login", saved(), "--port", port)
        assert (done.return_value, f"port {port} of 127.0.0.1 can't be used" in done.stderr) == (3, True)
    done = run("login", saved(redirect_uri="http://127.0.0.1:4711/c"), "--port", "4712")
    assert (done.return_value, "has the port 4711" in done.stderr) == (3, True)


def test_a_wrong_url_is_pasted(saved):
    """A URL of another sign-in is exit status 2; other text is asked for again and not sent."""
    another = "https://a.test/?code=abcdef&state=another"
    done = run("login", saved(), "--paste", typed=f"a-password\nhttps://a.test/\n{another}\n")
    assert done.return_value == 2, done.output
    assert done.stderr.count("That is not where the sign-in ends") == 2
    assert "Traceback" not in done.output


def test_a_browser_is_opened(saved, browser, monkeypatch):
    """The page is opened in a browser by default; if that fails, the output names --paste."""
    opened = []

    def user(url):
        opened.append(url)
        requests.get(browser.decide(url), timeout=60)
        return len(opened) == 1

    monkeypatch.setattr(login.webbrowser, "open", user)
    done = run("login", saved())
    assert (done.return_value, "--paste" in done.stderr) == (None, False), done.output
    done = run("login", saved())
    assert (done.return_value, "--paste" in done.stderr) == (None, True), done.output
    assert len(opened) == 2


def test_a_browser_in_the_terminal_holds_nothing_up(saved, browser, monkeypatch):
    """A browser that holds the command until it ends gets its page before the sign-in's end is known."""
    pages = []

    def user(url):
        pages.append(requests.get(browser.decide(url), timeout=60).text)
        return True

    monkeypatch.setattr(login.webbrowser, "open", user)
    done = run("login", saved())
    assert not done.return_value, done.output
    assert [page.partition(".")[0] for page in pages] == ["Thank you"]


def test_the_browser_s_arguments_tell_nothing(saved, browser, monkeypatch):
    """The arguments of the browser's process, which other users see, hold neither state nor challenge."""
    opened = []

    def user(url):
        opened.append(url)
        return requests.get(browser.decide(url), timeout=60)

    monkeypatch.setattr(login.webbrowser, "open", user)
    done = run("login", saved())
    assert not done.return_value, done.output
    state = parse_qs(urlsplit(done.stdout.splitlines()[1]).query)["state"][0]
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/[\w-]{22}", opened[0])
    assert state not in opened[0]


def test_nobody_comes_back(saved, monkeypatch):
    """If no browser comes back in time, the exit status is 4."""
    monkeypatch.setattr(login, "TIMEOUT", 0.01)
    done = run("login", saved(), "--no-browser")
    assert (done.return_value, "read_timeout" in done.stderr) == (4, True)


def test_a_name_of_its_own(saved, browser, monkeypatch):
    """`--name` sets the name that the sign-in is stored under, for every command."""
    monkeypatch.setattr(login.webbrowser, "open", lambda url: requests.get(browser.decide(url), timeout=60))
    path = saved()
    assert not run("login", path, "--name", "prod").return_value
    assert [record.name for record, _ in open_store().records()] == ["prod"]
    assert run("validate", path, "--name", "prod").return_value == 0
    done = run("validate", path)
    assert (done.return_value, "sign_in_required" in done.stdout) == (2, True)


def signed_in(path, browser, monkeypatch):
    monkeypatch.setattr(login.webbrowser, "open", lambda url: requests.get(browser.decide(url), timeout=60))
    done = run("login", path)
    assert not done.return_value, done.output
    return done


def test_signing_out(saved, browser, monkeypatch, playground):
    """`logout` removes and revokes a sign-in; a second one finds none."""
    path = saved()
    signed_in(path, browser, monkeypatch)
    done = run("logout", path)
    assert (done.return_value, "revoked at the provider" in done.stdout) == (0, True), done.output
    assert "holds no tokens" in run("tokens").stdout
    done = run("logout", path)
    assert (done.return_value, "no sign-in of acme" in done.stdout) == (0, True)


@pytest.mark.parametrize(("url", "status"), [("http://127.0.0.1:9/revoke", 2), (None, 0)])
def test_signing_out_where_nothing_revokes(saved, browser, monkeypatch, url, status):
    """A sign-in is removed even if it is not revoked; the exit status is 2 if a request failed."""
    path = saved(revocation_endpoint=url)
    signed_in(path, browser, monkeypatch)
    done = run("logout", path)
    assert (done.return_value, "not_revoked" in done.stderr) == (status, True), done.output
    assert "holds no tokens" in run("tokens").stdout


def test_no_refresh_token_is_warned_of(saved, browser, monkeypatch, serve, reply):
    """A warning says if a sign-in has no refresh token."""
    server = serve(reply(200, {"access_token": "t0ken-of-the-provider", "expires_in": 7300}))
    path = saved(token_url=f"{server.url}/token")
    done = signed_in(path, browser, monkeypatch)
    assert "warning: no_refresh_token" in done.stderr
    assert "the access token ends in 2 hours." in done.stdout


def test_a_store_of_this_process_is_no_store(saved, monkeypatch):
    """A store in memory ends with the command, so `login` refuses it."""
    monkeypatch.setenv("WATCHWORD_STORE", "memory://")
    done = run("login", saved())
    assert (done.return_value, "set WATCHWORD_STORE" in done.stderr) == (3, True)


@pytest.mark.parametrize(
    ("store", "words"),
    [("sqlite:////proc/nowhere/tokens.db", "store_"), ("mysql://a.test/b", "store_unsuitable")],
)
def test_a_store_that_can_t_be_used(saved, monkeypatch, store, words):
    """A store that can't be used raises an error before a page is opened."""
    opened = []
    monkeypatch.setattr(login.webbrowser, "open", opened.append)
    monkeypatch.setenv("WATCHWORD_STORE", store)
    done = run("login", saved())
    assert (done.return_value in {3, 4}, words in done.stderr, opened) == (True, True, []), done.output


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
    """A document that can't sign in is exit status 3, and the reason is printed."""
    done = run("login", saved(**fields))
    assert (done.return_value, words in done.stderr) == (3, True), done.output


def test_the_library_s_limits_are_the_command_s():
    """The command waits exactly as long as the sign-in can be finished."""
    assert login.TIMEOUT == oauth2.TIMEOUT


def test_a_host_s_connection_signs_in_and_out(playground, browser, monkeypatch, me, kept):
    """`SCHEME:NAME` works with login, keepalive and logout, in the store that the host has chosen."""
    module = types.ModuleType("acme_host")
    module.connection = lambda name: watchword.load(document(playground.url, CODE), name=name, store=kept)
    monkeypatch.setitem(sys.modules, "acme_host", module)
    entry = EntryPoint("acmehost", "acme_host:connection", documents.GROUP)
    monkeypatch.setattr(documents, "entry_points", lambda group: [entry] if group == entry.group else [])
    done = signed_in("acmehost:acme", browser, monkeypatch)
    assert "Signed in: acme at" in done.stdout
    assert me(module.connection("acme")) == "ada"
    done = run("keepalive", "acmehost:acme", "--idle-days", "0")
    assert (done.return_value, "acme: refreshed" in done.stdout) == (0, True), done.output
    assert run("logout", "acmehost:acme").return_value == 0
    assert "holds no tokens" in run("tokens").stdout
