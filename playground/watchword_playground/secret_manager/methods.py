"""The methods of the service. Each is a function of the memory and Google's request."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

from google.cloud.secretmanager_v1 import types

from watchword_playground.secret_manager import resource_names
from watchword_playground.secret_manager.filters import filter_secrets, filter_versions
from watchword_playground.secret_manager.memory import Secret, SecretMemory, State
from watchword_playground.secret_manager.messages import (
    checksum,
    page_of,
    payload_message,
    secret_message,
    version_message,
)
from watchword_playground.secret_manager.refusal import Refusal

Group = Literal["access", "read", "write"]
_LONGEST_LABEL = 63
_MOST_LABELS = 64


class Method(NamedTuple):
    """A method: its quota group, its permission, its request type and its function."""

    group: Group
    permission: str
    request: type[Any]
    call: Callable[[SecretMemory, Any], Any]


def create_secret(memory: SecretMemory, request: types.CreateSecretRequest) -> types.Secret:
    """Create a secret without versions. A global one must name its replication."""
    name, secret = resource_names.new_secret(request.parent, request.secret_id), request.secret
    replicated = "automatic" in secret.replication or "user_managed" in secret.replication
    if replicated == resource_names.is_regional(name):
        rule = "should not" if replicated else "must"
        raise Refusal("INVALID_ARGUMENT", f"Secret.replication {rule} be provided.")
    draft = Secret(
        name,
        labels=_labels(secret.labels),
        annotations=dict(secret.annotations),
        replication=types.Replication.serialize(secret.replication),
    )
    return secret_message(memory.create(draft))


def get_secret(memory: SecretMemory, request: types.GetSecretRequest) -> types.Secret:
    """Return a secret without its payload."""
    return secret_message(memory.secret(resource_names.secret(request.name)))


def list_secrets(memory: SecretMemory, request: types.ListSecretsRequest) -> types.ListSecretsResponse:
    """Return a page of the secrets of a project or location, newest first."""
    matching = filter_secrets(memory.secrets(resource_names.parent(request.parent)), request.filter)
    listed, token = page_of(matching, request)
    return types.ListSecretsResponse(
        secrets=[secret_message(each) for each in listed],
        next_page_token=token,
        total_size=0 if request.filter else len(matching),
    )


def update_secret(memory: SecretMemory, request: types.UpdateSecretRequest) -> types.Secret:
    """Change the labels or annotations that the field mask resource_names."""
    name, secret = resource_names.secret(request.secret.name), request.secret
    paths = set(request.update_mask.paths)
    if not paths or paths - {"labels", "annotations"}:
        raise Refusal("INVALID_ARGUMENT", f"Invalid update_mask: {sorted(paths)}.")
    changed = memory.update(
        name,
        secret.etag,
        labels=_labels(secret.labels) if "labels" in paths else None,
        annotations=secret.annotations if "annotations" in paths else None,
    )
    return secret_message(changed)


def delete_secret(memory: SecretMemory, request: types.DeleteSecretRequest) -> None:
    """Delete a secret and its versions."""
    memory.delete(resource_names.secret(request.name), request.etag)


def add_secret_version(memory: SecretMemory, request: types.AddSecretVersionRequest) -> types.SecretVersion:
    """Add a version. Its CRC32C is verified if it is given."""
    name, payload = resource_names.secret(request.parent), request.payload
    given = "data_crc32c" in payload
    if given and payload.data_crc32c != checksum(payload.data):
        raise Refusal("INVALID_ARGUMENT", "The CRC32C checksum of the payload doesn't match its data.")
    return version_message(name, memory.add(name, payload.data, checksum_given=given))


def get_secret_version(memory: SecretMemory, request: types.GetSecretVersionRequest) -> types.SecretVersion:
    """Return a version without its payload."""
    name = resource_names.version(request.name)
    return version_message(name.secret, memory.version(name))


def list_secret_versions(
    memory: SecretMemory, request: types.ListSecretVersionsRequest
) -> types.ListSecretVersionsResponse:
    """Return a page of the versions of a secret, newest first."""
    name = resource_names.secret(request.parent)
    matching = filter_versions(memory.versions(name), request.filter)
    listed, token = page_of(matching, request)
    return types.ListSecretVersionsResponse(
        versions=[version_message(name, each) for each in listed],
        next_page_token=token,
        total_size=0 if request.filter else len(matching),
    )


def access_secret_version(
    memory: SecretMemory, request: types.AccessSecretVersionRequest
) -> types.AccessSecretVersionResponse:
    """Return the payload of an enabled version, with the version's number in its name."""
    name = resource_names.version(request.name)
    version = memory.access(name)
    return types.AccessSecretVersionResponse(
        name=f"{name.secret}/versions/{version.number}", payload=payload_message(version)
    )


def _state_change(state: State) -> Callable[[SecretMemory, Any], types.SecretVersion]:
    def change(memory: SecretMemory, request: Any) -> types.SecretVersion:  # noqa: ANN401 -- three types of Google's
        name = resource_names.version(request.name)
        return version_message(name.secret, memory.change(name, state, request.etag))

    return change


def _labels(labels: Mapping[str, str]) -> dict[str, str]:
    """Return the labels; raises Refusal for those that Google refuses."""
    for key, value in labels.items():
        if not key[:1].isalpha() or not _is_label(key) or not _is_label(value):
            raise Refusal("INVALID_ARGUMENT", f"Invalid label [{key}: {value}].")
    if len(labels) > _MOST_LABELS:
        raise Refusal("INVALID_ARGUMENT", f"A secret can have {_MOST_LABELS} labels at most.")
    return dict(labels)


def _is_label(text: str) -> bool:
    allowed = all(each.isalnum() or each in "_-" for each in text)
    return allowed and text == text.lower() and len(text) <= _LONGEST_LABEL


METHODS: Mapping[str, Method] = {
    "CreateSecret": Method("write", "secrets.create", types.CreateSecretRequest, create_secret),
    "GetSecret": Method("read", "secrets.get", types.GetSecretRequest, get_secret),
    "ListSecrets": Method("read", "secrets.list", types.ListSecretsRequest, list_secrets),
    "UpdateSecret": Method("write", "secrets.update", types.UpdateSecretRequest, update_secret),
    "DeleteSecret": Method("write", "secrets.delete", types.DeleteSecretRequest, delete_secret),
    "AddSecretVersion": Method("write", "versions.add", types.AddSecretVersionRequest, add_secret_version),
    "GetSecretVersion": Method("read", "versions.get", types.GetSecretVersionRequest, get_secret_version),
    "ListSecretVersions": Method(
        "read", "versions.list", types.ListSecretVersionsRequest, list_secret_versions
    ),
    "AccessSecretVersion": Method(
        "access", "versions.access", types.AccessSecretVersionRequest, access_secret_version
    ),
    "DisableSecretVersion": Method(
        "write", "versions.disable", types.DisableSecretVersionRequest, _state_change("DISABLED")
    ),
    "EnableSecretVersion": Method(
        "write", "versions.enable", types.EnableSecretVersionRequest, _state_change("ENABLED")
    ),
    "DestroySecretVersion": Method(
        "write", "versions.destroy", types.DestroySecretVersionRequest, _state_change("DESTROYED")
    ),
}
"""By the method's name in Google's gRPC service."""
