"""`ApiCredentialsComponent`: one YAML file gives a resource, its check and the check's schedule."""

# No `from __future__ import annotations`: Dagster reads the types of the fields as objects.
from difflib import get_close_matches
from typing import Annotated, Any

import dagster as dg
from pydantic import BaseModel, ConfigDict, Field, model_validator

from dagster_watchword.check import CHECK_NAME, OnInconclusive, asset_name, build_credentials_check
from dagster_watchword.component_connection import problems_of, rendered, resource_of
from dagster_watchword.component_scaffolder import CredentialsScaffolder
from dagster_watchword.form_schema import connection_schema
from watchword.errors import DocumentError
from watchword.findings.codes import finding

_LABEL = "API credentials"
_ADVANCED: Any = {"ui:advanced": True}


def _form(schema: dict[str, Any]) -> None:
    """Add to the schema what Dagster's pages need for the form: they sort the fields by name otherwise."""
    properties = schema["properties"]
    properties["connection"] = connection_schema()
    schema |= {"title": _LABEL, "ui:order": list(properties)}
    config = ApiCredentialsComponent.get_form_config()
    if config is not None:
        schema |= config.to_component_json_schema_extra()


@dg.scaffold_with(CredentialsScaffolder)
class ApiCredentialsComponent(dg.Component, dg.Resolvable, dg.Model):
    """An API's credentials: a resource, a check that blocks extractions, and a schedule of the check.

    The resource has the component's name, the asset with the check is `<name>_credentials`.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, json_schema_extra=_form)

    name: str = Field(
        title="Name",
        description="The key of the resource; the check's asset is called NAME_credentials.",
        json_schema_extra={"x-app-id-source": True, "ui:placeholder": "acme"},
    )
    connection: Annotated[
        dict[str, Any], dg.Resolver(rendered, model_field_type=dict, inject_before_resolve=False)
    ] = Field(default={})
    schedule: str | None = Field(
        default=None,
        title="Schedule",
        description="When the check runs by itself, as a cron expression; the schedule is on from the start.",
        json_schema_extra={"ui:widget": "cron"},
    )
    timezone: str | None = Field(
        default=None, title="Time zone", description="The schedule's time zone; UTC if empty."
    )
    test_url: str | None = Field(
        default=None,
        title="Test URL",
        description="Complete URL of a harmless call that needs the credential; the connection's if empty.",
    )
    http_method: str = Field(
        default="GET",
        title="HTTP method",
        description="The method of the test call.",
        json_schema_extra=_ADVANCED,
    )
    expected_status: list[int] = Field(
        default=[],
        title="Expected status",
        description="The statuses that mean success; any 2xx if empty.",
        json_schema_extra=_ADVANCED,
    )
    on_inconclusive: OnInconclusive = Field(
        default="fail",
        title="If nothing could be proven",
        description="fail blocks, warn fails as a warning that doesn't block, pass passes.",
        json_schema_extra=_ADVANCED,
    )
    blocking: bool = Field(
        default=True,
        title="Blocking",
        description="Whether extractions that depend on the check's asset stay unmaterialized if it fails.",
        json_schema_extra=_ADVANCED,
    )
    retries: int = Field(
        default=0,
        ge=0,
        le=10,
        title="Retries",
        description="How often a transient fault is tried again; a refused credential never is.",
        json_schema_extra=_ADVANCED,
    )
    validate_on_setup: bool = Field(
        default=False,
        title="Validate on setup",
        description="Whether the credential is also validated before each step that uses the resource.",
        json_schema_extra=_ADVANCED,
    )

    @model_validator(mode="before")
    @classmethod
    def _without_secrets(cls, attributes: object) -> object:
        """Refuse what may be a secret by its name alone: pydantic and Dagster quote values and lines.

        A DocumentError passes through pydantic as it is.
        """
        if not isinstance(attributes, dict):
            return attributes
        problems = [*problems_of(attributes.get("connection", {}))]
        if "name" not in attributes:
            problems.append(finding("missing_field", "The attribute name is missing."))
        for name in attributes.keys() - cls.model_fields.keys():
            message = f"The component has no attribute {str(name)[:40]!r}."
            near = get_close_matches(str(name)[:40], cls.model_fields, 1)
            advice = f"Did you mean {near[0]}?" if near else "Fields of the API go into connection."
            problems.append(finding("unknown_field", message, advice=advice))
        if attributes.get("timezone") and not attributes.get("schedule"):
            message = "The attribute timezone has no effect without the attribute schedule."
            problems.append(finding("missing_field", message, advice="Add a schedule, or remove timezone."))
        if problems:
            raise DocumentError(problems)
        return attributes

    @classmethod
    def model(cls) -> type[BaseModel]:
        """Return the component itself: the attributes of a YAML file are its fields."""
        return cls

    @classmethod
    def get_form_config(cls) -> "dg.ComponentFormConfig | None":
        """Let people create and edit the component in Dagster's pages; the first 1.13 have no forms."""
        config = getattr(dg, "ComponentFormConfig", None)
        return config(label=_LABEL, editable=True) if config else None

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:  # noqa: ARG002 - Dagster's signature
        """Return resource, check and schedule; raises DocumentError if a field of the connection is wrong."""
        resource = resource_of(self.name, self.connection, validate_on_setup=self.validate_on_setup)
        return dg.Definitions(
            assets=[self._gate()],
            resources={self.name: resource},
            schedules=[self._schedule(self.schedule)] if self.schedule else [],
        )

    def _gate(self) -> dg.AssetsDefinition:
        return build_credentials_check(
            self.name,
            test_url=self.test_url or None,
            http_method=self.http_method,
            expected_status=self.expected_status,
            on_inconclusive=self.on_inconclusive,
            blocking=self.blocking,
            retry_policy=_retry_policy(self.retries) if self.retries else None,
        )

    def _schedule(self, cron: str) -> dg.ScheduleDefinition:
        """Return a schedule of the check alone: it materializes nothing, so nothing becomes stale."""
        check = dg.AssetCheckKey(dg.AssetKey(asset_name(self.name)), CHECK_NAME)
        return dg.ScheduleDefinition(
            name=f"{asset_name(self.name)}_schedule",
            cron_schedule=cron,
            execution_timezone=self.timezone or None,
            target=dg.AssetSelection.checks(check),
            default_status=dg.DefaultScheduleStatus.RUNNING,
        )


def _retry_policy(retries: int) -> dg.RetryPolicy:
    return dg.RetryPolicy(max_retries=retries, delay=5, backoff=dg.Backoff.EXPONENTIAL)
