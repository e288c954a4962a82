"""A connection document inside Airflow's JSON and URIs, without Airflow."""

from __future__ import annotations

import copy
import json
import traceback

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import watchword
from tests.support.hostile_texts import any_text
from tests.support.nightly import usually
from watchword.connections.airflow_format import (
    AirflowConnection,
    airflow_json,
    document_of,
    parse_connection,
)

CANARY = "canary-8d1f5c07"
BEARER = {"base_url": "https://api.test/v2", "method": "bearer", "bearer_token": CANARY}


def refused(call, *arguments):
    """Return the error of a call, which neither shows nor keeps the canary."""
    with pytest.raises(watchword.DocumentError) as caught:
        call(*arguments)
    error = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None
    assert CANARY not in "".join(traceback.format_exception(error))
    return error


def test_the_columns_hold_base_url_user_and_password():
    """Base URL, user name and password go into Airflow's own columns, everything else into the extra."""
    document = {"method": "basic", "base_url": "https://api.test", "username": "ann", "password": CANARY}
    assert json.loads(airflow_json(document)) == {
        "conn_type": "watchword", "host": "https://api.test", "login": "ann", "password": CANARY,
        "extra": {"schema_version": 1, "method": "basic"},
    }  # fmt: skip


@pytest.mark.parametrize(
    "version", [{}, {"schema_version": None}, {"schema_version": 1}, {"schema_version": True}]
)
def test_the_extra_begins_with_the_integer(version):
    """The extra's first entry is the number 1, however and wherever the document says version 1."""
    extra = json.loads(airflow_json(BEARER | version))["extra"]
    assert next(iter(extra)) == "schema_version"
    assert type(extra["schema_version"]) is int


@pytest.mark.parametrize("version", ["1", 2, "", [1], {}])
def test_another_version_is_not_wrapped(version):
    """A version that isn't 1 is refused instead of being called 1."""
    assert refused(airflow_json, BEARER | {"schema_version": version}).code == "wrong_type"


texts = st.text(st.characters(codec="utf-8"))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from(["base_url", "username", "password", "token_url", "secret_parameters"]) | texts


@given(st.dictionaries(names, texts | values))
def test_a_document_comes_back_as_it_was(document):
    """Wrapped, read and unwrapped, any document is the same, with its version added."""
    document.pop("schema_version", None)
    stored = parse_connection(airflow_json(document), "acme")
    assert stored.conn_type == "watchword"
    assert document_of(stored) == document | {"schema_version": 1}


@given(st.sampled_from(sorted(watchword.METHODS)), st.data())
def test_a_valid_document_is_the_same_connection_when_wrapped(method, data):
    """For every method, `load` makes the same connection of the wrapped document and of the bare one."""
    fields = {
        name: data.draw(st.text(st.characters(codec="utf-8"), min_size=1), label=name)
        for name, field in watchword.METHODS[method].model_fields.items()
        if field.annotation is str
    }
    document = {"method": method, "base_url": "https://api.test", **fields}
    try:
        bare = watchword.load(document)
    except watchword.DocumentError:
        return
    wrapped = watchword.load(document_of(parse_connection(airflow_json(document), "acme")))
    assert wrapped.document.method == bare.document.method
    assert wrapped.base_url == bare.base_url


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("http://api.test", {"conn_type": "http", "host": "api.test", "schema": ""}),
        ("http://api.test/https", {"conn_type": "http", "host": "api.test", "schema": "https"}),
        (
            "http://https%3A%2F%2FApi.test%2Fv2",
            {"conn_type": "http", "host": "https://Api.test/v2", "schema": ""},
        ),
        ("http://https://ann:p%40ss@api.test:8443",
         {"conn_type": "http", "host": "https://api.test", "schema": "", "port": 8443, "login": "ann",
          "password": "p@ss"}),
        ("postgresql://u:p@db/name",
         {"conn_type": "postgres", "host": "db", "schema": "name", "login": "u", "password": "p"}),
        ("google-cloud-platform://?a=1&b=", {"conn_type": "google_cloud_platform", "host": "", "schema": "",
         "extra": '{"a": "1", "b": ""}'}),
        ("http://h/?__extra__=%7B%22a%22%3A+1%7D&b=2",
         {"conn_type": "http", "host": "h", "schema": "", "extra": '{"a": 1}'}),
        ('{"conn_type": "google-cloud", "extra": {"a": 1}}',
         {"conn_type": "google_cloud", "extra": '{"a": 1}'}),
        ('{"extra": "{\\"a\\": 1}", "port": "80", "description": "x"}', {"extra": '{"a": 1}', "port": 80}),
        ('\n {"uri": "http://h", "port": 0}\n', {"conn_type": "http", "host": "h", "schema": ""}),
        ('{"login": 7, "password": 12345}', {"login": "7", "password": "12345"}),
    ],
)  # fmt: skip
def test_texts_are_read_as_airflow_reads_them(text, fields):
    """Both forms of a connection are read as Airflow reads them, with its peculiarities."""
    assert parse_connection(text, "acme") == AirflowConnection("acme", **fields)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f'{{"password": "{CANARY}"', "line 1, column"),
        (f'{{"password": ["{CANARY}"]}}', "its password is not text"),
        (f'{{"conn_type": ["{CANARY}"]}}', "its conn_type is not text"),
        (f'{{"port": "{CANARY}"}}', "its port is not a whole number"),
        (f'{{"port": ["{CANARY}"]}}', "its port is not a whole number"),
        ('{"port": Infinity}', "its port is not a whole number"),
        (f'{{"{CANARY}": 1}}', "Airflow doesn't know"),
        (f'{{"uri": "http://{CANARY}", "host": null}}', "beside its uri"),
        (f'{{"uri": "http://a:{CANARY}"}}', "not valid"),
        ('{"extra": ' + "[" * 100_000, "nested too deeply"),
        (f"http://u:p@h:{CANARY}", "not a valid URI"),
        (f"http://[{CANARY}", "not a valid URI"),
        (f"a://b://{CANARY}://c", "more than two schemes"),
        (f"http://{CANARY}@https://h", "between its two schemes"),
    ],
)
def test_an_unreadable_connection_is_named_without_its_content(text, problem):
    """Airflow's error quotes a URI with its password; this error only says what is wrong."""
    error = refused(parse_connection, text, "acme")
    assert error.code == "document_unreadable"
    assert problem in str(error)


@settings(max_examples=usually(500, 10_000))
@given(any_text() | st.text('htp:/@[]%?&=#{}",0').map("http://".__add__))
def test_any_text_is_a_connection_or_findings(text):
    """Any text becomes a connection or a DocumentError."""
    try:
        assert parse_connection(text, "acme").conn_id == "acme"
    except watchword.DocumentError as error:
        assert error.__context__ is None


def test_a_connection_shows_its_name_and_type_alone():
    """Host, login, password and extra may hold secrets: neither repr nor pickle shows them."""
    connection = parse_connection(
        f'{{"conn_type": "http", "host": "https://u:{CANARY}@h", "extra": "{CANARY}"}}', "a"
    )
    assert repr(connection).startswith("AirflowConnection(conn_id='a', conn_type='http'")
    assert CANARY not in repr(connection)
    with pytest.raises(TypeError, match="never pickled"):
        copy.deepcopy(connection)


@pytest.mark.parametrize(
    "extra", [f'{{"a": "{CANARY}', f'["{CANARY}"]', "[" * 100_000, f'{{"a": "{CANARY}"}}']
)
def test_an_unusable_extra_is_named_without_its_content(extra):
    """Neither the error nor its cause holds the extra."""
    refused(document_of, AirflowConnection("acme", "watchword", host="https://h", extra=extra))


def test_an_empty_user_name_beside_a_key_survives():
    """Basic without a user name, the key as password, comes back out of Airflow's JSON, and can be used."""
    document = {"method": "basic", "base_url": "https://api.test", "username": "", "password": CANARY}
    stored = parse_connection(airflow_json(document), "acme")
    assert stored.password == CANARY
    conn = watchword.load(document_of(stored), stored=True)
    assert conn.lint() == []
    assert conn.document.method.username == ""
