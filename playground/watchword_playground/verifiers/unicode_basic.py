"""Basic authentication with names and passwords beyond ASCII."""

import binascii
from base64 import b64decode

from fastapi import Request
from fastapi.security import HTTPBasic, HTTPBasicCredentials


class UnicodeBasic(HTTPBasic):
    """FastAPI's Basic with the UTF-8 of RFC 7617 §2.1; its own knows ASCII only."""

    async def __call__(  # type: ignore[override]  # as FastAPI's own does
        self, request: Request
    ) -> HTTPBasicCredentials | None:
        """Return what the header holds, or nothing when it holds no Basic credential."""
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            username, colon, password = b64decode(value.strip(), validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return None
        return HTTPBasicCredentials(username=username, password=password) if colon else None
