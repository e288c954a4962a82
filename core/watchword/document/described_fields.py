"""The fields that a connection of a method can have, and how their values are made from typed text."""

from __future__ import annotations

import collections.abc
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from watchword.document.common_fields import CommonFields
from watchword.document.field_names import normalized_entry
from watchword.methods import METHODS
from watchword.methods.field_info import FieldInfo
from watchword.methods.fields import About, about, converted

BASE_URL = "base_url"
TEST_URL = "test_url"
PARAMETERS = "secret_parameters"


@dataclass(frozen=True)
class Field:
    """A field of a document, as a person fills it in."""

    name: str
    about: About
    info: FieldInfo

    @property
    def required(self) -> bool:
        """Whether every document of the method needs it."""
        return self.info.is_required()

    @property
    def choices(self) -> tuple[str, ...]:
        """The values that it can have; empty if any text may be one."""
        is_choice = get_origin(self.info.annotation) is Literal
        return tuple(map(str, get_args(self.info.annotation))) if is_choice else ()

    @property
    def default(self) -> str:
        """The value that counts if none is given, as it would be typed; empty if there is none."""
        value = None if self.required else self.info.get_default()
        if value in (None, "", (), {}):
            return ""
        return str(value).lower() if isinstance(value, bool) else str(value)

    @property
    def is_mapping(self) -> bool:
        """Whether its value is a JSON object."""
        return get_origin(self.info.annotation) is collections.abc.Mapping

    @property
    def secret(self) -> bool:
        """Whether its value must not be shown."""
        return self.about.secret

    def value(self, text: str) -> Any:  # noqa: ANN401 - any JSON value
        """Return the value of a typed text: a number, true or false, a list, JSON, or the text itself.

        Raises:
            ValueError: the text has no value of the field's type; the message holds nothing of the text.
        """
        # A list, such as that of the origins, is typed with blanks or commas in between.
        is_list = self.info.annotation == tuple[str, ...]
        _, text = normalized_entry(self.name, text)
        try:
            return converted(self.info, text.replace(",", " ").split() if is_list else text)
        except ValueError as error:
            reason = str(error)
        raise ValueError(f"{self.name} has a wrong value: {reason}")


def fields_of(method: object) -> Mapping[str, Field]:
    """Return the fields of a method's documents by name: the base URL, the method's own, the common ones.

    For an unknown method these are the fields that every method has.
    """
    own = METHODS[method].model_fields if isinstance(method, str) and method in METHODS else {}
    infos = {BASE_URL: CommonFields.model_fields[BASE_URL], **own, **CommonFields.model_fields}
    described = {name: (about(info), info) for name, info in infos.items()}
    return {
        name: Field(name, description, info) for name, (description, info) in described.items() if description
    }


def usual_fields(method: str) -> list[Field]:
    """Return the fields that a person is asked for, in their order: the essential ones and the test URL."""
    fields = fields_of(method)
    names = dict.fromkeys((*METHODS[method].essentials, TEST_URL))
    return [fields[name] for name in names]


def templated_fields() -> frozenset[str]:
    """Return the names of all methods' fields that hold templates of their own, such as `{{method}}`."""
    described = (
        (name, about(info)) for method in METHODS.values() for name, info in method.model_fields.items()
    )
    return frozenset(name for name, description in described if description and description.templated)
