"""Quotes of others' texts in findings: masked, also where they hold a secret that isn't registered yet.

A response that isn't what was expected may be the very answer that issues a token. So a quote hides not only
the secrets that are known, but also each value whose name is that of a secret, and values in the form of one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

from watchword import redact

_NAME = (
    r"[\w.-]{0,60}(?:api[-_]?key|access[-_]?key(?:[-_]?id)?|token|secret|passw(?:or)?d|pwd|passphrase|signature"
    r"|\bsig|assertion|credentials?|session(?:[-_]?(?:id|key))?|\bsid|jsessionid|phpsessid|cookie"
    r"|(?:private|client|\b)[-_]?key|authorization|\bauth|\bjwt|\botp|csrf|xsrf)(?:[-_]?(?:value|s|[0-9]+))?"
)
_STRING = r"\"(?:[^\"\\]|\\.)*(?:\"|$)|'(?:[^'\\]|\\.)*(?:'|$)"

# A value after its name, in JSON (also in a string of JSON), a form, a header, YAML, XML and a page.
_NAMED = re.compile(
    rf"(?i)(?P<lead>(?P<quote>\\{{0,8}}[\"']?){_NAME}(?P=quote)\s*[:=]\s*)"
    rf"(?P<value>\[[^\[\]]*(?:\]|$)|\{{[^{{}}]*(?:\}}|$)|(?:bearer|basic|token)\s+[^\s\"',;&<]+|{_STRING}|\\+\".*?(?:\\+\"|$)|[^\s\"',;&<>{{}}\[\]]+)"
)
_ELEMENT = re.compile(rf"(?i)(?P<lead><(?:\w+:)?{_NAME}(?:\s[^<>]*)?>)(?P<value>[^<]+)")
_INPUT = re.compile(
    rf"(?i)(?P<lead>(?:name|id|property)\s*=\s*[\"']?{_NAME}[\"']?[^<>]*?\b(?:value|content)\s*=\s*)(?P<value>{_STRING})"
)
_SCHEME = re.compile(r"(?i)(?P<lead>\b(?:bearer|basic)\s+)(?P<value>[A-Za-z0-9._~+/=-]{8,})")

# Without a name: the forms of well-known providers, and long texts of all kinds of characters.
_FORM = re.compile(
    r"(?<![A-Za-z0-9])(?:gh[opsur]_|github_pat_|glpat-|xox[abeoprs]-|xapp-|sk[-_]|pk_|rk_|whsec_|shp(?:at|ss|ca|pa)_"
    r"|ya29\.|AIza|A[KS]IA|SG\.|dop_v1_|npm_|pypi-|hvs\.|EAA|1//|eyJ)[A-Za-z0-9._~+/=-]{8,}"
)
_LONG = re.compile(r"(?<![A-Za-z0-9+/_=.~-])[A-Za-z0-9+/_=.~-]{24,}")
_LONG_ENOUGH, _SURELY_LONG = 24, 40
_MOST_SLASHES = _MOST_DOTS = 3

_PLAIN_NAME = re.compile(r"[\w-][\w.@:/-]*(?<![.:])")
_LOOKED_AT = 1200
"""A finding shows fewer characters than so many; a server could make the search of more take seconds."""

_NAME_LENGTH, _MOST_NAMES = 40, 20

_PLAIN = frozenset({
    "null", "true", "false", "none", "0", "1", "bearer", "basic", "mac", "missing", "invalid", "already",
    "expired", "has", "is", "must", "not", "refresh", "revoked", "session", "the", "unknown", "was",
})  # fmt: skip
"""Words that may follow the name of a secret in a sentence, as in `Invalid Refresh Token: Already Used`."""


def quote(text: str) -> str:
    """Return the beginning of another party's text without secrets, known or not."""
    masked = redact.quoted(text)[:_LOOKED_AT]
    for pattern in (_NAMED, _ELEMENT, _INPUT, _SCHEME):
        masked = pattern.sub(_hidden, masked)
    return _LONG.sub(_hidden_if_random, _FORM.sub(redact.MASK, masked))


def names(present: Iterable[str]) -> str:
    """Return the first 20 names of a response, "none" without any; odd ones are in quotes."""
    first = [redact.text(name[:_NAME_LENGTH]) for name in islice(present, _MOST_NAMES)]
    return ", ".join(name if _PLAIN_NAME.fullmatch(name) else repr(name) for name in first) or "none"


def _hidden(match: re.Match[str]) -> str:
    value = match["value"]
    if value.startswith(("[", "{")):
        return match["lead"] + redact.MASK
    bare = value.strip("\\\"' \n\t")
    if (
        not bare
        or bare.lower() in _PLAIN
        or " " in bare.removeprefix("Bearer ").removeprefix("Basic ").strip()
    ):
        return match[0]  # no secret has a space: this is a sentence about one
    return match["lead"] + value.replace(bare, redact.MASK)


def _hidden_if_random(match: re.Match[str]) -> str:
    """Mask a text of digits and letters of both cases, or a very long one of digits and letters; no words."""
    text = match[0]
    if text.startswith(("/", "./")) or text.count("/") > _MOST_SLASHES:  # a path, not base64
        return "/".join(redact.MASK if _is_random(segment) else segment for segment in text.split("/"))
    return redact.MASK if _is_random(text) else text


def _is_random(text: str) -> bool:
    kinds = (any(map(str.isdigit, text)), any(map(str.islower, text)), any(map(str.isupper, text)))
    if len(text) < _LONG_ENOUGH or text.count(".") > _MOST_DOTS:
        return False
    return all(kinds) if len(text) < _SURELY_LONG else kinds[0] and any(kinds[1:])
