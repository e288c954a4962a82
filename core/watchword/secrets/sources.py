"""The sources of secrets that a process uses, in order of search: what WATCHWORD_SECRETS names."""

from __future__ import annotations

import re
from collections.abc import Sequence
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


def configured_sources() -> Sequence[str]:
    """Return the configured sources in order: `env`, `local`, `gcp://PROJECT`, `gcp://PROJECT/LOCATION`.

    Raises SecretError if any of them is unknown, even if an earlier one would be enough.
    """
    sources = [part.strip() for part in settings.secrets().split(",") if part.strip()]
    for source in sources:
        if source not in {ENVIRONMENT, VAULT} and not _GOOGLE_URL.fullmatch(source):
            raise _unknown_source(source)
    return sources


def secret_store(source: str) -> SecretStore:
    """Return the process's one store of a source, without I/O; raises SecretError for an unknown source."""
    if source == VAULT:
        from watchword.secrets.vault import open_vault  # noqa: PLC0415 - loads when a vault is used

        return open_vault()
    parts = _GOOGLE_URL.fullmatch(source)
    if parts is None:
        raise _unknown_source(source)
    from watchword.secrets.google.managers import shared_secret_manager  # noqa: PLC0415 - loads when one is used

    return shared_secret_manager(parts[1] or "", parts[2] or "")


def default_google_source() -> str:
    """Return the first configured Secret Manager, or `gcp` for the project of the credentials."""
    return next((source for source in configured_sources() if source.startswith(GOOGLE)), GOOGLE)


def secret_manager(source: str = "") -> SecretManager:
    """Return the Secret Manager of a source, or of `default_google_source` if none is given."""
    from watchword.secrets.google.manager import SecretManager  # noqa: PLC0415 - loads when one is used

    store = secret_store(source or default_google_source())
    if not isinstance(store, SecretManager):
        raise _unknown_source(source)
    return store


def _unknown_source(source: str) -> SecretError:
    message = f"{source[:40]!r} is not a source of secrets that can be used here."
    return SecretError([finding("secrets_unsuitable", message)])
