"""Names of resources: `projects/P/secrets/S/versions/V`, with `locations/L` after the project or without."""

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
    """Return a project's or location's name; raise Refusal for what is none."""
    if not re.fullmatch(_PARENT, text):
        raise Refusal("INVALID_ARGUMENT", f"Invalid resource field value in the request: parent [{text}].")
    return text


def secret(text: str) -> str:
    """Return a secret's name; raise Refusal for what is none."""
    found = re.fullmatch(_SECRET, text)
    if found is None:
        raise Refusal("INVALID_ARGUMENT", f"Invalid resource field value in the request: name [{text}].")
    _check_id(found["secret"])
    return text


def new_secret(of: str, secret_id: str) -> str:
    """Return the name of a secret that is to be created; raise Refusal for an id that can't be one."""
    _check_id(secret_id)
    return f"{parent(of)}/secrets/{secret_id}"


def version(text: str) -> VersionName:
    """Return a version's name; raise Refusal for what is none."""
    of, found, which = text.rpartition("/versions/")
    if not found or not re.fullmatch(r"[A-Za-z0-9_-]{1,63}", which):
        raise Refusal("INVALID_ARGUMENT", f"Invalid resource field value in the request: name [{text}].")
    return VersionName(secret(of), which)


def secret_id(name: str) -> str:
    """Return the id within a secret's or version's name, empty for a parent's."""
    return name.partition("/secrets/")[2].partition("/")[0]


def is_regional(name: str) -> bool:
    """Tell whether a name is that of a location, or of something that lives in one."""
    return "/locations/" in name


def _check_id(text: str) -> None:
    if not _SECRET_ID.fullmatch(text):
        message = f"The provided Secret ID [{text}] does not match the expected format [[a-zA-Z_0-9-]+]."
        raise Refusal("INVALID_ARGUMENT", message)
