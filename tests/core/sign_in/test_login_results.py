"""What `login` and `logout` for OAuth 2.0 come to: what they say, their exit status, what is kept."""

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
    """Run the command in this process, which is quicker; its exit status is `return_value`."""
    done = CliRunner().invoke(
        app, [str(argument) for argument in arguments], input=typed, standalone_mode=False
    )
    assert done.exception is None, done.exception
    return done


def test_ports_that_can_t_be_had(saved):
    """A port that is taken, and one beside that of the document, are exit status 3."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = run("login", saved(), "--port", port)
        assert (done.return_value, f"port {port} of 127.0.0.1 can't be had" in done.stderr) == (3, True)
    done = run("login", saved(redirect_uri="http://127.0.0.1:4711/c"), "--port", "4712")
    assert (done.return_value, "has the port 4711" in done.stderr) == (3, True)


def test_a_wrong_url_is_pasted(saved):
    """What belongs to another sign-in is exit status 2; what is no end of one is asked for again, unsent."""
    another = "https://a.test/?code=abcdef&state=another"
    done = run("login", saved(), "--paste", typed=f"a-password\nhttps://a.test/\n{another}\n")
    assert done.return_value == 2, done.output
    assert done.stderr.count("That is not where the sign-in ends") == 2
    assert "Traceback" not in done.output


def test_a_browser_is_opened(saved, browser, monkeypatch):
    """Unless told otherwise the page is opened for the user; where that fails, the way out is said."""
    opened = []

    def user(url):
        opened.append(url)
        requests.get(browser.decide(url), timeout=10)
        return len(opened) == 1

    monkeypatch.setattr(login.webbrowser, "open", user)
    done = run("login", saved())
    assert (done.return_value, "--paste" in done.stderr) == (None, False), done.output
    done = run("login", saved())
    assert (done.return_value, "--paste" in done.stderr) == (None, True), done.output
    assert len(opened) == 2


def test_the_browser_s_arguments_tell_nothing(saved, browser, monkeypatch):
    """What a browser is started with, which other users see, holds neither state nor challenge."""
    opened = []

    def user(url):
        opened.append(url)
        return requests.get(browser.decide(url), timeout=10)

    monkeypatch.setattr(login.webbrowser, "open", user)
    done = run("login", saved())
    assert not done.return_value, done.output
    state = parse_qs(urlsplit(done.stdout.splitlines()[1]).query)["state"][0]
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/[\w-]{22}", opened[0])
    assert state not in opened[0]


def test_nobody_comes_back(saved, monkeypatch):
    """After ten minutes the command gives up, which is worth another try."""
    monkeypatch.setattr(login, "PATIENCE", 0.01)
    done = run("login", saved(), "--no-browser")
    assert (done.return_value, "read_timeout" in done.stderr) == (4, True)


def test_a_name_of_its_own(saved, browser, monkeypatch):
    """`--name` says what the sign-in is kept under, for every command."""
    monkeypatch.setattr(login.webbrowser, "open", lambda url: requests.get(browser.decide(url), timeout=9))
    path = saved()
    assert not run("login", path, "--name", "prod").return_value
    assert [record.name for record, _ in open_store().records()] == ["prod"]
    assert run("validate", path, "--name", "prod").return_value == 0
    done = run("validate", path)
    assert (done.return_value, "sign_in_required" in done.stdout) == (2, True)


def signed_in(path, browser, monkeypatch):
    monkeypatch.setattr(login.webbrowser, "open", lambda url: requests.get(browser.decide(url), timeout=9))
    done = run("login", path)
    assert not done.return_value, done.output
    return done


def test_signing_out(saved, browser, monkeypatch, playground):
    """`logout` forgets and revokes; a second one has nothing to do."""
    path = saved()
    signed_in(path, browser, monkeypatch)
    done = run("logout", path)
    assert (done.return_value, "revoked at the provider" in done.stdout) == (0, True), done.output
    assert "holds no tokens" in run("tokens").stdout
    done = run("logout", path)
    assert (done.return_value, "no sign-in of acme" in done.stdout) == (0, True)


@pytest.mark.parametrize(("url", "status"), [("http://127.0.0.1:9/revoke", 2), (None, 0)])
def test_signing_out_where_nothing_revokes(saved, browser, monkeypatch, url, status):
    """What was not revoked is said, as exit status 2 where it was tried; the store has forgotten it."""
    path = saved(revoke_url=url)
    signed_in(path, browser, monkeypatch)
    done = run("logout", path)
    assert (done.return_value, "not_revoked" in done.stderr) == (status, True), done.output
    assert "holds no tokens" in run("tokens").stdout


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
    """What is wrong with the document is said, as exit status 3."""
    done = run("login", saved(**fields))
    assert (done.return_value, words in done.stderr) == (3, True), done.output


def test_the_library_s_limits_are_the_command_s():
    """The command waits as long as the sign-in is kept."""
    assert login.PATIENCE == oauth2.PATIENCE


def test_a_host_s_connection_signs_in_and_out(playground, browser, monkeypatch, me, kept):
    """`SCHEME:NAME` serves login, keepalive and logout, in the store that the host has chosen."""
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
