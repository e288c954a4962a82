"""The calls of Google Secret Manager: each within its deadline, tried again where that may help, checked."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from watchword.errors import SecretError
from watchword.forks import no_fork
from watchword.secrets.google.call_failures import failure, of_call
from watchword.secrets.google.service import Service

if TYPE_CHECKING:
    from google.cloud.secretmanager_v1 import Secret, SecretManagerServiceClient

LABEL = "watchword"
"""The label of secrets that were made here: their old versions are ours to destroy."""

_FIRST_WAIT, _LONGEST_WAIT = 0.1, 1.0
"""Before the second try and before any later one, in seconds; in between they grow, with jitter."""

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Patience:
    """How long a call may take, in seconds: with all its tries, and each of them."""

    deadline: float = 5.0
    attempt: float = 2.0


class Calls:
    """What is asked of Google Secret Manager; raises SecretError with a code for each kind of failure."""

    def __init__(self, service: Service, patience: Patience) -> None:
        self._service = service
        self._patience = patience

    @property
    def display_name(self) -> str:
        """What is called, for messages."""
        return self._service.display_name

    def access(self, name: str, version: str) -> bytes | None:
        """Return a version's content, its checksum verified; None where there is none."""

        def call(client: SecretManagerServiceClient, timeout: float) -> bytes:
            path = f"{self._service.path(name)}/versions/{version}"
            answer = client.access_secret_version(request={"name": path}, retry=None, timeout=timeout)
            payload = answer.payload
            if "data_crc32c" in payload and payload.data_crc32c != checksum(payload.data):
                raise failure("secret_corrupt", self.display_name, name)
            return bytes(payload.data)

        return self._asked(call, name)

    def add(self, name: str, payload: bytes) -> str | None:
        """Add a version and return its number; None where there is no such secret."""

        def call(client: SecretManagerServiceClient, timeout: float) -> str:
            request = {
                "parent": self._service.path(name),
                "payload": {"data": payload, "data_crc32c": checksum(payload)},
            }
            answer = client.add_secret_version(request=request, retry=None, timeout=timeout)
            return answer.name.rpartition("/")[2]

        return self._asked(call, name)

    def create(self, name: str) -> None:
        """Make a secret without versions; one that is there stays as it is."""

        def call(client: SecretManagerServiceClient, timeout: float) -> None:
            secret: dict[str, Any] = {"labels": {LABEL: "yes"}}
            if not self._service.is_regional:
                secret["replication"] = {"automatic": {}}
            request = {"parent": self._service.parent, "secret_id": name, "secret": secret}
            client.create_secret(request=request, retry=None, timeout=timeout)

        try:
            self._asked(call, name)
        except _AlreadyThereError:
            return

    def describe(self, name: str) -> Secret | None:
        """Return what is known of a secret, None where there is none."""
        return self._asked(
            lambda client, timeout: client.get_secret(
                request={"name": self._service.path(name)}, retry=None, timeout=timeout
            ),
            name,
        )

    def names(self, prefix: str) -> Sequence[str]:
        """Return the names that begin with a prefix, sorted."""

        def call(client: SecretManagerServiceClient, timeout: float) -> list[str]:
            request = {"parent": self._service.parent, "page_size": 25000}
            if prefix:
                request["filter"] = f"name:{prefix}"  # anywhere in the name
            pages = client.list_secrets(request=request, retry=None, timeout=timeout)
            names = (secret.name.rpartition("/")[2] for secret in pages)
            return sorted(name for name in names if name.startswith(prefix))

        return self._asked(call, f"{prefix}…") or []

    def delete(self, name: str) -> bool:
        """Delete a secret with all its versions and return whether there was one."""

        def call(client: SecretManagerServiceClient, timeout: float) -> bool:
            request = {"name": self._service.path(name)}
            client.delete_secret(request=request, retry=None, timeout=timeout)
            return True

        return self._asked(call, name) or False

    def destroy_old(self, name: str, kept: int) -> None:
        """Destroy all versions but the newest ones: each costs money until then."""

        def call(client: SecretManagerServiceClient, timeout: float) -> None:
            request = {"parent": self._service.path(name), "page_size": 25000}
            versions = client.list_secret_versions(request=request, retry=None, timeout=timeout)
            alive = [each for each in versions if each.state.name != "DESTROYED"]
            alive.sort(key=lambda each: int(each.name.rpartition("/")[2]), reverse=True)
            for old in alive[kept:]:
                # Without its etag: another writer may have disabled it meanwhile, which is no matter.
                client.destroy_secret_version(request={"name": old.name}, retry=None, timeout=timeout)

        self._asked(call, name)

    def _asked(self, call: Callable[[SecretManagerServiceClient, float], Answer], name: str) -> Answer | None:
        """Return a call's answer, None where nothing is found, after as many tries as the deadline allows."""
        client = self._service.client()
        from google.api_core import exceptions, retry  # noqa: PLC0415 - comes with the client

        ends = time.monotonic() + self._patience.deadline
        failed: list[SecretError] = []

        def attempt() -> Answer | None:
            left = max(ends - time.monotonic(), 0.001)
            timeout = min(self._patience.attempt, left)
            try:
                # A process that forks in the middle of a call leaves its child a gRPC that answers nothing.
                with no_fork():
                    return call(client, timeout)
            except exceptions.NotFound:
                return None
            except exceptions.AlreadyExists:
                raise _AlreadyThereError from None
            except (exceptions.GoogleAPIError, _auth_error()) as error:
                found = of_call(error, self.display_name, name)
                # A last try that was cut short says nothing: what failed before it does.
                cut_short = found.code == "secrets_timeout" and left < self._patience.attempt
                failed.append(failed[-1] if cut_short and failed else found)
                raise failed[-1] from None

        trying = retry.Retry(
            predicate=lambda error: isinstance(error, SecretError) and error.retryable,
            initial=_FIRST_WAIT,
            maximum=_LONGEST_WAIT,
            timeout=self._patience.deadline,
        )
        try:
            return trying(attempt)()
        except exceptions.RetryError as error:
            if isinstance(error.cause, SecretError):
                raise error.cause from None
            raise of_call(error, self.display_name, name) from None


class _AlreadyThereError(Exception):
    """There is a secret of that name."""


def _auth_error() -> type[Exception]:
    from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415 - comes with the client

    return GoogleAuthError


def checksum(payload: bytes) -> int:
    """Return the CRC32C (RFC 3720 appendix B.4) by which content is known to have arrived whole."""
    import google_crc32c  # noqa: PLC0415 - comes with the extra

    return int(google_crc32c.value(payload))
