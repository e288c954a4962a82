"""Keep secrets out of everything that is printed: texts, URLs, exceptions and other libraries' logs.

One registry for the process: a secret is registered together with its fixed derived forms
when a connection or token comes to life, and everything that leaves goes through `text`.
What is made for one request alone, a signature or a short-lived JWT, is known by its name or shape.
"""

from __future__ import annotations

import base64
import json
import logging
import re
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any, NoReturn
from urllib.parse import quote, quote_plus

from watchword import forks

MASK = "***"

SHORTEST = 4
"""Shorter secrets are not masked: they would blank ordinary words, and protect nothing."""

LONGEST_QUOTE = 4000
"""How much of a text is masked to be quoted, in characters: a finding shows less, and a body may be long."""

LONG_LINE = 16
"""From how many characters on a line of a PEM block is masked by itself."""

# These log request lines, and with them credentials placed in a query.
_NOISY_LOGGERS = (
    "aiohttp.client",
    "dlt",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
    "httpx",
    "urllib3.connection",
    "urllib3.connectionpool",
    "urllib3.poolmanager",
    "urllib3.response",
    "urllib3.util.retry",
)

# Signatures of OAuth 1.0, AWS and Digest by the names that stand before them, and anything in the
# compact form of a signed JWT (RFC 7515 section 7.1), whose parts are JSON objects in base64url.
_SIGNED = re.compile(
    r"(?i)(\b(?:x-amz-signature|oauth_signature|signature|response)(?:=|%3D)(?:\"|%22)?)[A-Za-z0-9%+/=_-]{16,}"
)
_JWT = re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")

_ESCAPE = re.compile("%[0-9A-F]{2}")
_HTML = re.compile("[+&<>']")

_lock = Lock()
_lasting: set[str] = set()
_tokens: dict[str, frozenset[str]] = {}
_known: set[str] = set()
_pattern: re.Pattern[str] | None = None
_listeners: list[Callable[[str], None]] = []


def forms(secret: str) -> frozenset[str]:
    """Return the secret and the forms in which it may appear in texts: quoted, escaped, as base64."""
    from html import escape  # noqa: PLC0415 - loads a table of all entities

    encoded = secret.encode("utf-8", "surrogatepass")
    quoted = {quote(encoded, safe=""), quote_plus(encoded), quote(encoded, safe="/")}
    shapes = {
        secret,
        secret.strip(),
        *quoted,
        *(_ESCAPE.sub(lambda match: match[0].lower(), form) for form in quoted),  # as .NET writes it
        *_as_json(secret),
        escape(secret),
        repr(secret)[1:-1],
        base64.b64encode(encoded).decode("ascii"),
        *_lines(secret),
    }
    return frozenset(shape for shape in shapes if len(shape) >= SHORTEST)


def _lines(secret: str) -> list[str]:
    """Return the lines of a PEM block: a message may quote the one that it stumbled over."""
    if "-----BEGIN" not in secret:
        return []
    return [line for line in re.split(r"\s+|\\[nr]", secret) if len(line) >= LONG_LINE and "--" not in line]


def _as_json(secret: str) -> set[str]:
    """Return the secret as the JSON writers of different languages escape it."""
    texts = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    slashed = {text.replace("/", "\\/") for text in texts}  # PHP
    html_safe = {_HTML.sub(lambda match: f"\\u{ord(match[0]):04x}", text) for text in texts}  # Go
    upper = {_HTML.sub(lambda match: f"\\u{ord(match[0]):04X}", text) for text in texts}  # .NET
    return texts | slashed | html_safe | upper


def register(secrets: Iterable[str]) -> None:
    """Have the secrets and their derived forms masked from now on, here and by the listeners."""
    shapes = {form for secret in secrets for form in forms(secret)}
    with _lock:
        _lasting.update(shapes)
        new = shapes - _known
        _know(_known | new)
    _tell(new)


def register_token(token: str) -> None:
    """Have a token masked, here until it is forgotten; the listeners keep it."""
    with _lock:
        _tokens[token] = forms(token)
        new = _tokens[token] - _known
        _know(_known | new)
    _tell(new)


def forget_token(token: str) -> None:
    """Mask a token no more that nobody holds: with thousands of them each search would take seconds."""
    with _lock:
        if _tokens.pop(token, None):
            _know(_lasting.union(*_tokens.values()))


def _know(shapes: set[str]) -> None:
    global _known, _pattern
    if shapes != _known:
        _known, _pattern = shapes, None


def _tell(new: Iterable[str]) -> None:
    """Tell the listeners the short forms first.

    Airflow's masker compiles all its forms again for each new one, and a PEM block has long ones.
    """
    for listener in tuple(_listeners):
        for form in sorted(new, key=len):
            listener(form)


def subscribe(listener: Callable[[str], None]) -> None:
    """Call `listener` with every form known so far and every one to come (a host's own masker)."""
    with _lock:
        _listeners.append(listener)
        known = sorted(_known, key=len)
    for form in known:
        listener(form)


def text(value: str) -> str:
    """Return the text with every registered secret and all that looks like a signature replaced by `***`."""
    pattern = _pattern or _compile()
    known_gone = pattern.sub(MASK, value) if pattern else value
    return _JWT.sub(MASK, _SIGNED.sub(rf"\g<1>{MASK}", known_gone))


def quoted(value: str) -> str:
    """Return the beginning of somebody else's text, masked: as much as evidence shows, and some more."""
    return text(value[:LONGEST_QUOTE])


_SECRET_NAME = re.compile(
    r"(?i)(^|[-_.])(api[-_]?key|key|token|secret|password|passwd|pwd|signature|sig|assertion|auth)$"
)


def sounds_secret(name: str) -> bool:
    """Return whether what goes by this name is usually a secret: `api_key`, `access-token`."""
    return bool(_SECRET_NAME.search(name))


def known() -> frozenset[str]:
    """Return every form that is masked."""
    return frozenset(_known)


def _compile() -> re.Pattern[str] | None:
    global _pattern  # noqa: PLW0603 - compiled when first needed after a change
    with _lock:
        if _pattern is None and _known:
            # The longest first, so that no tail of a longer form is left standing.
            _pattern = re.compile("|".join(map(re.escape, sorted(_known, key=len, reverse=True))))
        return _pattern


def exception(error: BaseException, replace: Callable[[object], object] = lambda value: value) -> None:
    """Mask secrets in an exception and all it was caused by, in place.

    The chain and its types stay, since callers tell faults apart by them. `replace` maps
    attribute values, such as a signed request, to what may be shown in their stead.
    """
    pending: list[BaseException] = [error]
    seen: set[int] = set()
    while pending:
        current = pending.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        current.args = tuple(_cleaned(argument, replace) for argument in current.args)
        for name, value in list(vars(current).items()):
            setattr(current, name, _cleaned(value, replace))
        nested = (current.__cause__, current.__context__, *current.args, *vars(current).values())
        pending.extend(item for item in nested if isinstance(item, BaseException))


def _cleaned(value: object, replace: Callable[[object], object]) -> object:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, bytes):
        return text(value.decode("latin-1")).encode("latin-1", "replace")
    return replace(value)


class _Filter(logging.Filter):
    """Masks secrets in the records of a logger."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = text(record.getMessage()), ()
        if record.exc_info and record.exc_info[1]:
            exception(record.exc_info[1])
        return True


class NeverPickled:
    """Refuses to be pickled, since it holds secrets."""

    def __reduce__(self) -> NoReturn:
        name = type(self).__name__
        raise TypeError(f"{name} holds secrets and is never pickled: load the document there.")


def filter_logs() -> None:
    """Mask secrets in what the HTTP libraries log; called once, at import of the transport."""
    for name in _NOISY_LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(known, _Filter) for known in logger.filters):
            logger.addFilter(_Filter())


@forks.in_child
def _begin_child() -> None:
    global _lock  # noqa: PLW0603 - the lock may be held by a thread that does not exist here
    _lock = Lock()


def describe_value(value: Any) -> str:  # noqa: ANN401 - anything may have been given
    """Return a short, masked description of a value whose content may be secret: its type and size."""
    size = f" of {len(value)} characters" if isinstance(value, str) else ""
    return f"{type(value).__name__}{size}"
