"""`ApiResource`: the base of all resources, from whatever source their connection comes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import ConfigDict, Field, PrivateAttr

import watchword
from watchword.findings.report import Report
from watchword.redact import NeverPickled
from watchword.validation.plan import ValidationPlan

if TYPE_CHECKING:
    from watchword.adapters.auth import SigningAuth
    from watchword.adapters.session import ApiSession


class ApiResource(NeverPickled, dg.ConfigurableResource[Any]):
    """An HTTP API with its authentication; each method has a subclass, and stored connections have one.

    Assets annotate this class, so they stay the same when the method changes:

        @dg.asset(deps=["acme_credentials"])
        def orders(acme: ApiResource) -> None:
            with acme.session() as api:
                rows = api.get("/v1/orders").json()
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    name: str | None = Field(
        default=None,
        description="The name of the connection in messages, and the name its tokens are stored under.",
    )
    validate_on_setup: bool = Field(
        default=False,
        description="Whether the credential is validated before each step that uses the resource.",
    )

    _connection: watchword.Connection | None = PrivateAttr(default=None)

    def load_connection(self) -> watchword.Connection:
        """Return the connection anew; each subclass has its own source.

        Raises:
            WatchwordError: the connection can't be read or used.
        """
        message = "has no connection: use StoredConnectionResource, or the class of a method."
        raise NotImplementedError(f"{type(self).__name__} {message}")

    @property
    def connection(self) -> watchword.Connection:
        """The resource's connection; it is read once and then kept.

        Raises:
            DocumentError: a field is wrong, or holds an `EnvVar` outside of a run.
            SecretError: the stored connection doesn't exist or can't be read.
            StoreError: the vault can't be used.
        """
        if self._connection is None:
            self._connection = self.load_connection()
        return self._connection

    def session(self) -> ApiSession:
        """Return a new `requests.Session` that authenticates with this resource; use it in a `with` block.

        Raises:
            WatchwordError: the errors of `connection`, or a secret can't be resolved or used.
        """
        return self.connection.session()

    def auth(self) -> SigningAuth:
        """Return the resource as `requests` auth, for the sessions of other libraries.

        Raises:
            WatchwordError: the errors of `session`.
        """
        return self.connection.auth()

    def validate(  # type: ignore[override] # noqa: PLR0913 - pydantic's deprecated method of this name is never called
        self,
        test_url: str | None = None,
        *,
        http_method: str = "GET",
        expected_status: Sequence[int] = (),
        counterfactual: bool = True,
        timeout: float | None = None,
        decoy: bool | None = None,
    ) -> Report:
        """Validate the credential by using it; the report holds every problem, also of the configuration.

        Args:
            test_url: absolute URL of a harmless call that needs the credential; if left out, the
                resource's `test_url`. OAuth client credentials can be validated without one.
            http_method: the call's HTTP method; only a GET or a HEAD is repeated.
            expected_status: the statuses that mean success; any 2xx if left out.
            counterfactual: whether the call is repeated with a wrong credential and without any, to see
                whether the answer depends on the credential.
            timeout: longest wait for each call, in seconds; if left out, the document's timeout, or 10.
            decoy: whether a wrong credential is tried; if left out, as the document says.
        """
        plan = ValidationPlan(
            test_url, http_method, frozenset(expected_status), counterfactual, timeout, decoy
        )
        return self.run_validation(plan)

    def run_validation(self, plan: ValidationPlan, job: str = "") -> Report:
        """Validate by a plan, and note the verdict; a connection that can't be used ends in a report too.

        `job` says in the history what Dagster was doing.
        """
        from dagster_watchword import verdicts  # noqa: PLC0415 - loads with the first validation
        from watchword.validation.procedure import validate  # noqa: PLC0415 - loads with the first validation

        try:
            connection = self.connection
        except watchword.WatchwordError as error:
            return verdicts.note_failed(self.name, error, job)
        return verdicts.note(connection, validate(connection, plan), job)

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Validate the credential if `validate_on_setup` is on; Dagster calls this before a step.

        Dagster's multiprocess executor applies a step's retry policy here to every failure;
        `build_credentials_check` retries only transient faults.

        Raises:
            CredentialsError: the validation failed; the step fails with its reason.
        """
        if self.validate_on_setup:
            job = f"resource, run {context.run.run_id}" if context.run else "resource"
            report = self.run_validation(ValidationPlan(), job)
            if not report.ok:
                raise watchword.CredentialsError(report)
