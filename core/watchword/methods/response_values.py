"""The fields for what a connection takes from the response with its token, and findings about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Protocol

from requests import PreparedRequest

from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http import headers, jsonpaths, path_templates
from watchword.http.placement import Slot
from watchword.methods.fields import About, Section, TextMapping
from watchword.tokens.follow_up import FollowUp
from watchword.tokens.token import Token
from watchword.tokens.token_response import WHOLE
from watchword.tokens.token_values import (
    ALL_COOKIES,
    BASE_URL,
    CALLBACK,
    COOKIE,
    HEADER,
    PATH,
    QUERY,
    ValueSources,
    value_slots,
)

_RESPONSE = Section.RESPONSE

MOST_VALUES = 20
"""A document may take so many values from a response."""

ResponseBaseUrlPath = Annotated[
    str | None,
    About(
        "Path of the base URL",
        "JSONPath of the API's base URL in the response, such as instance_url. It takes the place of the "
        "base URL if allowed_origins has its origin, such as https://*.my.salesforce.com.",
        _RESPONSE,
    ),
]
ResponseValues = Annotated[
    TextMapping,
    About(
        "Values of the response",
        'JSON: a place in each request, and where the response has its value: {"header:Xero-tenant-id": '
        '"$[0].tenantId", "path:cloudid": "$[0].id"}. A place is header:NAME, query:NAME, cookie:NAME, or '
        "path:NAME, which fills in {{value:NAME}} in the path of the base URL. The value is a JSONPath, $ if "
        "the body is the value, header:NAME, cookie:NAME, or callback:NAME for a parameter of the "
        'sign-in\'s redirected URL. "cookie:*": "cookie:*" sends all cookies of the response.',
        _RESPONSE,
    ),
]
ValuesUrl = Annotated[
    str | None,
    About(
        "Values URL",
        "The complete URL of a GET that is sent once with each new token; its response has the values that "
        "the token's response lacks.",
        _RESPONSE,
    ),
]

_OF_THE_CONNECTION = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers that frame or route a request: a server's answer must never decide about them (RFC 9110, 9112)."""

FIELDS = frozenset({"response_base_url_path", "response_values", "values_url"})
"""The names of these fields; a document without them keeps the identity of its stored tokens."""


class TakesValues(Protocol):
    """A method with these fields."""

    @property
    def response_base_url_path(self) -> str | None:
        """JSONPath of the base URL."""

    @property
    def response_values(self) -> Mapping[str, str]:
        """Sources by place."""

    @property
    def response_expires_path(self) -> str:
        """Path of the lifetime."""

    @property
    def values_url(self) -> str | None:
        """URL of the follow-up request."""


def sources_of(method: TakesValues) -> ValueSources:
    """Return where responses hold what the method takes from them."""
    base_url = ((BASE_URL, method.response_base_url_path),) if method.response_base_url_path else ()
    return ValueSources((*base_url, *method.response_values.items()))


def follow_up_of(
    method: TakesValues, sign: Callable[[PreparedRequest, Token], PreparedRequest]
) -> FollowUp | None:
    """Return the request for the values that the token's response lacks; None without a values_url."""
    return FollowUp(method.values_url, sources_of(method), sign) if method.values_url else None


def places_of(method: TakesValues) -> tuple[str, ...]:
    """Return the places that values fill."""
    return tuple(place for place, _ in sources_of(method).pairs)


def slots_of(method: TakesValues) -> tuple[Slot, ...]:
    """Return the headers, parameters of the query and cookies that values fill."""
    return tuple(value_slots(method.response_values))


def findings_of(method: TakesValues, *, signs_in: bool) -> Iterator[Finding]:
    """Yield what is wrong with these fields, and with the name of the header that states the lifetime."""
    if method.response_expires_path.startswith(HEADER):
        yield from headers.name_findings(method.response_expires_path.removeprefix(HEADER).strip(), "header")
    pairs = sources_of(method).pairs
    if len(pairs) > MOST_VALUES:
        yield finding("wrong_type", f"response_values has more than {MOST_VALUES} values.")
        return
    for place, source in pairs:
        yield from _place_findings(place)
        yield from _source_findings(place, source, signs_in=signs_in)
    if method.values_url and not pairs:
        message = "values_url is given, but neither response_values nor response_base_url_path."
        yield finding("missing_field", message, advice="Say what its response holds.")


def _place_findings(place: str) -> Iterator[Finding]:
    kind, separator, name = place.partition(":")
    if place == BASE_URL or (place.startswith(QUERY) and name.strip()):
        return
    if f"{kind}{separator}" == HEADER and name.strip().lower() in _OF_THE_CONNECTION:
        message = f"response_values fills the header {name.strip()}, which says how a request is sent."
        yield finding("header_illegal", message, advice="Remove it: the HTTP client sets this header.")
    elif f"{kind}{separator}" in {HEADER, COOKIE}:
        yield from headers.name_findings(name, kind)
    elif not (place.startswith(PATH) and path_templates.NAME.fullmatch(name)):
        message = f"The place {place[:40]!r} of response_values is not known."
        advice = 'Write it as "header:NAME", "query:NAME", "cookie:NAME" or "path:NAME".'
        yield finding("parameter_malformed", message, advice=advice)


def _source_findings(place: str, source: str, *, signs_in: bool) -> Iterator[Finding]:
    kind = next((each for each in (CALLBACK, HEADER, COOKIE) if source.startswith(each)), None)
    if (place == ALL_COOKIES) != (source == ALL_COOKIES):
        message = f"response_values has {place[:40]!r}: {source[:40]!r}, and the star means all cookies."
        advice = f'Write {{"{ALL_COOKIES}": "{ALL_COOKIES}"}}, or name one cookie on both sides.'
        yield finding("parameter_malformed", message, advice=advice)
    elif kind == CALLBACK and not signs_in:
        message = f"{place[:40]} is taken from a sign-in's callback, and this method has no sign-in."
        yield finding("wrong_type", message, advice="Give a JSONPath of the response.")
    elif kind and not source.removeprefix(kind).strip():
        yield finding("wrong_type", f"The source of {place[:40]} is {kind!r} without a name.")
    elif not kind and not source.strip():
        yield finding("wrong_type", f"The source of {place[:40]} is empty.")
    elif not kind and source != WHOLE and (flaw := jsonpaths.flaw(source)):
        message = f"The path of {place[:40]}, {source[:40]!r}, {flaw}."
        yield finding("wrong_type", message, advice=jsonpaths.ADVICE)
