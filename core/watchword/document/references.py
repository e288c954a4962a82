"""References in secret fields: `env:NAME`, `file:PATH`, `gcp:NAME`, `local:NAME`.

`literal:…` is for text that looks like one.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding

ALLOWED_VARIABLE = "WATCHWORD_ALLOWED_REFERENCES"
DEFAULT_ALLOWED = "env:WATCHWORD_SECRET_*,file:/run/secrets/*,gcp:watchword-secret-*,local:watchword-secret-*"

_KEPT = ("gcp", "local")
_OTHERS = "airflow-"
"""How the names of connections, variables and options begin: no `*` means them."""

_SCHEMES = ("env", "file", *_KEPT, "literal")


@dataclass(frozen=True)
class ReferencePolicy:
    """The references that a stored document may use.

    Whoever may edit a stored connection could else have this machine send any variable or
    file to a host of theirs, and other connections' secrets. Patterns are those of fnmatch, such as
    `env:ACME_*`; in those of files and of Secret Manager, `*` ends at a slash; `/**` at the end of a
    file's means everything below. A pattern of Secret Manager means all versions of a secret.
    """

    patterns: tuple[str, ...]

    @classmethod
    def from_environment(cls) -> ReferencePolicy:
        """Return the deployment's fence: comma-separated patterns in WATCHWORD_ALLOWED_REFERENCES."""
        text = os.environ.get(ALLOWED_VARIABLE, DEFAULT_ALLOWED)
        return cls(tuple(part.strip() for part in text.split(",") if part.strip()))

    def allows(self, reference: str) -> bool:
        """Return whether the reference may be resolved; a file is judged by its real path."""
        scheme, _, name = reference.partition(":")
        if scheme in _KEPT:
            from watchword.document.kept_references import unversioned  # noqa: PLC0415 - few documents have any

            place = unversioned(reference).split("/")
            patterns = [pattern.split("/") for pattern in self.patterns]
            if place[-1].rpartition(":")[2].startswith(_OTHERS):  # whole connections, with all their secrets
                patterns = [each for each in patterns if each[-1].rpartition(":")[2].startswith(_OTHERS)]
            return any(_lies_in(place, pattern) for pattern in patterns)
        if scheme != "file":
            return any(fnmatchcase(reference, pattern) for pattern in self.patterns)
        try:
            parts = f"file:{Path(name).resolve().as_posix()}".split("/")
        except (OSError, RuntimeError, ValueError):
            return False  # a circle of links, or no path at all
        # Kubernetes' volumes keep a file in a folder such as ..2025_01_31, to which its name is a link.
        named = [part for part in parts if not part.startswith("..")]
        return any(_lies_in(named, pattern.split("/")) for pattern in self.patterns)


def _lies_in(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Return whether a path is one that a pattern means, part by part."""
    if pattern[-1] == "**" and len(parts) >= len(pattern):
        pattern = pattern[:-1]
        parts = parts[: len(pattern)]
    return len(parts) == len(pattern) and all(map(fnmatchcase, parts, pattern))


def is_reference(value: str) -> bool:
    """Return whether the text is a reference rather than the secret itself."""
    scheme, separator, _ = value.partition(":")
    return bool(separator) and scheme in _SCHEMES


def resolve(value: str, field: str, policy: ReferencePolicy | None = None) -> str:
    """Return the secret that `value` stands for; text that is no reference is returned as it is.

    Args:
        value: the content of a secret field.
        field: the field's name, for the message.
        fence: what may be resolved; None resolves everything.

    Raises:
        DocumentError: the reference is not allowed or leads nowhere.
    """
    if not is_reference(value):
        return value
    scheme, _, name = value.partition(":")
    if scheme == "literal":
        return name
    if policy is not None and not policy.allows(value):
        raise DocumentError(
            [finding("reference_not_allowed", f"The field {field} refers to {value!r}, which is fenced off.")]
        )
    if scheme == "env":
        return _from_environment(name, field)
    if scheme == "file":
        return _from_file(name, field)
    from watchword.document.kept_references import read  # noqa: PLC0415 - few documents have any

    secret = read(value, field)
    if isinstance(secret, Finding):
        raise DocumentError([secret])
    return secret


def _from_environment(name: str, field: str) -> str:
    value = os.environ.get(name)
    if not value:
        state = "is empty" if value == "" else "is not set"
        message = f"The field {field} refers to the environment variable {name}, which {state}."
        raise DocumentError([finding("reference_unresolved", message)])
    return value


def _from_file(name: str, field: str) -> str:
    content, reason = _text_of(name)
    if reason:  # raised here, since the error that says so holds the content
        message = f"The field {field} refers to the file {name}, which can't be read: {reason}."
        raise DocumentError([finding("reference_unresolved", message)])
    if not content:
        message = f"The field {field} refers to the file {name}, which is empty."
        raise DocumentError([finding("reference_unresolved", message)])
    return content


def _text_of(name: str) -> tuple[str, str]:
    """Return a file's text, and why there is none where it can't be read."""
    try:
        # Editors and `kubectl create secret --from-file` leave a final line break behind.
        return Path(name).read_text(encoding="utf-8").rstrip("\r\n"), ""
    except (OSError, UnicodeDecodeError, ValueError) as error:
        return "", (isinstance(error, OSError) and error.strerror) or "it is no UTF-8 text"
