"""What projects and locations of Google Cloud may be called: they become parts of names and of a host."""

from __future__ import annotations

PROJECT = r"[a-z0-9.:-]{1,100}"
"""A regular expression for a project's id or number."""

LOCATION = r"[a-z0-9-]{1,40}"
"""One for a location: with a dot in it, another host would be called."""
