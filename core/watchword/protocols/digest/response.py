"""Respond to a Digest challenge: the Authorization header (RFC 7616 section 3.4)."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING
from urllib.parse import quote

from watchword.http.body_chunks import body_chunks
from watchword.protocols.digest.challenge import Challenge
from watchword.redact import NeverPickled

if TYPE_CHECKING:
    from requests import PreparedRequest

_ATTRIBUTE = "!#$&+-.^_`|~"  # RFC 8187 section 3.2.1: in addition to letters and digits


@dataclass(frozen=True)
class Login(NeverPickled):
    """The user name and password that respond to a challenge."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Session(NeverPickled):
    """The responses to a challenge: one secret key, one cnonce, and the count of the nonce's uses.

    With `-sess` the key is derived from the first nonce and cnonce, and stays when the server issues new
    nonces (section 3.4.2). The cnonce stays too: servers differ in which cnonce they derive the key from.
    """

    challenge: Challenge
    user: str
    key: str = field(repr=False)
    cnonce: str
    uses: Iterator[int] = field(default_factory=lambda: count(1), repr=False)

    @classmethod
    def begin(cls, challenge: Challenge, login: Login, cnonce: str) -> Session:
        """Return a new session for a challenge (H(A1), section 3.4.2)."""
        name, password = _octets(login.username, challenge), _octets(login.password, challenge)
        key = _hash(challenge, f"{name}:{challenge.realm}:{password}")
        if challenge.is_session:
            key = _hash(challenge, f"{key}:{challenge.nonce}:{cnonce}")
        return cls(challenge, _user(challenge, login.username), key, cnonce)

    def continued(self, nonce: str) -> Session:
        """Return the session with the server's next nonce (section 3.5)."""
        return replace(self, challenge=replace(self.challenge, nonce=nonce), uses=count(1))

    def authorization(self, request: PreparedRequest, uri: str) -> str:
        """Return the header for a request whose target is `uri`, exactly as it will be sent.

        Raises:
            RequestError: the server requires a signed body, and the body can't be read twice.
        """
        challenge = self.challenge
        qop = challenge.qop[0] if challenge.qop else ""  # auth if both are offered, as in browsers
        signed = f"{request.method}:{uri}"
        if qop == "auth-int":
            signed += f":{_body_hash(request, challenge.hash_name)}"
        parts = [self.user, f"realm={_quoted(challenge.realm)}", f"uri={_quoted(uri)}"]
        if challenge.algorithm:
            parts.append(f"algorithm={challenge.algorithm}")
        parts.append(f"nonce={_quoted(challenge.nonce)}")
        counted = ""
        if qop:
            used = f"{next(self.uses):08x}"
            counted = f"{used}:{self.cnonce}:{qop}:"
            parts += [f"nc={used}", f"qop={qop}"]
        if qop or challenge.is_session:
            parts.append(f"cnonce={_quoted(self.cnonce)}")
        proof = f"{self.key}:{challenge.nonce}:{counted}{_hash(challenge, signed)}"
        parts.append(f'response="{_hash(challenge, proof)}"')
        if challenge.opaque is not None:
            parts.append(f"opaque={_quoted(challenge.opaque)}")
        if challenge.userhash:
            parts.append("userhash=true")
        return f"Digest {', '.join(parts)}"


def _body_hash(request: PreparedRequest, hash_name: str) -> str:
    digest = hashlib.new(hash_name, usedforsecurity=False)
    for chunk in body_chunks(request):
        digest.update(chunk)
    return digest.hexdigest()


def _hash(challenge: Challenge, octets: str) -> str:
    # Many servers still require MD5; a stronger algorithm is used wherever it is offered.
    return hashlib.new(challenge.hash_name, octets.encode("latin-1"), usedforsecurity=False).hexdigest()


def _octets(text: str, challenge: Challenge) -> str:
    """Return the text as UTF-8, with one character per octet.

    A server that names this charset requires NFC (section 4). For other servers the octets stay as they
    were entered, as in today's browsers.
    """
    normal = unicodedata.normalize("NFC", text) if challenge.utf_8 else text
    return normal.encode().decode("latin-1")


def _user(challenge: Challenge, username: str) -> str:
    """Return the parameter with the user name: hashed, in extended notation, or in plain octets."""
    octets = _octets(username, challenge)
    if challenge.userhash:
        return f'username="{_hash(challenge, f"{octets}:{challenge.realm}")}"'
    if challenge.utf_8 and not username.isascii():
        return f"username*=UTF-8''{quote(octets.encode('latin-1'), safe=_ATTRIBUTE)}"
    return f"username={_quoted(octets)}"


def _quoted(octets: str) -> str:
    escaped = octets.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
