"""What a response states about its outcome beside its status and its words; no I/O.

gRPC has a status of its own in the headers, a challenge may name an error (RFC 6750, section 3), and each
part of a 207 has its own status (RFC 4918, section 13).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from watchword.http import body_words
from watchword.http.bodies import content_of
from watchword.http.body_reports import Reported

_MULTI_STATUS = 207
_UNAUTHORIZED = 401
_ERRORS = range(400, 600)

_UNAUTHENTICATED = "16"
_EXHAUSTED = "8"
_GRPC_STATUS = re.compile(r"[0-9]{1,2}")
_CHALLENGED = re.compile(r'(?i)\berror\s*=\s*"?([a-z_]{1,40})')

_STATUS_NAMES = frozenset({"status", "statuscode", "httpstatus", "httpstatuscode", "code"})
_PART_STATUS = re.compile(r"(?:HTTP/[0-9.]{1,5} +)?([1-5][0-9]{2})\b")
_MOST_VALUES = 10_000
"""More values of a body are not looked at."""


class Stated(NamedTuple):
    """What is stated, and where, in words; both are empty if nothing says that the call has failed."""

    report: Reported = ""
    where: str = ""


def stated(status: int, headers: Mapping[str, str], text: str) -> Stated:
    """Return what a response states beside the status, which says success."""
    grpc = headers.get("grpc-status", "").strip()
    if _GRPC_STATUS.fullmatch(grpc) and int(grpc):
        return Stated(_of_grpc(str(int(grpc))), f"grpc-status {int(grpc)} in its headers")
    challenged = _CHALLENGED.search(headers.get("WWW-Authenticate", "")[:1000])
    if challenged:
        is_refusal = challenged[1].lower() == "invalid_token"
        return Stated("refusal" if is_refusal else "failure", "an error in WWW-Authenticate")
    statuses = set(_statuses(text)) if status == _MULTI_STATUS else set[int]()
    if statuses and all(each in _ERRORS for each in statuses):
        return Stated("refusal" if statuses == {_UNAUTHORIZED} else "failure", "an error in each part")
    return Stated()


def _of_grpc(status: str) -> Reported:
    if status == _UNAUTHENTICATED:
        return "refusal"
    return "limit" if status == _EXHAUSTED else "failure"


def _statuses(text: str) -> Iterator[int]:
    """Yield the status of each part of a body."""
    for name, value in islice(_values(content_of(text).value), _MOST_VALUES):
        found = _PART_STATUS.match(str(value)) if body_words.word_of(name) in _STATUS_NAMES else None
        if found:
            yield int(found[1])


def _values(content: object) -> Iterator[tuple[str, object]]:
    """Yield each value in objects and lists with its name; the nesting of a body is limited."""
    if isinstance(content, list):
        for each in content:
            yield from _values(each)
    elif isinstance(content, dict):
        for name, value in content.items():
            if isinstance(value, (dict, list)):
                yield from _values(value)
            else:
                yield str(name), value
