"""User names that are keys: some APIs take one as the user, with an empty or a filler password."""

from __future__ import annotations

import re

from watchword.methods.base import Method

# With such a password, or an empty one, the user name is the key: the password says nothing.
_FILLERS = frozenset(
    {"api_token", "", "x", "xx", "xxx", "-", "none", "null", "unused", "ignored", "dummy", "anything"}
)
_KEY = re.compile(r"(?=.*[0-9])[A-Za-z0-9_.~+/=-]{12,}|[A-Za-z0-9_.~+/=-]{24,}")
"""A user name that seems to be a key: long, and no address of a person."""


def key_as_user(method: Method) -> list[str]:
    """Return the user name if it seems to be a key.

    The name of a person or a service isn't masked, since it stands in many logs.
    """
    username, password = getattr(method, "username", None) or "", getattr(method, "password", None) or ""
    has_password = password.strip().lower() not in _FILLERS
    return [username] if not has_password and _KEY.fullmatch(username) else []
