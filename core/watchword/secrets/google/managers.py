"""The Secret Managers of this process: equal settings give the same one, with its cache and channel."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import is_dataclass

from watchword.secrets.google.account import Account
from watchword.secrets.google.manager import Options, SecretManager
from watchword.secrets.google.service import EMULATOR

_ENVIRONMENT = (EMULATOR, "GOOGLE_CLOUD_PROJECT", "GOOGLE_APPLICATION_CREDENTIALS")
"""The variables that decide who is asked, and as whom."""

_SALT = secrets.token_bytes(32)

_managers: dict[bytes, SecretManager] = {}


def shared_secret_manager(
    project: str = "", location: str = "", account: Account | None = None, options: Options | None = None
) -> SecretManager:
    """Return the process's one Secret Manager of these settings; no I/O.

    `watchword.connect`, Airflow's backends and Dagster's resources share what was read, and the channel.
    The arguments and errors are those of `SecretManager`.
    """
    account, options = account or Account(), options or Options()
    key = _key(project, location, account, options)
    # `setdefault` is one step, so there is no lock that a fork could copy while it is held. A manager
    # that loses the race has made no call.
    return _managers.get(key) or _managers.setdefault(key, SecretManager(project, location, account, options))


def _key(*settings: object) -> bytes:
    """Return a keyed hash of the settings: the table's keys must not hold a key file's content."""
    environment = [os.environ.get(name) for name in _ENVIRONMENT]
    content = json.dumps([environment, *settings], sort_keys=True, default=_plain)
    return hashlib.blake2b(content.encode("utf-8", "replace"), key=_SALT).digest()


def _plain(value: object) -> object:
    """Return what JSON can hold of a value."""
    if is_dataclass(value):
        return vars(value)
    return dict(value) if isinstance(value, Mapping) else str(value)
