"""Basic authentication with usernames and passwords that aren't ASCII."""

import binascii
from base64 import b64decode

from fastapi import Request
from fastapi.security import HTTPBasic, HTTPBasicCredentials


class UnicodeBasic(HTTPBasic):
    """FastAPI's Basic, extended to the UTF-8 of RFC 7617 §2.1. FastAPI's own reads ASCII only."""

    async def __call__(  # type: ignore[override]  # as FastAPI's own does
        self, request: Request
    ) -> HTTPBasicCredentials | None:
        """Return the credential in the header, None if it isn't a Basic credential."""
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            username, colon, password = b64decode(value.strip(), validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return None
        return HTTPBasicCredentials(username=username, password=password) if colon else None
