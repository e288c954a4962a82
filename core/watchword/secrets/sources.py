"""Which places for secrets a process uses, in their order: what WATCHWORD_SECRETS says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING

from watchword import settings
from watchword.errors import SecretError
from watchword.findings.codes import finding
from watchword.secrets.google.resource_names import LOCATION, PROJECT
from watchword.secrets.secret_store import SecretStore

if TYPE_CHECKING:
    from watchword.secrets.google.manager import SecretManager

ENVIRONMENT = "env"
VAULT = "local"
GOOGLE = "gcp"

_GOOGLE_URL = re.compile(rf"gcp(?:://({PROJECT})?(?:/({LOCATION}))?/?)?")

_opened: dict[str, SecretStore] = {}
_opened_lock = Lock()


def sources() -> Sequence[str]:
    """Return the places in their order: `env`, `local`, `gcp://PROJECT`, `gcp://PROJECT/LOCATION`.

    Raises SecretError for one that is none, also where an earlier one would serve.
    """
    found = [part.strip() for part in settings.secrets().split(",") if part.strip()]
    for source in found:
        if source not in {ENVIRONMENT, VAULT} and not _GOOGLE_URL.fullmatch(source):
            raise _unsuitable(source)
    return found


def opened(source: str) -> SecretStore:
    """Return the process's one store of a source; no I/O. Raises SecretError for what is none."""
    with _opened_lock:
        found = _opened.get(source)
        if found is None:
            found = _made(source)
            if source != VAULT:  # which is another one where the environment says so
                _opened[source] = found
        return found


def first_google() -> str:
    """Return the first Secret Manager that is configured, else that of the credentials' project."""
    return next((source for source in sources() if source.startswith(GOOGLE)), GOOGLE)


def google(source: str = "") -> SecretManager:
    """Return the Secret Manager of a source, else the first one configured, else that of the credentials."""
    from watchword.secrets.google.manager import SecretManager  # noqa: PLC0415 - where one is asked

    found = opened(source or first_google())
    if not isinstance(found, SecretManager):
        raise _unsuitable(source)
    return found


def _made(source: str) -> SecretStore:
    if source == VAULT:
        from watchword.secrets.vault import open_vault  # noqa: PLC0415 - databases are imported where one is

        return open_vault()
    parts = _GOOGLE_URL.fullmatch(source)
    if parts is None:
        raise _unsuitable(source)
    from watchword.secrets.google.manager import SecretManager  # noqa: PLC0415 - likewise

    return SecretManager(parts[1] or "", parts[2] or "")


def _unsuitable(source: str) -> SecretError:
    message = f"No place for secrets is called {source[:40]!r}."
    return SecretError([finding("secrets_unsuitable", message)])
