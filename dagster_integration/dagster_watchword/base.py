"""`ApiResource`: what all resources have in common, wherever their connection comes from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import ConfigDict, Field, PrivateAttr

import watchword
from watchword.findings.report import Report
from watchword.redact import NeverPickled

if TYPE_CHECKING:
    from watchword.adapters.auth import SigningAuth
    from watchword.adapters.session import ApiSession


class ApiResource(NeverPickled, dg.ConfigurableResource[Any]):
    """An HTTP API with its authentication; one subclass for each method, and one for what is stored.

    Assets annotate this class, so that the method can change without them:

        @dg.asset(deps=["acme_credentials"])
        def orders(acme: ApiResource) -> None:
            with acme.session() as api:
                rows = api.get("/v1/orders").json()
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    name: str | None = Field(
        default=None,
        description="What the connection is called, in messages and for its tokens.",
    )
    validate_on_setup: bool = Field(
        default=False,
        description="Whether the credential is proven before each step that uses the resource.",
    )

    _connection: watchword.Connection | None = PrivateAttr(default=None)

    def load_connection(self) -> watchword.Connection:
        """Return the connection anew; each subclass says where from.

        Raises:
            WatchwordError: it can't be had, or can't be used.
        """
        mine = type(self).__name__
        raise NotImplementedError(
            f"{mine} has no connection: use StoredConnectionResource, or the class of a method."
        )

    @property
    def connection(self) -> watchword.Connection:
        """The resource's connection, the same one for its life.

        Raises:
            DocumentError: a field is wrong, or holds an `EnvVar` outside of a run.
            SecretError: it is stored, and is missing there or can't be read.
            StoreError: the vault can't be used.
        """
        if self._connection is None:
            self._connection = self.load_connection()
        return self._connection

    def session(self) -> ApiSession:
        """Return a new `requests.Session` that authenticates by this resource; use it in a `with` block.

        Raises:
            WatchwordError: as `connection`, or a secret can't be resolved or used.
        """
        return self.connection.session()

    def auth(self) -> SigningAuth:
        """Return the resource as `requests` auth, for sessions that other libraries make.

        Raises:
            WatchwordError: as `session`.
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
        except watchword.WatchwordError as error:
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
