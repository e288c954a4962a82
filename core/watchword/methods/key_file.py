"""What the JSON file of a provider fills in, beside the private key, if the document doesn't say it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from watchword.http.json_value import JsonValue

if TYPE_CHECKING:
    from watchword.protocols.keys import KeyFile

_SHORTEST = 200
"""Shorter text without a brace holds no file, not even in base64."""


def key_file_in(text: str | None) -> KeyFile | None:
    """Return what a provider's file says, if that is what a key's field holds."""
    if not text or text.startswith("-----") or ("{" not in text and len(text) < _SHORTEST):
        return None
    from watchword.protocols.keys import read_key_file  # noqa: PLC0415 - most methods need no key

    return read_key_file(text)


def filled(values: Mapping[str, Any], given: Collection[str]) -> dict[str, Any]:
    """Return the values that a file has and the document hasn't."""
    return {name: value for name, value in values.items() if value and name not in given}


def jwt_fields(
    file: KeyFile, payload: Mapping[str, JsonValue], headers: Mapping[str, JsonValue]
) -> dict[str, Any]:
    """Return payload and header of a JWT; what the document says has priority."""
    claims = {"iss": file.issuer, "sub": file.subject, "aud": file.audience}
    present = {name: value for name, value in claims.items() if value}
    return {
        "payload": {**present, **file.claims, **payload},
        "jwt_headers": {**({"kid": file.key_id} if file.key_id else {}), **headers},
    }
