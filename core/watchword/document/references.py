"""References in secret fields: `env:NAME`, `file:PATH`, `gcp:NAME`, `local:NAME`.

`literal:…` marks text that only looks like a reference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

ENVIRONMENT, FILE, LITERAL = "env", "file", "literal"
SECRET_MANAGER, VAULT = "gcp", "local"

SCHEMES = frozenset({ENVIRONMENT, FILE, SECRET_MANAGER, VAULT, LITERAL})

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


def is_elsewhere(value: str) -> bool:
    """Return whether the text says where the secret is kept; behind `literal:` stands the secret itself."""
    reference = Reference.parse(value)
    return reference.is_known and reference.scheme != LITERAL


def as_literal(value: str) -> str:
    """Return a text as a document writes it to mean the text itself, even if it looks like a reference."""
    return f"{LITERAL}:{value}" if is_reference(value) else value


def without_mark(value: str) -> str:
    """Return the text that `as_literal` has marked; any other text as it is."""
    return value.removeprefix(f"{LITERAL}:")


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
