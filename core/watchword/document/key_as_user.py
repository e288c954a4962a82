"""User names that are keys: some APIs take one as the user, with an empty or a filler password."""

from __future__ import annotations

from watchword.methods.base import Method
from watchword.redact.clear_secrets import is_key_as_user


def key_as_user(method: Method) -> list[str]:
    """Return the user name if it seems to be a key."""
    username = getattr(method, "username", None) or ""
    return [username] if is_key_as_user(username, getattr(method, "password", None)) else []
