"""The clock of this machine against that of an API, by a call without a credential."""

from __future__ import annotations

import time
from collections.abc import Iterator

import requests

from watchword.cli.doctor.line import Line, of_finding, ok, warning
from watchword.connection import Connection, load
from watchword.http import faults
from watchword.http.origins import host, origin
from watchword.validation import clock_skew

TOPIC = "clock"

TIMEOUT = 5.0
"""Longest wait for the API, in seconds."""

_ON_THE_WAY = ("base_url", "proxy", "verify", "ca_bundle")
"""The fields of a document that say how its API is reached; none holds the credential."""


def lines(connection: Connection) -> Iterator[Line]:
    """Yield how far the clock of this machine is from that of the connection's API."""
    where = host(connection.base_url)
    try:
        response, received = _answer(connection)
    except (requests.RequestException, OSError) as error:
        yield of_finding("reachability", faults.classify(error, f"the API at {where}"))
        return
    yield ok("reachability", f"the API at {where} answers ({response.status_code})")
    remarks = clock_skew.remarks(response.headers, received)
    yield from (of_finding(TOPIC, remark) for remark in remarks)
    seconds = clock_skew.ahead(response.headers, received)
    if seconds is None:
        yield warning(TOPIC, f"the API at {where} doesn't say its time.", "Compare the clock by NTP.")
    elif not remarks:
        yield ok(TOPIC, f"it differs by less than {clock_skew.DRIFT:.0f} seconds from that of {where}")


def _answer(connection: Connection) -> tuple[requests.Response, float]:
    """Return the response to a HEAD without a credential, and when it came."""
    common = connection.document.common
    fields = {name: getattr(common, name) for name in _ON_THE_WAY if name in common.model_fields_set}
    # As a stored document: the networks that the deployment allows hold for this call too.
    document = {**fields, "method": "none", "timeout": TIMEOUT}
    with load(document, stored=True).session() as session:
        response = session.head(origin(connection.base_url) or connection.base_url, allow_redirects=False)
        return response, time.time()
