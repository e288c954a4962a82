"""A report in the log of a task: each finding with advice and evidence, at a level that fits its effect."""

from __future__ import annotations

import logging
from typing import Any

from watchword.findings.finding import Finding, Permanence, Verdict
from watchword.findings.report import Report


def log_report(log: Any, http_conn_id: str, report: Report) -> None:  # noqa: ANN401 - Airflow's loggers differ
    """Log verdict, cause, action, evidence and place, one line each.

    Args:
        log: the logger of a task or a trigger.
        http_conn_id: the id of the connection that was validated.
        report: of the validation.
    """
    level = {Verdict.VALID: logging.INFO, Verdict.VALID_BUT_LIMITED: logging.WARNING}.get(
        report.verdict,
        logging.WARNING if report.permanence is Permanence.TRANSIENT else logging.ERROR,
    )
    log.log(level, "Credential of the connection %r: %s", http_conn_id, report.verdict)
    _log_finding(log, report.deciding, level)
    for note in report.notes:
        _log_finding(log, note, min(level, logging.WARNING))
    log.info("Validated by %s", report.where)


def _log_finding(log: Any, finding: Finding, level: int) -> None:  # noqa: ANN401 - as above
    log.log(level, "%s: %s", finding.code.name, finding.message)
    if level > logging.INFO:
        log.log(level, "  What to do: %s See %s", finding.advice, finding.code.help)
    for label, text in finding.evidence.items():
        log.log(level, "  %s: %s", label, text)
