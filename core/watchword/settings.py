"""What the environment says about this machine's part: where watchword keeps things, and by which keys."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """Return the folder for what watchword keeps: WATCHWORD_HOME, else one of this user's.

    A relative one stays so, and is refused by the store: it would be another in each working directory.
    """
    given = os.environ.get("WATCHWORD_HOME", "").strip()
    if given:
        return Path(given).expanduser()
    from platformdirs import user_data_path  # noqa: PLC0415 - not needed where the environment says it

    return user_data_path("watchword", appauthor=False)


def store_url() -> str:
    """Return the token store's URL: WATCHWORD_STORE, else a file in `home`."""
    return os.environ.get("WATCHWORD_STORE", "").strip() or f"sqlite:///{home() / 'tokens.db'}"


def keys() -> str:
    """Return the store's keys as they are given in WATCHWORD_KEY; "" where none is."""
    return os.environ.get("WATCHWORD_KEY", "").strip()


def secrets() -> str:
    """Return the places for secrets, comma separated: WATCHWORD_SECRETS, else environment and vault."""
    return os.environ.get("WATCHWORD_SECRETS", "").strip() or "env,local"
