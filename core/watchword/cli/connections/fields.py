"""The fields that a connection of a method can have, and how a person's text becomes the value of one."""

from __future__ import annotations

import collections.abc
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, get_origin

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from watchword.document.common_fields import CommonFields
from watchword.methods import METHODS
from watchword.methods.base import Method
from watchword.methods.fields import About, about

FIRST = "base_url"
PARAMETERS = "secret_parameters"

_WHO = {"username", "password"}


@dataclass(frozen=True)
class Field:
    """A field of a document as a person fills it in."""

    name: str
    about: About
    info: FieldInfo

    @property
    def required(self) -> bool:
        """Whether no document of the method goes without it."""
        return self.info.is_required()

    @property
    def is_mapping(self) -> bool:
        """Whether its value is a JSON object."""
        return get_origin(self.info.annotation) is collections.abc.Mapping

    @property
    def secret(self) -> bool:
        """Whether its value must not show."""
        return self.about.secret

    def value(self, text: str) -> Any:  # noqa: ANN401 - any JSON value
        """Return the value that a text means: a number, true or false, a list, JSON, or the text itself.

        Raises:
            ValueError: it is none; the message holds nothing of the text.
        """
        # Origins are a list; a person separates them by blanks or commas.
        split = self.info.annotation == tuple[str, ...]
        adapter: TypeAdapter[Any] = TypeAdapter(Annotated[self.info.annotation, self.info])  # type: ignore[arg-type] # known at run time alone
        try:
            found = adapter.validate_python(text.replace(",", " ").split() if split else text)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False, include_context=False)[0]
            reason = first["msg"].removeprefix("Value error, ")
        else:
            return adapter.dump_python(found, mode="json")
        raise ValueError(f"{self.name} has a wrong value: {reason}")


def fields_of(method: object) -> Mapping[str, Field]:
    """Return the fields of a method's documents by name: the base URL, the method's own, the common ones.

    Those of every method where the method is not known.
    """
    mine = METHODS[method].model_fields if isinstance(method, str) and method in METHODS else {}
    infos = {FIRST: CommonFields.model_fields[FIRST], **mine, **CommonFields.model_fields}
    described = {name: (about(info), info) for name, info in infos.items()}
    return {name: Field(name, known, info) for name, (known, info) in described.items() if known}


def usual(method: str) -> list[Field]:
    """Return the fields that are asked for: what is required, and secrets beside that.

    A method such as basic does without a password, but hardly anybody does.
    """
    kind: type[Method] = METHODS[method]
    fields = fields_of(method)
    own = [fields[name] for name in kind.model_fields if name in fields]
    sections = {field.about.section for field in own if field.required}
    found = [
        field
        for field in own
        if field.required or field.name in _WHO or (field.secret and field.about.section in sections)
    ]
    stacked = [fields[PARAMETERS]] if kind.needs_parameters else []
    return [fields[FIRST], *found, *stacked]
