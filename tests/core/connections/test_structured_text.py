"""JSON and YAML that somebody gives are read within limits, and no message shows their content."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.nightly import usually
from watchword.connections.structured_text import DEEPEST, LONGEST_YAML, structure_in
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
        ("a: 1\nb: [x, yes, ~]\n", {"a": 1, "b": ["x", True, None]}),
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
