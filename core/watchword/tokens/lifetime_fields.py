"""Where a response states how long a token lasts: objects beside the token, and their usual fields."""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping

from watchword.http import jsonpaths
from watchword.http.durations import has_zone, moment, moments
from watchword.http.xml_root import XmlRoot
from watchword.tokens.token_response import value_at

_EXPIRES = r"expir(?:es?|y|ation|ed(?=in|at|on|time|date))"
_VALID = r"valid(?:ity)?"
_UNIT = (
    r"(?:s|secs?|seconds?|ms|msecs?|millis|milliseconds?|micros|microseconds?|mins?|minutes?|hours?|days?)"
)
_NAME = (
    rf"(?:(?P<span>{_EXPIRES}in{_UNIT}?|{_VALID}(?:in|for){_UNIT}?|validity(?:period|time|{_UNIT})|leaseduration"
    r"|sessionsecondsvalid|estimatedtimetoexpiration)"
    rf"|(?P<end>{_EXPIRES}(?:at|on)|valid(?:until|to))"
    rf"|{_EXPIRES}(?:at|on)?(?:date|datetime|time|timestamp)?{_UNIT}?|(?<=token)(?:ttl|lifetime)(?:in)?{_UNIT}?)"
)
ACCESS_NAMES = re.compile(rf"(?:access)?(?:token)?{_NAME}")
"""The usual names of an access token's lifetime (`span`) or end, without case and signs."""

REFRESH_NAMES = re.compile(rf"x?refresh(?:token)?{_NAME}")
"""The same of a refresh token."""

EXPIRES_AT = re.compile(r"(?P<span>(?!))?(?P<end>expiresat)")
"""The one name that counts beside a default lifetime."""

_ISSUED_NAMES = re.compile(r"(?:issued?|created?|creation)(?:at|on|date|time)?")
_MINUTE, _QUARTER, _HOUR = 60.0, 900.0, 3600.0
_FURTHEST_ZONE = 15 * _HOUR
_LONGEST_NAME = 100


def usual_fields(
    holders: Iterable[Mapping[str, object]], names: re.Pattern[str]
) -> Iterator[tuple[str, object]]:
    """Yield the usual fields of each object: spans first, then `expires_at` and its like, then the others.

    A date without a zone comes last: Azure's CLI has the local time beside the epoch's seconds.
    """
    for holder in holders:
        found = ((names.fullmatch(_bare(name)), name) for name in holder)
        known = [
            (not match["span"], _is_local(holder[name]), not match["end"], len(name), name)
            for match, name in found
            if match
        ]
        yield from ((name, holder[name]) for *_, name in sorted(known))


def _is_local(value: object) -> bool:
    """Return whether a value is a date of a zone that only the server knows."""
    return isinstance(value, str) and not has_zone(value) and bool(moments(value))


def _bare(name: str) -> str:
    """Return a field's name without case and signs."""
    return re.sub(r"[^a-z0-9]", "", name[:_LONGEST_NAME].lower())


def zone_ahead(holders: Iterable[Mapping[str, object]], now: float) -> float:
    """Return how far the server's dates without a zone are ahead of UTC, in seconds, by a token's issue.

    The token was issued now. If it is older, the whole hour before it counts; without such a date it is 0.
    """
    for holder in holders:
        for name, value in holder.items():
            if isinstance(value, str) and _ISSUED_NAMES.fullmatch(_bare(name)) and not has_zone(value):
                ahead = (moment(value) or 0.0) - now
                quarter = round(ahead / _QUARTER) * _QUARTER
                if abs(ahead) <= _FURTHEST_ZONE:
                    return quarter if abs(ahead - quarter) <= _MINUTE else math.ceil(ahead / _HOUR) * _HOUR
    return 0.0


def holders_of(content: object, token_path: str) -> list[Mapping[str, object]]:
    """Return the objects that may say how long the token lasts, the nearest first, each once.

    They are the object beside the token, by its path or by its text, the top, and the only object there.
    """
    tops = [content, content.element] if isinstance(content, XmlRoot) else [content]
    found: list[object] = []
    if token_path:
        keys = jsonpaths.keys(jsonpaths.as_jsonpath(token_path))
        for top in tops if keys else ():
            found += jsonpaths.at_keys(top, (keys or [])[:-1])
        found.append(_holder_of(content, value_at(content, token_path)))
    found += tops
    if isinstance(content, Mapping) and len(content) == 1:
        found += content.values()
    objects = {id(each): each for each in found if isinstance(each, Mapping)}
    return list(objects.values())


def _holder_of(content: object, text: object) -> object:
    """Return the first object that has a text among its members, the highest first; None if none has it."""
    pending = deque([content])
    while text and pending:
        item = pending.popleft()
        members = item.values() if isinstance(item, Mapping) else item if isinstance(item, list) else ()
        if isinstance(item, Mapping) and any(text == member for member in members):
            return item
        pending.extend(member for member in members if isinstance(member, (Mapping, list)))
    return None
