"""Airflow's connections are read from every form of file that Airflow and its users write."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import watchword
from tests.support.mutations import CHANGES, changed
from tests.support.nightly import usually
from watchword.connections.imports.env_lines import lines_in
from watchword.connections.imports.formats import chosen, entries_in
from watchword.errors import DocumentError

SECRET = "s3cr#t w%rd"
URI = "http://etl:s3cr%23t%20w%25rd@https%3A%2F%2Fapi.example.com%2Fv1"
EXPECTED = {
    "base_url": "https://api.example.com/v1",
    "method": "basic",
    "username": "etl",
    "password": SECRET,
}
COLUMNS = {"conn_type": "http", "host": "https://api.example.com/v1", "login": "etl", "password": SECRET}
JSON = json.dumps(COLUMNS)
EXPORTED = {**COLUMNS, "description": None, "schema": "", "port": None, "extra": None}
YAML = """\
shop:
  conn_type: http
  description: null
  extra: null
  host: https://api.example.com/v1
  login: etl
  password: 's3cr#t w%rd'
  port: null
  schema: ''
"""

ASTRO = f"""\
airflow:
  connections:
    - conn_id: shop
      conn_type: http
      conn_host: https://api.example.com/v1
      conn_schema:
      conn_login: etl
      conn_password: {json.dumps(SECRET)}
      conn_port:
      conn_extra: {{}}
  pools: []
  variables: []
"""


def documents(text):
    """Return the documents in a text by name; each loads."""
    entries = entries_in(text, "file", {})
    assert all(not entry.findings and entry.is_named for entry in entries), entries
    found = {entry.label: dict(entry.document) for entry in entries if not entry.skipped}
    assert all(watchword.load(document) for document in found.values())
    return found


@pytest.mark.parametrize(
    "text",
    [
        f"shop={URI}\n",
        f"shop={JSON}\n",
        f"\ufeffshop={URI}\r\n\r\n# a remark\r\n",
        f"# of 2026\n\nshop={URI}",
        f"AIRFLOW_CONN_SHOP={URI}",
        f"export AIRFLOW_CONN_SHOP='{URI}'",
        f"export AIRFLOW_CONN_SHOP='{JSON}'  # Airflow 2.3 and newer",
        f'AIRFLOW_CONN_SHOP="{URI}"',
        "AIRFLOW_CONN_SHOP=" + '"' + JSON.replace('"', '\\"') + '"',
        f'AIRFLOW_CONN_SHOP="{JSON}"',
        f"AIRFLOW_CONN_SHOP='{json.dumps(COLUMNS, indent=2)}'\nAIRFLOW_VAR_X=1",
        f"declare -x AIRFLOW_CONN_SHOP='{URI}'",
        f"set AIRFLOW_CONN_SHOP={URI}",
        f"$env:AIRFLOW_CONN_SHOP = '{URI}'",
        f"AIRFLOW_CONN_SHOP={URI}  # the shop",
        f"POSTGRES_PASSWORD=x\nAIRFLOW_UID=50000\nAIRFLOW_CONN_SHOP={URI}\n_PIP=",
        json.dumps({"shop": EXPORTED}, indent=2),
        json.dumps({"shop": URI}),
        json.dumps({"shop": [URI]}),
        json.dumps({"shop": {**COLUMNS, "conn_id": "shop"}}),
        json.dumps([{"id": "1", "conn_id": "shop", **EXPORTED, "is_encrypted": "True", "get_uri": URI}]),
        json.dumps({"connections": [{"connection_id": "shop", **EXPORTED}], "total_entries": 1}),
        YAML,
        f"---\n{YAML}...\n",
        "\ufeff" + YAML.replace("\n", "\r\n"),
        f"shop: {URI}\n",
        f"shop:\n  - {URI}\n",
        YAML.replace("shop:", "shop: &shop").replace("extra: null", "extra_dejson: {}"),
        ASTRO,
    ],
)  # fmt: skip
def test_each_form_of_an_export_gives_the_same_document(text):
    """The same connection in any of Airflow's forms becomes the same document under its id."""
    assert documents(text) == {"shop": EXPECTED}


def test_an_extra_keeps_its_types():
    """An extra is text in Airflow's export and an object in files of people's own; both mean the same."""
    extra = {"X-API-Key": "k-1", "timeout": 20}
    for form in (json.dumps(extra), extra):
        (document,) = documents(
            json.dumps({"shop": {**EXPORTED, "password": None, "login": None, "extra": form}})
        ).values()
        assert (document["api_key"], document["timeout"]) == ("k-1", 20)
    columns = "shop:\n  conn_type: http\n  host: https://a.test\n"
    yaml = f"{columns}  extra:\n    X-API-Key: 2026-11-30\n    timeout: 20\n"
    assert documents(yaml)["shop"]["api_key"] == "2026-11-30"


def test_connections_of_other_types_are_skipped_by_name():
    """A database isn't an HTTP connection: it is named, with its type, and the others are read."""
    entries = entries_in(f"shop={URI}\npg=postgres://u:p@db/x\n", "file", {})
    assert [entry.label for entry in entries] == ["shop", "pg"]
    assert entries[1].skipped == "a connection of type postgres isn't HTTP, as far as is known"


@pytest.mark.parametrize(
    ("text", "label", "words"),
    [
        (f"shop={URI}\nshop={URI}\n", "shop", "on the lines 1, 2"),
        (f"shop={URI}\ns3cr#t\n", "line 2", "not NAME=VALUE"),
        (f"shop={URI}\nMIIs3cr==\n", "line 2", "neither a URI nor JSON"),
        (f"AIRFLOW_CONN_SHOP={URI}\nAIRFLOW_CONN_A='s3cr#t", "a", "quotes don't match"),
        (f"shop={URI}\nempty=\n", "line 2", "has no value"),
        (f'shop={URI}\nbad={{"conn_type": "http", "s3cr#t"\n', "bad", "not valid JSON"),
        (f"shop={URI}\nbad=http://a@b://c://s3cr#t", "bad", "more than two schemes"),
        (json.dumps({"bad": [URI, URI]}), "bad", "more than once"),
        (json.dumps({"shop": URI, "bad": ["s3cr#t"]}), "bad", "neither a URI nor an object"),
        (json.dumps({"bad": {"conn_type": "http", "hots": "s3cr#t"}}), "bad", "doesn't know"),
        (json.dumps({"shop": URI, "s3cr#t": "s3cr#t"}), "entry 2", "neither a URI nor an object"),
        ("bad:\n  conn_type: http\n  port: s3cr#t\n", "bad", "port is not a whole number"),
    ],
)
def test_a_connection_that_can_not_be_read_is_a_finding_of_its_own(text, label, words):
    """One bad line or entry stops no other; its finding names it, and shows none of its content."""
    entries = {entry.label: entry for entry in entries_in(text, "file", {})}
    (found,) = entries.pop(label).findings
    assert words in found.message
    others = [dict(entry.document) for entry in entries.values()]
    assert others == [EXPECTED] * ("shop" in text.lower() and label != "shop")
    assert "s3cr" not in f"{label}{found}"


CERTAIN = {"conn_type": "http", "host": "https://a.test"}
USER_URI = "http://etl:s3cr@a.test"


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ({"shop": USER_URI, "open": "https://b.test"}, ["shop", "open"]),
        ({"shop": USER_URI, "db": "postgres://u:s3cr@db/x"}, ["shop", "db"]),
        ({"SHOP": CERTAIN, "DB": {"conn_type": "postgres"}}, ["SHOP", "DB"]),
        ({"SHOP": json.dumps(CERTAIN), "OPEN": "https://b.test"}, ["SHOP", "OPEN"]),
        ({"SHOP": URI}, ["SHOP"]),
        ({"SHOP": "http://https://a.test"}, ["SHOP"]),
        ({"shop": "http://a.test/https", "open": "http://b.test"}, ["shop", "open"]),
        ({"shop": "https://a.test/https/v1"}, None),
        ({"shop": "watchword-bearer://https%3A%2F%2Fa.test"}, ["shop"]),
        ({"AIRFLOW_CONN_SHOP": "https://a.test", "API_URL": USER_URI}, ["shop"]),
        ({"shop": {"host": "a.test", "login": "etl"}}, ["shop"]),
        ({"shop": "https://a.test"}, None),
        ({"DATABASE_URL": "postgres://u:s3cr@db/x", "SENTRY_DSN": "https://s3cr@sentry.test/1"}, None),
        ({"DATABASE": "postgres://u:s3cr@db/x"}, None),
        ({"apiUrl": USER_URI}, None),
        ({"base_url": USER_URI, "sentry.dsn": USER_URI}, None),
        ({"shop": USER_URI, "token": "s3cr"}, None),
        ({"token_uri": "https://a.test", "id": "s3cr"}, None),
        ({"CONFIG": '{"host": "a.test", "password": "s3cr"}'}, None),
    ],
)  # fmt: skip
def test_entries_are_airflow_s_only_if_they_look_like_connections(content, names):
    """Settings of a program aren't connections, as lines, as JSON and as YAML; the text isn't shown."""
    lines = "".join(
        f"{name}={value if isinstance(value, str) else json.dumps(value)}\n"
        for name, value in content.items()
    )
    for text in (lines, json.dumps(content), yaml.safe_dump(content, sort_keys=False)):
        if names:
            assert [entry.label for entry in entries_in(text, "file", {})] == names
            continue
        words = "no name begins with AIRFLOW_CONN_" if text is lines else "is missing"
        with pytest.raises(DocumentError, match=words) as caught:
            entries_in(text, "file", {})
        assert "s3cr" not in str(caught.value)


@pytest.mark.parametrize("end", ["/v1/me", "/services/T0/B0/s3cr", "/?key=s3cr", "/http/s3cr"])
def test_the_url_of_a_call_is_not_taken_for_airflow_s_uri(end):
    """Airflow's URI of a connection has no path: a URL alone is refused, and may stand behind curl."""
    with pytest.raises(DocumentError, match="URL") as caught:
        entries_in(f"https://a.test{end}", "shop", {})
    assert "s3cr" not in str(caught.value)
    for text in ("https://a.test", "https://a.test/", "http://a.test/https", f"https://etl:s3cr@a.test{end}"):
        (entry,) = entries_in(text, "shop", {})
        assert entry.document["base_url"].endswith("://a.test")


def test_a_run_of_blanks_in_a_value_is_read_once():
    """Blanks inside of a value end it only before a remark; a long run of them takes one pass."""
    blanks = " " * 300_000
    (plain,), (remarked,) = (lines_in(f"A=x{blanks}y{end}") for end in ("", f"{blanks}# z"))
    assert plain.value == remarked.value == f"x{blanks}y"


@pytest.mark.parametrize("part", ["''", '""', r"\x"])
@pytest.mark.parametrize("form", ["A='y'{}", 'A="y"{}', 'A="y{}"'])
def test_the_parts_of_a_quoted_value_are_bounded(form, part):
    """A quoted value has many quotes and escapes; so many that they would take much memory are a finding."""
    escaped = part.replace('"', r"\"") if form.endswith('"') else part
    ((few,), (many,)) = (lines_in(form.format(escaped * count)) for count in (1_000, 70_000))
    assert few.value.startswith("y")
    assert not few.problem
    assert bool(many.problem) is ("''" not in escaped or not form.endswith('"'))


LINES = st.lists(
    st.sampled_from(
        [
            *("shop=", "AIRFLOW_CONN_A=", "export ", "'", '"', "\n", "\r\n", "# x", "\\", "$", " ", "{", "}"),
            *(URI, JSON, "postgres://u@h/x", '"host": ', "x", "é", "=", "http://[", "$env:", "%", "\x00"),
        ]
    ),
    max_size=8,
).map("".join)


@settings(max_examples=usually(500, 10_000), deadline=None)
@given(LINES)
def test_any_lines_become_entries_or_findings(text):
    """Whatever stands in lines, each becomes a document, is skipped, or is a finding."""
    check(text)


EXPORTS = [
    {"shop": EXPORTED, "uri": URI, "list": [URI]},
    [{"conn_id": "shop", **EXPORTED, "extra_dejson": {"X-API-Key": "k"}, "is_encrypted": False}],
    yaml.safe_load(ASTRO),
    {"conn_type": "watchword", "extra": {"schema_version": 1, "method": "none"}, "host": "https://a.test"},
]
TEXTS = (URI, JSON, "https://[", "http://a@b://c://d", "http", "watchword_basic", "***", "0", "conn_id")


@settings(max_examples=usually(500, 10_000), deadline=None)
@given(st.sampled_from(EXPORTS), CHANGES, st.booleans())
def test_any_export_becomes_entries_or_findings(export, changes, is_yaml):
    """Whatever an export holds, each connection becomes a document, is skipped, or is a finding."""
    content = changed(export, changes, TEXTS)
    check(yaml.safe_dump(content) if is_yaml else json.dumps(content))


def check(text):
    try:
        found = chosen(entries_in(text, "file", {}), None, "file")
    except DocumentError as error:
        assert error.code in {"import_unreadable", "document_unreadable"}
        return
    for entry in found:
        assert entry.label
        assert entry.findings or entry.skipped or entry.document["method"]
