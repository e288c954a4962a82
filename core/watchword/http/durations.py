"""Durations in seconds, as headers and bodies state them."""

from __future__ import annotations

import math


def seconds(value: object) -> float | None:
    """Return a number, or text of one, as finite seconds; None for anything else."""
    try:
        number = float(value) if isinstance(value, (int, float, str)) else math.nan
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def retry_after(value: str | None) -> float | None:
    """Return the seconds of a Retry-After header (RFC 9110, 10.2.3); None for none, or a date."""
    text = (value or "").strip()
    return float(text[:9]) if text.isascii() and text.isdigit() else None
