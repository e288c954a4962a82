"""The secrets of one emulator, with their versions, states and etags."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from itertools import count
from threading import RLock
from time import time_ns
from typing import Literal

from watchword_playground.secret_manager.refusal import Refusal
from watchword_playground.secret_manager.resource_names import VersionName

LARGEST = 65536
"""The largest payload in bytes."""

_EPOCH = datetime.fromtimestamp(0, timezone.utc)
State = Literal["ENABLED", "DISABLED", "DESTROYED"]


@dataclass(frozen=True)
class Version:
    """One version of a secret. The payload of a destroyed version is empty."""

    number: int
    payload: bytes = field(repr=False)
    etag: str
    created: datetime
    state: State = "ENABLED"
    destroyed: datetime | None = None
    checksum_given: bool = False


@dataclass(frozen=True)
class Secret:
    """A secret without its versions. `replication` is Google's message, b"" for a regional secret."""

    name: str
    etag: str = ""
    created: datetime = _EPOCH
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    replication: bytes = b""


class SecretMemory:
    """All secrets by their full names. Thread-safe; the returned objects never change.

    `stale_latest` makes `latest` lag: by one version (True), or behind versions younger than so many seconds.
    """

    def __init__(self) -> None:
        self.stale_latest: bool | float = False
        self._lock = RLock()
        self._secrets: dict[str, Secret] = {}
        self._versions: dict[str, list[Version]] = {}
        self._etags = count(time_ns() // 1000)

    def create(self, draft: Secret) -> Secret:
        """Store a new secret with a new etag and the current time."""
        name = draft.name
        with self._lock:
            if name in self._secrets:
                raise Refusal("ALREADY_EXISTS", f"Secret [{name}] already exists.")
            self._secrets[name] = replace(draft, etag=self._etag(), created=_now())
            self._versions[name] = []
            return self._secrets[name]

    def secret(self, name: str) -> Secret:
        """Return a secret; raises Refusal if it is unknown."""
        with self._lock:
            if name not in self._secrets:
                raise Refusal("NOT_FOUND", f"Secret [{name}] not found.")
            return self._secrets[name]

    def secrets(self, parent: str) -> list[Secret]:
        """Return the secrets of a project or location, newest first."""
        with self._lock:
            secrets = [each for each in self._secrets.values() if each.name.startswith(f"{parent}/secrets/")]
        return secrets[::-1]

    def update(
        self,
        name: str,
        etag: str,
        *,
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
    ) -> Secret:
        """Change the labels or annotations that are given, with a new etag."""
        with self._lock:
            before = self.secret(name)
            _check_etag(f"Secret [{name}]", before.etag, etag)
            after = replace(
                before,
                etag=self._etag(),
                labels=before.labels if labels is None else dict(labels),
                annotations=before.annotations if annotations is None else dict(annotations),
            )
            self._secrets[name] = after
            return after

    def delete(self, name: str, etag: str) -> None:
        """Delete a secret and all its versions."""
        with self._lock:
            _check_etag(f"Secret [{name}]", self.secret(name).etag, etag)
            del self._secrets[name], self._versions[name]

    def add(self, name: str, payload: bytes, *, checksum_given: bool = False) -> Version:
        """Store a new version, which is visible by its number at once."""
        if not payload:
            raise Refusal("INVALID_ARGUMENT", "Secret Payload cannot be empty.")
        if len(payload) > LARGEST:
            raise Refusal("INVALID_ARGUMENT", f"Secret Payload cannot be larger than {LARGEST} bytes.")
        with self._lock:
            self.secret(name)
            versions = self._versions[name]
            version = Version(len(versions) + 1, payload, self._etag(), _now(), checksum_given=checksum_given)
            versions.append(version)
            return version

    def versions(self, name: str) -> list[Version]:
        """Return all versions of a secret, newest first."""
        with self._lock:
            self.secret(name)
            return self._versions[name][::-1]

    def version(self, name: VersionName) -> Version:
        """Return a version in any state, by its number or as `latest`."""
        with self._lock:
            versions = self._versions.get(name.secret, [])
            if not versions:
                raise Refusal("NOT_FOUND", f"Secret [{name.secret}] not found or has no versions.")
            if name.version == "latest":
                return self._latest(versions)
            number = int(name.version) if name.version.isdecimal() else 0
            if not 1 <= number <= len(versions):
                raise Refusal("NOT_FOUND", f"Secret Version [{name}] not found.")
            return versions[number - 1]

    def access(self, name: VersionName) -> Version:
        """Return a version whose payload may be read: it must be enabled."""
        version = self.version(name)
        if version.state != "ENABLED":
            numbered = VersionName(name.secret, str(version.number))
            raise Refusal("FAILED_PRECONDITION", f"Secret Version [{numbered}] is in {version.state} state.")
        return version

    def change(self, name: VersionName, state: State, etag: str) -> Version:
        """Change the state of a version. A destroyed version stays destroyed."""
        if not name.version.isdecimal():
            raise Refusal("INVALID_ARGUMENT", f"Secret Version [{name}] must be named by its number.")
        with self._lock:
            before = self.version(name)
            _check_etag(f"Secret Version [{name}]", before.etag, etag)
            if before.state == "DESTROYED":
                raise Refusal("FAILED_PRECONDITION", f"Secret Version [{name}] is in DESTROYED state.")
            after = replace(before, state=state, etag=self._etag())
            if state == "DESTROYED":
                after = replace(after, payload=b"", destroyed=_now())
            self._versions[name.secret][before.number - 1] = after
            return after

    def _latest(self, versions: list[Version]) -> Version:
        if self.stale_latest is True:
            return versions[-2:][0]
        visible_since = _now() - timedelta(seconds=self.stale_latest)
        return next((each for each in reversed(versions) if each.created <= visible_since), versions[0])

    def _etag(self) -> str:
        return f'"{next(self._etags):x}"'


def _check_etag(what: str, current: str, given: str) -> None:
    if given and given != current:
        message = f"{what}: the etag in the request [{given}] does not match the current one [{current}]."
        raise Refusal("FAILED_PRECONDITION", message)


def _now() -> datetime:
    return datetime.now(timezone.utc)
