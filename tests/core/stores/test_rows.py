"""Records as rows, and back."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.nightly import usually
from watchword.stores import schema
from watchword.stores.rows import RowMalformedError, column, to_record, to_row, to_text, to_time
from watchword.tokens.record import Lease, Pause, Record, Refusal, StoreTime
from watchword.tokens.token import Token

TEXT = st.text(st.characters(exclude_categories=()), max_size=20)
NUMBER = st.floats(allow_nan=False)
TIMES = st.builds(StoreTime, TEXT, NUMBER, NUMBER)
WHOLE = st.integers(0, 2**31 - 1)
TOKENS = st.builds(
    Token, TEXT, TEXT, NUMBER, st.none() | TEXT, st.none() | TEXT.map("secret-{}".format), st.none() | NUMBER
)
RECORDS = st.builds(
    Record,
    key=TEXT,
    name=TEXT,
    method=TEXT,
    host=TEXT,
    generation=WHOLE,
    token=st.none() | TOKENS.map(lambda token: replace(token, access_token=f"secret-{token.access_token}")),
    request_fingerprint=TEXT,
    obtained=st.none() | TIMES,
    signed_in=st.none() | TIMES,
    refresh_obtained=st.none() | TIMES,
    used=st.none() | TIMES,
    rotates=st.none() | st.booleans(),
    lease=st.none() | st.builds(Lease, TEXT, TIMES),
    attempt=WHOLE,
    pause=st.none() | st.builds(Pause, TIMES, TEXT, TEXT),
    refusal=st.none() | st.builds(Refusal, TEXT, TEXT, TEXT, TIMES),
    renewed=st.none() | TIMES,
)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
)

FIELDS = {
    *("key", "name", "method", "host", "signs_in", "generation", "token", "guard", "obtained", "signed_in"),
    *(
        "refresh_obtained",
        "used",
        "rotates",
        "lease",
        "attempt",
        "pause",
        "refusal",
        "renewed",
        "imported",
        "reach",
    ),
}


@given(RECORDS)
def test_a_record_survives_its_row(record):
    """Any record comes back from its row, whose clear part holds no secret."""
    row = to_row(record)
    assert to_record(row) == record
    assert record.token is None or "access_token" not in row.state
    assert row.state.isascii()
    assert (b"secret-" in row.secrets) == (record.token is not None)


@given(TIMES)
def test_a_time_survives_its_text(time):
    """Any time comes back from its text."""
    assert to_time(to_text(time)) == time


@given(TEXT, TEXT)
def test_a_column_tells_texts_apart(one, other):
    """What stands for a text in a column is the same for that text alone, and any database takes it."""
    assert (column(one) == column(other)) == (one == other)
    assert "\0" not in column(one)
    column(one).encode()


@settings(max_examples=usually(500, 10_000))
@given(st.sampled_from([field.name for field in fields(Record)]) | TEXT, JSON)
def test_a_malformed_row_is_no_crash(name, value):
    """A row whose state holds anything is read, or refused as malformed."""
    row = to_row(Record("k", token=Token("a"), lease=Lease("o", StoreTime("", 1, 1))))
    state = {**json.loads(row.state), name: value}
    try:
        assert isinstance(to_record(row._replace(state=json.dumps(state))), Record)
    except RowMalformedError as error:
        assert str(error) == ""


@pytest.mark.parametrize("name", ["access_token", "refresh_token"])
@pytest.mark.parametrize("secrets", [b"{}", None])
def test_a_secret_in_the_clear_state_is_refused(name, secrets):
    """A token, or a secret of one, is not read from the part of a row that is not encrypted."""
    row = to_row(Record("k", token=Token("a", refresh_token="b")))
    state = json.loads(row.state)
    state["token"][name] = "forged"
    with pytest.raises(RowMalformedError):
        to_record(row._replace(state=json.dumps(state), secrets=secrets or row.secrets))


def test_a_record_belongs_to_its_key():
    """A state that names another key than its row is refused."""
    with pytest.raises(RowMalformedError):
        to_record(to_row(Record("k"))._replace(key="other"))


@pytest.mark.parametrize(
    "text", [None, 5, b"{}", "", "[]", "{}", '{"epoch": "", "tick": "x", "wall": 1}', "[" * 100_000]
)
def test_a_malformed_time_is_refused(text):
    """A text that holds no time is refused as malformed."""
    with pytest.raises(RowMalformedError):
        to_time(text)


def test_the_version_tells_what_a_record_holds():
    """The fields of a record belong to the schema's version: another field, another version."""
    assert schema.VERSION == 5
    state = json.loads(to_row(Record("k")).state)
    assert {*state, "generation"} == FIELDS
