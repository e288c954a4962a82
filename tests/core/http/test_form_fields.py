"""Fields of JSON become the names and values that servers read in a form."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.nightly import usually
from watchword.http.form_fields import form_fields

WRITTEN = {
    "a text": ({"a": "x"}, [("a", "x")]),
    "an empty text": ({"a": ""}, [("a", "")]),
    "a number": ({"a": 7}, [("a", "7")]),
    "a truth": ({"a": True}, [("a", "true")]),
    "null": ({"a": None, "b": "x"}, [("b", "x")]),
    "RFC 8707": ({"resource": ["https://a.test", "https://b.test"]},
                 [("resource", "https://a.test"), ("resource", "https://b.test")]),
    "PHP's list": ({"ids[]": [1, 2]}, [("ids[]", "1"), ("ids[]", "2")]),
    "an empty list": ({"a": []}, []),
    "Rails' user": ({"user": {"login": "ann", "password": "s3cret"}},
                    [("user[login]", "ann"), ("user[password]", "s3cret")]),
    "two levels": ({"a": {"b": {"c": 1}}}, [("a[b][c]", "1")]),
    "a list in an object": ({"user": {"roles": ["a", "b"]}},
                            [("user[roles][]", "a"), ("user[roles][]", "b")]),
    "objects in a list": ({"items": [{"id": 1}, {"id": 2}]}, [("items[0][id]", "1"), ("items[1][id]", "2")]),
    "a list in a list": ({"a": [[1, 2]]}, [("a[0][]", "1"), ("a[0][]", "2")]),
    "null in an object": ({"user": {"otp": None, "name": "ann"}}, [("user[name]", "ann")]),
    "RFC 9396": ({"authorization_details": [{"type": "account"}]},
                 [("authorization_details", '[{"type": "account"}]')]),
    "claims of OpenID Connect": ({"claims": {"id_token": {"acr": None}}},
                                 [("claims", '{"id_token": {"acr": null}}')]),
    "claims as text": ({"claims": "a"}, [("claims", "a")]),
}  # fmt: skip


@pytest.mark.parametrize("name", WRITTEN)
def test_a_form_holds_objects_and_lists_as_servers_read_them(name):
    """Lists repeat a field, objects have brackets, and what a specification defines as JSON stays JSON."""
    fields, written = WRITTEN[name]
    assert form_fields(fields) == written


NAME = st.text("abc", min_size=1, max_size=3)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAME, inner, max_size=4),
    max_leaves=20,
)


def leaves(value: object) -> Iterator[str]:
    """Yield each value that isn't null, an object or a list, as a form writes it."""
    if isinstance(value, dict):
        for each in value.values():
            yield from leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from leaves(each)
    elif value is not None:
        yield value if isinstance(value, str) else json.dumps(value)


@settings(max_examples=usually(500, 10_000))
@given(st.dictionaries(NAME, VALUE, max_size=4))
def test_no_value_is_lost_or_made_up(fields):
    """Each text, number and truth of any fields is one value of the form, in its order."""
    assert [value for _, value in form_fields(fields)] == list(leaves(fields))
