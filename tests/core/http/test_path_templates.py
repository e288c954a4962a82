"""Templates in the path of a URL: which are read, what is put in their place, and what stays."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.hostile_texts import any_text
from tests.support.nightly import usually
from watchword.http import path_templates


def test_the_forms_of_all_clients_are_read():
    """Braces are read as they are and percent-encoded, in either case and with blanks."""
    for url in (
        "https://a.test/x{{secret:n}}/y",
        "https://a.test/x%7B%7Bsecret:n%7D%7D/y",
        "https://a.test/x%7b%7bsecret%3an%7d%7d/y",
        "https://a.test/x%7B%7B%20secret:n%20%7D%7D/y",
        "/x{{ secret:n }}/y",
    ):
        assert path_templates.filled(url, "secret", lambda _: "v/1").endswith("/xv%2F1/y"), url


@settings(max_examples=usually(500, 10_000))
@given(any_text(60), any_text(40).filter(lambda value: path_templates.flaw(value) is None))
def test_any_url_and_any_value_are_filled_in_without_leaving_the_path(text, value):
    """Whatever stands in URL and value, the value fills one segment, and nothing else changes."""
    url = f"https://a.test/one/{{{{value:n}}}}/two?q={text}"
    found = path_templates.filled(url, "value", lambda _: value)
    before, after = "https://a.test/one/", f"/two?q={text}"
    assert found.startswith(before)
    assert found.endswith(after)
    part = found[len(before) : len(found) - len(after)]
    assert not set(part) & set("/?#%") - {"%"}
    assert unquote(part) == value


@settings(max_examples=usually(500, 10_000))
@given(st.text(alphabet="{}%7BDbd secrtvalu:n/?#", max_size=200))
def test_no_text_hangs_or_breaks_the_search(text):
    """Any text of braces is searched in one pass, and everything but templates stays as it is."""
    assert path_templates.filled(text, "secret", lambda _: "") is not None
    assert len(path_templates.without_templates(text)) <= len(text)


@pytest.mark.parametrize("value", ["", ".", "..", "a\nb", "\x7f", "\ud800", "a\udcff", "x" * 2049])
def test_a_value_that_leaves_its_segment_has_a_flaw(value):
    """Nothing, dots alone, control characters, halves of characters and long values are refused."""
    assert path_templates.flaw(value)


def test_a_restored_url_has_templates_in_place_of_long_secrets_alone():
    """A secret comes back out of a path in each of its forms; a short one may be there by chance."""
    url = "/a/s3cret%2Fkey/s3cret/key/v1?k=s3cret/key"
    restored = path_templates.restored(url, {"n": "s3cret/key", "m": "v1"})
    assert restored == "/a/{{secret:n}}/{{secret:n}}/v1?k=s3cret/key"
    assert urlsplit(restored).path
