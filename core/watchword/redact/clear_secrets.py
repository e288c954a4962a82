"""Whether a value that stands in no secret field is a secret: by its name, its form, or its place in a URL.

Three strengths: `is_secret` is sure enough for a finding, `may_be_secret` for a value that is not shown or is
moved to where it isn't shown, and `has_known_form` needs no name.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from urllib.parse import unquote

from watchword.redact.key_prefixes import DISTINCT
from watchword.redact.signatures import MASK

_KNOWN_FORM = re.compile(
    r"[0-9]{6,12}:[A-Za-z0-9_-]{30,}"  # a bot's token of Telegram
    rf"|(?<![A-Za-z0-9])(?:{'|'.join(map(re.escape, DISTINCT))})[A-Za-z0-9_-]{{10,}}"
    r"|eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"
)

# Names of values that aren't shown: a reader needs them seldom.
_MAY_BE = re.compile(
    r"(?i)auth|cookie|credential|csrf|key|pass(?:w|phrase|code)|pwd|secret|session|signature|token|xsrf"
    r"|(?:^|[^a-z])(?:otp|pin|sid|sso)$"
)
_SURE = re.compile(
    r"(?i)(?:^|[-_.])(?:(?:x|access|api|app|auth|client|subscription)[-_]?(?:key|token)"
    r"|(?:[a-z]+[-_]?)?(?:secret|password|passwd|pwd|passphrase))$"
)
_LIKELY = re.compile(r"(?i)(?:^|[-_.])(?:key|token|auth|sig|signature|assertion)$")
_OTHER_KEY = re.compile(
    r"(?i)cache|continuation|cursor|foreign|idempotency|next|page|partition|primary|public|publishable|"
    r"routing|row|sort|sync"
)
"""The kinds of keys and tokens that open nothing."""

_CREDENTIALS = re.compile(r"(?i)(?:basic|bearer|token|apikey|api-key)\s+(\S{8,})|\S{16,}")
_WITH_DIGIT = re.compile(r"(?=.*[0-9])[^\s{}<>$]{8,}|[^\s{}<>$]{20,}")
_LONG = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[^\s{}<>$/]{16,}")

_UUID = re.compile(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SID = re.compile(r"[A-Z]{2}[0-9a-f]{32}")  # an id of Twilio
_RUN = re.compile(r"[A-Za-z0-9]{20,}")
_RANDOM = re.compile(r"(?=.*[0-9])(?=.*[a-z])(?=.*[A-Z])")
_LEAST_BITS = 3.7
"""Of information in each character of a random text, at least; words and dates have less."""

_BEFORE_SECRET = re.compile(r"(?i)api[-_]?keys?|keys?|tokens?|secrets?|hooks?")
_COLLECTION = re.compile(r"[a-z]{3,}s")
_LONG_PART = re.compile(r"(?=.*[0-9])[A-Za-z0-9_-]{16,}")

# With such a password, or an empty one, the user name is the key: the password says nothing.
_FILLERS = {
    *("", "-", "anything", "api", "api_token", "dummy", "ignored", "none", "null", "pass", "token"),
    *("unused", "x", "xx", "xxx"),
}
_KEY = re.compile(r"(?=.*[0-9])[A-Za-z0-9_.~+/=-]{12,}|[A-Za-z0-9_.~+/=-]{24,}")
"""A user name that seems to be a key: long, and no address of a person."""


def has_known_form(text: str) -> bool:
    """Return whether a text holds a secret that its form gives away, such as a JWT or `ghp_…`."""
    return bool(_KNOWN_FORM.search(text))


def is_secret(name: str, value: str) -> bool:
    """Return whether a value with this name is a secret in clear, sure enough for a finding.

    A harmless value must never be one; a secret under an unknown name may be missed.
    """
    if "{{" in value:
        return False
    if has_known_form(value):
        return True
    if name.lower() in {"authorization", "proxy-authorization"}:
        return bool(_CREDENTIALS.fullmatch(value.strip()))
    if _OTHER_KEY.search(name):
        return False
    form = _WITH_DIGIT if _SURE.search(name) else _LONG if _LIKELY.search(name) else None
    return form is not None and bool(form.fullmatch(value))


def sounds_like_secret(name: str) -> bool:
    """Return whether a value with this name is better not shown."""
    return bool(_MAY_BE.search(name))


def may_be_secret(name: str, value: str) -> bool:
    """Return whether a value is better kept as a secret: by its name, or since it looks random."""
    return bool(value) and (sounds_like_secret(name) or has_known_form(value) or is_random(value))


def is_random(text: str) -> bool:
    """Return whether a text has a long run of characters that nobody has thought of."""
    runs = _RUN.findall(text)
    if not runs or _SID.fullmatch(text):
        return False
    return any(_RANDOM.match(run) and _bits(run) >= _LEAST_BITS for run in runs)


def is_key_as_user(username: object, password: object) -> bool:
    """Return whether a user name is a key: it looks like one, beside no password or a filler.

    The name of a person or a service isn't masked, since it stands in many logs.
    """
    has_password = isinstance(password, str) and password.strip().lower() not in _FILLERS
    return isinstance(username, str) and not has_password and bool(_KEY.fullmatch(username))


def is_secret_part(part: str, before: str) -> bool:
    """Return whether a part of a path looks like a secret; ids, which many paths have, are none."""
    part = unquote(part)
    if has_known_form(part):
        return True
    if _UUID.fullmatch(part) or _SID.fullmatch(part):
        return False
    if _BEFORE_SECRET.fullmatch(before) and _LONG_PART.fullmatch(part):
        return True
    if _COLLECTION.fullmatch(before):  # an id: /spreadsheets/1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms
        return False
    return is_random(part)


def secret_parts(url: str) -> list[str]:
    """Return the secrets in the path of a URL as they stand there; of a part only what its form shows."""
    parts = url.partition("://")[2].partition("?")[0].partition("#")[0].split("/")[1:]
    found = [part for before, part in zip(["", *parts], parts, strict=False) if is_secret_part(part, before)]
    return [match[0] if (match := _KNOWN_FORM.search(part)) else part for part in found]


def without_clear_secrets(text: str) -> str:
    """Return a text with `***` for what its form gives away, and in a URL's path for what looks random."""
    for part in secret_parts(text):
        text = text.replace(part, MASK)
    return _KNOWN_FORM.sub(MASK, text)


def _bits(text: str) -> float:
    """Return how many bits of information each character has, by how often each occurs (Shannon)."""
    shares = [count / len(text) for count in Counter(text).values()]
    return -sum(share * math.log2(share) for share in shares)
