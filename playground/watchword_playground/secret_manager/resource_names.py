"""Resource names: `projects/P/secrets/S/versions/V`, with or without `locations/L` after the project."""

import re
from typing import NamedTuple

from watchword_playground.secret_manager.refusal import Refusal

_PARENT = r"projects/[^/]+(?:/locations/[a-z0-9-]+)?"
_SECRET = rf"(?P<parent>{_PARENT})/secrets/(?P<secret>[^/]+)"
_SECRET_ID = re.compile(r"[A-Za-z0-9_-]{1,255}")


class VersionName(NamedTuple):
    """A secret's full name, and a version's number or `latest`."""

    secret: str
    version: str

    def __str__(self) -> str:
        return f"{self.secret}/versions/{self.version}"


def parent(text: str) -> str:
    """Return the name of a project or location; raises Refusal for anything else."""
    if not re.fullmatch(_PARENT, text):
        raise Refusal("INVALID_ARGUMENT", f"Invalid resource field value in the request: parent [{text}].")
    return text


def secret(text: str) -> str:
    """Return the name of a secret; raises Refusal for anything else."""
    match = re.fullmatch(_SECRET, text)
    if match is None:
        raise Refusal("INVALID_ARGUMENT", f"Invalid resource field value in the request: name [{text}].")
    _check_id(match["secret"])
    return text


def new_secret(in_parent: str, secret_id: str) -> str:
    """Return the name of a new secret; raises Refusal for an invalid id."""
    _check_id(secret_id)
    return f"{parent(in_parent)}/secrets/{secret_id}"


def version(text: str) -> VersionName:
    """Return the name of a version; raises Refusal for anything else."""
    of_secret, separator, number = text.rpartition("/versions/")
    if not separator or not re.fullmatch(r"[A-Za-z0-9_-]{1,63}", number):
        raise Refusal("INVALID_ARGUMENT", f"Invalid resource field value in the request: name [{text}].")
    return VersionName(secret(of_secret), number)


def secret_id(name: str) -> str:
    """Return the secret's id in the name of a secret or version, "" for a project or location."""
    return name.partition("/secrets/")[2].partition("/")[0]


def is_regional(name: str) -> bool:
    """Return whether a name is that of a location or of a resource in one."""
    return "/locations/" in name


def _check_id(text: str) -> None:
    if not _SECRET_ID.fullmatch(text):
        message = f"The provided Secret ID [{text}] does not match the expected format [[a-zA-Z_0-9-]+]."
        raise Refusal("INVALID_ARGUMENT", message)
