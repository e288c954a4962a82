"""The text of a body and its JSON."""

from __future__ import annotations

import pytest

from watchword.http.bodies import decoded, parsed, read_json


@pytest.mark.parametrize(
    ("body", "charset", "expected"),
    [
        ("é".encode(), None, "é"),
        (b"\xe9", "latin-1", "é"),
        (b"a\xff", None, "a\ufffd"),
        ("é".encode(), "no-such-charset", "é"),
        ("é".encode(), "base64", "é"),
    ],
)
def test_every_body_has_a_text(body, charset, expected):
    """An unknown charset is replaced by UTF-8, and bytes that can't be decoded by U+FFFD."""
    assert decoded(body, charset) == expected


@pytest.mark.parametrize("text", ["", "{", "token_expired", "[" * 100_000, b"\xff\xfe\xfd"])
def test_text_that_is_not_json_raises_one_error(text):
    """Broken, too deep and undecodable JSON all raise ValueError."""
    with pytest.raises(ValueError):  # noqa: PT011 - its text is never shown
        read_json(text)


def test_a_body_is_json_whatever_its_type_says():
    """An object or a list is found behind a byte order mark; a number or text is none of them."""
    assert parsed('\ufeff \r\n{"a": 1}') == {"a": 1}
    assert [parsed(text) for text in ("1", '"a"', "null", "<p>", "{", "[" * 100_000)] == [None] * 6
