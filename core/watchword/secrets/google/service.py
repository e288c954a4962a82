"""Google's client: created at its first use, once in each process, with one channel for all calls."""

from __future__ import annotations

import ipaddress
import os
import re
import time
from threading import Lock, Thread
from typing import TYPE_CHECKING

from watchword.errors import SecretError
from watchword.findings.codes import finding
from watchword.forks import reset_in_child
from watchword.secrets.google.account import Account
from watchword.secrets.google.call_failures import configuration_error, credentials_error
from watchword.secrets.google.log_filter import filter_client_logs
from watchword.secrets.google.resource_names import LOCATION, PROJECT

if TYPE_CHECKING:
    from google.auth.credentials import Credentials
    from google.cloud.secretmanager_v1 import SecretManagerServiceClient

EMULATOR = "SECRET_MANAGER_EMULATOR_HOST"
"""The variable that names a local server as `host:port`, in the manner of Google's other emulators."""


class Service:
    """Google's client for a project and a location, and the resource names of its secrets.

    No I/O before `client` is called, which raises SecretError if it takes longer than `timeout` seconds.
    """

    def __init__(self, project: str, location: str, account: Account, timeout: float) -> None:
        self._given_project = project
        self._location = location
        self._account = account
        self._timeout = timeout
        self._project = project
        self._client: SecretManagerServiceClient | None = None
        self._failure: tuple[float, SecretError] | None = None
        self._lock = Lock()
        _check("location", location, LOCATION)
        _check("project", project, PROJECT)
        reset_in_child(self)

    @property
    def display_name(self) -> str:
        """The service's name for messages."""
        place = f" in {self._location}" if self._location else ""
        owner = f" of {self._project}" if self._project else ""
        return f"Google Secret Manager{owner}{place}"

    @property
    def is_regional(self) -> bool:
        """Whether the secrets are kept in one location."""
        return bool(self._location)

    @property
    def parent(self) -> str:
        """The resource that holds the secrets; complete once there is a client."""
        place = f"/locations/{self._location}" if self._location else ""
        return f"projects/{self._project}{place}"

    def path(self, name: str) -> str:
        """Return the resource name of a secret; complete once there is a client."""
        return f"{self.parent}/secrets/{name}"

    def client(self) -> SecretManagerServiceClient:
        """Return this process's client; raises SecretError if it can't be created."""
        client = self._client
        return self._shared_client(time.monotonic()) if client is None else client

    def _shared_client(self, began: float) -> SecretManagerServiceClient:
        """Return the client that one thread creates for all threads that wait here."""
        lock = self._lock  # a child that is forked meanwhile gets another lock
        if not lock.acquire(timeout=self._timeout):
            raise credentials_error(TimeoutError("nothing answered in time"), self.display_name)
        try:
            if self._client is None:
                self._client = self._new_client(began)
            return self._client
        finally:
            lock.release()

    def _new_client(self, began: float) -> SecretManagerServiceClient:
        # Another thread failed while this one waited: a further attempt would take as long again.
        if self._failure and self._failure[0] >= began:
            raise SecretError(self._failure[1].findings)
        try:
            return self._create_client()
        except SecretError as error:
            self._failure = (time.monotonic(), error)
            raise

    def begin_child(self) -> None:
        """Leave the channel to the parent process; a forked child creates its own."""
        self._client, self._lock = None, Lock()

    def _create_client(self) -> SecretManagerServiceClient:
        address = os.environ.get(EMULATOR, "").strip()
        if address:
            self._set_project("")
            return _emulator_client(address)
        client = _client_class()
        credentials, project = self._credentials()
        self._set_project(project)
        if not self._location:
            return client(credentials=credentials)
        endpoint = f"secretmanager.{self._location}.rep.googleapis.com"
        return client(credentials=credentials, client_options={"api_endpoint": endpoint})

    def _set_project(self, default: str) -> None:
        project = self._given_project or os.environ.get("GOOGLE_CLOUD_PROJECT", "").strip() or default
        if not project:
            raise configuration_error("No Google Cloud project is given, and the credentials name none.")
        _check("project", project, PROJECT)
        self._project = project

    def _credentials(self) -> tuple[Credentials, str]:
        """Return the credentials, loaded on a thread: a silent metadata server takes many seconds."""
        loaded: list[tuple[Credentials, str]] = []
        failures: list[Exception] = []

        def load() -> None:
            try:
                loaded.append(self._account.load())
            except Exception as error:  # noqa: BLE001 - the caller raises any of them as a finding
                failures.append(error)

        thread = Thread(target=load, daemon=True, name="watchword-google-account")
        thread.start()
        thread.join(self._timeout)
        if failures:
            raise credentials_error(failures[0], self.display_name)
        if not loaded:
            raise credentials_error(TimeoutError("nothing answered in time"), self.display_name)
        return loaded[0]


def _check(what: str, value: str, pattern: str) -> None:
    if value and not re.fullmatch(pattern, value):
        raise configuration_error(f"{value[:40]!r} can't be a {what} of Google Cloud.")


def _client_class() -> type[SecretManagerServiceClient]:
    try:
        import google_crc32c  # noqa: F401, PLC0415 - an extra, needed with the first response
        from google.cloud.secretmanager_v1 import SecretManagerServiceClient  # noqa: PLC0415 - an extra
    except ImportError as error:
        message = f"Google Secret Manager needs {error.name or 'google-cloud-secret-manager'}."
        advice = 'pip install "watchword[gcp]"'
        raise SecretError([finding("extra_missing", message, advice=advice)]) from None
    filter_client_logs()
    return SecretManagerServiceClient


def _emulator_client(address: str) -> SecretManagerServiceClient:
    """Return a client of a local server, without credentials and TLS."""
    host = address.rpartition(":")[0].strip("[]")
    if not _is_loopback(host):
        raise configuration_error(
            f"{EMULATOR} is {address!r}: only this machine's loopback is called without TLS.",
            advice=f"Set {EMULATOR} to 127.0.0.1:PORT, or unset it.",
        )
    client = _client_class()
    import grpc  # noqa: PLC0415 - comes with the extra
    from google.cloud.secretmanager_v1.services.secret_manager_service.transports import (  # noqa: PLC0415
        SecretManagerServiceGrpcTransport,
    )

    return client(transport=SecretManagerServiceGrpcTransport(channel=grpc.insecure_channel(address)))


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
