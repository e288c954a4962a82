"""`CredentialSensor`: extraction starts only after the connection's credential has been validated."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, get_args

from airflow.sdk import BaseSensorOperator, PokeReturnValue
from airflow.sdk.configuration import conf
from airflow.sdk.exceptions import (
    AirflowFailException,
    AirflowNotFoundException,
    AirflowSensorTimeout,
    AirflowSkipException,
)

from airflow_provider_watchword.gate import OnInconclusive, is_open, next_pause, waits
from airflow_provider_watchword.hooks import ApiHook
from airflow_provider_watchword.links import ConnectionLink
from airflow_provider_watchword.report_log import log_report
from watchword.findings.report import Report
from watchword.findings.report_data import report_of
from watchword.validation.plan import ValidationPlan

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_provider_watchword.triggers import CredentialTrigger

_TRIGGERER_SLACK = 300.0
"""How much longer than the sensor's timeout Airflow waits for the triggerer, in seconds."""


class CredentialSensor(BaseSensorOperator):
    """Succeeds when an authenticated call has succeeded; its XCom is the report.

        CredentialSensor(task_id="acme_is_valid", http_conn_id="acme") >> extract()

    A wrong credential or a wrong connection fails the task at once and without retries, because waiting
    doesn't help. During a transient fault (a timeout, 429, 5xx) the sensor waits.

    Args:
        http_conn_id: the id of a connection of the type `watchword`.
        test_url: absolute URL of a harmless call that needs the credential; the connection's
            own test URL if left out. OAuth client credentials can be validated without one.
        http_method: the call's HTTP method.
        expected_status: the status or statuses that mean success; any 2xx if left out.
        on_inconclusive: what to do if the validation proves nothing either way: `fail`, `pass`
            or `wait`.
        timeout: the longest wait during a transient fault, in seconds.
        poke_interval: seconds between two attempts.
        mode: `reschedule` frees the worker between attempts, `poke` keeps it.
        deferrable: whether the triggerer validates, which needs no worker; `[operators] default_deferrable`
            if left out. `mode` doesn't matter then.

    Raises:
        ValueError: `on_inconclusive` is not one of `fail`, `pass` and `wait`.
    """

    template_fields: Sequence[str] = ("http_conn_id", "test_url")
    operator_extra_links = (ConnectionLink(),)

    def __init__(  # noqa: PLR0913 - DAG authors write each of them
        self,
        *,
        http_conn_id: str = ApiHook.default_conn_name,
        test_url: str | None = None,
        http_method: str = "GET",
        expected_status: int | Sequence[int] | None = None,
        on_inconclusive: OnInconclusive = "fail",
        timeout: float = 900,
        poke_interval: float = 30,
        mode: str = "reschedule",
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        **kwargs: Any,  # noqa: ANN401 - the arguments of every Airflow operator
    ) -> None:
        super().__init__(timeout=timeout, poke_interval=poke_interval, mode=mode, **kwargs)
        if on_inconclusive not in get_args(OnInconclusive):
            raise ValueError(f"on_inconclusive must be fail, pass or wait, not {on_inconclusive!r}.")
        self.http_conn_id = http_conn_id
        self.test_url = test_url
        self.http_method = http_method
        self.expected_status = expected_status
        self.on_inconclusive = on_inconclusive
        self.deferrable = deferrable
        self._last_report: Report | None = None

    def execute(self, context: Context) -> Any:  # noqa: ANN401 - the base's signature
        """Wait for a valid credential, in the triggerer if the sensor is deferrable.

        Raises:
            AirflowFailException: waiting doesn't help.
            AirflowNotFoundException: there is no such connection, so that the task's retries apply.
            AirflowSensorTimeout: the time was over; the message says what the last validation has found.
        """
        if self.deferrable:
            # The trigger keeps the time itself, to say what it has found. Airflow's own limit comes after it.
            self.defer(
                trigger=self._trigger(),
                method_name="execute_complete",
                timeout=timedelta(seconds=self.timeout + _TRIGGERER_SLACK),
            )
        with self._reason_in_timeouts():
            return super().execute(context)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:  # noqa: ANN401 - the base's signature
        """Go on after the triggerer; the base skips the task by soft_fail and never_fail."""
        with self._reason_in_timeouts():
            return super().resume_execution(next_method, next_kwargs, context)

    def execute_complete(self, context: Context, event: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG002 - Airflow passes it
        """Return the report of the trigger as the task's XCom, or raise as `execute` does."""
        self._last_report = report = report_of(event["report"])
        log_report(self.log, self.http_conn_id, report)
        if is_open(report, self.on_inconclusive):
            described: dict[str, Any] = event["report"]
            return described
        if event["timed_out"]:
            raise AirflowSensorTimeout(f"Sensor has timed out after {self.timeout:g} seconds.")
        raise _failure(report)

    def poke(self, context: Context) -> bool | PokeReturnValue:  # noqa: ARG002 - the base's signature
        """Validate once; return the report if the credential is valid, False if waiting may help.

        Raises:
            AirflowFailException: waiting doesn't help.
            AirflowNotFoundException: there is no such connection, so that the task's retries apply.
        """
        plan = ValidationPlan(self.test_url, self.http_method, frozenset(self._statuses()))
        self._last_report = report = ApiHook(self.http_conn_id).run_validation(plan, "sensor")
        log_report(self.log, self.http_conn_id, report)
        if is_open(report, self.on_inconclusive):
            return PokeReturnValue(is_done=True, xcom_value=report.as_dict())
        if waits(report, self.on_inconclusive):
            return False
        raise _failure(report)

    def _get_next_poke_interval(
        self, started_at: datetime | float, run_duration: Callable[[], float], poke_count: int
    ) -> float:
        """Return the base's interval, or the longer pause that the API has asked for."""
        pause: float = super()._get_next_poke_interval(started_at, run_duration, poke_count)
        if self._last_report is not None:
            pause = next_pause(self._last_report, pause, self.timeout - run_duration())
        self.log.warning("The credential is not validated yet; trying again in %.0f s.", pause)
        return pause

    def _trigger(self) -> CredentialTrigger:
        from airflow_provider_watchword.triggers import CredentialTrigger  # noqa: PLC0415 - for deferred tasks only

        longest = self.max_wait.total_seconds() if self.max_wait else self.timeout
        return CredentialTrigger(
            http_conn_id=self.http_conn_id,
            test_url=self.test_url,
            http_method=self.http_method,
            expected_status=self._statuses(),
            on_inconclusive=self.on_inconclusive,
            poke_interval=self.poke_interval,
            longest_interval=longest if self.exponential_backoff else None,
            ends_at=time.time() + self.timeout,
        )

    def _statuses(self) -> Sequence[int]:
        expected = self.expected_status
        return () if expected is None else (expected,) if isinstance(expected, int) else tuple(expected)

    @contextmanager
    def _reason_in_timeouts(self) -> Iterator[None]:
        """Say in the exception of a timeout, and of a skipped task, what the last validation has found."""
        try:
            yield
        except (AirflowSensorTimeout, AirflowSkipException) as error:
            if self._last_report is not None:
                reason = f"The last validation: {self._last_report.summary}"
            else:
                reason = "No validation has ended: check that Airflow's triggerer runs."
            raise type(error)(f"{error} {reason}") from error


def _failure(report: Report) -> AirflowFailException | AirflowNotFoundException:
    """Return the error that ends the task; only one for a missing connection lets the task's retries apply.

    Airflow's workers say that there is no connection also when they can't read the API server or a secrets
    backend: that may pass.
    """
    is_missing = report.deciding.code.name == "connection_missing"
    return AirflowNotFoundException(report.summary) if is_missing else AirflowFailException(report.summary)
