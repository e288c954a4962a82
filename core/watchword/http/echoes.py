"""Find secrets in texts that go to a foreign origin, in every encoding that `decodings` undoes.

A server has the secrets that it was sent, and may echo them in a redirect, a link or a cookie. The texts
are decoded and then searched once for all secrets: those that are known to the process, and those that
signing added to the very request that is answered (`sent_secrets`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from threading import Lock
from urllib.parse import unquote

from watchword import forks, redact
from watchword.http.decodings import TooManyEncodingsError, decodings, folded, unescaped
from watchword.http.secret_index import SecretIndex
from watchword.redact import NeverPickled
from watchword.redact.signatures import JWT

_MOST_PARTS = 100
"""A query with a secret and more parameters than this is removed as a whole."""

_LONGEST_SHORT = 100
"""A longer value, in characters and as it is encoded, isn't compared with secrets of less than eight."""

_SHORTEST_SIGNATURE = 16

# What signing adds, by its name.
_SIGNATURE = re.compile(
    r"(?i)(?:x-amz-signature|oauth_signature|\bsignature|\bresponse)[\"']?\s*[=:]\s*[\"']?([^\s\"'&,;]+)"
)
SIGNATURES = "signatures"
"""The attribute of a signed request that holds its signatures, if no name tells where they stand in it."""

_SEPARATOR = b"\xff\xfe\xff"  # in no text


def sent_secrets(texts: Iterable[str]) -> frozenset[str]:
    """Return the signatures and JWTs in what signing added to a request: a recipient could use them a while.

    They serve one request and are not registered. Other values that signing adds, such as a nonce, the
    time or the names of signed headers, are worth nothing alone.
    """
    found = {match for text in texts for match in (*_SIGNATURE.findall(text), *JWT.findall(text))}
    return frozenset(unquote(value) for value in found if len(value) >= _SHORTEST_SIGNATURE)


def holds_secret(text: str, sent: Collection[str] = ()) -> bool:
    """Return whether a text holds a secret in any encoding, or can't be searched."""
    return _Search(sent).finds(text)


def is_secret(value: str, sent: Collection[str] = ()) -> bool:
    """Return whether a whole value, such as a cookie's, holds a secret or is a short one."""
    return _Search(sent).refuses(value, value)


def without_secrets(url: str, sent: Collection[str] = ()) -> str | None:
    """Return the URL without the query parameters and the fragment that hold a secret.

    None if the rest of the URL holds a secret: it can't be called without disclosing the secret.
    """
    search = _Search(sent)
    is_clean = not search.finds(url)
    if not is_clean and search.finds(url.partition("#")[0].partition("?")[0]):
        return None
    address, hash_sign, fragment = url.partition("#")
    target, _, query = address.partition("?")
    pairs = query.split("&")
    if is_clean:
        remaining = [pair for pair in pairs if not search.is_short_secret(_value(pair))]
    elif len(pairs) > _MOST_PARTS:
        remaining = []
    else:
        remaining = [pair for pair in pairs if not search.refuses(pair, _value(pair))]
    keeps_fragment = not (
        search.is_short_secret(fragment) if is_clean else search.refuses(fragment, fragment)
    )
    if remaining == pairs and keeps_fragment:
        return url if is_clean else None  # else the secret is spread over several parts
    query = "&".join(remaining)
    return f"{target}{'?' if query else ''}{query}" + (f"{hash_sign}{fragment}" if keeps_fragment else "")


def _value(pair: str) -> str:
    return pair.partition("=")[2] or pair


class _Search(NeverPickled):
    """A search for the secrets that are known now, and for those that were sent."""

    def __init__(self, sent: Collection[str] = ()) -> None:
        self._sent = {form for secret in sent for form in folded(secret)}
        self._known = _known.current()

    def finds(self, text: str) -> bool:
        """Return whether the text holds a secret, or can't be searched."""
        try:
            searched = _SEPARATOR.join(decodings(text))
        except TooManyEncodingsError:
            return True
        return any(form in searched for form in self._sent) or self._known.found_in(searched)

    def refuses(self, part: str, value: str) -> bool:
        """Return whether a part of a URL holds a secret, or its whole value is a short one."""
        return self.is_short_secret(value) or self.finds(part)

    def is_short_secret(self, value: str) -> bool:
        """Return whether the whole value is a secret that is too short to be found as a part."""
        if not self._known.short or not 0 < len(value) <= _LONGEST_SHORT:
            return False
        return not unescaped(value).isdisjoint(self._known.short)


class _KnownSecrets(NeverPickled):
    """The index of the secrets that the process knows, brought up to date before it is used."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._secrets: frozenset[str] = frozenset()
        self._index = SecretIndex()

    def current(self) -> SecretIndex:
        """Return the index of all secrets that are known now."""
        secrets = redact.known()
        if secrets is not self._secrets and secrets != self._secrets:
            with self._lock:
                self._index.update(secrets)
                self._secrets = secrets
        return self._index

    def begin_child(self) -> None:
        """Give a forked child a lock and an index of its own: the parent may be changing its index."""
        self.__init__()  # type: ignore[misc] # as if nothing were known


_known = _KnownSecrets()
forks.reset_in_child(_known)
