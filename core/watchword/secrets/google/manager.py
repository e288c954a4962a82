"""Google Secret Manager as a store of secrets: cached, with deadlines, and with one code for each failure."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from watchword.errors import SecretError
from watchword.redact import NeverPickled
from watchword.secrets.cache import Cache, Caching
from watchword.secrets.circuit_breaker import CircuitBreaker
from watchword.secrets.google.account import Account
from watchword.secrets.google.call_failures import call_error, configuration_error
from watchword.secrets.google.calls import LABEL, Calls, CallTimeouts
from watchword.secrets.google.service import Service
from watchword.secrets.secret_store import check_name, check_size

if TYPE_CHECKING:
    from google.cloud.secretmanager_v1 import SecretManagerServiceClient

_log = logging.getLogger("watchword.secrets")

LATEST = "latest"

_AT_ONCE = 16

KEPT_VERSIONS = 2
"""How many versions of a secret remain after one is added: the new one, and the one before."""


@dataclass(frozen=True)
class Options:
    """How secrets are read.

    Args:
        caching: how long the cache keeps them.
        timeouts: how long a call may take.
        versions: the number of the pinned version, by the secret's name; of all others the latest is read.
    """

    caching: Caching = field(default_factory=Caching)
    timeouts: CallTimeouts = field(default_factory=CallTimeouts)
    versions: Mapping[str, str] = field(default_factory=dict)


class SecretManager(NeverPickled):
    """The secrets of a Google Cloud project; no I/O before the first of them is asked for.

    Args:
        project: its id; that of GOOGLE_CLOUD_PROJECT or of the credentials if left out.
        location: of regional secrets, such as `europe-west3`; secrets are global if left out.
        account: the account that calls.
        options: caching, timeouts and pinned versions.

    Raises:
        SecretError: from each method; the code says whether access was denied, throttled, timed out,
            broken off, or brought altered content.
    """

    scheme = "gcp"

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
        self._service = Service(project, location, account or Account(), self._options.timeouts.deadline)
        self._calls = Calls(self._service, self._options.timeouts)
        self._cache = Cache(self._options.caching)
        self._breaker = CircuitBreaker()

    def __repr__(self) -> str:
        return f"<{self.display_name}>"

    @property
    def display_name(self) -> str:
        """The store's name for messages."""
        return self._calls.display_name

    def client(self) -> SecretManagerServiceClient:
        """Return Google's own client of this process, for calls that this class does not offer."""
        return self._service.client()

    def get(self, name: str, version: str = "") -> bytes | None:
        """Return a secret's content, possibly from the cache, or None if there is none.

        Args:
            name: of the secret.
            version: its number; the pinned one, else the latest, if left out.
        """
        version = version or self._options.versions.get(name, LATEST)
        return self._cache.get(f"{name}/{version}", lambda: self._access(name, version))

    def current(self, name: str) -> bytes | None:
        """Return a secret's content as the service has it now, or None if there is none."""
        version = self._options.versions.get(name, LATEST)
        content = self._access(name, version)
        self._cache.put(f"{name}/{version}", content)
        return content

    def put(self, name: str, payload: bytes) -> None:
        """Add a version and read it back; old versions of a secret that watchword created are destroyed."""
        check_name(name)
        check_size(name, payload)
        number = self._calls.add(name, payload)
        if number is None:
            self._calls.create(name)
            number = self._calls.add(name, payload)
        # Read back by number: only this is sure to be the new version, since `latest` may lag.
        if number is None or self._calls.access(name, number) != payload:
            raise call_error("secret_corrupt", self.display_name, name)
        self._cache.forget(f"{name}/")
        self._cache.put(f"{name}/{LATEST}", payload)
        self._prune(name)

    def remove(self, name: str) -> bool:
        """Delete a secret with all its versions and return whether it existed."""
        check_name(name)
        existed = self._calls.delete(name)
        self._cache.forget(f"{name}/")
        return existed

    def names(self, prefix: str = "") -> Sequence[str]:
        """Return the names that begin with the prefix, sorted; this needs the right to list secrets."""
        return self._calls.names(prefix)

    def contents(self, prefix: str = "") -> Mapping[str, bytes | None]:
        """Return the secrets whose names begin with the prefix, sorted; None for one that can't be read.

        Secret Manager has no call for several: 16 are asked for at a time, and those in the cache not at all.
        """
        names = self.names(prefix)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return dict(zip(names, pool.map(self._content, names), strict=True))

    def _content(self, name: str) -> bytes | None:
        try:
            return self.get(name)
        except SecretError:
            return None

    def _prune(self, name: str) -> None:
        """Destroy old versions; if that fails, the new secret is stored all the same."""
        try:
            secret = self._calls.describe(name)
            if secret is not None and LABEL in secret.labels:
                self._calls.destroy_old(name, KEPT_VERSIONS)
        except SecretError as error:
            _log.warning("Old versions of the secret %s are left and go on costing money: %s", name, error)

    def _access(self, name: str, version: str) -> bytes | None:
        check_name(name)
        _check_version(name, version)
        return self._breaker.call(lambda: self._calls.access(name, version))


def _check_version(name: str, version: str) -> None:
    if not (version == LATEST or (version.isascii() and version.isdigit())):
        raise configuration_error(f"The version {version[:20]!r} of the secret {name} must be a number.")
