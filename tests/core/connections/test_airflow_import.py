"""Connections of type http as documents: they send what Airflow's HttpHook would send."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import watchword
from watchword.connections.airflow_format import AirflowConnection, airflow_json, parsed
from watchword.connections.airflow_import import converted

CANARY = "canary-8d1f5c07"
BASE = {"base_url": "https://api.test"}


def http(extra=None, **columns):
    columns.setdefault("host", "https://api.test")
    text = extra if extra is None or isinstance(extra, str) else json.dumps(extra)
    return AirflowConnection("acme", columns.pop("conn_type", "http"), extra=text, **columns)


def document(connection):
    """Return what a connection becomes, which loads, and of which no remark shows a secret."""
    made, remarks = converted(connection)
    watchword.load(made)
    assert CANARY not in " ".join(remarks)
    assert all(remark.endswith(".") for remark in remarks)
    return made


def remarks(connection):
    return " ".join(converted(connection)[1])


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
    """The host's scheme, else the schema, else http, or https as the type says; the port in its place."""
    assert document(http(**columns))["base_url"] == base_url


def test_what_is_doubtful_about_a_url_is_remarked():
    """A guessed scheme, plain http and a schema that was a path are told."""
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
         {"method": "api_key", "key_name": "Authorization", "api_key": basic("", CANARY)}),
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
    """Login, Authorization header and headers that sound secret each become the method that sends them."""
    assert document(connection) == BASE | fields


def test_a_login_wins_over_the_authorization_header():
    """HttpHook's session replaces the header by the login, so it is left out, and that is said."""
    connection = http({"Authorization": f"Bearer {CANARY}"}, login="ann", password="p")
    assert document(connection) == BASE | {"method": "basic", "username": "ann", "password": "p"}
    assert "Authorization was left out" in remarks(connection)


@pytest.mark.parametrize("secret", ["env:HOME", "file:/etc/passwd", "gcp:a", "local:a", "literal:a"])
def test_a_secret_that_reads_like_a_reference_stays_text(secret):
    """What was a password is no reference afterwards, or this machine's files would be sent."""
    for connection in (
        http(login="ann", password=secret), http({"X-API-Key": secret}),
        http({"Authorization": f"Bearer {secret}"}), http({"X-API-Key": secret, "X-Token": "b"}),
    ):  # fmt: skip
        made = watchword.load(document(connection), stored=True)
        assert secret in made._resolved.values.values()


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
    """HttpHook's options for the transport keep their meaning, also as text, and need no remark."""
    connection = http(extra)
    assert document(connection) == BASE | {"method": "none"} | fields
    assert remarks(connection) == ""


@pytest.mark.parametrize(
    ("extra", "named"),
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
        ({f"no header {CANARY}": "x"}, "can't be that of a header"),
    ],
)
def test_what_has_no_field_is_remarked(extra, named):
    """What a document can't say is left out, and its name is told."""
    connection = http(extra)
    assert document(connection) == BASE | {"method": "none"}
    assert named in remarks(connection)


def test_a_document_of_airflows_is_taken_out():
    """A watchword connection gives its document, without what Airflow's form left behind in it."""
    stored = BASE | {"method": "bearer", "bearer_token": "t"}
    left = {"scope": "", "prefix": None, "api_key": CANARY, "grant_url": "https://auth.test"}
    text = airflow_json(stored | left)
    for connection in (parsed(text, "acme"), parsed(text.replace('"watchword"', '"http"'), "acme")):
        assert document(connection) == stored | {"schema_version": 1}
        assert "api_key" in remarks(connection)


@pytest.mark.parametrize(
    ("connection", "code", "named"),
    [
        (http(conn_type="postgres", password=CANARY), "secret_unreadable", "of type postgres"),
        (http(conn_type=None), "secret_unreadable", "without a type"),
        (http(conn_type="slackwebhook", password=CANARY), "secret_unreadable", "isn't HTTP"),
        (http(f"{{{CANARY}"), "document_unreadable", "no readable JSON"),
        (http(host=None), "missing_field", "no host"),
        (http(host=f"https://[{CANARY}"), "url_not_absolute", "no URL"),
        (http(host="https://api.test:80", port=81), "given_twice", "81"),
        (http(login="ann", password="***"), "placeholder_secret", "asterisks"),
        (http({"method": "none"}, conn_type="watchword"), "schema_version_missing", "schema_version"),
    ],
)
def test_what_cannot_be_converted_is_said(connection, code, named):
    """A type that isn't HTTP, an unreadable extra, a missing or broken host are findings without secrets."""
    with pytest.raises(watchword.DocumentError) as caught:
        converted(connection)
    assert caught.value.code == code
    assert named in str(caught.value)
    assert CANARY not in str(caught.value)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)
names = st.text() | st.sampled_from(
    [
        *("Authorization", "X-API-Key", "Accept", "Cookie", "headers", "timeout", "verify", "verify_ssl"),
        *("cert", "proxies", "proxy", "stream", "schema_version"),
    ]
)
columns = st.none() | st.text()


@given(
    st.dictionaries(names, values | st.text().map("Basic ".__add__), max_size=4),
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
    """Whatever Airflow keeps: what comes of it passes `load` and `lint`, else it is a DocumentError."""
    try:
        made, _ = converted(http(extra, conn_type=conn_type, **fields))
    except watchword.DocumentError as error:
        assert error.findings
    else:
        watchword.load(made).lint()
