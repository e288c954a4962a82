"""`ApiResource`: what the resources of all methods have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import dagster as dg
from pydantic import ConfigDict, Field, PrivateAttr, ValidationInfo, field_validator

import watchword
from watchword.codes import finding
from watchword.diagnosis import Finding, Report
from watchword.redact import NeverPickled
from watchword.transport import DEFAULT_TIMEOUT

if TYPE_CHECKING:
    from watchword.adapters.auth import SigningAuth
    from watchword.adapters.session import ApiSession

# Dagster does not export the class of `EnvVar.int(...)`.
ENVIRONMENT_VARIABLES = (dg.EnvVar, type(dg.EnvVar.int("")))

_OWN = frozenset({"name", "validate_on_setup"})

_OF_TEXT = frozenset({"extra_parameters", "secret_parameters"})
"""The mappings in which Dagster resolves an EnvVar; those with any JSON are kept as they are."""


class ApiResource(NeverPickled, dg.ConfigurableResource[Any]):
    """An HTTP API with its authentication; one subclass for each method.

    Assets annotate this class, so that the method can change without them:

        @dg.asset(deps=["acme_credentials"])
        def orders(acme: ApiResource) -> None:
            with acme.session() as api:
                rows = api.get("/v1/orders").json()

    Secret fields take an `EnvVar`, a reference (`env:NAME`, `file:PATH`) or the secret itself;
    Dagster stores the configuration of a run, so prefer the first two.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    method: ClassVar[str] = ""

    name: str | None = Field(
        default=None,
        description="What the connection is called, in messages and for its tokens.",
    )
    validate_on_setup: bool = Field(
        default=False,
        description="Whether the credential is proven before each step that uses the resource.",
    )
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

    _connection: watchword.Connection | None = PrivateAttr(default=None)

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

    @property
    def connection(self) -> watchword.Connection:
        """The connection that the fields describe, the same one for the life of this resource.

        Raises:
            DocumentError: a field is wrong, or holds an `EnvVar` outside of a run.
        """
        if self._connection is None:
            self._connection = watchword.load(self._document(), name=self.name)
        return self._connection

    def session(self) -> ApiSession:
        """Return a new `requests.Session` that authenticates by this resource; use it in a `with` block.

        Raises:
            DocumentError: as `connection`, or a secret can't be resolved or used.
        """
        return self.connection.session()

    def auth(self) -> SigningAuth:
        """Return the resource as `requests` auth, for sessions that other libraries make.

        Raises:
            DocumentError: as `session`.
        """
        return self.connection.auth()

    def validate(  # type: ignore[override] # pydantic's deprecated namesake makes models; nothing calls it
        self,
        test_url: str | None = None,
        *,
        http_method: str = "GET",
        expected_status: Sequence[int] = (),
        counterfactual: bool = True,
        timeout: float | None = None,
    ) -> Report:
        """Prove the credential by using it; what is wrong stands in the report, configuration included.

        Args:
            test_url: absolute URL of a harmless call that needs the credential; the
                resource's own if left out. OAuth client credentials need none.
            http_method: the call's verb; only a GET is repeated without the credential.
            expected_status: the statuses that mean success; any 2xx if left out.
            counterfactual: whether the call is repeated without the credential, to see
                whether it mattered.
            timeout: longest wait for each call, in seconds; that of the document, or 10 where it has none.
        """
        try:
            connection = self.connection
        except watchword.DocumentError as error:
            return error.report
        return connection.validate(
            test_url,
            http_method=http_method,
            expected_status=expected_status,
            counterfactual=counterfactual,
            timeout=timeout,
        )

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:  # noqa: ARG002 - Dagster's
        """Prove the credential if `validate_on_setup` says so; Dagster calls this before a step.

        Dagster's multiprocess executor lets a step's retry policy apply here, whether waiting
        could help or not; `build_credentials_check` retries only what may pass.

        Raises:
            CredentialsError: it is not proven; the step fails with the reason.
        """
        if self.validate_on_setup:
            report = self.validate()
            if not report.ok:
                raise watchword.CredentialsError(report)

    def _document(self) -> dict[str, Any]:
        """Return the fields as connection document; raises DocumentError where Dagster resolved none."""
        fields = {name: getattr(self, name) for name in type(self).model_fields if name not in _OWN}
        unresolved = [
            _unresolved(name, variable)
            for name, value in fields.items()
            for variable in environment_variables(value)
        ]
        if unresolved:
            raise watchword.DocumentError(unresolved)
        return {"method": self.method, **fields}


def environment_variables(value: object) -> Iterator[str]:
    """Yield the names of the environment variables that Dagster has not put values for."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, ENVIRONMENT_VARIABLES):
            yield item.env_var_name
        elif isinstance(item, Mapping):
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)


def _unresolved(field: str, variable: str) -> Finding:
    return finding(
        "reference_unresolved",
        f"The field {field} is still the name of an environment variable, {variable}.",
        advice=(
            "Dagster puts its value when a run starts; outside of one, use "
            f"`process_config_and_initialize()`, or the reference 'env:{variable}'."
        ),
    )
