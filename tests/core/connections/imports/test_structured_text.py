"""JSON and YAML that somebody gives are read within limits, and no message shows their content."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.nightly import usually
from watchword.connections.imports.formats import entries_in
from watchword.connections.imports.structured_text import DEEPEST, LONGEST_YAML, structure_in
from watchword.errors import DocumentError

CANARY = "canary-8d1f5c07"
LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGES = "a: &a {x: 1}\n" + "".join(
    f"b{number}: &b{number} {{<<: [*{'a' if number == 0 else f'b{number - 1}'}, "
    f"*{'a' if number == 0 else f'b{number - 1}'}]}}\n"
    for number in range(40)
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, null]}', {"a": [1, None]}),
        ("a: 1\nb: [x, yes, ~]\n", {"a": 1, "b": ["x", "yes", None]}),
        ("a: 2026-11-30\n", {"a": "2026-11-30"}),
        ("a: 2026-11-30T10:00:00Z\n", {"a": "2026-11-30T10:00:00Z"}),
        (
            "base: &b {x: 1}\na: {<<: *b, y: 2}\nc: *b\n",
            {"base": {"x": 1}, "a": {"x": 1, "y": 2}, "c": {"x": 1}},
        ),
        ("a: |\n  one\n  two\n", {"a": "one\ntwo\n"}),
    ],
)
def test_what_a_text_stands_for(text, value):
    """JSON and YAML are read as their libraries read them; dates stay text."""
    assert structure_in(text) == value


@pytest.mark.parametrize(
    "text",
    ["0123", "007", "12_34", "1_000.5", "1:30", "1:30:00.5", "0x1F", "0b11", "0o17", "+1", "1.50", "1.0e+5",
     ".5", "-0", ".inf", ".nan", "on", "off", "yes", "No", "9" * 40, "2026-11-30"],
)  # fmt: skip
def test_a_text_that_only_yaml_1_1_takes_for_a_value_stays_text(text):
    """Zeros in front, underscores, sexagesimal numbers, other bases and words are what a password may be."""
    assert structure_in(f"a: {text}\n") == {"a": text}
    assert structure_in(f"a: '{text}'\n") == {"a": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", 0), ("8443", 8443), ("-5", -5), ("1.5", 1.5), ("3.0", 3.0), ("true", True), ("False", False),
     ("~", None), ("null", None), ("", None)],
)  # fmt: skip
def test_numbers_and_switches_of_json_stay_values(text, value):
    """A port, a timeout and a switch stay what they are."""
    (found,) = structure_in(f"a: {text}\n").values()
    assert (found, type(found)) == (value, type(value))


def test_an_export_of_airflow_keeps_passwords_as_they_are_written():
    """A password of digits, and a user with the name on, are text; port and extra stay usable."""
    text = (
        "acme:\n  conn_type: http\n  host: api.example.com\n  schema: https\n  login: on\n  password: 0123\n"
        "  port: 8443\n  extra:\n    timeout: 5\n    verify: no\n"
    )
    (entry,) = entries_in(text, "acme", {})
    assert entry.findings == ()
    assert entry.document == {
        "base_url": "https://api.example.com:8443", "method": "basic", "username": "on", "password": "0123",
        "timeout": 5, "verify": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        (f'{{"{CANARY}": ', "not valid JSON"),
        (f"a: [{CANARY}", "not valid YAML: line"),
        (f"a: {CANARY}\n b: c\n", "not valid YAML: line"),
        (f"a: *{CANARY}\n", "not valid YAML: line"),
        (f"a: !!python/object/apply:os.system [{CANARY}]\n", "a tag that isn't allowed"),
        (f"a: !{CANARY} x\n", "a tag that isn't allowed"),
        (f"a: !!binary {CANARY}\n", "a tag that isn't allowed"),
        ("a: &a [*a]\n", "contains itself"),
        ("a: \x01\n", "doesn't allow"),
        ("? [a]\n: b\n", "line"),
        ("[" * 100_000, "too deeply"),
        ("- " * 100_000, "too deeply"),
        ("{a: " * 100_000, "not valid JSON"),
        ("a: " + "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1), "too deeply"),
        ("[" * (DEEPEST + 2) + "]" * (DEEPEST + 2), "too deeply"),
        ("[" + "1," * 500_000 + "1]", "too many values"),
        ("- 1\n" * 70_000, "too many values"),
        (f"a: {'x' * LONGEST_YAML}", "more than"),
        (f"[{'9' * 5000}]", "digits"),
        (LAUGHS, "too many values"),
        (MERGES, "too many values"),
    ],
)  # fmt: skip
def test_what_is_refused_without_its_content(text, words):
    """Broken, hostile and huge texts end in a finding: aliases, merges, tags, depth, length, numbers."""
    with pytest.raises(DocumentError) as caught:
        structure_in(text)
    assert words in str(caught.value)
    assert CANARY not in str(caught.value)


@settings(max_examples=usually(500, 10_000), deadline=None)
@given(st.text(st.sampled_from("ab:-[]{}&*!<>|\"'#?,\n \t01%\x00é"), max_size=80))
def test_any_text_is_a_value_or_a_finding(text):
    """Any text becomes JSON values, or a finding."""
    try:
        pending = [structure_in(text)]
    except DocumentError as error:
        assert error.code == "import_unreadable"
        return
    while pending:
        value = pending.pop()
        assert value is None or type(value) in {str, int, float, bool, dict, list}
        if isinstance(value, (dict, list)):
            pending.extend(value.values() if isinstance(value, dict) else value)
