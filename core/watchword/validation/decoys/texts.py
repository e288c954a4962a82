"""Make a decoy of a secret text: the same length and alphabet, and nothing of its content; no I/O."""

from __future__ import annotations

import base64
import json
import math
import re
import secrets
import string
import time
import uuid

from watchword.http.bodies import read_json
from watchword.redact.key_prefixes import PREFIXES

_SHORTEST = 8
"""A decoy is at least so long, in characters: a shorter one might be somebody's."""

_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_JWT = re.compile(r"eyJ[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*")
_SCHEME = re.compile(r"(?i)(bearer|basic|token|apikey|api-key|key|digest|oauth|ssws|klaviyo-api-key) +")

_REGION = re.compile(r"(?<=[A-Za-z0-9]{16})-(?:us|eu|ap|au|ca|uk|in|jp|sa|de)[0-9]{1,2}\Z")
"""The end of a key that names the server's region, such as Mailchimp's `-us21`."""

_ALPHABETS = (
    string.digits,
    string.digits + "abcdef",
    string.digits + "ABCDEF",
    string.ascii_lowercase,
    string.ascii_uppercase,
    string.ascii_lowercase + string.digits,
    string.ascii_uppercase + string.digits,
    string.ascii_letters,
    string.ascii_letters + string.digits,
)
"""The alphabets of keys, the smallest first; separators are not of them, and stay in place."""

_KINDS = (str.isdigit, str.islower, str.isupper)

_SEPARATORS = "-_.:=+/"

_PARTS = re.compile(r"[-_.:=+/]+|[^-_.:=+/]+", re.DOTALL)

USER = "watchword-decoy-"
"""How the user names and client ids of decoys begin, so that a server's log tells them apart."""


def decoy_text(secret: str) -> str:
    """Return a random text of the same form; "" stays empty.

    A prefix stays if providers publish it, since it tells the kind of a key and doesn't belong to the secret;
    so does the region at the end, which is part of the server's name too.
    """
    if not secret:
        return ""
    prefix = next((each for each in PREFIXES if secret.startswith(each) and secret != each), "")
    if prefix:
        return prefix + _unlike(secret.removeprefix(prefix))
    scheme = _SCHEME.match(secret)
    if scheme:
        return scheme[0] + _decoy_after(scheme[1].lower(), secret[scheme.end() :])
    if _UUID.fullmatch(secret):
        return str(uuid.uuid4())
    if _JWT.fullmatch(secret):
        return _decoy_jwt(secret)
    end = _REGION.search(secret)
    region = end[0] if end else ""
    return _unlike(secret.removesuffix(region)) + region


def decoy_user(name: str) -> str:
    """Return a user name that nobody has, in the form of an e-mail address if the real one is such."""
    user = USER + secrets.token_hex(6)
    return f"{user}@decoy.invalid" if "@" in name else user


def _decoy_after(scheme: str, credential: str) -> str:
    """Return the decoy of what follows a scheme in a header; of Basic it is a pair (RFC 7617)."""
    if scheme == "basic":
        pair = f"{decoy_user('')}:{secrets.token_urlsafe(12)}"
        return base64.b64encode(pair.encode()).decode()
    return decoy_text(credential)


def _decoy_jwt(jwt: str) -> str:
    """Return a JWT with the same algorithm, and claims and a signature of its own (RFC 7515 section 7.1)."""
    header, _, rest = jwt.partition(".")
    try:
        algorithm = read_json(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))["alg"]
    except (ValueError, KeyError, TypeError):
        algorithm = "RS256"
    now = int(time.time())
    claims = {"sub": decoy_user(""), "iat": now, "exp": now + 3600, "jti": secrets.token_hex(8)}
    signature = secrets.token_bytes(max(32, len(rest.rpartition(".")[2]) * 3 // 4))
    parts = (
        json.dumps({"alg": str(algorithm)[:10], "typ": "JWT"}).encode(),
        json.dumps(claims).encode(),
        signature,
    )
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def _unlike(secret: str) -> str:
    """Return random characters of the secret's alphabets that have no longer piece in common with it."""
    parts = _PARTS.findall(secret)
    alphabets = [_alphabet(part) for part in parts]
    smallest = min((len(alphabet) for alphabet in alphabets if alphabet), default=len(_ALPHABETS[0]))
    more = max(_SHORTEST - len(secret), 0 if any(alphabets) else _SHORTEST)
    while True:
        drawn = "".join(map(_drawn, parts, alphabets)) + _drawn("x" * more, _ALPHABETS[-1])
        if not _pieces(secret, smallest) & _pieces(drawn, smallest) and drawn != secret:
            return drawn


def _drawn(part: str, alphabet: str) -> str:
    """Return random characters in place of a part, of the same kinds: an API may demand each of them."""
    if not alphabet:
        return part
    letters = [character for character in part if character.isascii()]
    while True:
        drawn = "".join(secrets.choice(alphabet) for _ in part)
        if all(any(map(kind, drawn)) or not any(map(kind, letters)) for kind in _KINDS):
            return drawn


def _alphabet(part: str) -> str:
    """Return the smallest alphabet of a part; "" for separators, which stay as they are."""
    if not part.strip(_SEPARATORS):
        return ""
    letters = {character for character in part if character.isascii() and character.isalnum()}
    return next((each for each in _ALPHABETS if letters <= set(each)), _ALPHABETS[-1])


def _pieces(text: str, letters: int) -> set[str]:
    """Return every piece of a text that is so long that chance alone hardly repeats it."""
    length = 4 + math.ceil(2 * math.log(max(len(text) / 8, 1), letters))
    starts = range(len(text) - length + 1)
    pieces = (text[start : start + length] for start in starts)
    return {piece for piece in pieces if piece.strip(_SEPARATORS)}
