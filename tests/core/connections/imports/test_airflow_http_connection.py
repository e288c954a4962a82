"""Connections of type http become documents that send what Airflow's HttpHook would send."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import watchword
from tests.support.hostile_texts import any_text
from tests.support.nightly import usually
from watchword.connections.airflow_format import AirflowConnection, airflow_json, parse_connection
from watchword.connections.imports.airflow.http_connection import convert

CANARY = "canary-8d1f5c07"
BASE = {"base_url": "https://api.test"}


def http(extra=None, **columns):
    columns.setdefault("host", "https://api.test")
    text = extra if extra is None or isinstance(extra, str) else json.dumps(extra)
    return AirflowConnection("acme", columns.pop("conn_type", "http"), extra=text, **columns)


def document(connection):
    """Return the document of a connection; it loads, and no remark shows a secret."""
    converted, remarks = convert(connection)
    watchword.load(converted)
    assert CANARY not in " ".join(remarks)
    assert all(remark.endswith(".") for remark in remarks)
    return converted


def remarks(connection):
    return " ".join(convert(connection)[1])


def basic(user, password, charset="utf-8"):
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode(charset)).decode()}"


@pytest.mark.parametrize(
    ("columns", "base_url"),
    [
        ({}, "https://api.test"),
        ({"host": "api.test"}, "http://api.test"),
        ({"host": "api.test", "schema": "https"}, "https://api.test"),
        ({"host": "api.test", "schema": "HTTPS"}, "https://api.test"),
        ({"host": "http://api.test", "schema": "https"}, "http://api.test"),
        ({"host": "api.test/v2", "schema": "https", "port": 8443}, "https://api.test:8443/v2"),
        ({"host": "api.test", "conn_type": "https"}, "https://api.test"),
        ({"host": "api.test", "schema": "v2"}, "http://api.test"),
        ({"host": "https://ann:x@api.test/v2"}, "https://api.test/v2"),
    ],
)
def test_the_base_url_is_that_of_httphook(columns, base_url):
    """The scheme is the host's, else the schema, else the type's; the port follows the host."""
    assert document(http(**columns))["base_url"] == base_url


def test_a_doubtful_url_is_remarked():
    """A remark names a guessed scheme, plain http, and a schema that was a path."""
    assert "plain http" in remarks(http(host="api.test", schema="http"))
    assert "http was taken" in remarks(http(host="api.test"))
    assert "neither http nor https" in remarks(http(host="api.test", schema="v2"))
    assert remarks(http(host="api.test", schema="https")) == ""


@pytest.mark.parametrize(
    ("connection", "fields"),
    [
        (http(), {"method": "none"}),
        (http(login="ann", password=CANARY), {"method": "basic", "username": "ann", "password": CANARY}),
        (http(login=CANARY), {"method": "basic", "username": CANARY}),
        (http(host=f"https://ann:{CANARY}%21@api.test"),
         {"method": "basic", "username": "ann", "password": f"{CANARY}!"}),
        (http(login="ann", password="pä"),
         {"method": "basic", "username": "ann", "password": "pä", "charset": "latin-1"}),
        (http(login="ann", password="п"), {"method": "basic", "username": "ann", "password": "п"}),
        (http(password=CANARY), {"method": "none"}),
        (http({"Authorization": f"Bearer {CANARY}"}), {"method": "bearer", "bearer_token": CANARY}),
        (http({"authorization": f"bearer  {CANARY} "}),
         {"method": "bearer", "bearer_token": CANARY, "prefix": "bearer"}),
        (http({"Authorization": basic("ann", CANARY)}),
         {"method": "basic", "username": "ann", "password": CANARY}),
        (http({"Authorization": basic("ann", "pä")}),
         {"method": "basic", "username": "ann", "password": "pä"}),
        (http({"Authorization": basic("ann", "pä", "latin-1")}),
         {"method": "basic", "username": "ann", "password": "pä", "charset": "latin-1"}),
        (http({"Authorization": f"Basic {CANARY}"}),
         {"method": "api_key", "key_name": "Authorization", "api_key": f"Basic {CANARY}"}),
        (http({"Authorization": basic("", CANARY)}),
         {"method": "basic", "username": "", "password": CANARY}),
        (http({"Authorization": f"Token {CANARY}"}),
         {"method": "api_key", "key_name": "Authorization", "api_key": f"Token {CANARY}"}),
        (http({"X-API-Key": CANARY}), {"method": "api_key", "key_name": "X-API-Key", "api_key": CANARY}),
        (http({"x-api-key": "old", "X-API-Key": CANARY}),
         {"method": "api_key", "key_name": "X-API-Key", "api_key": CANARY}),
        (http({"X-API-Key": CANARY, "X-Auth-Token": "b"}),
         {"method": "custom",
          "secret_parameters": {"header:X-API-Key": CANARY, "header:X-Auth-Token": "b"}}),
        (http({"Cookie": f"sid={CANARY}"}),
         {"method": "custom", "secret_parameters": {"header:Cookie": f"sid={CANARY}"}}),
        (http({"Authorization": f"Bearer {CANARY}", "X-API-Key": "b", "Accept": "text/csv"}),
         {"method": "bearer", "bearer_token": CANARY, "secret_parameters": {"header:X-API-Key": "b"},
          "extra_parameters": {"header:Accept": "text/csv"}}),
        (http({"Accept": "text/csv", "User-Agent": "acme", "Accept-Version": 2, "X-Nothing": None}),
         {"method": "none", "extra_parameters": {"header:Accept": "text/csv", "header:User-Agent": "acme",
                                                 "header:Accept-Version": "2"}}),
        (http({"headers": {"X-API-Key": CANARY, "Accept": "text/csv"}}),
         {"method": "api_key", "key_name": "X-API-Key", "api_key": CANARY,
          "extra_parameters": {"header:Accept": "text/csv"}}),
        (http({"X-API-Key": ""}), {"method": "none", "extra_parameters": {"header:X-API-Key": ""}}),
    ],
)  # fmt: skip
def test_the_credential_finds_its_method(connection, fields):
    """Login, Authorization header and headers that sound secret become the method that sends them."""
    assert document(connection) == BASE | fields


def test_a_login_wins_over_the_authorization_header():
    """HttpHook's session sends the login instead of the header, so the header is left out with a remark."""
    connection = http({"Authorization": f"Bearer {CANARY}"}, login="ann", password="p")
    assert document(connection) == BASE | {"method": "basic", "username": "ann", "password": "p"}
    assert "Authorization was left out" in remarks(connection)


@pytest.mark.parametrize("secret", ["env:HOME", "file:/etc/passwd", "gcp:a", "local:a", "literal:a"])
def test_a_secret_that_reads_like_a_reference_stays_text(secret):
    """A password that looks like a reference stays a password, so that no file of this machine is sent."""
    for connection in (
        http(login="ann", password=secret), http({"X-API-Key": secret}),
        http({"Authorization": f"Bearer {secret}"}), http({"X-API-Key": secret, "X-Token": "b"}),
    ):  # fmt: skip
        loaded = watchword.load(document(connection), stored=True)
        assert secret in loaded.credential.resolved.values.values()


@pytest.mark.parametrize(
    ("extra", "fields"),
    [
        ({"timeout": 5}, {"timeout": 5}),
        ({"timeout": "2.5"}, {"timeout": 2.5}),
        ({"verify": False}, {"verify": False}),
        ({"verify": "False"}, {"verify": False}),
        ({"verify_ssl": False}, {"verify": False}),
        ({"verify": True}, {}),
        ({"verify": "/etc/ca.pem"}, {"ca_bundle": "/etc/ca.pem"}),
        ({"cert": "/c.pem"}, {"client_certificate": "/c.pem"}),
        ({"cert": ["/c.pem", "/k.pem"]}, {"client_certificate": "/c.pem", "client_private_key": "/k.pem"}),
        ({"cert": '["/c.pem", "/k.pem"]'},
         {"client_certificate": "/c.pem", "client_private_key": "/k.pem"}),
        ({"proxies": {"http": "http://a.test", "https": f"http://u:{CANARY}@b.test"}},
         {"proxy": f"http://u:{CANARY}@b.test"}),
        ({"proxies": {"all": "http://a.test"}}, {"proxy": "http://a.test"}),
        ({"proxy": "http://a.test"}, {"proxy": "http://a.test"}),
        ({"proxies": {}, "timeout": None, "stream": None}, {}),
    ],
)  # fmt: skip
def test_options_become_the_fields_that_do_the_same(extra, fields):
    """HttpHook's transport options keep their meaning, also as text, and need no remark."""
    connection = http(extra)
    assert document(connection) == BASE | {"method": "none"} | fields
    assert remarks(connection) == ""


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        *(({name: True}, name) for name in ("stream", "allow_redirects", "trust_env", "check_response")),
        ({"max_redirects": 3}, "max_redirects"),
        ({"srv_lookup": "true"}, "srv_lookup"),
        ({"timeout": [3, CANARY]}, "timeout"),
        ({"timeout": 0}, "timeout"),
        ({"timeout": 1e9}, "timeout"),
        ({"verify": [CANARY]}, "verify"),
        ({"cert": ["/c", "/k", CANARY]}, "cert"),
        ({"cert": {}}, "cert"),
        ({"proxies": {"https://only.test": CANARY}}, "proxies"),
        ({"proxies": [CANARY]}, "proxies"),
        ({"headers": CANARY}, "headers"),
        ({"X-Flag": [CANARY]}, "X-Flag"),
        ({f"no header {CANARY}": "x"}, "can't be a header's name"),
    ],
)
def test_an_option_without_a_field_is_remarked(extra, words):
    """An option that a document can't express is left out, and a remark names it."""
    connection = http(extra)
    assert document(connection) == BASE | {"method": "none"}
    assert words in remarks(connection)


def test_a_document_in_airflow_is_returned():
    """A watchword connection gives its document, without the leftovers of Airflow's form."""
    stored = BASE | {"method": "bearer", "bearer_token": "t"}
    leftovers = {"scope": "", "prefix": None, "api_key": CANARY, "grant_url": "https://auth.test"}
    text = airflow_json(stored | leftovers)
    for variant in (text, text.replace('"watchword"', '"http"')):
        connection = parse_connection(variant, "acme")
        assert document(connection) == stored | {"schema_version": 1}
        assert "api_key" in remarks(connection)


@pytest.mark.parametrize(
    ("connection", "code", "words"),
    [
        (http(conn_type="postgres", password=CANARY), "secret_unreadable", "of type postgres"),
        (http(conn_type=None), "secret_unreadable", "without a type"),
        (http(conn_type="slackwebhook", password=CANARY), "secret_unreadable", "isn't HTTP"),
        (http(f"{{{CANARY}"), "document_unreadable", "not valid JSON"),
        (http(host=None), "missing_field", "no host"),
        (http(host=f"https://[{CANARY}"), "url_not_absolute", "not a URL"),
        (http(host="https://api.test:80", port=81), "given_twice", "81"),
        (http(login="ann", password="***"), "placeholder_secret", "asterisks"),
        (http({"method": "none"}, conn_type="watchword"), "schema_version_missing", "schema_version"),
    ],
)
def test_an_unconvertible_connection_is_a_finding(connection, code, words):
    """A wrong type, an unreadable extra, or a missing or broken host is a finding without secrets."""
    with pytest.raises(watchword.DocumentError) as caught:
        convert(connection)
    assert caught.value.code == code
    assert words in str(caught.value)
    assert CANARY not in str(caught.value)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text(), inner, max_size=3),
    max_leaves=4,
)
names = any_text() | st.sampled_from(
    [
        *("Authorization", "X-API-Key", "Accept", "Cookie", "headers", "timeout", "verify", "verify_ssl"),
        *("cert", "proxies", "proxy", "stream", "schema_version"),
    ]
)
columns = st.none() | any_text()


@settings(max_examples=usually(500, 10_000))
@given(
    st.dictionaries(names, values | any_text().map("Basic ".__add__), max_size=4),
    st.fixed_dictionaries(
        {
            "host": columns | st.just("https://u:p@api.test"),
            "schema": columns,
            "port": st.none() | st.integers(),
            "login": columns,
            "password": columns,
        }
    ),
    st.sampled_from(["http", "https", "generic", "watchword", "ftp"]),
)
def test_any_connection_becomes_a_document_that_loads_or_findings(extra, fields, conn_type):
    """Any connection becomes a document that passes `load` and `lint`, or a DocumentError."""
    try:
        converted, _ = convert(http(extra, conn_type=conn_type, **fields))
    except watchword.DocumentError as error:
        assert error.findings
    else:
        watchword.load(converted).lint()
