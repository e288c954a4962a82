"""The fields that a connection of a method can have, and how their values are made from typed text."""

from __future__ import annotations

import collections.abc
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_origin

from watchword.document.common_fields import CommonFields
from watchword.document.reading import normalized_entry
from watchword.methods import METHODS
from watchword.methods.base import Method
from watchword.methods.field_info import FieldInfo
from watchword.methods.fields import About, about, converted

BASE_URL = "base_url"
PARAMETERS = "secret_parameters"

_CREDENTIALS = {"username", "password"}


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
    """Return the fields that are asked for: the required ones, and secrets in the same sections.

    The method basic, for instance, does not require a password, but nearly every connection has one.
    """
    kind: type[Method] = METHODS[method]
    fields = fields_of(method)
    own = [fields[name] for name in kind.model_fields if name in fields]
    sections = {field.about.section for field in own if field.required}
    usual = [
        field
        for field in own
        if field.required or field.name in _CREDENTIALS or (field.secret and field.about.section in sections)
    ]
    parameters = [fields[PARAMETERS]] if kind.needs_parameters else []
    return [fields[BASE_URL], *usual, *parameters]
