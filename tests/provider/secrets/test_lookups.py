"""`GoogleSecretManagerBackend`: what it finds, and how often it calls Google."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from airflow_provider_watchword.secrets import GoogleSecretManagerBackend
from watchword_playground.secret_manager import SecretManagerServer

ACCESS = "AccessSecretVersion"
URI = "http://joe:pw%40here@api.example.com:8443/path?verify=no"
DOCUMENT = {"method": "bearer", "base_url": "https://api.example.com", "token": "tok-0123456789"}

Make = Callable[..., GoogleSecretManagerBackend]
Put = Callable[[str, bytes | str], int]
Logged = Callable[[], list[str]]

PAYLOADS = {
    "document": (
        json.dumps(DOCUMENT),
        {"conn_type": "watchword", "host": DOCUMENT["base_url"]},
        {"schema_version": 1, "method": "bearer", "token": DOCUMENT["token"]},
    ),
    "json": (
        json.dumps({"conn_type": "http", "login": "joe", "password": "pw", "port": 8443, "extra": {"a": 1}}),
        {"conn_type": "http", "login": "joe", "password": "pw", "port": 8443},
        {"a": 1},
    ),
    "uri": (
        URI,
        {"conn_type": "http", "host": "api.example.com", "login": "joe", "password": "pw@here"}
        | {"port": 8443, "schema": "path"},
        {"verify": "no"},
    ),
}


def test_a_thousand_lookups_are_one_call(server: SecretManagerServer, put: Put, make: Make) -> None:
    """A thousand lookups of one connection take one call over one channel."""
    put("airflow-connections-shop", URI)
    backend = make()
    assert {backend.get_conn_value("shop") for _ in range(1000)} == {URI}
    assert backend.get_connection("shop").host == "api.example.com"
    assert (server.calls, server.connections) == ({ACCESS: 1}, 1)


def test_a_thousand_misses_are_one_call(server: SecretManagerServer, make: Make, logged: Logged) -> None:
    """A missing secret is cached too, and not logged as a failure."""
    backend = make()
    assert {backend.get_conn_value("nobody") for _ in range(1000)} == {None}
    assert backend.get_connection("nobody") is None
    assert server.calls == {ACCESS: 1}
    assert logged() == []


def test_fifty_threads_at_once_are_one_call(server: SecretManagerServer, put: Put, make: Make) -> None:
    """The first thread calls Google, and the others wait for its result."""
    put("airflow-connections-shop", URI)
    backend = make()
    with ThreadPoolExecutor(50) as pool:
        found = set(pool.map(lambda _: backend.get_conn_value("shop"), range(50)))
    assert found == {URI}
    assert (server.calls, server.connections) == ({ACCESS: 1}, 1)


def test_backends_share_what_they_have_read(server: SecretManagerServer, put: Put, make: Make) -> None:
    """All backends with the same arguments share cache and channel; Airflow makes one for each option."""
    put("airflow-config-fernet", "key-0123456789")
    assert {make().get_config("fernet") for _ in range(20)} == {"key-0123456789"}
    assert (server.calls, server.connections) == ({ACCESS: 1}, 1)
    make(cache_ttl=1).get_config("fernet")
    assert server.calls == {ACCESS: 2}


def test_only_ids_that_match_are_looked_up(server: SecretManagerServer, put: Put, make: Make) -> None:
    """A pattern must match at the beginning of the id, as in Amazon's backends."""
    put("airflow-connections-gcp_shop", URI)
    backend = make(
        connections_lookup_pattern="gcp_", variables_lookup_pattern="gcp_$", config_lookup_pattern="x"
    )
    assert backend.get_conn_value("shop_gcp_") is None
    assert backend.get_variable("gcp_shop") is None
    assert backend.get_config("gcp_shop") is None
    assert server.calls == {}
    assert backend.get_conn_value("gcp_shop") == URI


def test_a_kind_without_a_prefix_is_not_looked_up(server: SecretManagerServer, make: Make) -> None:
    """The prefix null leaves out connections, variables or options altogether."""
    backend = make(connections_prefix=None, variables_prefix="None", config_prefix="null")
    assert backend.get_conn_value("a") is backend.get_variable("a") is backend.get_config("a") is None
    assert server.calls == {}


@pytest.mark.parametrize("key", ["with blank", "a/b", "../secrets/x", "ä", "a\n", "a" * 300, "a.b"])
def test_an_id_that_cannot_name_a_secret_is_not_looked_up(
    server: SecretManagerServer, make: Make, logged: Logged, key: str
) -> None:
    """Airflow allows ids that Google doesn't; they are missing here, which is not a failure."""
    backend = make(fail_closed=True)
    assert backend.get_conn_value(key) is backend.get_variable(key, "blue") is backend.get_config(key) is None
    assert server.calls == {}
    assert logged() == []


@pytest.mark.parametrize("kind", PAYLOADS)
@pytest.mark.parametrize("place", [0, 1], ids=["server", "task"])
def test_a_connection_has_every_field(
    put: Put, make: Make, classes: list[type], kind: str, place: int
) -> None:
    """A stored document, Airflow's JSON and a URI give the same fields on the server and in a task."""
    payload, expected, extra = PAYLOADS[kind]
    put("airflow-connections-shop", payload)
    found = make(classes[place]).get_connection("shop")
    assert type(found) is classes[place]
    names = ("conn_id", "conn_type", "host", "login", "password", "schema", "port")
    wanted = {"conn_id": "shop", **expected}
    assert {name: getattr(found, name) for name in names} == {name: wanted.get(name) for name in names}
    assert found.extra_dejson == extra


def test_variables_and_options_are_text(put: Put, make: Make) -> None:
    """Variables and options are returned exactly as stored, with blanks and line breaks."""
    put("airflow-variables-greeting", "Grüße \n")
    put("airflow-config-sql", "postgresql://x")
    assert make().get_variable("greeting") == "Grüße \n"
    assert make().get_config("sql") == "postgresql://x"


def test_prefixes_and_separator_are_those_of_googles_backend(put: Put, make: Make) -> None:
    """Secrets keep their names when a team changes from Google's backend to this one."""
    put("conns_shop", URI)
    put("bare", "value")
    backend = make(connections_prefix="conns", sep="_")
    assert backend.get_conn_value("shop") == URI
    assert make(variables_prefix="", sep="").get_variable("bare") == "value"


def test_a_pinned_version_is_read(put: Put, make: Make) -> None:
    """A pinned secret is read in its version, every other one in its latest."""
    for value in ("first", "second"):
        put("airflow-variables-pinned", value)
        put("airflow-variables-other", value)
    backend = make(versions={"airflow-variables-pinned": 1})
    assert backend.get_variable("pinned") == "first"
    assert backend.get_variable("other") == "second"


def test_regional_secrets_are_read_in_their_location(
    server: SecretManagerServer, project: str, make: Make
) -> None:
    """A regional and a global secret of the same name are told apart."""
    server.put(project, "airflow-variables-a", "regional", location="europe-west3")
    server.put(project, "airflow-variables-a", "global")
    assert make(location="europe-west3").get_variable("a") == "regional"
    assert make().get_variable("a") == "global"


def test_a_change_is_seen_after_its_time(put: Put, make: Make) -> None:
    """New content replaces both the cached content and the text that was made from it."""
    put("airflow-connections-shop", URI)
    backend = make(cache_ttl=0)
    assert backend.get_conn_value("shop") == URI
    put("airflow-connections-shop", "http://new")
    assert backend.get_conn_value("shop") == "http://new"


def test_triggers_are_not_blocked(
    server: SecretManagerServer, put: Put, make: Make, classes: list[type]
) -> None:
    """The event loop goes on while Google doesn't respond."""
    put("airflow-connections-shop", URI)
    server.fault("hang")
    backend = make(classes[1])
    turns = 0

    async def ask() -> object:
        nonlocal turns
        asking = asyncio.ensure_future(backend.aget_connection("shop"))
        while not asking.done():
            turns += 1
            await asyncio.sleep(0.01)
        return await asking

    assert asyncio.run(ask()).password == "pw@here"
    assert turns > 10


class TestTeams:
    """The secrets of teams have the same names as in Google's own backend."""

    @pytest.fixture(autouse=True)
    def _teams(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AIRFLOW__CORE__MULTI_TEAM", "True")

    def test_a_team_has_its_own_first(self, put: Put, make: Make) -> None:
        """A team's own content comes first, then that of all teams."""
        put("airflow-variables-blue--a", "of blue")
        put("airflow-variables-a", "of all")
        put("airflow-connections-blue--shop", URI)
        backend = make()
        assert backend.get_variable("a", team_name="blue") == "of blue"
        assert backend.get_variable("a", team_name="red") == "of all"
        assert backend.get_variable("a") == "of all"
        assert backend.get_connection("shop", team_name="blue").login == "joe"
        assert asyncio.run(backend.aget_connection("shop", "blue")).login == "joe"
        assert backend.get_connection("shop", team_name="red") is None

    def test_an_id_that_could_name_a_team_is_refused(
        self, server: SecretManagerServer, put: Put, make: Make, logged: Logged
    ) -> None:
        """Ids with two dashes are refused for connections and variables, but not for options."""
        put("airflow-variables-blue--a", "of blue")
        put("airflow-config-blue--a", "option")
        backend = make()
        assert backend.get_variable("blue--a") is backend.get_variable("blue--a", "red") is None
        assert backend.get_conn_value("blue--a") is None
        assert server.calls == {}
        prefixes = [text.split("'b")[0].rpartition(" the ")[2] for text in logged()]
        assert prefixes == ["variable ", "connection "]
        assert backend.get_config("blue--a") == "option"

    def test_a_team_never_gets_the_content_of_all_teams_after_a_failure(
        self, server: SecretManagerServer, put: Put, make: Make, logged: Logged
    ) -> None:
        """If the team's own secret can't be read, the lookup fails and doesn't go on to the common secret."""
        put("airflow-variables-a", "of all")
        server.fault("denied", secret="airflow-variables-blue--a")
        assert make().get_variable("a", team_name="blue") is None
        assert "secrets_denied" in logged()[0]


def test_without_teams_an_id_may_have_two_dashes(put: Put, make: Make) -> None:
    """Two dashes in an id are allowed while Airflow has no teams."""
    put("airflow-variables-a--b", "value")
    assert make().get_variable("a--b") == "value"
