"""Errors and reports say everything, and survive the way from one process to another."""

from __future__ import annotations

import copy
import pickle  # noqa: TID251 - process pools bring errors back by it

import pytest

import watchword
from watchword.findings.codes import finding
from watchword.findings.report import Report

FINDING = finding("rate_limited_429", "Too fast.", evidence={"status": "429"}, retry_after=7)
REPORT = Report(FINDING, (FINDING,), 0.5)
ERRORS = [
    watchword.DocumentError([FINDING]),
    watchword.RequestError([FINDING]),
    watchword.TokenError([FINDING]),
    watchword.CredentialsError(REPORT),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_errors_can_be_brought_back_from_another_process(error):
    """A pickled error comes back with its findings and its words."""
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert type(again) is type(error)
    assert (again.findings, str(again), again.code) == (error.findings, str(error), error.code)
    assert again.retryable


def test_reports_can_be_copied():
    """A report and its findings are plain data."""
    assert copy.deepcopy(REPORT) == REPORT
    assert REPORT.as_dict()["findings"][0]["retry_after"] == 7


def test_a_message_says_what_and_what_to_do():
    """The text of an error holds code, message, advice and evidence."""
    text = "rate_limited_429: Too fast. Wait: the credential is probably valid. [status: 429]"
    assert str(ERRORS[0]) == text


def test_a_report_needs_a_finding_that_decides():
    """A report whose deciding finding is only a remark has no verdict."""
    remark = finding("empty_result", "Nothing.")
    with pytest.raises(ValueError, match="decides nothing"):
        _ = Report(remark, (remark,)).verdict


def test_a_report_is_true_if_it_is_ok():
    """`if connection.validate():` means that the credential is proven; the report prints its summary."""
    assert not REPORT
    assert Report(finding("authenticated", "Yes."), ())
    assert str(REPORT) == REPORT.summary
