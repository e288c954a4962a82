"""How a request is refused: in the words that all methods share."""

from fastapi import HTTPException

REALM_NAME = "watchword playground"
REALM = f'realm="{REALM_NAME}"'
MISSING = "a credential is missing"
WRONG = "the credential is wrong"
REVOKED = "the credential was revoked"


def unauthorized(method: str, why: str, challenge: str) -> HTTPException:
    """Return the 401 that says why, with the challenge of RFC 9110 §11.6.1."""
    return HTTPException(401, f"{method}: {why}", headers={"WWW-Authenticate": challenge})
