"""Documents are read or refused, and no message shows a secret."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import watchword
from tests.support.hostile_texts import any_text
from tests.support.nightly import usually
from watchword.document.reading import read

KEY = {"base_url": "https://api.test", "method": "api_key", "api_key": "s3cret-key"}


def refused(document, *, stored=False):
    with pytest.raises(watchword.DocumentError) as error:
        watchword.load(document, stored=stored)
    assert "s3cret" not in str(error.value)
    return {finding.code.name: finding for finding in error.value.findings}


def test_a_document_is_a_mapping_or_json():
    """A mapping, JSON text and JSON bytes describe the same connection."""
    for document in (KEY, json.dumps(KEY), json.dumps(KEY).encode()):
        assert watchword.load(document).document == read(KEY)


@pytest.mark.parametrize("document", ["{", "[]", "3", b"\xff\xfe", None, 5, [], {1: 2}, "s3cret"])
def test_anything_but_an_object_is_refused(document):
    """Anything but a JSON object is `document_unreadable`."""
    assert list(refused(document)) == ["document_unreadable"]


def test_a_near_document_gets_a_hint():
    """A file's name, Airflow's own form and a trailing comma each get their own hint."""
    assert "name of a file" in str(refused("acme.json")["document_unreadable"])
    airflow = {"conn_type": "watchword", "host": "https://a.test", "extra": KEY}
    assert "Airflow's form" in str(refused(airflow)["unknown_method"])
    assert "line 1, column" in str(refused('{"method": "basic",}')["document_unreadable"])


def test_an_unknown_field_names_the_nearest_known():
    """A misspelt field is refused with the name that was probably meant."""
    findings = refused(KEY | {"api_kye": "s3cret", "base_ulr": "x"})
    assert "Did you mean base_url?" in str(findings["unknown_field"])


def test_a_misspelt_required_field_is_both_unknown_and_missing():
    """All faults of a document are reported together."""
    assert set(refused({"method": "basic", "usrname": "x"})) == {"unknown_field", "missing_field"}


def test_a_field_of_another_method_names_its_owner():
    """Unless the document is stored, a field of another method is an error that names that method."""
    findings = refused(KEY | {"bearer_token": "s3cret"})
    assert "belongs to bearer" in findings["field_of_other_method"].message


def test_from_a_form_fields_of_other_methods_are_dropped_with_a_warning_for_secrets():
    """A form saves every field it shows: null and empty are absent, foreign secrets are a warning."""
    document = KEY | {"bearer_token": "s3cret", "token_url": "", "scope": "a", "prefix": None}
    connection = watchword.load(document, stored=True)
    (warning,) = connection.document.warnings
    assert warning.code.name == "fields_ignored"
    assert "bearer_token" in warning.message
    assert "s3cret" not in str(warning)


@pytest.mark.parametrize("method", [None, "", "apikey", 7, ["api_key"], "oauth2_client_credential"])
def test_an_unknown_method_lists_the_known(method):
    """Without a known method, the message lists all methods."""
    message = str(refused({"base_url": "https://x.test", "method": method})["unknown_method"])
    assert all(name in message for name in watchword.METHODS)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("api_key", 5), ("base_url", ["s3cret"]), ("timeout", "soon"), ("timeout", -1), ("retries", 99),
        ("verify", "perhaps"), ("secret_parameters", ["s3cret"]), ("secret_parameters", {"header:A": 5}),
        ("extra_parameters", "{"), ("extra_parameters", {5: "s3cret"}),
        ("timeout", 10**400), ("timeout", True), ("retries", False),
        ("refresh_on_status", "40x"), ("add_to", "s3cret"), ("schema_version", 2),
    ],
)  # fmt: skip
def test_a_wrong_type_is_named_without_its_value(field, value):
    """A message names the field of a wrong type and doesn't show its value."""
    assert field in refused(KEY | {field: value})["wrong_type"].message


@pytest.mark.parametrize("stand_in", ["***", "********", " *** "])
@pytest.mark.parametrize(
    "document",
    [lambda text: KEY | {"api_key": text}, lambda text: KEY | {"secret_parameters": {"header:A": text}}],
    ids=["field", "nested"],
)
def test_asterisks_are_refused_in_every_field(document, stand_in):
    """The asterisks that hosts show in place of a secret are refused, also in nested values."""
    for stored in (False, True):
        assert "placeholder_secret" in refused(document(stand_in), stored=stored)


def test_a_subclass_of_text_is_refused():
    """A subclass of text such as Dagster's EnvVar is refused: it would be sent as the variable's name."""

    class EnvVar(str):
        __slots__ = ()

    for document in (KEY | {"api_key": EnvVar("K")}, KEY | {"secret_parameters": {"header:A": EnvVar("K")}}):
        assert "EnvVar" in refused(document)["wrong_type"].message


def test_synonyms_and_texts_of_forms_are_understood():
    """`grant_url` is `token_url`; statuses may be text; JSON fields may be JSON text."""
    document = {
        "base_url": "https://api.test", "method": "oauth2_client_credentials", "grant_url": "https://a.test/t",
        "client_id": "id", "client_secret": "s3cret", "refresh_on_status": "403;419",
        "grant_body": '{"audience": "x"}', "secret_parameters": '{"header:A": "s3cret"}',
    }  # fmt: skip
    read_document = watchword.load(document).document
    assert read_document.method.token_url == "https://a.test/t"
    assert read_document.common.refresh_on_status == (403, 419)
    assert read_document.method.grant_body == {"audience": "x"}


def test_a_field_under_two_names_is_refused():
    """Two different token URLs are refused rather than one being chosen silently."""
    document = {
        "base_url": "https://a.test", "method": "oauth2_client_credentials", "client_id": "i",
        "client_secret": "s", "token_url": "https://a.test/t", "grant_url": "https://b.test/t",
    }  # fmt: skip
    with pytest.raises(watchword.DocumentError) as raised:
        watchword.load(document)
    assert raised.value.code == "given_twice"
    watchword.load(document | {"grant_url": "https://a.test/t"})


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('{"method": "api_key", "api_key": "s3cret-1", "api_key": "s3cret-2"}', "api_key"),
        ('{"method": "api_key", "method": "none"}', "method"),
        ('{"method": "none", "extra_parameters": {"query:a": "1", "query:a": "3"}}', "query:a"),
        ('{"method": "none", "n\\u006fne": 1, "none": 2}', "none"),
    ],
)
def test_a_name_that_stands_twice_in_json_is_refused(text, name):
    """One of the two values would be lost, and nobody could tell which."""
    with pytest.raises(watchword.DocumentError) as raised:
        watchword.load(text)
    assert raised.value.code == "given_twice"
    assert repr(name) in str(raised.value)
    assert "s3cret" not in str(raised.value)
    watchword.load('{"method": "none", "base_url": "https://a.test", "method": "none"}')


def test_no_exception_holds_the_text_that_could_not_be_read(tmp_path):
    """Neither cause nor context of the error holds the text: crash reports show both with all attributes."""
    path = tmp_path / "key"
    path.write_bytes(b"s3cret\xff")
    key = {"base_url": "https://a.test", "method": "api_key", "api_key": f"file:{path}"}
    for use in (lambda: watchword.load('{"api_key": "s3cret"'), lambda: watchword.load(key).session()):
        with pytest.raises(watchword.DocumentError) as raised:
            use()
        assert (raised.value.__cause__, raised.value.__context__) == (None, None)


def test_reprs_show_no_secret():
    """The reprs of a connection and of its document show no secret."""
    document = KEY | {"secret_parameters": {"header:A": "s3cret-a"}, "proxy": "http://u:s3cret@proxy.test"}
    connection = watchword.load(document, name="acme")
    assert "s3cret" not in repr(connection) + repr(connection.document) + str(vars(connection))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(
    sorted({name for method in watchword.METHODS.values() for name in method.model_fields} | set(KEY))
)


@settings(max_examples=usually(500, 10_000))
@given(
    st.one_of(
        json_values,
        st.dictionaries(names | st.text(), json_values | st.sampled_from(list(watchword.METHODS))),
    ),
    st.booleans(),
)
def test_any_json_ends_in_a_connection_or_in_findings(document, stored):
    """Any JSON becomes a connection that can be linted, or a typed error; never another exception."""
    for given_as in (document, json.dumps(document)):
        try:
            connection = watchword.load(given_as, stored=stored)
        except watchword.DocumentError as error:
            assert error.findings
        else:
            connection.lint()


@settings(max_examples=usually(500, 10_000))
@given(st.binary())
def test_any_bytes_end_in_findings(document):
    """Bytes that aren't a JSON object are a finding."""
    with pytest.raises(watchword.DocumentError):
        watchword.load(document)


@settings(max_examples=usually(500, 10_000))
@given(st.sampled_from(sorted(watchword.METHODS)), st.data())
def test_any_texts_in_the_right_fields_can_be_linted_and_used(method, data):
    """Any text in any field ends in findings or in a session, never in another exception."""
    fields = {
        name: data.draw(any_text(), label=name)
        for name, field in watchword.METHODS[method].model_fields.items()
        if field.annotation is str
    }
    texts = st.dictionaries(
        any_text() | st.sampled_from(["header:A", "query:b", "template:c"]), any_text(), max_size=3
    )
    document = fields | {
        "base_url": data.draw(any_text() | st.just("https://api.test")), "method": method,
        "secret_parameters": data.draw(texts), "test_url": data.draw(st.none() | any_text()),
    }  # fmt: skip
    try:
        connection = watchword.load(document)
        connection.lint()
        connection.session().close()
    except watchword.DocumentError as error:
        assert error.findings
