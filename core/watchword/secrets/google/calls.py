"""The calls to Google Secret Manager: each has a deadline, is retried if that may help, and is verified."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from watchword.errors import SecretError
from watchword.forks import no_fork
from watchword.secrets.google.call_failures import call_error, error_from_exception
from watchword.secrets.google.service import Service

if TYPE_CHECKING:
    from google.cloud.secretmanager_v1 import Secret, SecretManagerServiceClient

LABEL = "watchword"
"""The label of the secrets that watchword creates: only their old versions may be destroyed here."""

_FIRST_WAIT, _LONGEST_WAIT = 0.1, 1.0
"""The wait before the second attempt and the longest wait, in seconds; it grows in between, with jitter."""

Result = TypeVar("Result")


@dataclass(frozen=True)
class CallTimeouts:
    """How long a call may take, in seconds: `deadline` with all its attempts, `attempt` for each of them."""

    deadline: float = 5.0
    attempt: float = 2.0


class Calls:
    """The calls that the Secret Manager of a project needs.

    Each raises SecretError with one code for each kind of failure.
    """

    def __init__(self, service: Service, timeouts: CallTimeouts) -> None:
        self._service = service
        self._timeouts = timeouts

    @property
    def display_name(self) -> str:
        """The service's name for messages."""
        return self._service.display_name

    def access(self, name: str, version: str) -> bytes | None:
        """Return a version's content, its checksum verified, or None if the version does not exist."""

        def call(client: SecretManagerServiceClient, timeout: float) -> bytes:
            path = f"{self._service.path(name)}/versions/{version}"
            response = client.access_secret_version(request={"name": path}, retry=None, timeout=timeout)
            payload = response.payload
            if "data_crc32c" in payload and payload.data_crc32c != checksum(payload.data):
                raise call_error("secret_corrupt", self.display_name, name)
            return bytes(payload.data)

        return self._run(call, name)

    def add(self, name: str, payload: bytes) -> str | None:
        """Add a version and return its number, or None if the secret does not exist."""

        def call(client: SecretManagerServiceClient, timeout: float) -> str:
            request = {
                "parent": self._service.path(name),
                "payload": {"data": payload, "data_crc32c": checksum(payload)},
            }
            response = client.add_secret_version(request=request, retry=None, timeout=timeout)
            return response.name.rpartition("/")[2]

        return self._run(call, name)

    def create(self, name: str) -> None:
        """Create a secret without versions; a secret that exists already is not changed."""

        def call(client: SecretManagerServiceClient, timeout: float) -> None:
            secret: dict[str, Any] = {"labels": {LABEL: "yes"}}
            if not self._service.is_regional:
                secret["replication"] = {"automatic": {}}
            request = {"parent": self._service.parent, "secret_id": name, "secret": secret}
            client.create_secret(request=request, retry=None, timeout=timeout)

        try:
            self._run(call, name)
        except _AlreadyExistsError:
            return

    def describe(self, name: str) -> Secret | None:
        """Return a secret's metadata, or None if the secret does not exist."""
        return self._run(
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
                request["filter"] = f"name:{prefix}"  # matches anywhere in the name
            pages = client.list_secrets(request=request, retry=None, timeout=timeout)
            names = (secret.name.rpartition("/")[2] for secret in pages)
            return sorted(name for name in names if name.startswith(prefix))

        return self._run(call, f"{prefix}…") or []

    def delete(self, name: str) -> bool:
        """Delete a secret with all its versions and return whether it existed."""

        def call(client: SecretManagerServiceClient, timeout: float) -> bool:
            request = {"name": self._service.path(name)}
            client.delete_secret(request=request, retry=None, timeout=timeout)
            return True

        return self._run(call, name) or False

    def destroy_old(self, name: str, kept: int) -> None:
        """Destroy all versions except the newest `kept` ones; Google charges for a version until then."""

        def call(client: SecretManagerServiceClient, timeout: float) -> None:
            request = {"parent": self._service.path(name), "page_size": 25000}
            versions = client.list_secret_versions(request=request, retry=None, timeout=timeout)
            alive = [each for each in versions if each.state.name != "DESTROYED"]
            alive.sort(key=lambda each: int(each.name.rpartition("/")[2]), reverse=True)
            for old in alive[kept:]:
                # No etag: another writer may have disabled the version meanwhile, and it may go all the same.
                client.destroy_secret_version(request={"name": old.name}, retry=None, timeout=timeout)

        self._run(call, name)

    def _run(self, call: Callable[[SecretManagerServiceClient, float], Result], name: str) -> Result | None:
        """Return a call's result, None for "not found", with as many attempts as the deadline allows."""
        client = self._service.client()
        from google.api_core import exceptions, retry  # noqa: PLC0415 - comes with the client

        ends = time.monotonic() + self._timeouts.deadline
        errors: list[SecretError] = []

        def attempt() -> Result | None:
            left = max(ends - time.monotonic(), 0.001)
            timeout = min(self._timeouts.attempt, left)
            try:
                # If the process forked during a call, gRPC would never answer in the child.
                with no_fork():
                    return call(client, timeout)
            except exceptions.NotFound:
                return None
            except exceptions.AlreadyExists:
                raise _AlreadyExistsError from None
            except (exceptions.GoogleAPIError, _auth_error()) as error:
                failure = error_from_exception(error, self.display_name, name)
                # A last attempt that was cut short says nothing: the failure before it is the reason.
                cut_short = failure.code == "secrets_timeout" and left < self._timeouts.attempt
                errors.append(errors[-1] if cut_short and errors else failure)
                raise errors[-1] from None

        retrying = retry.Retry(
            predicate=lambda error: isinstance(error, SecretError) and error.retryable,
            initial=_FIRST_WAIT,
            maximum=_LONGEST_WAIT,
            timeout=self._timeouts.deadline,
        )
        try:
            return retrying(attempt)()
        except exceptions.RetryError as error:
            if isinstance(error.cause, SecretError):
                raise error.cause from None
            raise error_from_exception(error, self.display_name, name) from None


class _AlreadyExistsError(Exception):
    """A secret of that name exists already."""


def _auth_error() -> type[Exception]:
    from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415 - comes with the client

    return GoogleAuthError


def checksum(payload: bytes) -> int:
    """Return the CRC32C (RFC 3720 appendix B.4) that shows whether content has arrived whole."""
    import google_crc32c  # noqa: PLC0415 - comes with the extra

    return int(google_crc32c.value(payload))
