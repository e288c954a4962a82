"""Texts on which readers stumble: for each, some function of a standard library raises an error."""

from __future__ import annotations

from hypothesis import strategies as st

HALF = "\ud800"
"""Half a character: JSON can hold it, UTF-8 can't."""

HOSTILE: tuple[str, ...] = (
    *(
        "http://[",
        "https://[::1]x/",
        "https://a:b/",
        "https://a:99999999999999999999/",
        "https://\u2100.test/",
    ),
    *(f"https://{'a' * 300}.test/", "https://xn--9.test/", "https://u:p%zz@b@c/", "//", "/\\", "%", "%ud800"),
    *(HALF, f"https://a.test/{HALF}?{HALF}={HALF}#{HALF}", "\x00", "a\r\nb: c", "\ufeff", "\u0130", "\u0664"),
    *("9" * 5000, "-0", "1e999", "NaN", "Infinity", "0x1F", "1_0", "[", "[" * 2000, '{"a": 1e999}', "{'"),
    *("Basic ====", "Basic Og==", "Bearer ", "=", "a=b&c=%ff", "eyJ.eyJ.x", "#/", "../..", "$..", "(", "\\"),
    *(
        "Fri, 31 Feb 99999 25:61:61 +9999",
        "0000-00-00T24:00:60+99:99",
        "99999:00:00",
        "<a>",
        "<!DOCTYPE a [<",
    ),
)


def any_text(max_size: int | None = None) -> st.SearchStrategy[str]:
    """Return a strategy of texts as JSON can hold them: with halves of characters, and hostile ones."""
    return st.text(st.characters(), max_size=max_size) | st.sampled_from(HOSTILE)
