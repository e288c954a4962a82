"""The words and the 401 with which every method refuses a request, and the 403 for other web sites."""

from fastapi import HTTPException, Request

REALM_NAME = "watchword playground"
REALM = f'realm="{REALM_NAME}"'
MISSING = "a credential is missing"
WRONG = "the credential is wrong"
REVOKED = "the credential was revoked"


def unauthorized(method: str, reason: str, challenge: str) -> HTTPException:
    """Return the 401 that names the reason, with the challenge of RFC 9110 §11.6.1."""
    return HTTPException(401, f"{method}: {reason}", headers={"WWW-Authenticate": challenge})


async def refuse_other_sites(request: Request) -> None:
    """Answer 403 to a request that a page of another web site makes."""
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        raise HTTPException(403, "the controls can't be used from another site")
