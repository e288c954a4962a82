"""A report from its JSON data, as another process of watchword has written it with `Report.as_dict`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.findings.report import Report
from watchword.findings.where import Where


def report_of(data: Mapping[str, Any]) -> Report:
    """Return the report.

    Raises:
        ValueError: the data are no report, or one of a version that has other codes.
    """
    try:
        findings = tuple(_finding(each) for each in data["findings"])
        deciding = next(each for each in findings if each.code.name == data["code"])
        where = Where(**{part: str(text) for part, text in data["where"].items()})
        return Report(deciding, findings, float(data["duration"]), where)
    except (AttributeError, KeyError, StopIteration, TypeError):
        problem = "these data are not a report that this version can read"
    raise ValueError(problem)


def _finding(data: Mapping[str, Any]) -> Finding:
    return finding(
        str(data["code"]),
        str(data["message"]),
        advice=str(data["advice"]),
        evidence={str(label): str(text) for label, text in data["evidence"].items()},
        retry_after=data["retry_after"],
    )
