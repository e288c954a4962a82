"""Requests signed by HMAC over method, URL, body and timestamp, as Kaufland's marketplaces require it."""

# FastAPI reads these annotations when the app is built: no `from __future__ import annotations` here.
import hmac
import time
from typing import Annotated

from fastapi import Request, Security
from fastapi.security import APIKeyHeader

from watchword_playground.credentials import accounts, same
from watchword_playground.http.raw_request import target
from watchword_playground.http.refusals import MISSING, REALM, REVOKED, WRONG, unauthorized
from watchword_playground.state.state import state_of

METHOD = "hmac_signature"
_CHALLENGE = f"HMAC {REALM}"
_WINDOW = 300
"""How far a timestamp may be from the time here, in seconds."""

_KEY = APIKeyHeader(name="Shop-Client-Key", scheme_name="hmac_signature: key", auto_error=False)
_TIMESTAMP = APIKeyHeader(name="Shop-Timestamp", scheme_name="hmac_signature: timestamp", auto_error=False)
_SIGNATURE = APIKeyHeader(name="Shop-Signature", scheme_name="hmac_signature: signature", auto_error=False)


async def hmac_signature(
    request: Request,
    key_id: Annotated[str | None, Security(_KEY)],
    timestamp: Annotated[str | None, Security(_TIMESTAMP)],
    signature: Annotated[str | None, Security(_SIGNATURE)],
) -> str:
    """Accept the HMAC-SHA256 of method, URL, body and a current timestamp, one on each line."""
    if key_id is None or timestamp is None or signature is None:
        raise unauthorized(METHOD, MISSING, _CHALLENGE)
    if not (timestamp.isdecimal() and abs(int(timestamp[:20]) - time.time()) <= _WINDOW):
        raise unauthorized(METHOD, "the timestamp is too far from the time here", _CHALLENGE)
    url = f"{request.url.scheme}://{request.url.netloc}{target(request)}"
    lines = (request.method.encode(), url.encode(), await request.body(), timestamp.encode())
    is_right = False
    for account in accounts(METHOD):
        expected = hmac.digest(account["hmac_secret"].encode(), b"\n".join(lines), "sha256").hex()
        # `&`, without an early return: the time doesn't reveal which part was wrong.
        is_right |= same(key_id, account["key_id"]) & same(signature, expected)
    if not is_right:
        raise unauthorized(METHOD, WRONG, _CHALLENGE)
    if state_of(request).is_revoked(METHOD):
        raise unauthorized(METHOD, REVOKED, _CHALLENGE)
    return key_id
