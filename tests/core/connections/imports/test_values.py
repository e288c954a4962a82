"""The values that a file refers to by name are read from the forms in which people keep them."""

# ruff: noqa: E501 - tables

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.nightly import usually
from watchword.connections.imports.formats import entries_in
from watchword.connections.imports.values import values_in
from watchword.errors import DocumentError


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ('{"a": "x", "b": {"c": 1, "d": {"e": true}}, "f": null, "g": [1]}',
         {"a": "x", "b.c": "1", "b.d.e": "true"}),
        ("a: x\nb:\n  c: 2026-11-30\n", {"a": "x", "b.c": "2026-11-30"}),
        ("a=x\r\nexport b='y z'\n# c=1\nd=\n", {"a": "x", "b": "y z"}),
        ('{"values": [{"key": "a", "value": "x"}, {"key": "b", "value": ""}]}', {"a": "x"}),
        ('{"name": "prod", "variables": [{"name": "a", "value": "x", "secret": false}, {"name": "b", "value": ""}]}', {"a": "x"}),
        ("name: prod\nvariables:\n- name: a\n  value: x\n", {"a": "x"}),
        ('{"variables": ["x"], "a": "x"}', {"a": "x"}),
        ("vars {\n  a: x:y\n  ~b: off\n  c: \n}\nvars:secret [\n  d\n]\n", {"a": "x:y"}),
        ("type: environment.insomnia.rest/5.0\nenvironments:\n  name: Base\n  data:\n    a: {b: x}\n", {"a.b": "x"}),
        ('{"values": [{"key": "a", "value": "x", "enabled": false}, 5, {"value": "y"}]}', {}),
    ],
)  # fmt: skip
def test_each_form_of_values(text, values):
    """Objects, lines and environments give texts by name; what is empty or off is left out."""
    assert values_in(text) == values


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "prod", "values": [{"key": "a", "value": "s3cret"}], "_postman_variable_scope": "environment"}',
        '{"name": "prod", "variables": [{"name": "a", "value": "s3cret", "enabled": true}]}',
        "name: prod\nvariables:\n- name: a\n  value: s3cret\n",
        "vars {\n  a: s3cret\n}\nvars:secret [\n  b\n]\n",
        "vars:secret [\n  b\n]\n",
        "type: environment.insomnia.rest/5.0\nenvironments:\n  data:\n    a: s3cret\n",
    ],
)  # fmt: skip
def test_an_environment_alone_is_named(text):
    """An environment that is given as the file of connections is told the option that takes it."""
    with pytest.raises(DocumentError, match="environment") as caught:
        entries_in(text, "acme", {})
    assert "--variables" in caught.value.findings[0].advice
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("text", ["s3cret", "[1]", '{"s3cret', "5"])
def test_what_holds_no_values_is_refused(text):
    """A text without values by name is a finding, which shows none of it."""
    with pytest.raises(DocumentError) as caught:
        values_in(text)
    assert caught.value.code == "import_unreadable"
    assert "s3cret" not in str(caught.value)


@settings(max_examples=usually(500, 10_000), deadline=None)
@given(st.text(st.sampled_from("ab=:'\"{}[]\n ,1#$é-"), max_size=40))
def test_any_text_gives_values_or_a_finding(text):
    """Any text gives texts by name, or a finding."""
    try:
        values = values_in(text)
    except DocumentError as error:
        assert error.code == "import_unreadable"
        return
    assert set(map(type, values.values())) <= {str}
