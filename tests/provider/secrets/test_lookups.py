"""`GoogleSecretManagerBackend`: what is found, and how often Google is asked."""

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
Said = Callable[[], list[str]]

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
    """By one connection, whoever asks."""
    put("airflow-connections-shop", URI)
    backend = make()
    assert {backend.get_conn_value("shop") for _ in range(1000)} == {URI}
    assert backend.get_connection("shop").host == "api.example.com"
    assert (server.calls, server.connections) == ({ACCESS: 1}, 1)


def test_a_thousand_misses_are_one_call(server: SecretManagerServer, make: Make, said: Said) -> None:
    """That there is no such secret is known too, and nothing to complain of."""
    backend = make()
    assert {backend.get_conn_value("nobody") for _ in range(1000)} == {None}
    assert backend.get_connection("nobody") is None
    assert server.calls == {ACCESS: 1}
    assert said() == []


def test_fifty_threads_at_once_are_one_call(server: SecretManagerServer, put: Put, make: Make) -> None:
    """The first asks, the others wait for it."""
    put("airflow-connections-shop", URI)
    backend = make(deadline=5)
    with ThreadPoolExecutor(50) as pool:
        found = set(pool.map(lambda _: backend.get_conn_value("shop"), range(50)))
    assert found == {URI}
    assert (server.calls, server.connections) == ({ACCESS: 1}, 1)


def test_backends_share_what_they_have_read(server: SecretManagerServer, put: Put, make: Make) -> None:
    """Airflow makes a new one for each option that it reads."""
    put("airflow-config-fernet", "key-0123456789")
    assert {make().get_config("fernet") for _ in range(20)} == {"key-0123456789"}
    assert (server.calls, server.connections) == ({ACCESS: 1}, 1)
    make(cache_ttl=1).get_config("fernet")
    assert server.calls == {ACCESS: 2}


def test_only_ids_that_match_are_asked_for(server: SecretManagerServer, put: Put, make: Make) -> None:
    """As Amazon's backends take patterns: at the beginning of the id."""
    put("airflow-connections-gcp_shop", URI)
    backend = make(
        connections_lookup_pattern="gcp_", variables_lookup_pattern="gcp_$", config_lookup_pattern="x"
    )
    assert backend.get_conn_value("shop_gcp_") is None
    assert backend.get_variable("gcp_shop") is None
    assert backend.get_config("gcp_shop") is None
    assert server.calls == {}
    assert backend.get_conn_value("gcp_shop") == URI


def test_a_kind_without_a_prefix_is_not_asked_for(server: SecretManagerServer, make: Make) -> None:
    """Variables may live elsewhere altogether."""
    backend = make(connections_prefix=None, variables_prefix="None", config_prefix="null")
    assert backend.get_conn_value("a") is backend.get_variable("a") is backend.get_config("a") is None
    assert server.calls == {}


@pytest.mark.parametrize("key", ["with blank", "a/b", "../secrets/x", "ä", "a\n", "a" * 300, "a.b"])
def test_what_no_secret_is_called_is_not_asked_for(
    server: SecretManagerServer, make: Make, said: Said, key: str
) -> None:
    """Airflow allows other ids than Google; they are in another backend."""
    backend = make(fail_closed=True)
    assert backend.get_conn_value(key) is backend.get_variable(key, "blue") is backend.get_config(key) is None
    assert server.calls == {}
    assert said() == []


@pytest.mark.parametrize("kind", PAYLOADS)
@pytest.mark.parametrize("place", [0, 1], ids=["server", "task"])
def test_a_connection_has_every_field(
    put: Put, make: Make, classes: list[type], kind: str, place: int
) -> None:
    """Whether a document, Airflow's JSON or a URI is stored, and wherever it is asked for."""
    payload, expected, extra = PAYLOADS[kind]
    put("airflow-connections-shop", payload)
    found = make(classes[place]).get_connection("shop")
    assert type(found) is classes[place]
    names = ("conn_id", "conn_type", "host", "login", "password", "schema", "port")
    wanted = {"conn_id": "shop", **expected}
    assert {name: getattr(found, name) for name in names} == {name: wanted.get(name) for name in names}
    assert found.extra_dejson == extra


def test_variables_and_options_are_text(put: Put, make: Make) -> None:
    """As they are stored, blanks and all."""
    put("airflow-variables-greeting", "Grüße \n")
    put("airflow-config-sql", "postgresql://x")
    assert make().get_variable("greeting") == "Grüße \n"
    assert make().get_config("sql") == "postgresql://x"


def test_prefixes_and_separator_are_those_of_googles_backend(put: Put, make: Make) -> None:
    """A team that changes backends need not rename its secrets."""
    put("conns_shop", URI)
    put("bare", "value")
    backend = make(connections_prefix="conns", sep="_")
    assert backend.get_conn_value("shop") == URI
    assert make(variables_prefix="", sep="").get_variable("bare") == "value"


def test_a_pinned_version_is_read(put: Put, make: Make) -> None:
    """Of the secret that is named, and the latest of all others."""
    for value in ("first", "second"):
        put("airflow-variables-pinned", value)
        put("airflow-variables-other", value)
    backend = make(versions={"airflow-variables-pinned": 1})
    assert backend.get_variable("pinned") == "first"
    assert backend.get_variable("other") == "second"


def test_regional_secrets_are_asked_for_in_their_location(
    server: SecretManagerServer, project: str, make: Make
) -> None:
    """There are two secrets of that name."""
    server.put(project, "airflow-variables-a", "regional", location="europe-west3")
    server.put(project, "airflow-variables-a", "global")
    assert make(location="europe-west3").get_variable("a") == "regional"
    assert make().get_variable("a") == "global"


def test_a_change_is_seen_after_its_time(put: Put, make: Make) -> None:
    """What was made of the old content is not kept beside it."""
    put("airflow-connections-shop", URI)
    backend = make(cache_ttl=0)
    assert backend.get_conn_value("shop") == URI
    put("airflow-connections-shop", "http://new")
    assert backend.get_conn_value("shop") == "http://new"


def test_triggers_are_not_kept_waiting(
    server: SecretManagerServer, put: Put, make: Make, classes: list[type]
) -> None:
    """While Google is silent the event loop goes on."""
    put("airflow-connections-shop", URI)
    server.fault("hang")
    backend = make(classes[1], deadline=1)
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
    """Names are those of Google's own backend."""

    @pytest.fixture(autouse=True)
    def _teams(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AIRFLOW__CORE__MULTI_TEAM", "True")

    def test_a_team_has_its_own_first(self, put: Put, make: Make) -> None:
        """Then comes what is everybody's."""
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

    def test_an_id_that_might_name_a_team_is_refused(
        self, server: SecretManagerServer, put: Put, make: Make, said: Said
    ) -> None:
        """Of whichever team; options have no teams."""
        put("airflow-variables-blue--a", "of blue")
        put("airflow-config-blue--a", "option")
        backend = make()
        assert backend.get_variable("blue--a") is backend.get_variable("blue--a", "red") is None
        assert backend.get_conn_value("blue--a") is None
        assert server.calls == {}
        assert [text.split("'")[0] for text in said()] == ["The variable ", "The connection "]
        assert backend.get_config("blue--a") == "option"

    def test_a_team_that_cannot_be_served_gets_nobody_elses(
        self, server: SecretManagerServer, put: Put, make: Make, said: Said
    ) -> None:
        """A failure is not a miss."""
        put("airflow-variables-a", "of all")
        server.fault("denied", secret="airflow-variables-blue--a")
        assert make().get_variable("a", team_name="blue") is None
        assert "secrets_denied" in said()[0]


def test_without_teams_an_id_may_have_two_dashes(put: Put, make: Make) -> None:
    """There is nothing to confuse it with."""
    put("airflow-variables-a--b", "value")
    assert make().get_variable("a--b") == "value"
