"""`CredentialSensor`: extraction starts only after the connection's credential has been validated."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, get_args

from airflow.sdk import BaseSensorOperator, PokeReturnValue
from airflow.sdk.exceptions import AirflowFailException

from airflow_provider_watchword.hooks import ApiHook
from airflow_provider_watchword.links import ConnectionLink
from watchword.findings.finding import Finding, Permanence, Verdict
from watchword.findings.report import Report
from watchword.validation.plan import ValidationPlan

if TYPE_CHECKING:
    from airflow.sdk import Context

OnInconclusive = Literal["fail", "pass", "wait"]


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

    def poke(self, context: Context) -> bool | PokeReturnValue:  # noqa: ARG002 - the base's signature
        """Validate once; return the report if the credential is valid, False if waiting may help.

        Raises:
            AirflowFailException: waiting doesn't help.
        """
        report = self._validate()
        self._log_report(report)
        permanence = report.permanence
        waived = permanence is Permanence.INCONCLUSIVE and self.on_inconclusive == "pass"
        if report.ok or waived:
            return PokeReturnValue(is_done=True, xcom_value=report.as_dict())
        waiting = permanence is Permanence.INCONCLUSIVE and self.on_inconclusive == "wait"
        if waiting or permanence is Permanence.TRANSIENT:
            self.log.warning("The credential is not validated yet; trying again in %s s.", self.poke_interval)
            return False
        raise AirflowFailException(report.summary)

    def _validate(self) -> Report:
        expected = self.expected_status
        statuses = () if expected is None else (expected,) if isinstance(expected, int) else tuple(expected)
        plan = ValidationPlan(self.test_url, self.http_method, frozenset(statuses))
        return ApiHook(self.http_conn_id).run_validation(plan, "sensor")

    def _log_report(self, report: Report) -> None:
        """Log each finding with advice and evidence, at a level that fits its effect on the run."""
        level = {Verdict.VALID: logging.INFO, Verdict.VALID_BUT_LIMITED: logging.WARNING}.get(
            report.verdict,
            logging.WARNING if report.permanence is Permanence.TRANSIENT else logging.ERROR,
        )
        self.log.log(level, "Credential of the connection %r: %s", self.http_conn_id, report.verdict)
        self._log_finding(report.deciding, level)
        for note in report.notes:
            self._log_finding(note, min(level, logging.WARNING))
        self.log.info("Validated by %s", report.where)

    def _log_finding(self, finding: Finding, level: int) -> None:
        self.log.log(level, "%s: %s", finding.code.name, finding.message)
        if level > logging.INFO:
            self.log.log(level, "  What to do: %s See %s", finding.advice, finding.code.help)
        for label, text in finding.evidence.items():
            self.log.log(level, "  %s: %s", label, text)
