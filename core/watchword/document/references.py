"""References in secret fields: `env:NAME`, `file:PATH`, `gcp:NAME`, `local:NAME`.

`literal:…` marks text that only looks like a reference.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

ENVIRONMENT, FILE, LITERAL = "env", "file", "literal"
SECRET_MANAGER, VAULT = "gcp", "local"

SCHEMES = frozenset({ENVIRONMENT, FILE, SECRET_MANAGER, VAULT, LITERAL})

ALLOWED_VARIABLE = "WATCHWORD_ALLOWED_REFERENCES"
DEFAULT_ALLOWED = "env:WATCHWORD_SECRET_*,file:/run/secrets/*,gcp:watchword-secret-*,local:watchword-secret-*"

_AIRFLOW_PREFIX = "airflow-"
"""The names of connections, variables and options begin like this: a pattern must name it to mean them."""

_SECRET_NAME = r"([A-Za-z0-9_-]{1,255})"  # noqa: S105 - a pattern of names


@dataclass(frozen=True)
class Reference:
    """A reference in its parts.

    `text` is the whole of it, `name` what follows the scheme. For `gcp:` and `local:`, `name` is the name of
    the secret alone, "" if the text names none; only `gcp:` has a project, a location and a version.
    """

    text: str
    scheme: str
    name: str
    project: str = ""
    location: str = ""
    version: str = ""

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Return the parts of any text; the scheme is "" if the text has no colon."""
        scheme, separator, rest = text.partition(":")
        if not separator:
            return cls(text, "", text)
        if scheme == VAULT:
            return cls(text, scheme, rest if re.fullmatch(_SECRET_NAME, rest) else "")
        return _of_secret_manager(text, rest) if scheme == SECRET_MANAGER else cls(text, scheme, rest)

    @property
    def is_known(self) -> bool:
        """Whether the text is a reference rather than the secret itself."""
        return self.scheme in SCHEMES

    @property
    def unversioned(self) -> str:
        """The reference to a secret without its version, "" if it names no secret."""
        if not self.name:
            return ""
        location = f"locations/{self.location}/" if self.location else ""
        folder = f"projects/{self.project}/{location}secrets/" if self.project else ""
        return f"{self.scheme}:{folder}{self.name}"


def is_reference(value: str) -> bool:
    """Return whether the text is a reference rather than the secret itself."""
    return Reference.parse(value).is_known


def _of_secret_manager(text: str, path: str) -> Reference:
    """Parse `NAME` or `projects/P/secrets/NAME`, each with or without a version."""
    from watchword.secrets.google.resource_names import (  # noqa: PLC0415 - few documents refer to it
        LOCATION,
        PROJECT,
    )

    folder = rf"(?:projects/({PROJECT})/(?:locations/({LOCATION})/)?secrets/)?"
    parts = re.fullmatch(rf"{folder}{_SECRET_NAME}(?:/versions/(latest|[0-9]{{1,9}}))?", path)
    if parts is None:
        return Reference(text, SECRET_MANAGER, "")
    project, location, name, version = (part or "" for part in parts.groups())
    return Reference(text, SECRET_MANAGER, name, project, location, version)


@dataclass(frozen=True)
class ReferencePolicy:
    """The references that a stored document may use.

    Without it, anybody who may edit a stored connection could have this machine send its variables, its files
    and the secrets of other connections to a host of their choice. Patterns are those of fnmatch, such as
    `env:ACME_*`; in those of files and of Secret Manager, `*` ends at a slash; `/**` at the end of a
    file's pattern means everything below. A pattern of Secret Manager means all versions of a secret.
    """

    patterns: tuple[str, ...]

    @classmethod
    def from_environment(cls) -> ReferencePolicy:
        """Return the deployment's policy: comma-separated patterns in WATCHWORD_ALLOWED_REFERENCES."""
        text = os.environ.get(ALLOWED_VARIABLE, DEFAULT_ALLOWED)
        return cls(tuple(part.strip() for part in text.split(",") if part.strip()))

    def allows(self, reference: Reference) -> bool:
        """Return whether the reference may be resolved; a file's real path decides."""
        if reference.scheme in {SECRET_MANAGER, VAULT}:
            return self._allows_secret(reference)
        if reference.scheme == FILE:
            return self._allows_file(reference.name)
        return any(fnmatchcase(reference.text, pattern) for pattern in self.patterns)

    def _allows_secret(self, reference: Reference) -> bool:
        patterns = [pattern.split("/") for pattern in self.patterns]
        if reference.name.startswith(_AIRFLOW_PREFIX):  # whole connections, with all their secrets
            patterns = [
                pattern for pattern in patterns if pattern[-1].rpartition(":")[2].startswith(_AIRFLOW_PREFIX)
            ]
        parts = reference.unversioned.split("/")
        return any(_matches(parts, pattern) for pattern in patterns)

    def _allows_file(self, path: str) -> bool:
        try:
            parts = f"{FILE}:{Path(path).resolve().as_posix()}".split("/")
        except (OSError, RuntimeError, ValueError):
            return False  # links that lead in a circle, or text that can't be a path
        # Kubernetes' volumes keep a file in a folder such as ..2025_01_31, to which its name is a link.
        visible = [part for part in parts if not part.startswith("..")]
        return any(_matches(visible, pattern.split("/")) for pattern in self.patterns)


def _matches(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Return whether a pattern means a path, part by part."""
    if pattern[-1] == "**" and len(parts) >= len(pattern):
        pattern = pattern[:-1]
        parts = parts[: len(pattern)]
    return len(parts) == len(pattern) and all(map(fnmatchcase, parts, pattern))
