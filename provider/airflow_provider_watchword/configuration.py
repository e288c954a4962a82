"""The options of `[watchword]` in airflow.cfg: where tokens are stored, and with what key.

The environment (`WATCHWORD_STORE`, `WATCHWORD_KEY`) overrides them, so one setting can serve both the
command line and Airflow.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from airflow.sdk.configuration import conf

from watchword.errors import DocumentError
from watchword.findings.codes import finding

if TYPE_CHECKING:
    from watchword import Connection
    from watchword.stores.contracts import Store

SECTION = "watchword"

OPTIONS: dict[str, dict[str, Any]] = {
    "store": {
        "description": (
            "Where tokens are stored: sqlite:///ABSOLUTE/PATH, or, if tasks run on several machines, "
            "postgresql+psycopg://USER:PASSWORD@HOST/DATABASE. If left out, a file of the current user. "
            "WATCHWORD_STORE overrides this option."
        ),
        "version_added": "0.1.0",
        "type": "string",
        "sensitive": True,
        "example": None,
        "default": "",
    },
    "key": {
        "description": (
            "The key that encrypts tokens: 32 bytes in base64url. Several keys are separated by commas; "
            "the first one encrypts. WATCHWORD_KEY overrides this option."
        ),
        "version_added": "0.1.0",
        "type": "string",
        "sensitive": True,
        "example": None,
        "default": "",
    },
}
"""The options in the form of Airflow's provider information."""

_SINGLE_HOST_EXECUTORS = ("LocalExecutor", "SequentialExecutor", "DebugExecutor")


def token_store() -> Store:
    """Return the token store of this deployment; no I/O."""
    from watchword.stores import open_store  # noqa: PLC0415 - import time

    return open_store(option("store"), option("key"))


def refuse_unshared_sign_in(connection: Connection) -> None:
    """Refuse a sign-in in a store on one machine if tasks run on several.

    Raises:
        DocumentError: each machine would use up the refresh tokens of the others.
    """
    executor = _multi_host_executor()
    if executor and connection.document.method.signs_in and not connection.store.leaves_host:
        message = (
            f"The sign-in of {connection.name!r} is kept in {connection.store.display_url}, on one machine, "
            f"while {executor} runs tasks on several."
        )
        raise DocumentError([finding("store_not_shared", message)])


def _multi_host_executor() -> str | None:
    """Return the first configured executor that runs tasks on other machines, None if there is none."""
    names: str = conf.get("core", "executor", fallback="LocalExecutor")
    executors = [name.rpartition(":")[2].rpartition(".")[2] for name in names.replace(" ", "").split(",")]
    return next((name for name in executors if name and name not in _SINGLE_HOST_EXECUTORS), None)


def option(name: str) -> str | None:
    """Return an option of airflow.cfg, None if it isn't set or the environment overrides it."""
    if os.environ.get(f"WATCHWORD_{name.upper()}", "").strip():
        return None
    # The output of a command (key_cmd) ends in a line break.
    value: str = conf.get(SECTION, name, fallback="") or ""
    return value.strip() or None
