"""The settings of this machine in environment variables: folder, token store, keys and places for secrets."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

VARIABLES = (
    "WATCHWORD_HOME",
    "WATCHWORD_STORE",
    "WATCHWORD_KEY",
    "WATCHWORD_SECRETS",
    "WATCHWORD_ALLOWED_REFERENCES",
    "WATCHWORD_ALLOWED_NETWORKS",
    "WATCHWORD_CONSOLE_URL",
    "WATCHWORD_DEBUG",
)
"""The variables that watchword reads."""

VARIABLE_PREFIXES = ("WATCHWORD_CONN_", "WATCHWORD_SECRET_")
"""The beginnings of the variables that hold connections, and secrets that stored connections refer to."""


def home() -> Path:
    """Return the folder for watchword's files: WATCHWORD_HOME, else a folder of this user.

    A relative path stays relative, and the store refuses it: it would mean another folder in each working
    directory.
    """
    configured = os.environ.get("WATCHWORD_HOME", "").strip()
    if configured:
        return Path(configured).expanduser()
    from platformdirs import user_data_path  # noqa: PLC0415 - not needed if the variable is set

    return user_data_path("watchword", appauthor=False)


def store_url() -> str:
    """Return the token store's URL: WATCHWORD_STORE, else a file in `home`."""
    return os.environ.get("WATCHWORD_STORE", "").strip() or f"sqlite:///{home() / 'tokens.db'}"


def keys() -> str:
    """Return the store's keys as they are written in WATCHWORD_KEY, "" if there are none."""
    return os.environ.get("WATCHWORD_KEY", "").strip()


def console_url(name: str) -> str:
    """Return the absolute URL of a connection's page in WATCHWORD_CONSOLE_URL's console, "" without one."""
    root = os.environ.get("WATCHWORD_CONSOLE_URL", "").strip().rstrip("/")
    return f"{root}/connections/{quote(name, safe='')}" if root else ""


def secrets() -> str:
    """Return the places for secrets, separated by commas: WATCHWORD_SECRETS, else environment and vault."""
    return os.environ.get("WATCHWORD_SECRETS", "").strip() or "env,local"
