"""The command `doctor`: each thing that can be wrong is one line with what to do, and nothing is changed."""

from __future__ import annotations

import base64
import json
import os
import threading
import time
from email.utils import formatdate
from importlib import metadata
from pathlib import Path

import pytest

import watchword
from watchword import settings, stores
from watchword.cli.doctor import line as lines
from watchword.cli.doctor import places, versions
from watchword.cli.doctor.line import Level
from watchword.cli.doctor.store import StoreLook
from watchword.connections import by_name
from watchword.sign_in.stored_sign_in import stored_sign_in
from watchword.stores.encryption import new_key
from watchword.tokens.token import Token

DAY = 86400

SIGN_IN = {
    "base_url": "https://a.test",
    "method": "oauth2_authorization_code",
    "client_id": "c",
    "client_auth": "none",
    "authorize_url": "https://a.test/authorize",
    "token_url": "https://a.test/token",
}


@pytest.fixture(autouse=True)
def _no_connections(monkeypatch):
    """Keep this machine's own connections and Airflow out of the tests."""
    for name in list(os.environ):
        if name.startswith("WATCHWORD_CONN_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AIRFLOW_HOME", "/nonexistent")


@pytest.fixture
def examine(command, monkeypatch):
    """Give a function that runs the doctor and returns its exit status and lines as tuples."""

    def run(*arguments):
        stores._stores.clear()
        done = command("doctor", "--json", *arguments)
        found = json.loads(done.stdout)
        assert found["status"] == done.return_value
        return done.return_value, [(each["level"], each["topic"], each["what"]) for each in found["checks"]]

    return run


def of(found, topic, level="problem"):
    """Return what is said of a topic at a level."""
    return [what for each, about, what in found[1] if (each, about) == (level, topic)]


def files(folder):
    return {
        path: (path.stat().st_mode, path.read_bytes()) for path in Path(folder).rglob("*") if path.is_file()
    }


def test_a_fresh_machine_is_fine_and_stays_untouched(examine, tmp_path):
    """Without a store the doctor ends with 0, says that there is none yet, and creates no file."""
    status, found = examine()
    assert status == 0
    assert ("warning", "token store") in [(level, topic) for level, topic, _ in found]
    assert not list(tmp_path.rglob("*"))


def test_every_line_is_one_line_with_its_level(command, vault):
    """Each line begins with ok, warning or problem, and names its topic."""
    output = command("doctor").stdout.splitlines()
    levels = {each.split()[0] for each in output}
    assert levels
    assert levels <= {level.value for level in Level}
    assert all(": " in each for each in output)


def test_versions_come_from_the_package_s_own_requirements(monkeypatch):
    """An unsupported version of a needed package is a problem, and of an optional one a warning."""
    real = metadata.version
    old = {"requests": "2.0.0", "apache-airflow": "2.10.0", "httpx": "99.0b1"}
    monkeypatch.setattr(versions.metadata, "version", lambda name: old.get(name) or real(name))
    found = {each.what.split()[0]: each.level for each in versions.lines()}
    assert found["requests"] is Level.PROBLEM
    assert found["apache-airflow"] is Level.WARNING
    assert found["httpx"] is Level.OK


def test_a_misspelt_variable_is_named_with_the_right_one(examine, monkeypatch):
    """A variable without a meaning is a warning, unless the deployment allows references to it."""
    monkeypatch.setenv("WATCHWORD_STORRE", "x")
    monkeypatch.setenv("WATCHWORD_TEAM_KEY", "x")
    monkeypatch.setenv("WATCHWORD_ALLOWED_REFERENCES", "env:WATCHWORD_TEAM_*")
    found = examine()
    assert of(found, "settings", "warning") == ["WATCHWORD_STORRE has no meaning to watchword."]


def test_the_variables_are_those_that_the_code_reads():
    """Each variable that the core's sources name is known to the doctor."""
    source = Path(watchword.__file__).parent
    texts = [path.read_text() for path in source.rglob("*.py")]
    read = {name for name in settings.VARIABLES if any(f'"{name}"' in text for text in texts)}
    assert read == set(settings.VARIABLES)


@pytest.mark.parametrize(
    ("name", "value"),
    [("WATCHWORD_SECRETS", "env,nowhere"), ("WATCHWORD_ALLOWED_NETWORKS", "10.0.0.0/99")],
)
def test_an_unreadable_setting_is_a_problem(examine, monkeypatch, name, value):
    """A setting that can't be read is one line, asks for status 3, and ends no other check."""
    monkeypatch.setenv(name, value)
    status, found = examine()
    assert status == 3
    assert of((status, found), "settings")
    assert of((status, found), "versions", "ok")


def test_a_right_key_and_its_position_are_named(examine, vault, monkeypatch):
    """The doctor says that the key opens the store, or that it is not the first of several."""
    old, new = new_key(), new_key()
    monkeypatch.setenv("WATCHWORD_KEY", old)
    stores._stores.clear()
    stores.open_store().vault.put("a", b"b")
    assert of(examine(), "keys", "ok") == ["the key in WATCHWORD_KEY opens it"]
    monkeypatch.setenv("WATCHWORD_KEY", f"{new},{old}")
    status, found = examine()
    assert status == 0
    assert "key 2 of 2" in of((status, found), "keys", "warning")[0]
    monkeypatch.setenv("WATCHWORD_KEY", new)
    status, found = examine()
    assert status == 3
    assert of((status, found), "keys") == ["the key in WATCHWORD_KEY opens nothing of the store."]


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="Windows has no such rights")
def test_a_key_file_that_others_can_read_is_a_problem_and_stays_as_it_is(examine, vault, tmp_path):
    """The doctor names a key file with rights for others, and doesn't take them away itself."""
    vault.put("a", b"b")
    key = tmp_path / "tokens.db.key"
    key.chmod(0o644)
    before = files(tmp_path)
    status, found = examine()
    assert status == 3
    assert of((status, found), "keys") == [f"{key} can be read by other users."]
    assert files(tmp_path) == before


def test_a_store_of_a_former_version_is_not_upgraded(examine, vault, tmp_path, monkeypatch):
    """An older store is a warning that says what its next use does; the doctor leaves its content alone."""
    vault.put("a", b"b")
    monkeypatch.setattr("watchword.stores.schema.VERSION", stores_version() + 1)
    before = (tmp_path / "tokens.db").read_bytes()
    found = examine()
    assert any("is of version" in what for what in of(found, "token store", "warning"))
    assert (tmp_path / "tokens.db").read_bytes() == before


def stores_version():
    from watchword.stores import schema  # noqa: PLC0415 - its number changes in one test

    return schema.VERSION


def test_a_damaged_store_is_a_line(examine, vault, tmp_path):
    """A file that isn't a store doesn't crash the command."""
    (tmp_path / "tokens.db").write_bytes(b"this is no database" * 100)
    status, found = examine()
    assert status in {3, 4}
    assert of((status, found), "token store")


def test_the_place_that_answers_is_named_and_what_it_hides(examine, vault, monkeypatch, serve, reply):
    """The places are asked in order: the first that has the name answers, and a later copy is a warning."""
    server = serve(reply(200, []))
    document = {"base_url": server.url, "method": "bearer", "bearer_token": "s3cret-canary-Zq81"}
    by_name.keep(vault, "acme", document)
    found = examine("acme")
    own = [what for what in of(found, "name", "ok") if what.startswith("watchword.connect")]
    assert own == ["watchword.connect: env doesn't have it", "watchword.connect: local answers"]
    monkeypatch.setenv("WATCHWORD_CONN_ACME", json.dumps(document))
    found = examine("acme")
    assert "watchword.connect: env answers" in of(found, "name", "ok")
    assert "watchword.connect: local has it too, hidden by env." in of(found, "name", "warning")
    assert "watchword.connect: no place has this connection." in of(examine("nowhere"), "name", "warning")


def test_secret_manager_is_asked_for_nothing_that_exists(examine, manager, monkeypatch):
    """A Secret Manager that answers is fine, although it has no secret of the name that is asked for."""
    monkeypatch.setenv("WATCHWORD_SECRETS", "env,gcp")
    status, found = examine()
    assert status == 0
    assert any("answers" in what for what in of((status, found), "secrets", "ok"))


def test_a_clock_that_differs_from_the_api_s_is_named(examine, vault, serve, reply):
    """The Date header of the API is compared; the call carries no credential."""
    ahead = serve(reply(200, [], {"Date": formatdate(time.time() + 600, usegmt=True)}))
    document = {"base_url": ahead.url, "method": "bearer", "bearer_token": "s3cret-canary-Zq81"}
    by_name.keep(vault, "acme", document)
    found = examine("--connection", "acme")
    assert "behind the API's" in of(found, "clock", "warning")[0]
    assert [seen.method for seen in ahead.seen] == ["HEAD"]
    assert "s3cret-canary-Zq81" not in ahead.seen[0].text


def test_an_api_that_is_down_is_a_line(examine, vault, monkeypatch):
    """An API that refuses network connections asks for status 4, as a fault that may pass."""
    document = {"base_url": "http://127.0.0.1:9", "method": "none"}
    monkeypatch.setenv("WATCHWORD_CONN_ACME", json.dumps(document))
    status, found = examine("acme")
    assert status == 4
    assert "was refused" in of((status, found), "reachability")[0]


def test_a_proxy_that_is_down_is_a_line_without_its_password(examine, vault, monkeypatch):
    """A proxy of the environment is named by host and port alone."""
    monkeypatch.setenv("HTTPS_PROXY", "http://user:s3cret-canary-Zq81@127.0.0.1:9")
    status, found = examine()
    assert status == 4
    assert of((status, found), "proxy")[0].startswith("127.0.0.1:9 doesn't accept connections")


def jwt(seconds):
    claims = (
        base64.urlsafe_b64encode(json.dumps({"exp": time.time() + seconds}).encode()).decode().rstrip("=")
    )
    return f"eyJhbGciOiJub25lIn0.{claims}.c2ln"


def test_pasted_tokens_that_end_are_named(examine, vault, monkeypatch):
    """A pasted JWT that ended is a problem of status 2, and one that ends soon a warning."""
    for name, seconds in (("old", -DAY), ("soon", 3 * DAY), ("later", 90 * DAY)):
        document = {"base_url": "https://a.test", "method": "bearer", "bearer_token": jwt(seconds)}
        monkeypatch.setenv(f"WATCHWORD_CONN_{name.upper()}", json.dumps(document))
    status, found = examine("--warn-days", "14")
    assert status == 2
    assert of((status, found), "about to end") == ["the bearer token of old ended 1 day ago."]
    assert of((status, found), "about to end", "warning") == ["the bearer token of soon ends in 2 days."]


def test_refresh_tokens_that_end_are_named(examine, vault):
    """A sign-in whose refresh token ends within the days is a warning that says how to sign in again."""
    connection = watchword.load(SIGN_IN, name="acme")
    stored_sign_in(connection).accept(Token("t", refresh_token="r", refresh_lifetime=3 * DAY))
    found = examine("--warn-days", "14")
    assert of(found, "about to end", "warning") == ["the sign-in of acme: its refresh token ends in 2 days."]
    assert not of(examine("--warn-days", "1"), "about to end", "warning")


def test_no_check_can_crash_the_command():
    """An unexpected error becomes a line with its type, without its text."""

    def failing():
        raise ZeroDivisionError("s3cret-canary-Zq81")

    (found,) = lines.lines_of("topic", failing)
    assert (found.level, found.status) == (Level.PROBLEM, 3)
    assert "ZeroDivisionError" in found.what
    assert "s3cret-canary-Zq81" not in str(found)


def test_a_check_that_hangs_is_given_up(monkeypatch):
    """A check that takes too long becomes a line of status 4."""
    monkeypatch.setattr(lines, "LIMIT", 0.05)
    over = threading.Event()
    (found,) = lines.lines_of("topic", lambda: over.wait(60) and [], "asking the vault")
    over.set()
    assert (found.level, found.status) == (Level.PROBLEM, 4)
    assert found.what == "asking the vault took longer than 0.05 seconds."


class SlowHost:
    """An entry point whose host is slow to load, and whose one place answers at once."""

    name = "slowhost"

    def load(self):
        def offered(name):
            over = threading.Event()
            over.wait(3 * lines.LIMIT)
            yield "its database", lambda: name == "acme"

        return offered


def test_a_host_that_loads_slowly_is_no_fault(monkeypatch):
    """The limit of a check begins after a host was loaded: an import that takes longer is no problem."""
    monkeypatch.setattr(places, "entry_points", lambda group: [SlowHost()] if group == places.GROUP else [])
    monkeypatch.setattr(lines, "LIMIT", 0.5)
    monkeypatch.setenv("WATCHWORD_SECRETS", "env")
    found = list(places.answers("acme", StoreLook()))
    assert "slowhost: its database answers" in [each.what for each in found]
    assert {each.level for each in found} <= {Level.OK, Level.WARNING}


@pytest.mark.parametrize("form", ["acme.json", "dns.records.json", "./acme", "-"])
def test_a_file_is_not_looked_up_as_a_stored_name(examine, tmp_path, monkeypatch, form):
    """For a file, no place is asked for a connection of its name, so any legal file name is fine."""
    monkeypatch.chdir(tmp_path)
    Path(form).write_text(json.dumps({"base_url": "http://127.0.0.1:9", "method": "none"}))
    found = examine(form)
    assert not [what for _, topic, what in found[1] if topic == "name"]


@pytest.mark.parametrize(
    ("variable", "value"),
    [("WATCHWORD_KEY", "not-a-key"), ("WATCHWORD_STORE", "nosql://x"), ("WATCHWORD_STORE", "garbage")],
)
def test_the_trouble_of_a_store_is_said_once(examine, vault, monkeypatch, variable, value):
    """The first line says what is wrong with the store; each later check refers to it, once a topic."""
    vault.put("a", b"b")
    monkeypatch.setenv(variable, value)
    status, found = examine("acme")
    first, *later = [(topic, what) for level, topic, what in found if level == "problem"]
    assert (status, first[0]) == (3, "token store")
    assert first[1] not in [what for _, what in later]
    assert [topic for topic, _ in later].count("about to end") == 1


@pytest.mark.skipif(not Path("/proc").exists(), reason="only Linux has /proc")
@pytest.mark.parametrize("place", ["/proc/nope/x.db", "{file}/x.db"])
def test_a_store_that_can_t_be_created_is_a_problem(examine, tmp_path, monkeypatch, place):
    """A store that doesn't exist and can't be created is a problem that says why, not a warning."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("WATCHWORD_STORE", f"sqlite:///{place.format(file=tmp_path / 'file')}")
    status, found = examine()
    assert status == 3
    assert "can't be created" in of((status, found), "token store")[0]
