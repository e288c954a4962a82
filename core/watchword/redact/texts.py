"""The secrets of this process, and texts without them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from watchword import forks
from watchword.redact.forms import SHORTEST
from watchword.redact.registry import Registry
from watchword.redact.signatures import MASK, SignatureNames

LONGEST_QUOTE = 4000
"""How much of a text is masked for a quote, in characters: a finding shows less, and a body may be long."""

_registry = Registry()
_signatures = SignatureNames()

_is_unheard = ContextVar("_is_unheard", default=False)


def register(secrets: Iterable[str], owner: object | None = None, *, told: bool = True) -> None:
    """Mask the secrets and their derived forms from now on, here and, if they are `told`, in the listeners.

    Here they are masked as long as the owner lives, and for a minute after; for ever without an owner. If
    several owners hold a secret, the last one counts. The listeners go on masking it.
    """
    _registry.register(secrets, owner, told=told and not _is_unheard.get())


@contextmanager
def unheard() -> Iterator[None]:
    """Tell the listeners nothing inside the block: they mask for ever, also half of a secret."""
    token = _is_unheard.set(True)
    try:
        yield
    finally:
        _is_unheard.reset(token)


class _Block:
    """The owner of the secrets that a block uses."""


@contextmanager
def masked(secrets: Iterable[str]) -> Iterator[None]:
    """Mask secrets that are only used inside the block, such as the code of a sign-in."""
    owner = _Block()
    register(secrets, owner)
    yield
    del owner


def subscribe(listener: Callable[[str], None]) -> None:
    """Call `listener`, such as a host's own masker, with every form known so far and every later one."""
    _registry.subscribe(listener)


def known() -> frozenset[str]:
    """Return every form that is masked."""
    return _registry.known()


def is_known(value: str) -> bool:
    """Return whether the whole text is a form of a registered secret."""
    return _registry.is_known(value)


def holds(value: str, shortest: int = SHORTEST) -> bool:
    """Return whether a text holds a form of a registered secret with at least so many characters."""
    data = value.encode("utf-8", "surrogatepass")
    index = _registry.index
    ends = ((start, start + index.longest_at(data, start)) for start in index.candidates(data))
    return any(len(data[start:end].decode("utf-8", "surrogatepass")) >= shortest for start, end in ends)


def text(value: str) -> str:
    """Return the text with `***` for every registered secret and everything that looks like a signature."""
    return _signatures.masked(_without_secrets(value))


def mask_parameters(names: Iterable[str]) -> None:
    """Mask the values of parameters with these names in each text: they hold signatures of one request."""
    _signatures.add(names)


def quoted(value: str) -> str:
    """Return the beginning of another party's text, masked: a little more than evidence shows."""
    masked_text = text(value[:LONGEST_QUOTE])
    if len(value) <= LONGEST_QUOTE:
        return masked_text
    longest = max(map(len, known()), default=0)
    return masked_text[: max(0, len(masked_text) - longest)]  # the end may be half a secret


def _without_secrets(value: str) -> str:
    data = value.encode("utf-8", "surrogatepass")
    pieces: list[bytes] = []
    last = 0
    for start, end in _registry.index.matches(data):
        pieces += (data[last:start], MASK.encode())
        last = end
    return b"".join((*pieces, data[last:])).decode("utf-8", "surrogatepass") if last else value


_SECRET_NAME = re.compile(
    r"(?i)(^|[-_.])(api[-_]?key|key|token|secret|password|passwd|pwd|signature|sig|assertion|auth)$"
)


def sounds_secret(name: str) -> bool:
    """Return whether a value with this name is usually a secret: `api_key`, `access-token`."""
    return bool(_SECRET_NAME.search(name))


def names_credential(name: str) -> bool:
    """Return whether a header or a field with this name usually holds a secret; Authorization does too."""
    return sounds_secret(name) or name.lower() == "authorization"


@forks.in_child
def _begin_child() -> None:
    _registry.begin_child()
