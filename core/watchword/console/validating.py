"""A validation that a page asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from watchword.console.host import Host
from watchword.errors import WatchwordError
from watchword.findings.report import Report
from watchword.findings.where import Where
from watchword.validation.plan import ValidationPlan
from watchword.validation.procedure import validate

CONSOLE = Where("console")

HTTP_METHOD, TEST_URL = "validation.http_method", "validation.test_url"
"""The names of the inputs: the verb, and the URL in place of the document's own."""


def report_of(  # noqa: PLR0913 - what is validated, and how
    host: Host,
    name: str,
    document: Mapping[str, Any],
    http_method: str = "GET",
    test_url: str = "",
    *,
    private: bool = False,
) -> Report:
    """Validate a document and return the report, also if the document can't be used.

    `private` keeps the tokens of a document that isn't stored under this name away from those that are.
    """
    try:
        connection = host.open(name, document, private=private)
    except WatchwordError as error:
        return error.report.at(CONSOLE)
    return validate(connection, ValidationPlan(test_url or None, http_method)).at(CONSOLE)
