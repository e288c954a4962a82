"""The arguments of the secrets backends: their types, and what they must be in the words of an error.

Any argument may be text, because Airflow can read single arguments from environment variables. A field's
description completes the sentence "it has to be …".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from watchword.redact import NeverPickled, describe_value

_NAME_PART = r"^[A-Za-z0-9_-]{0,200}$"


def _is_null(value: object) -> bool:
    return value is None or (isinstance(value, str) and value.strip().lower() in {"none", "null"})


def _absent_as(default: object) -> BeforeValidator:
    """Return a validator that reads None, `none`, `null` and blank text as the default."""

    def replaced(value: object) -> object:
        is_blank = isinstance(value, str) and not value.strip()
        return default if is_blank or _is_null(value) else value

    return BeforeValidator(replaced)


def _stripped(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


def _not_a_switch(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("true and false are not numbers")  # noqa: TRY004 - pydantic's error for a value
    return value


def _decoded(value: object) -> object:
    return from_json(value) if isinstance(value, str) else value


def _split(value: object) -> object:
    if not isinstance(value, str):
        return value
    return from_json(value) if value.lstrip().startswith("[") else value.split(",")


def _compiled(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return re.compile(value.strip())
    except (re.error, RecursionError, OverflowError):
        raise ValueError("not a regular expression") from None


_StrippedText = Annotated[str, Field(strict=True), BeforeValidator(_stripped)]

Text = Annotated[_StrippedText, _absent_as(""), Field(description="text")]

Texts = Annotated[
    tuple[_StrippedText, ...],
    BeforeValidator(_split),
    AfterValidator(lambda texts: tuple(filter(None, texts))),
    _absent_as(()),
    Field(description="text, with commas between several, or a list of texts"),
]

JsonObject = Annotated[
    dict[str, Any],
    BeforeValidator(_decoded),
    _absent_as({}),
    Field(description="an object, or its JSON"),
]

Versions = Annotated[
    dict[
        Annotated[str, Field(pattern=_NAME_PART)],
        Annotated[str, Field(pattern=r"^(?:latest|[0-9]{1,9})$", coerce_numbers_to_str=True)],
    ],
    BeforeValidator(_decoded),
    _absent_as({}),
    Field(description="an object of secrets' names and the numbers of their versions"),
]

Seconds = Annotated[
    float,
    Field(ge=0, allow_inf_nan=False, description="a number of seconds, 0 or more"),
    BeforeValidator(_not_a_switch),
]

Switch = Annotated[
    bool, BeforeValidator(_stripped), _absent_as(default=False), Field(description="true or false")
]

Separator = Annotated[str, Field(strict=True, pattern=_NAME_PART, description="letters, digits, _ and -")]

Prefix = Annotated[
    Annotated[str, Field(strict=True, pattern=_NAME_PART)] | None,
    BeforeValidator(lambda value: None if _is_null(value) else value),
    Field(description="letters, digits, _ and -, or null to leave this kind out"),
]

LookupPattern = Annotated[
    re.Pattern[str] | None,
    BeforeValidator(_compiled),
    _absent_as(None),
    Field(description="text that is a regular expression"),
]


class BackendArguments(NeverPickled, BaseModel):
    """The arguments that both backends have."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)

    connections_prefix: Prefix
    variables_prefix: Prefix
    config_prefix: Prefix
    sep: Separator
    fail_closed: Switch
    connections_lookup_pattern: LookupPattern
    variables_lookup_pattern: LookupPattern
    config_lookup_pattern: LookupPattern

    def with_separator(self, prefix: str | None) -> str | None:
        """Return a prefix with the separator, None if that kind of content is left out."""
        return None if prefix is None else f"{prefix}{self.sep}"


Arguments = TypeVar("Arguments", bound=BackendArguments)


def checked(model: type[Arguments], values: Mapping[str, object]) -> Arguments:
    """Return the arguments with their types.

    Raises:
        ValueError: for each wrong argument, its name, the value's type and what it has to be; the value
            itself, which may be a key file, is not shown.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
    wrong = dict.fromkeys(str(detail["loc"][0]) for detail in details)
    raise ValueError(
        " ".join(
            f"{name} is given as {describe_value(values[name])}; "
            f"it has to be {model.model_fields[name].description}."
            for name in wrong
        )
    )
