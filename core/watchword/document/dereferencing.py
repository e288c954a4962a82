"""Follow a reference to its secret: a variable, a file, the vault or Google Secret Manager."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Mapping

from watchword.document.reference_policy import ReferencePolicy
from watchword.document.references import ENVIRONMENT, FILE, LITERAL, SECRET_MANAGER, VAULT, Reference
from watchword.errors import DocumentError, WatchwordError
from watchword.files.opened_file import FileNotAllowedError, read_file
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http.bodies import stored_text
from watchword.http.half_characters import has_half_character
from watchword.protocols.binary_text import as_text


def dereference(
    value: str, field: str, policy: ReferencePolicy | None = None, *, is_key: bool = False
) -> str:
    """Return the secret that `value` refers to; text that is not a reference is returned unchanged.

    Args:
        value: the content of a secret field.
        field: the field's name, for the message.
        policy: which references may be resolved; None allows all.
        is_key: whether the field takes binary content, such as PKCS#12, in the form of `keys.repair.as_text`.

    Raises:
        DocumentError: the reference is not allowed or can't be resolved.
    """
    reference = Reference.parse(value)
    if not reference.is_known:
        return value
    if reference.scheme == LITERAL:
        return reference.name
    if policy is not None and not policy.allows(reference):
        raise DocumentError([_not_allowed(value, field)])
    secret = _READERS[reference.scheme](reference, field, policy)
    if isinstance(secret, bytes):
        secret = as_text(secret) if is_key else _no_text(reference, field)
    if isinstance(secret, Finding):
        # Raised here, outside of every `except`: an error that is being handled may hold the content.
        raise DocumentError([secret])
    return secret


def _text(content: bytes) -> str | bytes:
    """Return content as text; the bytes themselves if they are none."""
    try:
        # Editors and `kubectl create secret --from-file` leave a final line break behind.
        return stored_text(content).rstrip("\r\n")
    except UnicodeDecodeError:
        return content


def _no_text(reference: Reference, field: str) -> Finding:
    if reference.scheme != FILE:
        return _unresolved(reference, field, "which is not UTF-8 text")
    message = (
        f"The field {field} refers to the file {reference.name}, which can't be read: it is not UTF-8 text."
    )
    return finding("reference_unresolved", message)


def _not_allowed(value: str, field: str) -> Finding:
    return finding("reference_not_allowed", f"The field {field} refers to {value!r}, which is not allowed.")


def _from_environment(reference: Reference, field: str, _: ReferencePolicy | None) -> str | Finding:
    value = os.environ.get(reference.name)
    if value and not has_half_character(value):
        return value
    # Python reads bytes that aren't UTF-8 as halves of characters.
    state = "is not UTF-8 text" if value else "is not set" if value is None else "is empty"
    message = f"The field {field} refers to the environment variable {reference.name}, which {state}."
    advice = f"Set the variable {reference.name} for this process, or correct its name."
    return finding("reference_unresolved", message, advice=advice)


def _from_file(reference: Reference, field: str, policy: ReferencePolicy | None) -> str | bytes | Finding:
    problem = "is empty"
    try:
        content = _text(read_file(reference.name, policy.allows_real_path if policy else None))
        if content:
            return content
    except FileNotAllowedError:
        return _not_allowed(reference.text, field)
    except (OSError, ValueError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or "its name isn't a path"
        problem = f"can't be read: {reason}"
    message = f"The field {field} refers to the file {reference.name}, which {problem}."
    advice = "Provide the file for this process, or correct its path."
    return finding("reference_unresolved", message, advice=advice)


def _from_secret_store(reference: Reference, field: str, _: ReferencePolicy | None) -> str | bytes | Finding:
    """Return the text of a secret in the vault or in Secret Manager."""
    if not reference.name:
        return _unresolved(reference, field, "which names no secret")
    try:
        content = _stored_content(reference)
    except WatchwordError as error:
        first = error.findings[0]
        message = f"The field {field} refers to {reference.text!r}: {first.message}"
        return finding(first.code.name, message, advice=first.advice, evidence=dict(first.evidence))
    if content is None:
        return _unresolved(reference, field, "which does not exist")
    return _text(content) or _unresolved(reference, field, "which is empty")


def _stored_content(reference: Reference) -> bytes | None:
    from watchword.secrets import sources  # noqa: PLC0415 - few documents refer to stored secrets

    if reference.scheme == VAULT:
        return sources.secret_store(sources.VAULT).get(reference.name)
    location = f"/{reference.location}" if reference.location else ""
    source = f"{sources.GOOGLE}://{reference.project}{location}" if reference.project else ""
    return sources.secret_manager(source).get(reference.name, reference.version)


def _unresolved(reference: Reference, field: str, why: str) -> Finding:
    where = f" --in gcp://{reference.project}" if reference.project else " --in gcp"
    option = "" if reference.scheme == VAULT else where
    message = f"The field {field} refers to {reference.text[:300]!r}, {why}."
    command = f"watchword secrets set {shlex.quote(reference.name)}{option}"
    advice = f"Correct the name, or store the secret: {command}."
    return finding("reference_unresolved", message, advice=advice)


_READERS: Mapping[str, Callable[[Reference, str, ReferencePolicy | None], str | bytes | Finding]] = {
    ENVIRONMENT: _from_environment,
    FILE: _from_file,
    VAULT: _from_secret_store,
    SECRET_MANAGER: _from_secret_store,
}
