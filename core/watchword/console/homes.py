"""The place that a person chooses for a new connection."""

from __future__ import annotations

from fastapi import HTTPException

from watchword.console.host import Home, Host


def chosen_home(host: Host, key: str) -> Home:
    """Return the place with a key, the host's first one without a key; refuses one that isn't offered."""
    homes = [home for home in host.homes() if home.is_writable]
    chosen = next((home for home in homes if home.key == key), homes[0] if homes and not key else None)
    if chosen is None:
        raise HTTPException(400, "Connections can't be kept there.")
    return chosen
