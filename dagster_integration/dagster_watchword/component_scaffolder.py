"""`dg scaffold defs dagster_watchword.ApiCredentialsComponent`: a first defs.yaml, without a secret."""

from __future__ import annotations

import re
from typing import Any

import dagster as dg
from dagster.components.component_scaffolding import scaffold_component
from pydantic import BaseModel, Field, field_validator

from dagster_watchword.clear_secrets import fields_in_clear
from watchword.document.method_example import example_document
from watchword.methods import METHODS


class ScaffoldParams(BaseModel):
    """The options of the command."""

    method: str = Field(
        default="",
        description="The authentication method whose fields are written into the file, with references in "
        "place of secrets; without it, the connection is the one that is stored under the name.",
    )
    schedule: str = Field(default="", description="When the check runs by itself, as a cron expression.")

    @field_validator("method")
    @classmethod
    def _known(cls, method: str) -> str:
        if method and method not in METHODS:
            raise ValueError(f"the methods are {', '.join(METHODS)}")
        return method


class CredentialsScaffolder(dg.Scaffolder[ScaffoldParams]):
    """Writes a component that is named like its folder."""

    @classmethod
    def get_scaffold_params(cls) -> type[ScaffoldParams]:
        """Return the model of the command's options."""
        return ScaffoldParams

    def scaffold(self, request: dg.ScaffoldRequest[ScaffoldParams]) -> None:
        """Write the file."""
        attributes: dict[str, Any] = {"name": re.sub(r"\W", "_", request.target_path.name)}
        if request.params.method:
            document = example_document(request.params.method)
            references = {
                name: f"env:WATCHWORD_SECRET_ACME_{name.upper()}" for name in fields_in_clear(document)
            }
            attributes["connection"] = {**document, **references}
        if request.params.schedule:
            attributes["schedule"] = request.params.schedule
        scaffold_component(request, attributes)
