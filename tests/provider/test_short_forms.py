"""Each method has a connection type of its own, whose form shows only what the method needs."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from airflow.providers.http.operators.http import HttpOperator
from airflow.sdk import Connection
from airflow.sdk.providers_manager_runtime import ProvidersManagerTaskRuntime

from airflow_provider_watchword.documents import connection_of, document_of
from airflow_provider_watchword.forms import complete, short
from airflow_provider_watchword.forms.schema import FORM_NAMES, STANDARD
from airflow_provider_watchword.generate import provider_info
from airflow_provider_watchword.hooks import ApiHook
from airflow_provider_watchword.sensors import CredentialSensor
from watchword import METHODS
from watchword.connections.airflow_format import short_type
from watchword.connections.payload import document_in
from watchword.document.common_fields import CommonFields
from watchword.methods.fields import about
from watchword_playground import CREDENTIALS, Playground

TYPES = {entry["connection-type"]: entry for entry in provider_info()["connection-types"]}
NAMES = {FORM_NAMES.get(name, name): name for model in METHODS.values() for name in model.model_fields}


def shown(method: str) -> list[str]:
    """Return the fields that are seen before the section of advanced ones, by their names in documents."""
    entry = TYPES[short_type(method)]
    hidden = entry["ui-field-behaviour"]["hidden-fields"]
    own = [name for name, column in STANDARD.items() if column not in hidden]
    fields = {
        name: field
        for name, field in entry["conn-fields"].items()
        if "const" not in field["schema"] and field["schema"]["section"] != short.ADVANCED
    }
    return [*own, *(NAMES.get(name, name) for name in fields)]


@pytest.mark.parametrize("method", METHODS)
def test_a_form_begins_with_the_essential_fields(method: str) -> None:
    """The essential fields of the method come first, in their order, and they are at most twelve."""
    essentials = METHODS[method].essentials
    assert len(essentials) <= 12
    assert sorted(shown(method)) == sorted(essentials)
    assert [name for name in shown(method) if name not in STANDARD] == [
        name for name in essentials if name not in STANDARD
    ]


def test_the_simplest_forms_are_short() -> None:
    """A person with a key, a token or a password sees at most five, three and three fields."""
    assert shown("api_key") == ["base_url", "key_name", "api_key", "add_to", "test_url"]
    assert shown("bearer") == ["base_url", "bearer_token", "test_url"]
    assert shown("basic") == ["base_url", "username", "password"]


@pytest.mark.parametrize("method", METHODS)
def test_required_fields_are_essential(method: str) -> None:
    """A field that every document needs is among the first, and the form marks it as required."""
    fields = TYPES[short_type(method)]["conn-fields"]
    required = {name for name, field in METHODS[method].model_fields.items() if field.is_required()}
    assert required <= set(METHODS[method].essentials)
    marked = {
        NAMES[name]
        for name, field in fields.items()
        if "null" not in field["schema"]["type"] and "const" not in field["schema"]
    }
    assert marked == required - STANDARD.keys()


@pytest.mark.parametrize("method", METHODS)
def test_a_form_has_the_fields_of_its_method_alone(method: str) -> None:
    """The form has each field of the method and each common field, and none of another method."""
    models = (METHODS[method], CommonFields)
    own = {name for model in models for name, field in model.model_fields.items() if about(field)}
    fields = set(TYPES[short_type(method)]["conn-fields"]) - {"schema_version", "method"}
    assert {NAMES.get(name, name) for name in fields} == own - STANDARD.keys()


@pytest.mark.parametrize("method", METHODS)
def test_the_hidden_fields_come_first(method: str) -> None:
    """Schema version and method are saved as constants, before all other fields."""
    fields = TYPES[short_type(method)]["conn-fields"]
    constants = {name: field["schema"].get("default") for name, field in list(fields.items())[:2]}
    assert constants == {"schema_version": 1, "method": method}


@pytest.mark.parametrize("method", METHODS)
def test_no_section_is_empty(method: str) -> None:
    """Each section shows a field, and that of the method, if there is one, comes before the advanced one."""
    schemas = [field["schema"] for field in TYPES[short_type(method)]["conn-fields"].values()]
    sections = list(dict.fromkeys(schema["section"] for schema in schemas))
    assert sections in ([short.ADVANCED], [METHODS[method].title, short.ADVANCED])
    assert set(sections) == {schema["section"] for schema in schemas if "const" not in schema}


@pytest.mark.parametrize("conn_type", TYPES)
def test_airflow_finds_the_hook_of_each_type(conn_type: str) -> None:
    """The class has the type and the name of its entry: Airflow would log an inconsistency."""
    info = ProvidersManagerTaskRuntime().hooks[conn_type]
    assert info is not None
    hook = _imported(info.hook_class_name)
    assert issubclass(hook, ApiHook)
    assert (hook.conn_type, hook.hook_name) == (conn_type, TYPES[conn_type]["hook-name"])


def _imported(path: str) -> Any:
    from airflow.sdk.module_loading import import_string  # noqa: PLC0415 - only here

    return import_string(path)


def saved(method: str, playground: Playground, conn_type: str) -> Connection:
    """Return a connection as a form saves it: every declared field, untouched ones as null."""
    form = complete.conn_fields() if conn_type == "watchword" else short.conn_fields(METHODS[method])
    values = dict(CREDENTIALS[method])
    columns = {column: values.pop(name) for name, column in STANDARD.items() if name in values}
    extra: dict[str, Any] = dict.fromkeys(form)
    extra |= {FORM_NAMES.get(name, name): _absolute(value, playground) for name, value in values.items()}
    extra |= {"schema_version": 1, "method": method}
    host = f"{playground.url}/{method}"
    return Connection(
        conn_id="acme", conn_type=conn_type, extra=json.dumps(extra), **{**columns, "host": host}
    )


def _absolute(value: Any, playground: Playground) -> Any:
    is_path = isinstance(value, str) and value.startswith("/") and not value.startswith("//")
    return f"{playground.url}{value}" if is_path else value


@pytest.mark.parametrize("method", [name for name in METHODS if name in CREDENTIALS])
def test_a_connection_is_the_same_under_both_types(method: str, playground: Playground) -> None:
    """What the form of one method saves means the same as what the form of all methods saves."""
    of_one = connection_of(saved(method, playground, short_type(method)))
    of_all = connection_of(saved(method, playground, "watchword"))
    assert of_one.document == of_all.document


@pytest.mark.parametrize("method", [name for name in METHODS if name in CREDENTIALS])
def test_airflow_s_operator_and_the_sensor_take_each_type(
    method: str, playground: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HttpOperator extracts and the sensor validates by a connection of each type."""
    fields = playground.document(method)
    host = fields.pop("base_url")
    columns = {column: fields.pop(name) for name, column in STANDARD.items() if name in fields}
    stored = {
        **columns,
        "conn_type": short_type(method),
        "host": host,
        "extra": {"schema_version": 1, **fields},
    }
    monkeypatch.setenv("AIRFLOW_CONN_ACME", json.dumps(stored))
    extract = HttpOperator(
        task_id="extract", http_conn_id="acme", method="GET", endpoint="/v1/me", deferrable=False
    )
    assert extract.execute({})
    sensor = CredentialSensor(
        task_id="gate",
        http_conn_id="acme",
        test_url=f"{host}/v1/me",
        on_inconclusive="pass" if method == "none" else "fail",
    )
    assert sensor.poke({})


def test_the_type_names_the_method_that_a_document_leaves_out() -> None:
    """A connection that was written by hand needs no `method` if its type says it; a given one counts."""
    extra = {"schema_version": 1, "api_key": "made-up-key"}
    host = "https://api.example.com"
    by_hand = Connection(conn_id="acme", conn_type="watchword_api_key", host=host, extra=json.dumps(extra))
    assert document_of(by_hand)["method"] == "api_key"
    given = {"schema_version": 1, "method": "bearer", "bearer_token": "made-up-token"}
    other = Connection(conn_id="acme", conn_type="watchword_api_key", host=host, extra=json.dumps(given))
    assert document_of(other)["method"] == "bearer"


_EXTRA = {"schema_version": 1, "api_key": "made-up-key"}
_JSON = json.dumps({"conn_type": "watchword_api_key", "host": "https://api.example.com", "extra": _EXTRA})
_URI = f"watchword-api-key://https%3A%2F%2Fapi.example.com/?__extra__={quote(json.dumps(_EXTRA))}"


@pytest.mark.parametrize("stored", [_JSON, _URI], ids=["JSON", "URI"])
def test_each_format_may_name_a_type_of_one_method(stored: str) -> None:
    """Airflow's JSON and URI are read with the type of one method, wherever they are stored."""
    document = document_in(stored.encode(), "airflow-connections-acme")
    assert (document["method"], document["base_url"]) == ("api_key", "https://api.example.com")
