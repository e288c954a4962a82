"""`DescribedResource`: a connection that is described by the resource's own fields."""

from __future__ import annotations

from typing import Any, ClassVar

import dagster as dg
from pydantic import ValidationInfo, field_validator

import watchword
from dagster_watchword.base import ApiResource
from dagster_watchword.clear_secrets import warn_of_secrets_in_clear
from dagster_watchword.common_fields import CommonFieldsResource
from dagster_watchword.variables import environment_variables, unresolved
from watchword.document.field_names import normalized_entry

_NOT_IN_DOCUMENT = frozenset(ApiResource.model_fields)

_TEXT_MAPPINGS = frozenset({"extra_parameters", "secret_parameters", "signature_parameters"})
"""The mappings of texts, in which Dagster resolves an EnvVar; it doesn't in mappings of any JSON."""


class DescribedResource(CommonFieldsResource):
    """An API that is described by fields; each method has a subclass with its own fields.

    A secret field takes an `EnvVar`, a reference (`env:NAME`, `file:PATH`, `gcp:NAME`, `local:NAME`) or the
    secret itself. Dagster stores the configuration of a run, so prefer an `EnvVar` or a reference.
    """

    method: ClassVar[str] = ""

    def __init__(self, **fields: Any) -> None:  # noqa: ANN401 - Dagster's signature
        """Take the fields by their names; former and other standard names are accepted, as in documents."""
        super().__init__(**dict(normalized_entry(*entry) for entry in fields.items()))

    @field_validator("*", mode="after")
    @classmethod
    def _no_environment_variables_in_json(cls, value: object, info: ValidationInfo) -> object:
        # Dagster would pass on {"env": "NAME"} in place of the value, and that would be sent to the API.
        is_json = isinstance(value, dict) and info.field_name not in _TEXT_MAPPINGS
        if is_json and any(environment_variables(value)):
            raise ValueError(
                "Dagster doesn't resolve an EnvVar in this field: write {{secret:NAME}} and put the EnvVar "
                'into secret_parameters as "template:NAME"'
            )
        return value

    def get_resource_definition(self) -> dg.ResourceDefinition:  # type: ignore[override] # a subclass of it
        """Return the definition, when Dagster loads the resource; warn of secrets that its page would show.

        In a run Dagster makes another resource, in which the values of variables can't be told from literals.
        """
        warn_of_secrets_in_clear(self._label, {name: getattr(self, name) for name in self._described()})
        return super().get_resource_definition()

    @property
    def _label(self) -> str:
        named = f" {self.name!r}" if self.name and not any(environment_variables(self.name)) else ""
        return f"{type(self).__name__}{named}"

    def load_connection(self) -> watchword.Connection:
        """Return the connection that the fields describe; raises DocumentError if one is wrong."""
        return watchword.load(self._document(), name=self.name)

    def _document(self) -> dict[str, Any]:
        """Return the fields as a connection document.

        Raises:
            DocumentError: a field holds an `EnvVar` that Dagster hasn't resolved.
        """
        fields = {name: getattr(self, name) for name in self._described()}
        problems = unresolved(fields)
        if problems:
            raise watchword.DocumentError(problems)
        return {"method": self.method, **fields}

    def _described(self) -> list[str]:
        """Return the names of the fields that belong to the document."""
        return [name for name in type(self).model_fields if name not in _NOT_IN_DOCUMENT]
