"""Stored secrets are read in each form, and no error shows their content."""

from __future__ import annotations

import gzip
import json
import traceback
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.nightly import usually
from watchword import DocumentError, SecretError
from watchword.connections.airflow_format import airflow_json, document_of, parse_connection
from watchword.connections.payload import airflow_value, document_in

CANARY = "Zq7XkP2vLm9RtY4w"
DOCUMENT = {"method": "bearer", "base_url": "https://api.test", "bearer_token": CANARY}
VERSIONED = {"schema_version": 1, **DOCUMENT}
URI = f"watchword://https%3A%2F%2Fapi.test/?__extra__={quote(json.dumps({**VERSIONED, 'base_url': None}))}"


def message_of(error):
    """Return an error's message after checking that the canary is nowhere in its traceback."""
    printed = "".join(traceback.format_exception(error)).lower() + repr(error).lower()
    assert error.__cause__ is None
    assert error.__context__ is None
    assert not any(CANARY[start : start + 6].lower() in printed for start in range(len(CANARY) - 5))
    return str(error)


def refused(payload):
    with pytest.raises(SecretError) as document:
        document_in(payload, "acme")
    with pytest.raises(SecretError) as value:
        airflow_value(payload, "acme")
    assert message_of(document.value) == message_of(value.value)
    assert document.value.code == "secret_unreadable"
    assert "acme" in str(document.value)
    return str(document.value)


@pytest.mark.parametrize("lead", [b"", b"\xef\xbb\xbf", b"\n  "], ids=["plain", "byte order mark", "blanks"])
@pytest.mark.parametrize(
    ("text", "document"),
    [
        (json.dumps(DOCUMENT), DOCUMENT),
        (airflow_json(DOCUMENT), VERSIONED),
        (URI, VERSIONED),
    ],
    ids=["document", "JSON", "URI"],
)
def test_a_document_is_found_in_each_form(text, document, lead):
    """Bare, in Airflow's JSON or in a URI, the document is the same, whatever an editor put around it."""
    assert document_in(lead + text.encode() + b"\n", "acme") == document


@pytest.mark.parametrize(
    "encoded",
    [
        *(
            lambda text, name=name: text.encode(name)
            for name in ("utf-16", "utf-16-le", "utf-32", "utf-8-sig")
        ),
        lambda text: gzip.compress(text.encode()),
    ],
    ids=["UTF-16", "UTF-16 without mark", "UTF-32", "UTF-8 with mark", "gzip"],
)
def test_a_document_is_found_in_what_an_editor_or_a_shell_has_saved(encoded):
    """PowerShell's `>` saves UTF-16, and other tools other encodings: none changes the document."""
    assert document_in(encoded(json.dumps(DOCUMENT)), "acme") == DOCUMENT


@pytest.mark.parametrize(
    "text",
    [
        airflow_json(DOCUMENT),
        URI,
        "postgres://u:p@db:5432/name",
        "google_cloud_platform://?extra__google_cloud_platform__project=x",
        '{"conn_type": "aws", "login": "AKIA", "password": 12345}',
        '{"uri": "mysql://h"}',
        '{"host": "h"}',
        "//h",
    ],
)
def test_airflow_gets_its_connections_unchanged(text):
    """A connection of any type passes unchanged."""
    assert airflow_value(b"\xef\xbb\xbf" + text.encode() + b"\n", "acme") == text


def test_airflow_gets_a_document_wrapped():
    """A bare document becomes JSON that Airflow can read."""
    value = airflow_value(json.dumps(DOCUMENT).encode(), "acme")
    assert document_of(parse_connection(value, "acme")) == VERSIONED


@pytest.mark.parametrize(
    ("text", "type_in_words"),
    [
        (f"http://ann:{CANARY}@api.test", "of type http"),
        (f'{{"conn_type": "snowflake", "password": "{CANARY}"}}', "of type snowflake"),
        (f'{{"password": "{CANARY}"}}', "without a type"),
        (f'{{"conn_type": "{CANARY}"}}', "of an unusual type"),
        (f"//{CANARY}", "without a type"),
        (f"{CANARY}://", "of an unusual type"),
    ],
)
def test_connections_of_other_types_are_named_and_led_on(text, type_in_words):
    """The error names the type of another connection, and the command that converts it."""
    with pytest.raises(SecretError) as caught:
        document_in(text.encode(), "acme")
    message = message_of(caught.value)
    assert caught.value.code == "secret_unreadable"
    assert type_in_words in message
    assert "watchword connections import" in message


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (f'{{"a": "{CANARY}é"}}'.encode("latin-1"), "from byte 23 on"),
        (f'["{CANARY}"]'.encode(), "a list"),
        (json.dumps(json.dumps(DOCUMENT)).encode(), "a text"),
        (b"1234567", "a number"),
        (b"true", "true or false"),
        (b"null", "null"),
        (f'{{"method": "bearer", "bearer_token": "{CANARY}"'.encode(), "line 1, column"),
        (f'["{CANARY}",'.encode(), "line 1, column"),
        (b"{" * 9, "line 1, column"),
        (b"[" * 60_000, "nested too deeply"),
        (CANARY.encode(), "neither JSON nor the URI"),
        (f"method: bearer\ntoken: {CANARY}".encode(), "neither JSON nor the URI"),
        (f'{{"api_key": "{CANARY}"}}'.encode(), "neither a method"),
        (f'{{"{CANARY}": 1, "conn_type": "http"}}'.encode(), "Airflow doesn't know"),
        (b"{}", "neither a method"),
        (f"http://u:p@h:{CANARY}".encode(), "not a valid URI"),
    ],
)
def test_each_unreadable_content_has_its_own_message(payload, problem):
    """Each kind of bad content has its own message, which names the secret and shows none of it."""
    assert problem in refused(payload)


def test_a_secret_over_64_kib_is_too_large():
    """A secret that Secret Manager wouldn't take is refused before it is parsed."""
    for read in (document_in, airflow_value):
        with pytest.raises(SecretError) as caught:
            read(b'{"method": "none"}' + b" " * 65_536, "acme")
        assert caught.value.code == "secret_too_large"


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (f'{{"conn_type": "watchword", "extra": {{"bearer_token": "{CANARY}"}}}}', "schema_version_missing"),
        (f'{{"conn_type": "watchword", "extra": "{CANARY}"}}', "document_unreadable"),
    ],
)
def test_an_unprotected_document_is_a_document_error(payload, code):
    """A document without its version in Airflow's JSON gets the same finding as from Airflow's hook."""
    with pytest.raises(DocumentError) as caught:
        document_in(payload.encode(), "acme")
    message_of(caught.value)
    assert caught.value.code == code


fragments = st.sampled_from(
    [
        *(
            "{",
            "}",
            "[",
            "]",
            '"',
            ":",
            ",",
            "://",
            "@",
            "/",
            "?",
            "%",
            "\\",
            "\ufeff",
            "\0",
            " ",
            "é",
            "null",
        ),
        *('"conn_type":', '"method":', '"extra":', '"port":', '"uri":', '"schema_version": 1', '"watchword"'),
        *("http", "watchword", "__extra__="),
    ]
)
secret = st.sampled_from([CANARY, f'"{CANARY}"', f'"{CANARY}":', f"{CANARY}="])
texts = st.lists(fragments | st.text(max_size=3) | secret, max_size=14).map("".join)


@settings(max_examples=usually(500, 10_000))
@given(st.binary() | texts.map(lambda text: text.encode("utf-8", "surrogatepass")), st.binary(max_size=3))
@example(b'{"method": ' + b"[" * 960 + b"]" * 960 + b"}", b"")
@example(b'{"conn_type": "http", "extra": ' + b"[" * 960 + b"]" * 960 + b"}", b"")
@example(b'{"method": ' + b"9" * 6000 + b"}", b"")
def test_any_bytes_end_in_a_value_or_in_findings_without_content(payload, tail):
    """Any bytes become a value or a typed error, which neither shows nor holds a piece of the secret."""
    for read in (document_in, airflow_value):
        try:
            assert read(payload + tail, "acme") is not None
        except (SecretError, DocumentError) as error:
            message_of(error)


@settings(max_examples=usually(500, 10_000))
@given(st.sampled_from(["utf-8", "utf-16", "utf-32", "latin-1", "cp1252"]), texts)
def test_any_text_in_any_encoding_ends_in_findings_or_a_value(encoding, text):
    """A text that an editor has saved in another encoding raises the same kind of exception."""
    payload = text.encode(encoding, "replace")
    try:
        document_in(payload, "acme")
    except (SecretError, DocumentError) as error:
        message_of(error)
