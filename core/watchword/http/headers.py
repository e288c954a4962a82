"""Headers and cookies (RFC 9110 section 5, RFC 6265): their text, and findings about illegal ones.

Findings never show a value, which may be secret.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping

from watchword.findings.codes import finding
from watchword.findings.finding import Finding

# RFC 9110 section 5.6.2: the characters of the names of headers and cookies.
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_LINE_BREAK = re.compile(r"[\r\n]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ENDS_COOKIE = re.compile(r"[;,\s\"]")
_DOUBLED = re.compile(r"(?i)(bearer|basic|token) \1 ")


FORM = "application/x-www-form-urlencoded"


def text_of(value: str | bytes | None) -> str:
    """Return a header's value as text, "" for None."""
    return value.decode("latin-1") if isinstance(value, bytes) else value or ""


def media_type(headers: Mapping[str, str | bytes]) -> str:
    """Return the media type of a body in lower case, without parameters; "" if none is declared."""
    return text_of(headers.get("Content-Type")).partition(";")[0].strip().lower()


def basic(username: str, password: str, charset: str = "utf-8") -> str:
    """Return an Authorization header's value for Basic (RFC 7617); what the charset lacks becomes `?`."""
    pair = f"{username}:{password}".encode(charset, "replace")
    return f"Basic {base64.b64encode(pair).decode('ascii')}"


def name_findings(name: str, place: str) -> Iterator[Finding]:
    """Yield what is wrong with the name of a header or cookie."""
    if not name:
        advice = f"Fill in the field that names it, such as {place}_name."
        yield finding("missing_field", f"A {place} has no name.", advice=advice)
    elif not _TOKEN.fullmatch(name):
        yield finding("header_illegal", f"{name[:40]!r} is not a legal {place} name (RFC 9110).")


def value_findings(value: str, owner: str, *, cookie: bool = False) -> Iterator[Finding]:
    """Yield what is wrong with a value; `owner` names it in messages, since the value may be secret."""
    if _CONTROL.search(value):
        character = "a line break" if _LINE_BREAK.search(value) else "a control character"
        yield finding("header_illegal", f"The value of {owner} holds {character}.")
    elif not _is_latin_1(value):
        yield finding("header_illegal", f"The value of {owner} holds a character outside Latin-1.")
    elif cookie and _ENDS_COOKIE.search(value):
        message = f"The value of {owner} holds a character that ends a cookie (RFC 6265)."
        yield finding("header_illegal", message, advice="Percent-encode it as the API says.")
    if _DOUBLED.match(value):
        yield finding("doubled_prefix", f"The value of {owner} begins with its prefix twice.")


def _is_latin_1(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True
