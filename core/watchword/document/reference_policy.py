"""Which references a stored connection may use (`WATCHWORD_ALLOWED_REFERENCES`)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from watchword.document.references import FILE, SECRET_MANAGER, VAULT, Reference

ALLOWED_VARIABLE = "WATCHWORD_ALLOWED_REFERENCES"
DEFAULT_ALLOWED = "env:WATCHWORD_SECRET_*,file:/run/secrets/*,gcp:watchword-secret-*,local:watchword-secret-*"

_AIRFLOW_PREFIX = "airflow-"
"""The names of connections, variables and options begin like this: a pattern must name it to mean them."""


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
            return self.allows_real_path(Path(path).resolve())
        except (OSError, RuntimeError, ValueError):
            return False  # links that lead in a circle, or text that can't be a path

    def allows_real_path(self, path: Path) -> bool:
        """Return whether the file of a path without links may be read."""
        parts = f"{FILE}:{path.as_posix()}".split("/")
        # Kubernetes' volumes keep a file in a folder such as ..2025_01_31, to which its name is a link.
        visible = [part for part in parts if not part.startswith("..")]
        return any(_matches(visible, pattern.split("/")) for pattern in self.patterns)


def _matches(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Return whether a pattern means a path, part by part."""
    if pattern[-1] == "**" and len(parts) >= len(pattern):
        pattern = pattern[:-1]
        parts = parts[: len(pattern)]
    return len(parts) == len(pattern) and all(map(fnmatchcase, parts, pattern))
