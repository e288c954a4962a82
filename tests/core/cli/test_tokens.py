"""The commands `tokens` and `keepalive`: the state of the store's tokens, and their refresh in time."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
import typer
from typer.testing import CliRunner

import watchword
from watchword.cli.app import app
from watchword.cli.output import worst_status
from watchword.http.durations import in_words
from watchword.sign_in.stored_sign_in import stored_sign_in
from watchword.stores import open_store
from watchword.tokens.token import Token
from watchword_playground import Playground, document

CODE, CLIENT = "oauth2_authorization_code", "oauth2_client_credentials"
DAY = 86400


@pytest.fixture(scope="module")
def served():
    with Playground() as running:
        yield running


@pytest.fixture(autouse=True)
def _kept(monkeypatch, tmp_path):
    monkeypatch.setenv("WATCHWORD_STORE", f"sqlite:///{tmp_path}/tokens.db")


@pytest.fixture
def saved(tmp_path, served):
    """Give a function that writes a document, signs in if a token is given, and returns the path."""

    def write(name="acme", token=None, *, method=CODE, **fields):
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps({**document(served.url, method), **fields}), encoding="utf-8")
        if token:
            stored_sign_in(watchword.load(path.read_bytes(), name=name)).accept(token)
        return path

    return write


@pytest.fixture
def fresh(served):
    """Give a function that returns the token of a new sign-in."""

    def make(**fields):
        issued = served.sign_in()
        token = Token(issued["access_token"], lifetime=3600.0, refresh_token=issued["refresh_token"])
        return replace(token, **fields)

    return make


def run(*arguments):
    """Run a command in this process; its exit status is `return_value`."""
    done = CliRunner().invoke(app, list(map(str, arguments)), standalone_mode=False)
    assert done.exception is None, done.exception
    assert "client-secret" not in done.output
    for record, _ in open_store().records():
        secrets = [record.token.access_token, record.token.refresh_token] if record.token else []
        assert not any(secret and secret in done.output for secret in secrets)
    return done


def listed(*arguments):
    """Return the output of `tokens --json` by name."""
    return {one["name"]: one for one in json.loads(run("tokens", "--json", *arguments).stdout)}


def test_an_empty_store_is_fine():
    """An empty store is exit status 0, in words and as JSON; a missing store is exit status 3."""
    assert run("tokens").return_value == 3
    open_store().records()
    done = run("tokens")
    assert (done.return_value, "holds no tokens" in done.stdout) == (0, True)
    assert json.loads(run("tokens", "--json").stdout) == []


def test_every_token_is_listed(saved, fresh):
    """Tokens of people and of machines are listed with name, method, host and times, and no secret."""
    saved("acme", fresh(refresh_lifetime=40.0 * DAY))
    path = saved("machine", method=CLIENT)
    watchword.load(path.read_bytes(), name="machine").renew_token()
    done = run("tokens", "--warn-days", "14")
    assert done.return_value == 0, done.output
    row = next(line for line in done.stdout.splitlines() if "acme" in line)
    for words in (CODE, "127.0.0.1:", "less than a minute ago", "in 59 minutes", "in 39 days"):
        assert words in row
    states = listed()
    assert (states["machine"]["signs_in"], states["machine"]["days_left"]) == (False, None)
    assert states["acme"]["days_left"] == pytest.approx(40, abs=0.01)
    assert states["acme"]["token_ends"] == pytest.approx(3600, abs=30)


@pytest.mark.parametrize(
    ("token", "days", "status", "words"),
    [
        ({"refresh_lifetime": 10.0 * DAY}, 9, 0, "in 9 days"),
        ({"refresh_lifetime": 10.0 * DAY}, 11, 2, "in 9 days"),
        ({}, 1000, 0, "not known"),
        ({"refresh_token": None, "lifetime": 3600.0}, 0, 0, "in 59 minutes"),
        ({"refresh_token": None, "lifetime": 3600.0}, 1, 2, "in 59 minutes"),
        ({"refresh_token": None, "lifetime": -1.0}, 0, 2, "ended"),
        ({"refresh_token": None, "lifetime": math.inf}, 1000, 0, "not known"),
    ],
)
def test_the_exit_status_warns_in_time(saved, fresh, token, days, status, words):
    """The exit status is 2 if a sign-in ends within the given days; an unknown end is not reported."""
    saved("acme", fresh(**token))
    done = run("tokens", "--warn-days", days)
    assert (done.return_value, words in done.stdout) == (status, True), done.output
    assert listed("--warn-days", str(days))["acme"]["is_due"] is (status == 2)


def test_a_sign_in_that_was_refused_is_an_alarm(saved, fresh):
    """A refused sign-in is exit status 2 without a threshold; the table quotes the token endpoint."""
    path = saved("acme", fresh(refresh_token="r3voked-token"))
    with pytest.raises(watchword.TokenError):
        watchword.load(path.read_bytes(), name="acme").renew_token()
    done = run("tokens")
    assert (done.return_value, "invalid_grant" in done.stdout) == (2, True)
    assert "invalid_grant" in listed()["acme"]["refusal"]


def test_a_name_commands_no_terminal(saved, fresh, served):
    """Every command that prints a connection's name prints it as plain text."""
    name = "acme\x1b[2J\nfine: 1"
    path = saved("acme")
    stored_sign_in(watchword.load(path.read_bytes(), name=name)).accept(fresh())
    for arguments in (
        ["tokens"],
        ["tokens", "--json"],
        ["keepalive", path, "--name", name],
        ["logout", path, "--name", name],
        ["logout", path, "--name", name],
        ["store", "forget", name, "--yes"],
    ):
        done = CliRunner().invoke(app, list(map(str, arguments)), standalone_mode=False)
        assert "\x1b" not in done.output
        assert not any(line.startswith("fine") for line in done.output.splitlines()), done.output
        assert "acme" in done.output


@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_a_store_that_can_t_be_used(monkeypatch, tmp_path, as_json):
    """A store that can't be used is exit status 3, with the reason."""
    (tmp_path / "no.db").write_text("this is no database, and was never one" * 100)
    monkeypatch.setenv("WATCHWORD_STORE", f"sqlite:///{tmp_path}/no.db")
    done = run_without_look("tokens", *as_json)
    assert (done.return_value, "store_damaged" in done.stderr) == (3, True), done.output
    monkeypatch.setenv("WATCHWORD_STORE", "postgresql+psycopg://u:p4ssword@127.0.0.1:9/db")
    done = run_without_look("tokens", *as_json)
    assert (done.return_value, "p4ssword" in done.output) == (3, False), done.output


def run_without_look(*arguments):
    """Run a command without a store that could be searched for secrets."""
    return CliRunner().invoke(app, list(arguments), standalone_mode=False)


def test_what_would_lapse_is_refreshed(saved, fresh):
    """A sign-in that ends soon, or was unused for long, is refreshed; others are not."""
    soon = saved("soon", fresh(refresh_lifetime=3.0 * DAY))
    later = saved("later", fresh(refresh_lifetime=30.0 * DAY))
    unknown = saved("unknown", fresh())
    before = {record.name: record.generation for record, _ in open_store().records()}
    done = run("keepalive", soon, later, unknown)
    assert done.return_value == 0, done.output
    lines = done.stdout.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["soon", "later", "unknown"]
    assert ["refreshed" in line for line in lines] == [True, False, False]
    after = {record.name: record.generation for record, _ in open_store().records()}
    assert {name for name in after if after[name] > before[name]} == {"soon"}
    done = run("keepalive", unknown, "--idle-days", "0")
    assert "refreshed" in done.stdout
    done = run("keepalive", later, "--within-days", "31")
    assert "refreshed" in done.stdout


def test_an_imported_sign_in_is_taken_over(saved, served):
    """A document's imported refresh token that was never used is refreshed before it expires."""
    path = saved("imported", refresh_token=served.sign_in()["refresh_token"])
    done = run("keepalive", path)
    assert (done.return_value, "refreshed" in done.stdout) == (0, True), done.output


def test_the_worst_is_the_exit_status(saved, fresh, tmp_path):
    """Each connection has its line; the exit status is the worst, above all a missing sign-in."""
    good = saved("good", fresh(refresh_lifetime=3.0 * DAY))
    down = saved("down", fresh(), token_url="http://127.0.0.1:9/token")
    never = saved("never")
    missing = tmp_path / "missing.json"
    machine = saved("machine", method=CLIENT)
    options = ("--idle-days", "0")
    assert run("keepalive", machine, good, *options).return_value == 0
    done = run("keepalive", good, down, *options)
    assert (done.return_value, "connect_refused" in done.stderr) == (4, True)
    assert run("keepalive", down, missing, *options).return_value == 3
    done = run("keepalive", missing, never, down, good, *options)
    assert (done.return_value, "sign_in_required" in done.stderr, "good: refreshed" in done.stdout) == (
        2,
        True,
        True,
    )


def test_what_has_ended_is_not_asked_for_again(saved, fresh, served):
    """A refused sign-in is reported from the store as exit status 2, without a request."""
    path = saved("acme", fresh(refresh_token="r3voked-token"))
    assert run("keepalive", path, "--idle-days", "0").return_value == 2
    asked = served.token_requests
    done = run("keepalive", path, "--idle-days", "0")
    assert (done.return_value, "invalid_grant" in done.stderr) == (2, True), done.output
    assert served.token_requests == asked


@pytest.mark.parametrize(
    ("lifetime", "status", "words"),
    [(3600.0, 0, "can't be refreshed"), (-1.0, 2, "sign_in_required"), (math.inf, 0, "not known")],
)
def test_what_has_no_refresh_token(saved, fresh, lifetime, status, words):
    """A sign-in without a refresh token is reported as such; it is exit status 2 once it has ended."""
    path = saved("acme", fresh(refresh_token=None, lifetime=lifetime))
    done = run("keepalive", path)
    assert (done.return_value, words in done.output) == (status, True), done.output


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "less than a minute"),
        (59.9, "less than a minute"),
        (60, "1 minute"),
        (3599, "59 minutes"),
        (7200, "2 hours"),
        (86400, "1 day"),
        (1e7, "115 days"),
    ],
)
def test_times_in_words(seconds, words):
    """A time is given in one unit and rounded down."""
    assert in_words(seconds) == words


@pytest.mark.parametrize(
    ("statuses", "status"), [([], 0), ([0, 4], 4), ([4, 5], 5), ([4, 3, 0], 3), ([3, 2, 4], 2)]
)
def test_the_worst_of_several(statuses, status):
    """A lasting failure is worse than one that may pass."""
    assert worst_status(statuses) == status


def test_a_name_for_keepalive(saved, fresh):
    """`--name` with several documents is wrong usage."""
    path = saved("acme", fresh(refresh_lifetime=3.0 * DAY))
    assert run("keepalive", path.rename(path.with_name("x.json")), "--name", "acme").return_value == 0
    done = CliRunner().invoke(app, ["keepalive", "a", "b", "--name", "c"], standalone_mode=False)
    assert isinstance(done.exception, typer.BadParameter)


def test_a_token_that_has_ended_is_no_alarm(saved, fresh):
    """An expired access token that can be renewed is not reported as ended."""
    saved("acme", fresh(lifetime=-1.0))
    done = run("tokens")
    assert (done.return_value, "renewed when used" in done.stdout) == (0, True)
