"""Where a validation ran, and reports that travel between processes as JSON."""

from __future__ import annotations

import json
import platform

import pytest

from watchword.findings.codes import finding
from watchword.findings.report import Report
from watchword.findings.report_data import report_of
from watchword.findings.where import Where


def a_report():
    warning = finding("clock_drift", "It differs.")
    deciding = finding("unauthorized_401", "401", evidence={"status": "401"}, retry_after=3.0)
    return Report(deciding, (warning, deciding), 0.5)


def test_a_report_names_this_machine_by_default():
    """A report that no host has placed says on which machine it was made."""
    assert a_report().where == Where("python", machine=platform.node())


def test_a_host_places_its_report():
    """A host gives its kind and job; the machine is filled in."""
    placed = a_report().at(Where("sensor", "daily.gate"))
    assert str(placed.where) == f"sensor daily.gate on {platform.node()}"
    assert placed.as_dict()["where"] == placed.where._asdict()


def test_a_report_survives_json():
    """A report that was written as JSON on a worker is read as the same report."""
    report = a_report().at(Where("worker", "dag.task", "worker-7"))
    assert report_of(json.loads(json.dumps(report.as_dict()))) == report


@pytest.mark.parametrize(
    "change", [{"findings": None}, {"code": "later_code"}, {"where": 3}, {"duration": None}]
)
def test_what_is_no_report_is_refused(change):
    """Data that aren't a report end in a ValueError that quotes nothing of them."""
    data = {**json.loads(json.dumps(a_report().as_dict())), **change}
    with pytest.raises(ValueError, match="not a report"):
        report_of(data)
