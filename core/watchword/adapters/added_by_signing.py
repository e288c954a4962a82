"""What signing added to one request, such as a signature: its response may echo that to a foreign origin."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from requests import PreparedRequest

from watchword.adapters.request_proxy import RequestProxy, changed_headers
from watchword.http.echoes import sent_secrets
from watchword.http.headers import text_of
from watchword.http.urls import query_pairs
from watchword.redact import NeverPickled

_LONGEST_END = 1 << 13
"""How much of each end of a body is looked at, in bytes; parameters are added at an end."""


@dataclass(frozen=True)
class Added(NeverPickled):
    """The URLs before and after signing, the other texts that signing added, and a body before signing."""

    unsigned_url: str = field(repr=False)
    signed_url: str = field(repr=False)
    texts: tuple[str, ...] = field(repr=False)
    unsigned_body: str = field(default="", repr=False)

    @cached_property
    def secrets(self) -> frozenset[str]:
        """The signatures and JWTs among it."""
        pairs = set(query_pairs(self.signed_url)) - set(query_pairs(self.unsigned_url))
        added = sent_secrets([*(f"{name}={value}" for name, value in pairs), *self.texts])
        return added - sent_secrets([self.unsigned_body])


def added_by_signing(
    signed: PreparedRequest,
    unsigned_url: str,
    unsigned: PreparedRequest | None = None,
    unsigned_body: object = None,
) -> Added:
    """Return what signing added to a request.

    `unsigned` is the request before, unless `signed` is a RequestProxy, which knows what was changed.
    """
    if unsigned is not None:
        unsigned_body = unsigned.body
    texts = [text_of(value) for value in _added_headers(signed, unsigned)]
    body = vars(signed).get("body")
    if body is unsigned_body:
        return Added(unsigned_url, signed.url or "", tuple(texts))
    return Added(unsigned_url, signed.url or "", (*texts, _ends(body)), _ends(unsigned_body))


def _added_headers(signed: PreparedRequest, unsigned: PreparedRequest | None) -> Iterable[str | bytes | None]:
    if unsigned is None:
        return [value for _, value in changed_headers(signed)] if isinstance(signed, RequestProxy) else []
    return [value for name, value in signed.headers.items() if unsigned.headers.get(name) != value]


def _ends(body: object) -> str:
    """Return the text at both ends of a body that is in memory; of any other body nothing."""
    if isinstance(body, str):
        body = body.encode()
    if not isinstance(body, bytes):
        return ""
    ends = body if len(body) <= 2 * _LONGEST_END else body[:_LONGEST_END] + b"\n" + body[-_LONGEST_END:]
    return ends.decode("utf-8", "replace")
