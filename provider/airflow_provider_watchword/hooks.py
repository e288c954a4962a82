"""`ApiHook`: Airflow's HTTP hook, authenticated by a connection of the type `watchword`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.http.hooks.http import HttpHook
from airflow.sdk.exceptions import AirflowException
from requests import Response
from requests.models import DEFAULT_REDIRECT_LIMIT

from airflow_provider_watchword import masking
from watchword import redact
from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.findings.finding import errors

if TYPE_CHECKING:
    from watchword import Connection, Report
    from watchword.adapters.session import ApiSession

LONGEST_QUOTE = 300
"""How much of an API's error is logged, in characters."""


class ApiHook(HttpHook):
    """Calls the API of a connection, authenticated as the connection says.

        with ApiHook("acme").get_conn() as api:
            api.get("/v1/orders")

    It takes the place of `HttpHook`, also in Airflow's `HttpOperator` unless that is deferred. All hooks of
    a process share one transport per connection, so many pages are read over one connection.

    Args:
        http_conn_id: the connection's id.
        method: the HTTP method of `run`.
        auth_type: must stay None; the connection says how to authenticate.
        tcp_keep_alive: whether idle connections are probed, as HttpHook does.
        tcp_keep_alive_idle: seconds until the first probe.
        tcp_keep_alive_count: probes without an answer until the connection counts as lost.
        tcp_keep_alive_interval: seconds between probes.

    Raises:
        ValueError: an `auth_type` was given.
    """

    conn_name_attr = "http_conn_id"
    default_conn_name = "watchword_default"
    conn_type = "watchword"
    hook_name = "HTTP API (watchword)"

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
                f"auth_type does not apply to the connection {http_conn_id!r}: how to authenticate is said "
                "by the connection's method. Leave auth_type out."
            )
        super().__init__(
            method=method,
            http_conn_id=http_conn_id,
            tcp_keep_alive=tcp_keep_alive,
            tcp_keep_alive_idle=tcp_keep_alive_idle,
            tcp_keep_alive_count=tcp_keep_alive_count,
            tcp_keep_alive_interval=tcp_keep_alive_interval,
        )

    @property
    def connection(self) -> Connection:
        """The connection, read anew.

        Raises:
            DocumentError: what Airflow keeps is no usable document; its findings say why.
        """
        from airflow_provider_watchword.documents import connection_of  # noqa: PLC0415 - import time

        masking.announce()
        return connection_of(self.get_connection(self.http_conn_id))

    def get_conn(
        self, headers: dict[Any, Any] | None = None, extra_options: dict[str, Any] | None = None
    ) -> ApiSession:
        """Return a new session that authenticates its requests and joins paths to the base URL.

        Args:
            headers: sent with every request of the session.
            extra_options: those of HttpHook: stream, verify, cert, proxies, timeout,
                allow_redirects, max_redirects, check_response, trust_env.

        Raises:
            DocumentError: the connection can't be used; its findings say why.
        """
        from airflow_provider_watchword.adapter_cache import shared  # noqa: PLC0415 - likewise
        from airflow_provider_watchword.documents import document_of  # noqa: PLC0415 - import time
        from watchword.adapters.session import ApiSession  # noqa: PLC0415 - likewise

        masking.announce()
        probes = self.keep_alive_adapter.socket_options if self.keep_alive_adapter else ()
        kept = shared(document_of(self.get_connection(self.http_conn_id)), self.http_conn_id, probes)
        self.base_url, self._base_url_initialized = kept.connection.base_url, True
        session = ApiSession(self.base_url, kept.adapter, shared=True)
        self.merged_extra = dict(extra_options or {})
        _configure(session, self.merged_extra)
        session.headers.update({**self.default_headers, **(headers or {})})
        return session

    def url_from_endpoint(self, endpoint: str | None) -> str:
        """Return an absolute endpoint, such as a page's link to the next one, as it is; else join it."""
        from watchword.http.urls import joined  # noqa: PLC0415 - import time

        if not self._base_url_initialized:
            self.base_url, self._base_url_initialized = self.connection.base_url, True
        return joined(self.base_url, endpoint or "")

    def check_response(self, response: Response) -> None:
        """Log the beginning of an error's text, masked, and raise.

        Raises:
            AirflowException: the status is neither 2xx nor 3xx; it begins with the status.
        """
        if response.ok:
            return
        reason = redact.text(str(response.reason or ""))
        # One line, since what an API answers must not look like lines of the log.
        quote = " ".join(redact.text(response.text).split())[:LONGEST_QUOTE]
        self.log.error("The API answered %s %s: %s", response.status_code, reason, quote)
        raise AirflowException(f"{response.status_code}:{reason}")

    def validate(
        self,
        test_url: str | None = None,
        *,
        http_method: str = "GET",
        expected_status: Sequence[int] = (),
        counterfactual: bool = True,
        timeout: float | None = None,
    ) -> Report:
        """Prove the connection's credential by using it; the arguments are those of `Connection.validate`.

        A connection that can't be used ends in a report too.
        """
        try:
            connection = self.connection
        except DocumentError as error:
            return error.report
        return connection.validate(
            test_url,
            http_method=http_method,
            expected_status=expected_status,
            counterfactual=counterfactual,
            timeout=timeout,
        )

    def test_connection(self) -> tuple[bool, str]:
        """Answer Airflow's Test button: True only where the credential was proven, and the reason.

        A sign-in is left alone: the button tests a copy under another name, which must not use it up.
        """
        from airflow_provider_watchword.documents import copy_of  # noqa: PLC0415 - import time

        masking.announce()
        try:
            connection = copy_of(self.get_connection(self.http_conn_id))
            if connection.signs_in and not errors(connection.lint()):
                return False, str(finding("sign_in_not_tested", "The saved values look right."))
            report = connection.validate()
        except DocumentError as error:
            report = error.report
        except Exception as error:  # noqa: BLE001 - the button shows whatever went wrong
            return False, redact.text(str(error) or type(error).__name__)
        notes = [f"{note.code.severity}: {note}" for note in report.notes]
        return report.ok, redact.text("\n".join([report.summary, *notes]))


def _configure(session: ApiSession, options: Mapping[str, Any]) -> None:
    """Set the options of one call; what the connection itself sets is set by its transport."""
    session.proxies = options.get("proxies", options.get("proxy")) or {}
    session.stream = options.get("stream", False)
    session.verify = options.get("verify", options.get("verify_ssl", True))
    session.cert = options.get("cert")
    session.max_redirects = options.get("max_redirects", DEFAULT_REDIRECT_LIMIT)
    session.trust_env = options.get("trust_env", True)
