"""The patterns of Google Cloud's projects and locations: both become parts of names and hosts."""

from __future__ import annotations

PROJECT = r"[a-z0-9.:-]{1,100}"
"""A regular expression for a project's id or number."""

LOCATION = r"[a-z0-9-]{1,40}"
"""A regular expression for a location; it has no dot, which would make another host of the endpoint."""
