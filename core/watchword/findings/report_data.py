"""A report from its JSON data, as another process of watchword has written it with `Report.as_dict`.

The other process may have another version, with codes that this one doesn't know: the data alone decide.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from watchword.findings.codes import CODES
from watchword.findings.finding import Code, Finding, Permanence, Phase, Severity, Verdict
from watchword.findings.report import Report
from watchword.findings.where import Where


def report_of(data: Mapping[str, Any]) -> Report:
    """Return the report.

    Raises:
        ValueError: the data aren't a report.
    """
    try:
        verdict = Verdict(data["verdict"])
        findings = tuple(
            _finding(each, verdict, is_deciding=each["code"] == data["code"]) for each in data["findings"]
        )
        deciding = next(each for each in findings if each.code.name == data["code"])
        where = Where(**{part: str(text) for part, text in data["where"].items()})
        return Report(deciding, findings, float(data["duration"]), where)
    except (AttributeError, KeyError, StopIteration, TypeError):
        problem = "these data are not a report that this version can read"
    raise ValueError(problem)


def finding_of(data: Mapping[str, Any]) -> Finding:
    """Return a finding from what `Finding.as_dict` has written; it decides no validation."""
    known = CODES.get(str(data["code"]))
    return _finding(data, known.verdict if known else None, is_deciding=True)


def _finding(data: Mapping[str, Any], verdict: Verdict | None, *, is_deciding: bool) -> Finding:
    code = Code(
        name=str(data["code"]),
        phase=Phase(data["phase"]),
        severity=Severity(data["severity"]),
        permanence=Permanence(data["permanence"]),
        verdict=verdict if is_deciding else None,
        advice=str(data["advice"]),
    )
    known = CODES.get(code.name)
    if known and known.permanence is code.permanence and (known.verdict is verdict or not is_deciding):
        code = known
    evidence = {str(label): str(text) for label, text in data["evidence"].items()}
    return Finding(code, str(data["message"]), str(data["advice"]), evidence, data["retry_after"])
