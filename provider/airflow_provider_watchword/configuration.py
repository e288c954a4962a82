"""What `[watchword]` in airflow.cfg says: where tokens are kept, and with what key.

The environment (`WATCHWORD_STORE`, `WATCHWORD_KEY`) wins, so that the command line and Airflow can be
told the same thing once.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from airflow.sdk.configuration import conf

from watchword.errors import DocumentError
from watchword.findings.codes import finding

if TYPE_CHECKING:
    from watchword import Connection
    from watchword.tokens.token_store import TokenStore

SECTION = "watchword"

OPTIONS: dict[str, dict[str, Any]] = {
    "store": {
        "description": (
            "Where tokens are kept: sqlite:///ABSOLUTE/PATH, or, where tasks run on several machines, "
            "postgresql+psycopg://USER:PASSWORD@HOST/DATABASE. A file of the user's if left out; "
            "WATCHWORD_STORE wins."
        ),
        "version_added": "0.1.0",
        "type": "string",
        "sensitive": True,
        "example": None,
        "default": "",
    },
    "key": {
        "description": (
            "What tokens are encrypted with: base64url of 32 bytes; several are separated by commas, "
            "of which the first encrypts. WATCHWORD_KEY wins."
        ),
        "version_added": "0.1.0",
        "type": "string",
        "sensitive": True,
        "example": None,
        "default": "",
    },
}
"""The options as Airflow's provider information has them."""

_ON_ONE_HOST = ("LocalExecutor", "SequentialExecutor", "DebugExecutor")


def token_store() -> TokenStore:
    """Return the token store of this deployment; no I/O."""
    from watchword.stores import open_store  # noqa: PLC0415 - import time

    return open_store(_option("store"), _option("key"))


def refuse_unshared(connection: Connection) -> None:
    """Refuse a sign-in that is kept on one machine where tasks run on several.

    Raises:
        DocumentError: each machine would use up the refresh tokens of the others.
    """
    executor = _leaving_executor()
    if executor and connection.signs_in and not connection.store.leaves_host:
        message = (
            f"The sign-in of {connection.name!r} is kept in {connection.store.display_url}, on one machine, while "
            f"{executor} runs tasks on several."
        )
        raise DocumentError([finding("store_not_shared", message)])


def _leaving_executor() -> str | None:
    """Return the configured executor that runs tasks on other machines, None where there is none."""
    names: str = conf.get("core", "executor", fallback="LocalExecutor")
    executors = [name.rpartition(":")[2].rpartition(".")[2] for name in names.replace(" ", "").split(",")]
    return next((name for name in executors if name and name not in _ON_ONE_HOST), None)


def _option(name: str) -> str | None:
    """Return what airflow.cfg says, None where it is silent or the environment says it."""
    if os.environ.get(f"WATCHWORD_{name.upper()}", "").strip():
        return None
    # What a command prints (key_cmd) ends in a line break.
    value: str = conf.get(SECTION, name, fallback="") or ""
    return value.strip() or None
