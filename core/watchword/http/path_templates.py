"""Templates in the path of a URL: `{{secret:NAME}}` and `{{value:NAME}}`, filled in when the URL is called.

Clients percent-encode the braces before a request is authenticated, so both forms are read. A template in
the host or in the query stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Literal
from urllib.parse import quote

from watchword.http.half_characters import has_half_character

Kind = Literal["secret", "value"]

LONGEST_PART = 2048
"""The longest value that is put into a path, in characters; many servers refuse longer URLs."""

NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
"""The names that a template in a URL may have: no client encodes these characters."""

_SAFE = "!$&'()*+,;=:@"  # RFC 3986 section 3.3: what a segment may hold, beside letters, digits and -._~
_SHORTEST_RESTORED = 8
_BLANKS = r"(?:%20|\s){0,8}"
_OPEN, _CLOSE = r"(?:\{|%7[Bb]){2}", r"(?:\}|%7[Dd]){2}"
_TEMPLATE = re.compile(rf"{_OPEN}{_BLANKS}(secret|value)(?::|%3[Aa])({NAME.pattern}){_BLANKS}{_CLOSE}")
_ADDRESS = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//[^/?#]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def template(kind: Kind, name: str) -> str:
    """Return a template as a document holds it."""
    return f"{{{{{kind}:{name}}}}}"


def names(url: str, kind: Kind) -> Iterator[str]:
    """Yield the names of this kind that the URL's path mentions."""
    _, path, _ = _divided(url)
    yield from (match[2] for match in _TEMPLATE.finditer(path) if match[1] == kind)


def without_templates(url: str) -> str:
    """Return the URL without the templates that its path may hold, to see what else there is."""
    head, path, rest = _divided(url)
    return f"{head}{_TEMPLATE.sub('', path)}{rest}"


def filled(url: str, kind: Kind, value_of: Callable[[str], str]) -> str:
    """Return the URL with each template of this kind in its path replaced by an encoded value.

    `value_of` returns the value of a name, and raises if there is none.
    """
    head, path, rest = _divided(url)

    def part(match: re.Match[str]) -> str:
        return as_path_part(value_of(match[2])) if match[1] == kind else match[0]

    return f"{head}{_TEMPLATE.sub(part, path)}{rest}"


def as_path_part(value: str) -> str:
    """Return a value percent-encoded as a part of one segment of a path (RFC 3986 section 3.3)."""
    return quote(value, safe=_SAFE)


def flaw(value: str) -> str | None:
    """Return why a value can't be a part of a path; None for one that can."""
    if not value:
        return "is empty"
    if len(value) > LONGEST_PART:
        return f"has more than {LONGEST_PART} characters"
    if _CONTROL.search(value):
        return "holds a line break or another control character"
    if has_half_character(value):
        return "holds half a character (a lone surrogate)"
    if value in {".", ".."}:  # clients resolve these, and call another path
        return "means another folder"
    return None


def restored(url: str, secrets: Mapping[str, str]) -> str:
    """Return the URL with its templates in the place of the secrets that a server has written into the path.

    A short secret stays: other parts of the path may be equal to it by chance.
    """
    head, path, rest = _divided(url)
    for name, secret in secrets.items():
        if len(secret) >= _SHORTEST_RESTORED:
            for form in (as_path_part(secret), quote(secret, safe=""), secret):
                path = path.replace(form, template("secret", name))
    return f"{head}{path}{rest}"


def _divided(url: str) -> tuple[str, str, str]:
    """Return what is before the path, the path, and what is after it."""
    address = _ADDRESS.match(url)
    begin = address.end() if address else 0
    end = min((at for at in (url.find("?", begin), url.find("#", begin)) if at >= 0), default=len(url))
    return url[:begin], url[begin:end], url[end:]
