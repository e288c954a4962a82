"""Secrets, versions and payloads as Google's messages."""

from typing import Any, TypeVar

import google_crc32c
from google.cloud.secretmanager_v1 import types

from watchword_playground.secret_manager.memory import Secret, Version
from watchword_playground.secret_manager.refusal import Refusal
from watchword_playground.secret_manager.resource_names import is_regional

_MOST = 25000
Item = TypeVar("Item")


def secret_message(secret: Secret) -> types.Secret:
    """Return a secret as Google's message."""
    message = types.Secret(
        name=secret.name,
        create_time=secret.created,
        labels=dict(secret.labels),
        annotations=dict(secret.annotations),
        etag=secret.etag,
    )
    if secret.replication:
        message.replication = types.Replication.deserialize(secret.replication)
    return message


def version_message(secret: str, version: Version) -> types.SecretVersion:
    """Return a version of the named secret as Google's message."""
    message = types.SecretVersion(
        name=f"{secret}/versions/{version.number}",
        create_time=version.created,
        state=getattr(types.SecretVersion.State, version.state),
        etag=version.etag,
        client_specified_payload_checksum=version.checksum_given,
    )
    if version.destroyed is not None:
        message.destroy_time = version.destroyed
    if not is_regional(secret):
        message.replication_status = types.ReplicationStatus(automatic={})
    return message


def payload_message(version: Version) -> types.SecretPayload:
    """Return a payload with its CRC32C."""
    return types.SecretPayload(data=version.payload, data_crc32c=checksum(version.payload))


def checksum(payload: bytes) -> int:
    """Return the CRC32C of a payload."""
    return int(google_crc32c.value(payload))


def page_of(items: list[Item], request: Any) -> tuple[list[Item], str]:  # noqa: ANN401 -- two types of Google's
    """Return the requested page and the token of the next page, "" after the last."""
    token, size = request.page_token, request.page_size
    if size < 0 or (token and not token.isdecimal()):
        raise Refusal("INVALID_ARGUMENT", f"Invalid page_token [{token}] or page_size [{size}].")
    start = int(token or 0)
    end = start + min(size or _MOST, _MOST)
    return items[start:end], str(end) if end < len(items) else ""
