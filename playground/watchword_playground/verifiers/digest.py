"""Digest authentication by the formulas of RFC 7616, because maintained libraries verify MD5 only."""

import hashlib
import re
import secrets
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import unquote
from urllib.request import parse_http_list, parse_keqv_list

from fastapi import HTTPException, Request
from starlette.datastructures import Headers

from watchword_playground.credentials import Fields, accounts, same
from watchword_playground.http.raw_request import target
from watchword_playground.http.refusals import MISSING, REALM_NAME, REVOKED, WRONG
from watchword_playground.state.state import DigestNonce, State, state_of

METHOD = "digest"
_OPAQUE = "5ccc069c403ebaf9"
_HASHES = {"SHA-256": "sha256", "MD5": "md5"}
_REQUIRED = ("realm", "nonce", "uri", "response", "qop", "nc", "cnonce")

Parameters = Mapping[str, str]


class DigestInput(NamedTuple):
    """The parts of a request that a digest covers."""

    http_method: str
    target: str
    body: bytes


class Refused(Exception):  # noqa: N818 -- the verdict on a request, not an error
    """Why the credential is refused. `stale`: it is right except for its nonce."""

    def __init__(self, reason: str, *, stale: bool = False, status: int = 401) -> None:
        super().__init__(reason)
        self.stale = stale
        self.status = status


async def digest(request: Request) -> str:
    """Accept SHA-256, MD5 and their session variants, with qop auth or auth-int, each nonce count once."""
    state = state_of(request)
    try:
        given = _parameters(request.headers.get("Authorization", ""))
        covered = DigestInput(request.method, target(request), await request.body())
        return _owner(state, given, covered)
    except Refused as refusal:
        headers = Headers(raw=list(_challenges(state, stale=refusal.stale)))
        raise HTTPException(refusal.status, f"{METHOD}: {refusal}", headers=headers) from None


def expected_response(account: Fields, given: Parameters, covered: DigestInput, session_nonce: str) -> str:
    """Return the `response` that the account's owner would send (RFC 7616 §3.4.1 to §3.4.3).

    `session_nonce` is the client nonce that the key of a `-sess` algorithm is made from.
    """
    algorithm = given.get("algorithm", "MD5").upper()
    secret = _hash(algorithm, account["username"], given["realm"], account["password"])
    if algorithm.endswith("-SESS"):
        secret = _hash(algorithm, secret, given["nonce"], session_nonce)
    parts = [covered.http_method, given["uri"]]
    if given["qop"] == "auth-int":
        parts.append(_hash_bytes(algorithm, covered.body))
    counted = (given["nonce"], given["nc"], given["cnonce"], given["qop"])
    return _hash(algorithm, secret, *counted, _hash(algorithm, *parts))


def _owner(state: State, given: Parameters, covered: DigestInput) -> str:
    """Return the account's name if the response is right and its nonce valid."""
    _check_form(given, covered)
    account = next((each for each in accounts(METHOD) if _is_named(each, given)), None)
    if account is None:
        raise Refused(WRONG)
    nonce = state.digest_nonces.get(given["nonce"])
    # RFC 7616 uses the client nonce of the session's first request, httpx and aiohttp that of each request.
    session_nonces = {given["cnonce"], (nonce.client_nonce if nonce else "") or given["cnonce"]}
    if not any(
        same(given["response"], expected_response(account, given, covered, n)) for n in session_nonces
    ):
        raise Refused(WRONG)
    if nonce is None:
        raise Refused("the nonce is unknown or has expired", stale=True)
    if int(given["nc"], 16) <= nonce.count:
        raise Refused("the nonce count (nc) has not risen", stale=True)
    nonce.count = int(given["nc"], 16)
    nonce.client_nonce = nonce.client_nonce or given["cnonce"]
    if state.is_revoked(METHOD):
        raise Refused(REVOKED)
    return str(account["username"])


def _check_form(given: Parameters, covered: DigestInput) -> None:
    """Refuse a header that is wrong for every account."""
    absent = [name for name in _REQUIRED if name not in given]
    if absent:
        raise Refused(f"the Authorization header lacks {', '.join(absent)}")
    if given["uri"] != covered.target:
        # RFC 7616 §3.4.6: the header was made for another resource.
        raise Refused("the uri in the Authorization header isn't the one requested", status=400)
    if given.get("algorithm", "MD5").upper().removesuffix("-SESS") not in _HASHES:
        raise Refused("the algorithm isn't one of those offered")
    if given["qop"] not in ("auth", "auth-int"):
        raise Refused("the qop isn't one of those offered")
    if (given["realm"], given.get("opaque")) != (REALM_NAME, _OPAQUE):
        raise Refused("realm and opaque must come back as they were sent")
    if not re.fullmatch("[0-9a-fA-F]{8}", given["nc"]):
        raise Refused("the nonce count (nc) must be eight hexadecimal digits")


def _is_named(account: Fields, given: Parameters) -> bool:
    """Return whether the header names this account: plainly, encoded (username*) or hashed (userhash)."""
    name = account["username"]
    if given.get("userhash", "").lower() == "true":
        return same(given.get("username", ""), _hash(given.get("algorithm", "MD5"), name, REALM_NAME))
    if "username*" in given:
        charset, _, rest = given["username*"].partition("'")
        return charset.upper() == "UTF-8" and same(unquote(rest.partition("'")[2]), name)
    return same(given.get("username", ""), name)


def _parameters(header: str) -> Parameters:
    """Read the header, whose text may be UTF-8 (RFC 7616 §4)."""
    scheme, _, rest = header.partition(" ")
    if scheme.lower() != METHOD:
        raise Refused(MISSING)
    try:
        pairs = parse_keqv_list(parse_http_list(rest.encode("latin-1").decode()))
    except (ValueError, IndexError):
        raise Refused("the Authorization header can't be read") from None
    return {name.strip().lower(): value for name, value in pairs.items()}


def _challenges(state: State, *, stale: bool) -> Iterator[tuple[bytes, bytes]]:
    """Offer each algorithm in its own header, the stronger first (RFC 7616 §3.7)."""
    nonce = secrets.token_urlsafe(24)
    state.digest_nonces.add(nonce, DigestNonce())
    for algorithm in _HASHES:
        challenge = (
            f'Digest realm="{REALM_NAME}", qop="auth, auth-int", algorithm={algorithm}, nonce="{nonce}", '
            f'opaque="{_OPAQUE}", charset=UTF-8, userhash=true{", stale=true" if stale else ""}'
        )
        yield b"www-authenticate", challenge.encode()


def _hash(algorithm: str, *parts: str) -> str:
    return _hash_bytes(algorithm, ":".join(parts).encode())


def _hash_bytes(algorithm: str, data: bytes) -> str:
    name = _HASHES[algorithm.upper().removesuffix("-SESS")]
    return hashlib.new(name, data, usedforsecurity=False).hexdigest()
