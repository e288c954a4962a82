"""Google Secret Manager as a place for secrets: cached, patient within limits, and honest about failures."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from watchword.errors import SecretError
from watchword.redact import NeverPickled
from watchword.secrets.cache import Cache, Caching
from watchword.secrets.circuit_breaker import CircuitBreaker
from watchword.secrets.google.account import Account
from watchword.secrets.google.call_failures import failure, unsuitable
from watchword.secrets.google.calls import LABEL, Calls, Patience
from watchword.secrets.google.service import Service
from watchword.secrets.secret_store import check_name, check_size

if TYPE_CHECKING:
    from google.cloud.secretmanager_v1 import SecretManagerServiceClient

_log = logging.getLogger("watchword.secrets")

LATEST = "latest"

KEPT = 2
"""How many versions of a secret are left when one is added: the new one, and the one before."""


@dataclass(frozen=True)
class Options:
    """How secrets are asked for.

    Args:
        caching: for how long what was read is used.
        patience: how long a call may take.
        versions: the number of the version to be read, by the secret's name; the latest of all others.
    """

    caching: Caching = field(default_factory=Caching)
    patience: Patience = field(default_factory=Patience)
    versions: Mapping[str, str] = field(default_factory=dict)


class SecretManager(NeverPickled):
    """The secrets of a project of Google Cloud; no I/O before the first of them is asked for.

    Args:
        project: its id; that of GOOGLE_CLOUD_PROJECT or of the credentials if left out.
        location: where regional secrets are, such as `europe-west3`; global ones if left out.
        account: as whom to ask.
        options: caching, deadlines and pinned versions.

    Raises:
        SecretError: from each method; the code says whether access was denied, throttled, timed out,
            broken off, or brought altered content.
    """

    def __init__(
        self,
        project: str = "",
        location: str = "",
        account: Account | None = None,
        options: Options | None = None,
    ) -> None:
        self._options = options or Options()
        for name, version in self._options.versions.items():
            _check_version(name, version)
        self._service = Service(project, location, account or Account(), self._options.patience.deadline)
        self._calls = Calls(self._service, self._options.patience)
        self._cache = Cache(self._options.caching)
        self._breaker = CircuitBreaker()

    def __repr__(self) -> str:
        return f"<{self.display_name}>"

    @property
    def display_name(self) -> str:
        """What it is, for messages."""
        return self._calls.display_name

    def client(self) -> SecretManagerServiceClient:
        """Return Google's own client of this process, for what is not offered here."""
        return self._service.client()

    def get(self, name: str, version: str = "") -> bytes | None:
        """Return a secret's content, None where there is none.

        Args:
            name: of the secret.
            version: its number; the pinned one, else the latest if left out.
        """
        wanted = version or self._options.versions.get(name, LATEST)
        return self._cache.get(f"{name}/{wanted}", lambda: self._accessed(name, wanted))

    def current(self, name: str) -> bytes | None:
        """Return a secret's content as the service has it now, None where there is none."""
        wanted = self._options.versions.get(name, LATEST)
        content = self._accessed(name, wanted)
        self._cache.keep(f"{name}/{wanted}", content)
        return content

    def put(self, name: str, payload: bytes) -> None:
        """Add a version and read it back; the older ones of a secret that was made here are destroyed."""
        check_name(name)
        check_size(name, payload)
        number = self._calls.add(name, payload)
        if number is None:
            self._calls.create(name)
            number = self._calls.add(name, payload)
        # By its number: that alone is sure to be the new one, while `latest` may lag.
        if number is None or self._calls.access(name, number) != payload:
            raise failure("secret_corrupt", self.display_name, name)
        self._cache.drop(f"{name}/")
        self._cache.keep(f"{name}/{LATEST}", payload)
        self._prune(name)

    def remove(self, name: str) -> bool:
        """Delete a secret with all its versions and return whether there was one."""
        check_name(name)
        there = self._calls.delete(name)
        self._cache.drop(f"{name}/")
        return there

    def names(self, prefix: str = "") -> Sequence[str]:
        """Return the names that begin with the prefix, sorted; needs the right to list secrets."""
        return self._calls.names(prefix)

    def _prune(self, name: str) -> None:
        """Destroy old versions; where that fails the secret is stored all the same."""
        try:
            known = self._calls.describe(name)
            if known is not None and LABEL in known.labels:
                self._calls.destroy_old(name, KEPT)
        except SecretError as error:
            _log.warning("Old versions of the secret %s are left, which cost money: %s", name, error)

    def _accessed(self, name: str, version: str) -> bytes | None:
        check_name(name)
        _check_version(name, version)
        return self._breaker.call(lambda: self._calls.access(name, version))


def _check_version(name: str, version: str) -> None:
    if not (version == LATEST or (version.isascii() and version.isdigit())):
        raise unsuitable(f"The version {version[:20]!r} of the secret {name} is no number.")
