"""Compare this machine's clock with the API's Date header (RFC 9110 section 6.6.1); no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from watchword.findings.codes import finding
from watchword.findings.finding import Finding

DRIFT = 30.0
"""A difference above this many seconds is worth a remark."""

SKEW = 300.0
"""A difference above this many seconds explains a refusal; AWS and most token checks allow this much."""


def ahead(headers: Mapping[str, str], received: float) -> float | None:
    """Return how many seconds this machine's clock is ahead of the server's, None if that isn't known.

    `received` is when the response came, in seconds since 1970. A response from a cache tells nothing.
    """
    if "Age" in headers:
        return None
    try:
        return received - parsedate_to_datetime(headers.get("Date", "")).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def remarks(headers: Mapping[str, str], received: float) -> list[Finding]:
    """Return a warning if the clocks differ by more than half a minute."""
    seconds = ahead(headers, received)
    return (
        [finding("clock_drift", _difference(seconds))] if seconds is not None and abs(seconds) > DRIFT else []
    )


def reason(headers: Mapping[str, str], received: float) -> Finding | None:
    """Return a finding if the clocks are too far apart for a signature or token to be accepted."""
    seconds = ahead(headers, received)
    return (
        finding("clock_skew", _difference(seconds)) if seconds is not None and abs(seconds) > SKEW else None
    )


def _difference(seconds: float) -> str:
    direction = "ahead of" if seconds > 0 else "behind"
    return f"This machine's clock is {abs(seconds):.0f} seconds {direction} the API's."
