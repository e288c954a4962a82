"""What signing added to one request, such as a signature: its response may echo that to a foreign origin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

from requests import PreparedRequest

from watchword.adapters.request_proxy import RequestProxy, changed_headers
from watchword.http.echoes import SIGNATURES, sent_secrets
from watchword.http.headers import text_of
from watchword.http.urls import query_pairs
from watchword.redact import NeverPickled

_LONGEST_END = 1 << 13
"""How much of each end of a body is looked at, in bytes; parameters are added at an end."""


Headers: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Added(NeverPickled):
    """What a request was before signing and after: its URLs, its headers, and its body if that was changed.

    Each request is noted, and few are asked for what was added to them. So that is found out when it is
    asked for, and nothing but texts is held.
    """

    unsigned_url: str = field(repr=False)
    signed_url: str = field(repr=False)
    unsigned_headers: Headers = field(repr=False)
    signed_headers: Headers = field(repr=False)
    unsigned_body: str = field(default="", repr=False)
    signed_body: str = field(default="", repr=False)
    signatures: tuple[str, ...] = field(default=(), repr=False)

    @cached_property
    def secrets(self) -> frozenset[str]:
        """The signatures and JWTs among what was added."""
        pairs = set(query_pairs(self.signed_url)) - set(query_pairs(self.unsigned_url))
        values = (
            text_of(value)
            for name, value in self.signed_headers.items()
            if self.unsigned_headers.get(name) != value
        )
        added = sent_secrets([*(f"{name}={value}" for name, value in pairs), *values, self.signed_body])
        return added.union(self.signatures) - sent_secrets([self.unsigned_body])


def added_by_signing(
    signed: PreparedRequest,
    unsigned_url: str,
    unsigned: PreparedRequest | None = None,
    unsigned_body: object = None,
) -> Added:
    """Return what signing added to a request.

    `unsigned` is the request before, unless `signed` is a RequestProxy, which knows what was changed.
    """
    if unsigned is None:
        before: Headers = {}
        after: Headers = dict(changed_headers(signed)) if isinstance(signed, RequestProxy) else {}
    else:
        before, after, unsigned_body = unsigned.headers, signed.headers, unsigned.body
    signed_url, body = signed.url or "", vars(signed).get("body")
    bodies = ("", "") if body is unsigned_body else (_ends(unsigned_body), _ends(body))
    return Added(unsigned_url, signed_url, before, after, *bodies, vars(signed).get(SIGNATURES, ()))


def _ends(body: object) -> str:
    """Return the text at both ends of a body that is in memory; of any other body nothing."""
    if isinstance(body, str):
        body = body.encode()
    if not isinstance(body, bytes):
        return ""
    ends = body if len(body) <= 2 * _LONGEST_END else body[:_LONGEST_END] + b"\n" + body[-_LONGEST_END:]
    return ends.decode("utf-8", "replace")
