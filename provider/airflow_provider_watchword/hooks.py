"""`ApiHook`: Airflow's HTTP hook, authenticated by a connection of one of the types `watchword…`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.http.hooks.http import HttpHook
from airflow.sdk.exceptions import AirflowException, AirflowNotFoundException
from requests import PreparedRequest, RequestException, Response, Session
from requests.models import DEFAULT_REDIRECT_LIMIT

from airflow_provider_watchword import masking
from watchword import redact
from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.findings.finding import errors

if TYPE_CHECKING:
    from airflow.sdk import Connection as AirflowConnection

    from watchword import Connection, Report
    from watchword.adapters.session import ApiSession
    from watchword.validation.plan import ValidationPlan


class ApiHook(HttpHook):
    """Calls the API of a connection with the connection's authentication.

        with ApiHook("acme").get_conn() as api:
            api.get("/v1/orders")

    It replaces `HttpHook`, also in Airflow's `HttpOperator` unless the operator is deferrable. All hooks of
    a process share one adapter per connection, so many pages are read over one network connection.

    Args:
        http_conn_id: the connection's id.
        method: the HTTP method of `run`.
        auth_type: must be None; the connection's method authenticates.
        tcp_keep_alive: whether idle network connections are probed, as in HttpHook.
        tcp_keep_alive_idle: seconds until the first probe.
        tcp_keep_alive_count: unanswered probes until the network connection counts as lost.
        tcp_keep_alive_interval: seconds between probes.

    Raises:
        ValueError: `auth_type` was given.
    """

    conn_name_attr = "http_conn_id"
    default_conn_name = "watchword_default"
    conn_type = "watchword"
    hook_name = "HTTP API: all methods"

    def __init__(  # noqa: PLR0913, PLR0917 - HttpOperator passes each of them
        self,
        http_conn_id: str = default_conn_name,
        method: str = "GET",
        auth_type: Any = None,  # noqa: ANN401 - refused, whatever it is
        tcp_keep_alive: bool = True,  # noqa: FBT001, FBT002 - HttpHook's parameter
        tcp_keep_alive_idle: int = 120,
        tcp_keep_alive_count: int = 20,
        tcp_keep_alive_interval: int = 30,
    ) -> None:
        if auth_type is not None:
            raise ValueError(
                f"auth_type does not apply to the connection {http_conn_id!r}: the connection's method "
                "authenticates. Leave auth_type out."
            )
        super().__init__(
            method=method,
            http_conn_id=http_conn_id,
            tcp_keep_alive=tcp_keep_alive,
            tcp_keep_alive_idle=tcp_keep_alive_idle,
            tcp_keep_alive_count=tcp_keep_alive_count,
            tcp_keep_alive_interval=tcp_keep_alive_interval,
        )

    @classmethod
    def get_connection(cls, conn_id: str) -> AirflowConnection:
        """Return the connection as Airflow stores it.

        Raises:
            AirflowNotFoundException: there is none; the message says what to do.
        """
        try:
            return super().get_connection(conn_id)
        except AirflowNotFoundException:
            from airflow_provider_watchword.missing_connections import missing  # noqa: PLC0415 - import time

            raise AirflowNotFoundException(str(missing(conn_id))) from None

    @property
    def connection(self) -> Connection:
        """The connection, read anew from Airflow.

        Raises:
            AirflowNotFoundException: there is no such connection.
            DocumentError: the connection can't be used; its findings say why.
        """
        from airflow_provider_watchword.documents import connection_of  # noqa: PLC0415 - import time

        masking.start_masking()
        return connection_of(self.get_connection(self.http_conn_id))

    def get_conn(
        self, headers: dict[Any, Any] | None = None, extra_options: dict[str, Any] | None = None
    ) -> ApiSession:
        """Return a new session that authenticates its requests and joins paths to the base URL.

        Args:
            headers: sent with every request of the session.
            extra_options: the options of HttpHook: stream, verify, cert, proxies, timeout,
                allow_redirects, max_redirects, check_response, trust_env.

        Raises:
            DocumentError: the connection can't be used; its findings say why.
        """
        from airflow_provider_watchword.adapter_cache import cached_adapter  # noqa: PLC0415 - import time
        from airflow_provider_watchword.documents import document_of  # noqa: PLC0415 - import time
        from watchword.adapters.session import ApiSession  # noqa: PLC0415 - import time

        masking.start_masking()
        socket_options = self.keep_alive_adapter.socket_options if self.keep_alive_adapter else ()
        document = document_of(self.get_connection(self.http_conn_id))
        cached = cached_adapter(document, self.http_conn_id, socket_options)
        self.base_url, self._base_url_initialized = cached.connection.base_url, True
        session = ApiSession(self.base_url, cached.adapter, shared=True)
        self.merged_extra = dict(extra_options or {})
        _configure(session, self.merged_extra)
        session.headers.update({**self.default_headers, **(headers or {})})
        return session

    def url_from_endpoint(self, endpoint: str | None) -> str:
        """Return an absolute endpoint, such as a link to the next page, as it is; join others to the base."""
        from watchword.http.urls import joined  # noqa: PLC0415 - import time

        if not self._base_url_initialized:
            self.base_url, self._base_url_initialized = self.connection.base_url, True
        return joined(self.base_url, endpoint or "")

    def check_response(self, response: Response) -> None:
        """Raise if the response is an error; log the beginning of its text, masked.

        Raises:
            AirflowException: the status is neither 2xx nor 3xx; the message begins with the status.
        """
        if response.ok:
            return
        from airflow_provider_watchword import failed_calls  # noqa: PLC0415 - import time

        text = failed_calls.answer(response)
        reason = redact.text(str(response.reason or ""))
        self.log.error("The API responded %s %s: %s", response.status_code, reason, text)
        raise AirflowException(failed_calls.refused(response, self.http_conn_id))

    def run_and_check(
        self, session: Session, prepped_request: PreparedRequest, extra_options: dict[Any, Any]
    ) -> Response:
        """Send a request of `run`, and check its response unless the option `check_response` is off.

        Raises:
            AirflowException: the response is an error.
            requests.RequestException: there is no response; the text is the finding, and the type is that of
                requests, so that `retry_args` can name it.
        """
        settings: dict[str, Any] = dict(
            session.merge_environment_settings(
                prepped_request.url or "", session.proxies, session.stream, session.verify, session.cert
            )
        )
        timeout, follows = extra_options.get("timeout"), extra_options.get("allow_redirects", True)
        try:
            response = session.send(prepped_request, timeout=timeout, allow_redirects=follows, **settings)
        except RequestException as error:
            from airflow_provider_watchword import failed_calls  # noqa: PLC0415 - import time

            failed = error.request or prepped_request
            message = failed_calls.unanswered(error, failed.method or "", failed.url or "", self.http_conn_id)
            error.args = (message,)
            raise error from None  # the chain repeats the URL as it is, also what is secret in its query
        if extra_options.get("check_response", True):
            self.check_response(response)
        return response

    def run_with_advanced_retry(self, _retry_args: dict[Any, Any], *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - HttpHook's
        """Call `run` again and again as tenacity's arguments say; the last failure is raised as it is."""
        return super().run_with_advanced_retry({"reraise": True, **_retry_args}, *args, **kwargs)

    def validate(  # noqa: PLR0913 - one for each option of a plan
        self,
        test_url: str | None = None,
        *,
        http_method: str = "GET",
        expected_status: Sequence[int] = (),
        counterfactual: bool = True,
        timeout: float | None = None,
        decoy: bool | None = None,
    ) -> Report:
        """Validate the credential by using it; the arguments are those of `Connection.validate`.

        If the connection can't be used, the report says why.
        """
        from watchword.validation.plan import ValidationPlan  # noqa: PLC0415 - import time

        plan = ValidationPlan(
            test_url, http_method, frozenset(expected_status), counterfactual, timeout, decoy
        )
        return self.run_validation(plan)

    def run_validation(self, plan: ValidationPlan, kind: str = "hook") -> Report:
        """Validate by a plan, and note the verdict as that of a kind of host: `hook` or `sensor`.

        If the connection can't be used, or if there is none, the report says why.
        """
        from airflow_provider_watchword import verdicts  # noqa: PLC0415 - import time
        from watchword.validation.procedure import validate  # noqa: PLC0415 - import time

        try:
            connection = self.connection
        except AirflowNotFoundException:
            return verdicts.of_missing(self.http_conn_id, kind)
        except DocumentError as error:
            report = error.report
        else:
            report = validate(connection, plan)
        return verdicts.note(self.http_conn_id, report, kind)

    def test_connection(self) -> tuple[bool, str]:
        """Return the result of Airflow's Test button: whether the credential is valid, and the reason.

        A sign-in isn't tested: the button tests a copy with another name, which must not use up its
        refresh token.
        """
        from airflow_provider_watchword.documents import private_connection_of  # noqa: PLC0415 - import time

        masking.start_masking()
        try:
            connection = private_connection_of(self.get_connection(self.http_conn_id))
            if connection.document.method.signs_in and not errors(connection.lint()):
                return False, str(finding("sign_in_not_tested", "The saved values look right."))
            report = connection.validate()
        except DocumentError as error:
            report = error.report
        except Exception as error:  # noqa: BLE001 - the button shows any error
            return False, redact.text(str(error) or type(error).__name__)
        notes = [f"{note.code.severity}: {note}" for note in report.notes]
        return report.ok, redact.text("\n".join([report.summary, *notes]))


def _configure(session: ApiSession, options: Mapping[str, Any]) -> None:
    """Set the options of one call; the adapter sets those of the connection."""
    session.proxies = options.get("proxies", options.get("proxy")) or {}
    session.stream = options.get("stream", False)
    session.verify = options.get("verify", options.get("verify_ssl", True))
    session.cert = options.get("cert")
    session.max_redirects = options.get("max_redirects", DEFAULT_REDIRECT_LIMIT)
    session.trust_env = options.get("trust_env", True)
