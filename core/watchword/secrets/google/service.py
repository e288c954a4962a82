"""Google's client, made when it is first needed and anew in each process: one channel for all calls."""

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
from watchword.secrets.google.call_failures import of_account, unsuitable
from watchword.secrets.google.log_filter import filter_client_logs
from watchword.secrets.google.resource_names import LOCATION, PROJECT

if TYPE_CHECKING:
    from google.auth.credentials import Credentials
    from google.cloud.secretmanager_v1 import SecretManagerServiceClient

EMULATOR = "SECRET_MANAGER_EMULATOR_HOST"
"""The variable that names a local server, as those of Google's other emulators do: `host:port`."""


class Service:
    """Google's client for a project and a location, with the parent of its secrets' names.

    No I/O before `client` is called. It is made within `patience` seconds or not at all.
    """

    def __init__(self, project: str, location: str, account: Account, patience: float) -> None:
        self._given = project
        self._location = location
        self._account = account
        self._patience = patience
        self._project = project
        self._client: SecretManagerServiceClient | None = None
        self._failed: tuple[float, SecretError] | None = None
        self._lock = Lock()
        _check("location", location, LOCATION)
        _check("project", project, PROJECT)
        reset_in_child(self)

    @property
    def display_name(self) -> str:
        """What it is, for messages."""
        place = f" in {self._location}" if self._location else ""
        of = f" of {self._project}" if self._project else ""
        return f"Google Secret Manager{of}{place}"

    @property
    def is_regional(self) -> bool:
        """Whether secrets are kept in one location."""
        return bool(self._location)

    @property
    def parent(self) -> str:
        """The resource that holds the secrets; known once there is a client."""
        place = f"/locations/{self._location}" if self._location else ""
        return f"projects/{self._project}{place}"

    def path(self, name: str) -> str:
        """Return the resource that a secret is; known once there is a client."""
        return f"{self.parent}/secrets/{name}"

    def client(self) -> SecretManagerServiceClient:
        """Return this process's client; raises SecretError where none can be had."""
        client = self._client
        return self._first(time.monotonic()) if client is None else client

    def _first(self, began: float) -> SecretManagerServiceClient:
        """Return the client that one of the threads makes which have come meanwhile."""
        lock = self._lock  # a child that is forked meanwhile has another one
        if not lock.acquire(timeout=self._patience):
            raise of_account(TimeoutError("nothing answered in time"), self.display_name)
        try:
            if self._client is None:
                self._client = self._tried(began)
            return self._client
        finally:
            lock.release()

    def _tried(self, began: float) -> SecretManagerServiceClient:
        if self._failed and self._failed[0] >= began:  # while this thread waited: it would wait as long again
            raise SecretError(self._failed[1].findings)
        try:
            return self._made()
        except SecretError as error:
            self._failed = (time.monotonic(), error)
            raise

    def begin_child(self) -> None:
        """Leave the channel to the process that this one was forked from."""
        self._client, self._lock = None, Lock()

    def _made(self) -> SecretManagerServiceClient:
        address = os.environ.get(EMULATOR, "").strip()
        if address:
            self._settle_project("")
            return _emulated(address)
        client = _imported()
        credentials, project = self._credentials()
        self._settle_project(project)
        if not self._location:
            return client(credentials=credentials)
        endpoint = f"secretmanager.{self._location}.rep.googleapis.com"
        return client(credentials=credentials, client_options={"api_endpoint": endpoint})

    def _settle_project(self, otherwise: str) -> None:
        project = self._given or os.environ.get("GOOGLE_CLOUD_PROJECT", "").strip() or otherwise
        if not project:
            raise unsuitable("No project of Google Cloud is named, and the credentials name none.")
        _check("project", project, PROJECT)
        self._project = project

    def _credentials(self) -> tuple[Credentials, str]:
        """Return credentials, looked for on a thread: a metadata server that is silent takes many seconds."""
        found: list[tuple[Credentials, str]] = []
        failed: list[Exception] = []

        def look() -> None:
            try:
                found.append(self._account.load())
            except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets it as a finding
                failed.append(error)

        looking = Thread(target=look, daemon=True, name="watchword-google-account")
        looking.start()
        looking.join(self._patience)
        if failed:
            raise of_account(failed[0], self.display_name)
        if not found:
            raise of_account(TimeoutError("nothing answered in time"), self.display_name)
        return found[0]


def _check(what: str, value: str, pattern: str) -> None:
    if value and not re.fullmatch(pattern, value):
        raise unsuitable(f"The {what} {value[:40]!r} can't be one of Google Cloud.")


def _imported() -> type[SecretManagerServiceClient]:
    try:
        import google_crc32c  # noqa: F401, PLC0415 - an extra, needed with the first answer
        from google.cloud.secretmanager_v1 import SecretManagerServiceClient  # noqa: PLC0415 - likewise
    except ImportError as error:
        message = f"Google Secret Manager needs {error.name or 'google-cloud-secret-manager'}."
        advice = 'pip install "watchword[gcp]"'
        raise SecretError([finding("extra_missing", message, advice=advice)]) from None
    filter_client_logs()
    return SecretManagerServiceClient


def _emulated(address: str) -> SecretManagerServiceClient:
    """Return a client of a local server, without credentials and TLS."""
    host = address.rpartition(":")[0].strip("[]")
    if not _is_loopback(host):
        raise unsuitable(
            f"{EMULATOR} is {address!r}: only this machine's loopback is called without TLS.",
            advice=f"Set {EMULATOR} to 127.0.0.1:PORT, or unset it.",
        )
    client = _imported()
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
