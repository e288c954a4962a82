"""The fields of documents: values that need no conversion are read without pydantic, with the same result."""

from __future__ import annotations

import subprocess
import sys
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.document.common_fields import CommonFields
from watchword.methods import METHODS
from watchword.methods.field_info import NOT_PLAIN
from watchword.methods.fields import Fields, InvalidFieldsError, pydantic_model

MODELS = [CommonFields, *METHODS.values()]
FIELDS = [(model, name) for model in MODELS for name in model.model_fields]

TEXTS = st.text(max_size=5) | st.sampled_from(
    [
        "true",
        "1",
        "0.5",
        "403;419",
        "{}",
        '{"a": "b"}',
        "nan",
        *get_args(METHODS["api_key"].model_fields["add_to"].annotation),
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)


def converted(model, name, value):
    """Return what pydantic makes of a value, NOT_PLAIN where it refuses the value."""
    required = {other: "x" for other, field in model.model_fields.items() if field.is_required()}
    try:
        return getattr(pydantic_model(model).model_validate({**required, name: value}), name)
    except ValueError:
        return NOT_PLAIN


@given(st.sampled_from(FIELDS), VALUES)
def test_a_plain_value_is_what_pydantic_would_return(field, value):
    """A value that is taken as it is has the type and the content that pydantic would give it."""
    model, name = field
    plain = model.model_fields[name].plain(value)
    if plain is not NOT_PLAIN:
        expected = converted(model, name, value)
        assert plain == expected or (plain != plain and expected != expected)  # noqa: PLR0124 - NaN
        assert type(plain) is type(expected)


@given(st.sampled_from(FIELDS), VALUES)
def test_every_other_value_is_converted_or_refused_by_pydantic(field, value):
    """Fields with any value are what pydantic makes of it, or are refused where pydantic refuses it."""
    model, name = field
    required = {other: "x" for other, info in model.model_fields.items() if info.is_required()}
    expected = converted(model, name, value)
    try:
        made = model.model_validate({**required, name: value})
    except InvalidFieldsError as error:
        assert expected is NOT_PLAIN
        assert error.problems[0].field.partition(".")[0] == name
    else:
        found = getattr(made, name)
        assert found == expected or (found != found and expected != expected)  # noqa: PLR0124 - NaN


class Example(Fields):
    """Fields of a test."""

    name: str
    size: int = 1


class Stricter(Example):
    """Fields of a test, one of which is declared anew without a default."""

    size: int


def test_a_field_that_is_declared_anew_without_a_default_is_required():
    """A class may require a field that has a default in its base class."""
    assert [name for name, field in Stricter.model_fields.items() if field.is_required()] == ["name", "size"]
    with pytest.raises(InvalidFieldsError):
        Stricter.model_validate({"name": "a"})


def test_fields_are_frozen_and_compared_by_value():
    """Fields with equal values are equal, and none can be set."""
    made = Example.model_validate({"name": "a"})
    assert made == Example(name="a", size=1)
    assert made != Example(name="b")
    assert made.model_fields_set == {"name"}
    assert made.updated({"size": 2}) == Example(name="a", size=2)
    with pytest.raises(AttributeError, match="frozen"):
        made.name = "b"
    with pytest.raises(TypeError, match="sise"):
        Example(name="a", sise=2)


def test_problems_say_what_is_wrong_without_the_value():
    """Each field that is missing, unknown or of another type is named, without its value."""
    with pytest.raises(InvalidFieldsError) as error:
        Example.model_validate({"size": "s3cret", "sise": "s3cret"})
    assert {(problem.field, problem.is_missing) for problem in error.value.problems} == {
        ("name", True),
        ("size", False),
        ("sise", False),
    }
    assert "s3cret" not in repr((error.value, error.value.problems))
    assert error.value.__cause__ is error.value.__context__ is None


@pytest.mark.parametrize("method", ["api_key", "oauth2_client_credentials"])
def test_a_usual_document_needs_no_pydantic(method):
    """A document whose values have their fields' types is used without importing pydantic."""
    documents = {
        "api_key": {"api_key": "k", "timeout": 10, "allowed_origins": ["https://a.test"]},
        "oauth2_client_credentials": {
            "token_url": "https://a.test/token",
            "client_id": "c",
            "client_secret": "s3cret-of-the-client",
            "secret_parameters": {"header:X-Key": "k"},
        },
    }
    document = {"base_url": "https://a.test", "method": method, **documents[method]}
    program = (
        f"import sys, watchword; watchword.load({document!r}, store='memory://').session().close(); "
        "assert not {'pydantic', 'sqlalchemy', 'filelock'} & set(sys.modules), 'heavy'"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
