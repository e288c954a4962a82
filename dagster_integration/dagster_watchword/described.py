"""`DescribedResource`: a connection whose document stands in the resource's own fields."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field, ValidationInfo, field_validator

import watchword
from dagster_watchword.base import ApiResource
from dagster_watchword.variables import environment_variables, unresolved
from watchword.http.transport_options import DEFAULT_TIMEOUT

_OWN = frozenset(ApiResource.model_fields)

_OF_TEXT = frozenset({"extra_parameters", "secret_parameters"})
"""The mappings in which Dagster resolves an EnvVar; those with any JSON are kept as they are."""


class DescribedResource(ApiResource):
    """An API that is described here, by the fields that all methods share; one subclass for each method.

    Secret fields take an `EnvVar`, a reference (`env:NAME`, `file:PATH`, `gcp:NAME`, `local:NAME`) or the
    secret itself; Dagster stores the configuration of a run, so prefer the others to the last.
    """

    method: ClassVar[str] = ""

    base_url: str = Field(description="Where the API lives, e.g. https://api.example.com.")
    allowed_origins: list[str] = Field(
        default=[],
        description="Origins that may receive the credential; only that of the base URL if empty.",
    )
    test_url: str | None = Field(
        default=None,
        description=(
            "Complete URL of a harmless GET that needs the credential: what a validation calls by default."
        ),
    )
    extra_parameters: dict[str, str] = Field(
        default={},
        description='JSON, sent with every request and not secret: {"header:Accept-Version": "2"}.',
    )
    secret_parameters: dict[str, str] = Field(
        default={},
        repr=False,
        description=(
            'JSON, stacked on any method: {"header:Client-ID": "…", "query:key": "…", "cookie:sid": "…"}.'
        ),
    )
    timeout: float = Field(default=DEFAULT_TIMEOUT, description="Longest wait for the API, in seconds.")
    retries: int = Field(
        default=0, description="Further tries of an idempotent request after a passing fault."
    )
    verify: bool = Field(
        default=True, description="Leave this on; use the CA bundle for private authorities."
    )
    ca_bundle: str | None = Field(default=None, description="Path of a file with the authorities to trust.")
    client_certificate: str | None = Field(
        default=None, description="Path or PEM text, for the API and the token endpoint."
    )
    client_private_key: str | None = Field(
        default=None, repr=False, description="Path or PEM text of the key."
    )
    proxy: str | None = Field(
        default=None, repr=False, description="URL of the proxy; may hold its user and password."
    )
    refresh_on_status: list[int] = Field(
        default=[],
        description=(
            "Statuses beside 401 on which a token is renewed and the request sent once more, e.g. 403;419."
        ),
    )
    refresh_on_body: dict[str, Any] = Field(
        default={},
        description=(
            'JSON: {"error.code": "token_expired", "ok": false}. A reply, not streamed and up to 64 KiB, '
            "whose JSON has one of these values at its JSONPath counts as a 401, whatever its status."
        ),
    )

    @field_validator("*", mode="after")
    @classmethod
    def _no_environment_variables_in_json(cls, value: object, info: ValidationInfo) -> object:
        # Dagster would hand over {"env": "NAME"} in the place of the value, and that would be sent.
        of_json = isinstance(value, dict) and info.field_name not in _OF_TEXT
        if of_json and any(environment_variables(value)):
            raise ValueError(
                "Dagster resolves no EnvVar in here: write {{secret:NAME}} and put the EnvVar "
                'into secret_parameters as "template:NAME"'
            )
        return value

    def load_connection(self) -> watchword.Connection:
        """Return the connection that the fields describe; raises DocumentError where one is wrong."""
        return watchword.load(self._document(), name=self.name)

    def _document(self) -> dict[str, Any]:
        """Return the fields as connection document; raises DocumentError where Dagster resolved none."""
        fields = {name: getattr(self, name) for name in type(self).model_fields if name not in _OWN}
        wrong = unresolved(fields)
        if wrong:
            raise watchword.DocumentError(wrong)
        return {"method": self.method, **fields}
