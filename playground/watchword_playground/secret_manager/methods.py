"""The methods of the service: each a function of the memory and Google's request."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

from google.cloud.secretmanager_v1 import types

from watchword_playground.secret_manager import filters, names
from watchword_playground.secret_manager.memory import Memory, Secret, State
from watchword_playground.secret_manager.messages import (
    checksum,
    page,
    payload_message,
    secret_message,
    version_message,
)
from watchword_playground.secret_manager.refusal import Refusal

Group = Literal["access", "read", "write"]
_LONGEST_LABEL = 63
_MOST_LABELS = 64


class Method(NamedTuple):
    """A method: whose quota it counts against, which permission it takes, its request, and what it does."""

    group: Group
    permission: str
    request: type[Any]
    answer: Callable[[Memory, Any], Any]


def create_secret(memory: Memory, request: types.CreateSecretRequest) -> types.Secret:
    """Create a secret without versions; a global one must say how it is replicated."""
    name, wanted = names.new_secret(request.parent, request.secret_id), request.secret
    replicated = "automatic" in wanted.replication or "user_managed" in wanted.replication
    if replicated == names.is_regional(name):
        rule = "should not" if replicated else "must"
        raise Refusal("INVALID_ARGUMENT", f"Secret.replication {rule} be provided.")
    draft = Secret(
        name,
        labels=_labels(wanted.labels),
        annotations=dict(wanted.annotations),
        replication=types.Replication.serialize(wanted.replication),
    )
    return secret_message(memory.create(draft))


def get_secret(memory: Memory, request: types.GetSecretRequest) -> types.Secret:
    """Show a secret without its payload."""
    return secret_message(memory.secret(names.secret(request.name)))


def list_secrets(memory: Memory, request: types.ListSecretsRequest) -> types.ListSecretsResponse:
    """List a page of a project's or location's secrets, newest first."""
    found = filters.secrets(memory.secrets(names.parent(request.parent)), request.filter)
    shown, token = page(found, request)
    return types.ListSecretsResponse(
        secrets=[secret_message(each) for each in shown],
        next_page_token=token,
        total_size=0 if request.filter else len(found),
    )


def update_secret(memory: Memory, request: types.UpdateSecretRequest) -> types.Secret:
    """Change the labels or annotations that the field mask names."""
    name, wanted = names.secret(request.secret.name), request.secret
    paths = set(request.update_mask.paths)
    if not paths or paths - {"labels", "annotations"}:
        raise Refusal("INVALID_ARGUMENT", f"Invalid update_mask: {sorted(paths)}.")
    changed = memory.update(
        name,
        wanted.etag,
        labels=_labels(wanted.labels) if "labels" in paths else None,
        annotations=wanted.annotations if "annotations" in paths else None,
    )
    return secret_message(changed)


def delete_secret(memory: Memory, request: types.DeleteSecretRequest) -> None:
    """Delete a secret and its versions."""
    memory.delete(names.secret(request.name), request.etag)


def add_secret_version(memory: Memory, request: types.AddSecretVersionRequest) -> types.SecretVersion:
    """Add a version; its CRC32C is checked if it is given."""
    name, payload = names.secret(request.parent), request.payload
    given = "data_crc32c" in payload
    if given and payload.data_crc32c != checksum(payload.data):
        raise Refusal("INVALID_ARGUMENT", "The CRC32C checksum of the payload doesn't match its data.")
    return version_message(name, memory.add(name, payload.data, checksum_given=given))


def get_secret_version(memory: Memory, request: types.GetSecretVersionRequest) -> types.SecretVersion:
    """Show a version without its payload."""
    name = names.version(request.name)
    return version_message(name.secret, memory.version(name))


def list_secret_versions(
    memory: Memory, request: types.ListSecretVersionsRequest
) -> types.ListSecretVersionsResponse:
    """List a page of a secret's versions, newest first."""
    name = names.secret(request.parent)
    found = filters.versions(memory.versions(name), request.filter)
    shown, token = page(found, request)
    return types.ListSecretVersionsResponse(
        versions=[version_message(name, each) for each in shown],
        next_page_token=token,
        total_size=0 if request.filter else len(found),
    )


def access_secret_version(
    memory: Memory, request: types.AccessSecretVersionRequest
) -> types.AccessSecretVersionResponse:
    """Give the payload of an enabled version, under the name with its number."""
    name = names.version(request.name)
    found = memory.access(name)
    return types.AccessSecretVersionResponse(
        name=f"{name.secret}/versions/{found.number}", payload=payload_message(found)
    )


def _state_change(state: State) -> Callable[[Memory, Any], types.SecretVersion]:
    def change(memory: Memory, request: Any) -> types.SecretVersion:  # noqa: ANN401 -- three types of Google's
        name = names.version(request.name)
        return version_message(name.secret, memory.change(name, state, request.etag))

    return change


def _labels(wanted: Mapping[str, str]) -> dict[str, str]:
    """Return labels that Google would accept."""
    for key, value in wanted.items():
        if not key[:1].isalpha() or not _is_label(key) or not _is_label(value):
            raise Refusal("INVALID_ARGUMENT", f"Invalid label [{key}: {value}].")
    if len(wanted) > _MOST_LABELS:
        raise Refusal("INVALID_ARGUMENT", f"A secret can have {_MOST_LABELS} labels at most.")
    return dict(wanted)


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
"""By the names that Google's service has on the wire."""
