"""Keep secrets out of everything that is printed: texts, URLs, exceptions and other libraries' logs.

The process has one registry. A secret and its derived forms are registered when a connection or a token
is created, and everything that is printed goes through `text`. A value that is made for one request only,
such as a signature or a short-lived JWT, is recognised by its name or its form.
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
"""Shorter secrets are not masked: that would hide ordinary words, and protect nothing."""

LONGEST_QUOTE = 4000
"""How much of a text is masked for a quote, in characters: a finding shows less, and a body may be long."""

LONG_LINE = 16
"""A line of a PEM block with this many characters or more is also masked on its own."""

# These loggers write request lines, which may hold credentials in the query.
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

# Signatures of OAuth 1.0, AWS and Digest, by the names before them, and anything in the compact form of a
# signed JWT (RFC 7515 section 7.1), whose parts are JSON objects in base64url.
_SIGNED = re.compile(
    r"(?i)(\b(?:x-amz-signature|oauth_signature|signature|response)(?:=|%3D)(?:\"|%22)?)[A-Za-z0-9%+/=_-]{16,}"
)
_JWT = re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")

_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]+")  # RFC 3986 section 2.3
_ESCAPE = re.compile("%[0-9A-F]{2}")
_HTML = re.compile("[+&<>']")

_lock = Lock()
_lasting: set[str] = set()
_tokens: dict[str, frozenset[str]] = {}
_known: set[str] = set()
_pattern: re.Pattern[str] | None = None
_listeners: list[Callable[[str], None]] = []


def forms(secret: str) -> frozenset[str]:
    """Return the secret and the forms in which texts may hold it: quoted, escaped, as base64."""
    if _UNRESERVED.fullmatch(secret):  # most tokens: no encoding but base64 changes them
        encoded = base64.b64encode(secret.encode()).decode("ascii")
        return frozenset({secret, encoded} if len(secret) >= SHORTEST else {encoded})
    from html import escape  # noqa: PLC0415 - it loads a table of all entities

    data = secret.encode("utf-8", "surrogatepass")
    quoted = {quote(data, safe=""), quote_plus(data), quote(data, safe="/")}
    secret_forms = {
        secret,
        secret.strip(),
        *quoted,
        *(_ESCAPE.sub(lambda match: match[0].lower(), form) for form in quoted),  # as .NET writes it
        *_as_json(secret),
        escape(secret),
        repr(secret)[1:-1],
        base64.b64encode(data).decode("ascii"),
        *(_lines(secret) if "-----BEGIN" in secret else ()),
    }
    return frozenset(form for form in secret_forms if len(form) >= SHORTEST)


def _lines(secret: str) -> list[str]:
    """Return the lines of a PEM block: an error message may quote the one that it failed at."""
    return [line for line in re.split(r"\s+|\\[nr]", secret) if len(line) >= LONG_LINE and "--" not in line]


def _as_json(secret: str) -> set[str]:
    """Return the secret as the JSON libraries of different languages escape it."""
    texts = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    slashed = {text.replace("/", "\\/") for text in texts}  # PHP
    html_safe = {_HTML.sub(lambda match: f"\\u{ord(match[0]):04x}", text) for text in texts}  # Go
    upper = {_HTML.sub(lambda match: f"\\u{ord(match[0]):04X}", text) for text in texts}  # .NET
    return texts | slashed | html_safe | upper


def register(secrets: Iterable[str]) -> None:
    """Mask the secrets and their derived forms from now on, here and in the listeners."""
    secret_forms = {form for secret in secrets for form in forms(secret)}
    with _lock:
        _lasting.update(secret_forms)
        new = secret_forms - _known
        _know(_known | new)
    _tell(new)


def register_token(token: str) -> None:
    """Mask a token, here until it is forgotten; the listeners go on masking it."""
    if token in _tokens:
        return
    with _lock:
        _tokens[token] = forms(token)
        new = _tokens[token] - _known
        _know(_known | new)
    _tell(new)


def forget_token(token: str) -> None:
    """Stop masking a token that is no longer in use: with thousands of them a search would take seconds."""
    with _lock:
        if _tokens.pop(token, None):
            _know(_lasting.union(*_tokens.values()))


def _know(secret_forms: set[str]) -> None:
    global _known, _pattern
    if secret_forms != _known:
        _known, _pattern = secret_forms, None


def _tell(new: Iterable[str]) -> None:
    """Tell the listeners the short forms first.

    Airflow's masker compiles all its forms again for each new one, and a PEM block has long ones.
    """
    for listener in tuple(_listeners):
        for form in sorted(new, key=len):
            listener(form)


def subscribe(listener: Callable[[str], None]) -> None:
    """Call `listener`, such as a host's own masker, with every form known so far and every later one."""
    with _lock:
        _listeners.append(listener)
        known = sorted(_known, key=len)
    for form in known:
        listener(form)


def text(value: str) -> str:
    """Return the text with `***` for every registered secret and everything that looks like a signature."""
    pattern = _pattern or _compile()
    masked = pattern.sub(MASK, value) if pattern else value
    return _JWT.sub(MASK, _SIGNED.sub(rf"\g<1>{MASK}", masked))


def quoted(value: str) -> str:
    """Return the beginning of another party's text, masked: a little more than evidence shows."""
    return text(value[:LONGEST_QUOTE])


_SECRET_NAME = re.compile(
    r"(?i)(^|[-_.])(api[-_]?key|key|token|secret|password|passwd|pwd|signature|sig|assertion|auth)$"
)


def sounds_secret(name: str) -> bool:
    """Return whether a value with this name is usually a secret: `api_key`, `access-token`."""
    return bool(_SECRET_NAME.search(name))


def known() -> frozenset[str]:
    """Return every form that is masked."""
    return frozenset(_known)


def _compile() -> re.Pattern[str] | None:
    global _pattern  # noqa: PLW0603 - it is compiled when it is first needed after a change
    with _lock:
        if _pattern is None and _known:
            # The longest form first, so that no end of a longer form is left over.
            _pattern = re.compile("|".join(map(re.escape, sorted(_known, key=len, reverse=True))))
        return _pattern


def exception(error: BaseException, replace: Callable[[object], object] = lambda value: value) -> None:
    """Mask secrets in an exception, and in all exceptions that it was caused by, in place.

    The chain and its types stay, since callers tell faults apart by them. `replace` maps attribute values,
    such as a signed request, to the values that may be shown instead.
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
    """A base class of objects that hold secrets: they refuse to be pickled."""

    def __reduce__(self) -> NoReturn:
        name = type(self).__name__
        raise TypeError(f"{name} holds secrets and is never pickled: load the document there.")


def filter_logs() -> None:
    """Mask secrets in the logs of the HTTP libraries; called when an adapter is imported."""
    for name in _NOISY_LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(present, _Filter) for present in logger.filters):
            logger.addFilter(_Filter())


@forks.in_child
def _begin_child() -> None:
    global _lock  # noqa: PLW0603 - a thread that doesn't exist in the child may hold the lock
    _lock = Lock()


def describe_value(value: Any) -> str:  # noqa: ANN401 - any value is possible
    """Return a short description of a value whose content may be secret: its type and size."""
    size = f" of {len(value)} characters" if isinstance(value, str) else ""
    return f"{type(value).__name__}{size}"
