"""What a connection takes from responses beside the token, such as a base URL or a header; no I/O.

The values are kept with the token and bound by the document: it says which places they may fill, and which
origins a base URL may have. That is checked at each use, since a store is shared and documents change.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from urllib.parse import unquote, urlsplit

from requests import PreparedRequest

from watchword import redact
from watchword.errors import TokenError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http import headers, jsonpaths, path_templates
from watchword.http.cookies import effective_cookies
from watchword.http.half_characters import has_half_character
from watchword.http.origins import Origins, has_userinfo, host_name, origin
from watchword.http.placement import Slot, parse_slot, put_unless_given
from watchword.redact import NeverPickled
from watchword.tokens import companions
from watchword.tokens.token import Token, is_secret
from watchword.tokens.token_response import VISIBLE, WHOLE, TokenResponse, value_at

_log = logging.getLogger(__name__)

BASE_URL = "base_url"
HEADER, PATH, COOKIE, QUERY = "header:", "path:", "cookie:", "query:"
CALLBACK = "callback:"
ALL_COOKIES = f"{COOKIE}*"
"""As a place and its source: all cookies of the response, each where a browser would send it."""

LONGEST_VALUE = 4096
"""The longest value that is used, in characters; many servers refuse longer headers."""

_BARE_HOST = re.compile(
    r"(?://)?(?:[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::[0-9]{1,5})?|[A-Za-z0-9-]+:[0-9]{1,5})(?:/.*)?"
)
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")


@dataclass(frozen=True)
class ValueSources(NeverPickled):
    """Where responses hold the values: pairs of a place, such as `header:X-Tenant`, and a source.

    A source is a JSONPath, `header:NAME` or `cookie:NAME` of the response, or `callback:NAME`, a parameter of
    the URL that the browser was sent back to. Values of cookies are kept as texts of `companions`.
    """

    pairs: tuple[tuple[str, str], ...] = ()

    def in_response(self, response: TokenResponse, content: object) -> dict[str, str]:
        """Return by place the values that a response holds; `content` is its JSON."""
        steps = self._search_steps
        if steps and not jsonpaths.is_affordable(content, steps):
            _log.warning("The response of %s is too large to be searched for its values.", response.host)
            return {}
        found = {
            place: _kept(place, _text(_value(source, response, content, is_raw=place.startswith(COOKIE))))
            for place, source in self.pairs
            if place != ALL_COOKIES
        }
        cookies = companions.set_by(response.cookies, response.url) if self._takes_all_cookies else {}
        return {**cookies, **{place: text for place, text in found.items() if text}}

    @cached_property
    def _takes_all_cookies(self) -> bool:
        return (ALL_COOKIES, ALL_COOKIES) in self.pairs

    @property
    def is_whole(self) -> bool:
        """Whether a body of plain text may be one of the values."""
        return any(source == WHOLE for _, source in self.pairs)

    def in_cookies(self, lines: Iterable[str], url: str) -> dict[str, str]:
        """Return by place the values that a later response from this URL gives anew, by lines of Set-Cookie.

        A cookie that is removed, or that can't be sent in its place, changes nothing.
        """
        if not (names := self._cookies):
            return {}
        cookies = effective_cookies(lines, url)
        found = {place: cookies[name].value for place, name in names.items() if name in cookies}
        raw = {place: _kept(place, value) for place, value in found.items() if place.startswith(COOKIE)}
        decoded = {place: _decoded(value) for place, value in found.items() if place not in raw}
        usable = {place: value for place, value in decoded.items() if _can_stand(place, value)}
        return usable | {place: text for place, text in raw.items() if text}

    @cached_property
    def _cookies(self) -> Mapping[str, str]:
        """The names of the cookies that are sources, by place."""
        return {
            place: source.removeprefix(COOKIE)
            for place, source in self.pairs
            if source.startswith(COOKIE) and source != ALL_COOKIES
        }

    @cached_property
    def _search_steps(self) -> int:
        """How many steps the searches have together; names and indices need no search."""
        paths = [source for _, source in self.pairs if not source.startswith((CALLBACK, HEADER, COOKIE))]
        return sum(jsonpaths.steps(path) for path in paths if jsonpaths.keys(path) is None)

    def in_callback(self, parameters: Iterable[tuple[str, str]]) -> dict[str, str]:
        """Return by place the values that the parameters of a redirected URL hold."""
        given = dict(parameters)
        names = {place: source.removeprefix(CALLBACK) for place, source in self.pairs if _is_callback(source)}
        found = {place: _kept(place, _text(given.get(name))) for place, name in names.items()}
        return {place: text for place, text in found.items() if text}


NO_VALUES = ValueSources()
"""A connection that takes nothing but the token."""


def _is_callback(source: str) -> bool:
    return source.startswith(CALLBACK)


def _kept(place: str, text: str) -> str:
    """Return a value as it is kept; "" for one that its place can't hold, if its place is a cookie."""
    return companions.everywhere(place.removeprefix(COOKIE), text) if place.startswith(COOKIE) else text


def _value(source: str, response: TokenResponse, content: object, *, is_raw: bool) -> object:
    """Return what a response has at a source; `is_raw` says that a cookie's value stays as it was set."""
    if _is_callback(source):
        return None
    if source == WHOLE and not isinstance(content, (dict, list)):
        return _whole(response, content)
    if source.startswith(HEADER):
        return response.headers.get(source.removeprefix(HEADER))
    if source.startswith(COOKIE):
        cookie = effective_cookies(response.cookies, response.url).get(source.removeprefix(COOKIE))
        if cookie is None:
            return None
        return cookie.value if is_raw else _decoded(cookie.value)
    return value_at(content, source)


def _whole(response: TokenResponse, content: object) -> object:
    """Return a body that is a value by itself, None for a page or a sentence."""
    if isinstance(content, (str, int)):
        return content
    text = response.text.strip()
    return text if VISIBLE.fullmatch(text) and not text.startswith("<") else None  # vManage declares a page


def _decoded(value: str) -> str:
    """Return a cookie's value as a script reads it: without quotes (RFC 6265) and percent-encoding.

    It stays percent-encoded if no header may hold the decoded value.
    """
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = value[1:-1]
    try:
        decoded = unquote(value, errors="strict")
    except UnicodeDecodeError:
        return value
    return value if list(headers.value_findings(decoded, "cookie")) else decoded


def _text(value: object) -> str:
    """Return a value as text, "" for anything but text and whole numbers; a long text isn't shortened."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value[: LONGEST_VALUE + 1] if isinstance(value, str) else ""


@dataclass(frozen=True)
class ValueRules(NeverPickled):
    """What a document lets the values fill: the places, and the origins that a base URL may have.

    The values of `secret_places` are masked like a token: the sources of these sound secret.
    """

    base_url: str
    origins: Origins
    places: tuple[str, ...]
    secret_places: frozenset[str] = frozenset()
    _checked: dict[str, str] = field(default_factory=dict, repr=False, compare=False)
    """The last base URL that was checked, with its normalized form."""

    _masked: list[Token] = field(default_factory=list, repr=False, compare=False)
    """The last token whose values were masked: a stored one doesn't say where its values are from."""

    @property
    def without_secrets(self) -> ValueRules:
        """The rules for a call without the credential: it goes where the values say, without secret ones."""
        kept = (BASE_URL, PATH)
        return replace(
            self,
            places=tuple(
                each
                for each in self.places
                if each.startswith(kept) or not (is_secret(each) or each in self.secret_places)
            ),
        )

    @cached_property
    def _slots(self) -> tuple[tuple[str, Slot], ...]:
        """The places in headers and in the query, each with its slot."""
        found = ((place, parse_slot(place)) for place in self.places if place.startswith((HEADER, QUERY)))
        return tuple((place, slot) for place, slot in found if slot is not None)

    @cached_property
    def _cookies(self) -> tuple[str, ...]:
        return tuple(place for place in self.places if place.startswith(COOKIE))

    @cached_property
    def _own(self) -> tuple[str, str]:
        """The base URL's origin, and its path as a client encodes it."""
        prepared = PreparedRequest()
        prepared.prepare_url(self.base_url, None)
        return origin(self.base_url) or "", urlsplit(prepared.url or "").path.rstrip("/")

    def lacks(self, token: Token) -> bool:
        """Return whether the token has no value for one of the places."""
        return not token.values.keys() >= {place for place in self.places if place != ALL_COOKIES}

    def applied(self, request: PreparedRequest, token: Token) -> PreparedRequest:
        """Return a copy of the request that goes to where the token's values say, and holds them.

        A header or a parameter of the query that the caller has set stays as it is.

        Raises:
            TokenError: a value is missing or can't be used; nothing is sent then.
        """
        if self.secret_places:
            self._mask(token)
        signed, values = request.copy(), token.values
        signed.url = self._url(request.url or "", values)
        for place, slot in self._slots:
            put_unless_given(signed, slot, _usable(place, _present(values, place)))
        if self._cookies:
            for place in self._cookies:
                _present(values, place)
            companions.put_companions(signed, token)
        if BASE_URL in self.places and "Host" in signed.headers:
            signed.headers["Host"] = urlsplit(signed.url).netloc
        return signed

    def _mask(self, token: Token) -> None:
        """Mask the values whose sources sound secret as long as the token lives; once for each token."""
        if self._masked and self._masked[0] is token:
            return
        found = (token.values.get(place, "") for place in self.secret_places)
        redact.register([value for value in found if value], token)
        self._masked[:] = [token]

    def _url(self, url: str, values: Mapping[str, str]) -> str:
        if BASE_URL in self.places:
            url = self._moved(url, self._base(_present(values, BASE_URL)))
        return path_templates.filled(url, "value", lambda name: self._part(values, name))

    def _part(self, values: Mapping[str, str], name: str) -> str:
        value = _present(values, f"{PATH}{name}")
        if f"{PATH}{name}" not in self.places or (problem := path_templates.flaw(value)):
            reason = "is not one of response_values" if f"{PATH}{name}" not in self.places else problem
            raise TokenError([_unusable(f"{PATH}{name}", f"{reason}")])
        return value

    def _moved(self, url: str, learnt: str) -> str:
        """Return a URL of the base URL's origin at the learnt one; a URL of another origin stays.

        A path of the learnt URL takes the place of the base URL's path; without one, that stays.
        """
        own_origin, own_path = self._own
        if not url.startswith(own_origin) and origin(url) != own_origin:
            return url
        address = _ADDRESS.match(url)
        rest = url[address.end() if address else 0 :] or "/"
        learnt_origin, learnt_path = origin(learnt) or "", urlsplit(learnt).path.rstrip("/")
        is_below = rest.startswith(own_path) and rest[len(own_path) : len(own_path) + 1] in {
            "",
            "/",
            "?",
            "#",
        }
        if learnt_path and is_below:
            rest = f"{learnt_path}{rest[len(own_path) :]}"
        return f"{learnt_origin.rstrip('/')}{rest if rest.startswith('/') else f'/{rest}'}"

    def _base(self, learnt: str) -> str:
        """Return a learnt base URL that may be used; it is checked once, not for each request."""
        if learnt not in self._checked:
            normalized = _normalized(learnt)
            if not self._allows(normalized):
                raise TokenError([_not_allowed(normalized)])
            self._checked.clear()
            self._checked[learnt] = normalized
        return self._checked[learnt]

    def _allows(self, url: str) -> bool:
        """Return whether the credential may go to a learnt URL.

        It may if its origin is allowed, or if its host is the base URL's own. On that host the port may
        differ, but https never becomes http.
        """
        is_downgrade = urlsplit(self.base_url).scheme.lower() == "https" and url.startswith("http:")
        return self.origins.covers(url) or (host_name(url) == host_name(self.base_url) and not is_downgrade)


def value_slots(places: Iterable[str]) -> Iterator[Slot]:
    """Yield the places in a request that values fill, except those in its URL's path."""
    slots = (parse_slot(place) for place in places if place.startswith((HEADER, QUERY, COOKIE)))
    return (slot for slot in slots if slot is not None)


def _present(values: Mapping[str, str], place: str) -> str:
    if place == ALL_COOKIES:
        return ""
    if place not in values:
        field_name = "response_base_url_path" if place == BASE_URL else "response_values"
        message = f"The response with the token has no value for {place}, which {field_name} needs."
        raise TokenError([finding("value_missing", message)])
    return values[place]


def _can_stand(place: str, value: str) -> bool:
    try:
        return bool(_usable(place, value))
    except TokenError:
        return False


def _usable(place: str, value: str) -> str:
    if len(value) > LONGEST_VALUE or not value.strip():
        raise TokenError([_unusable(place, "is empty or too long")])
    if place.startswith(QUERY) and has_half_character(value):
        raise TokenError([_unusable(place, "holds half of a character")])
    if not place.startswith(QUERY) and list(headers.value_findings(value, place)):
        raise TokenError([_unusable(place, "holds a character that no header may have")])
    return value


def _normalized(url: str) -> str:
    """Return a learnt base URL without what a base URL can't have; raises TokenError for what is none."""
    is_plain = len(url) <= LONGEST_VALUE and url.isprintable() and not any(mark in url for mark in " ?#\\{}")
    if is_plain and _BARE_HOST.fullmatch(url):
        message = "is a host without a scheme: it lacks https:// in front"
        advice = "Take a field with the complete URL, or name the host in base_url itself."
        raise TokenError([_unusable(BASE_URL, message, advice)])
    if not is_plain or origin(url) is None or has_userinfo(url) or ".." in urlsplit(url).path.split("/"):
        raise TokenError([_unusable(BASE_URL, "isn't a complete URL")])
    prepared = PreparedRequest()
    prepared.prepare_url(url, None)
    return prepared.url or ""


def _unusable(place: str, problem: str, advice: str = "") -> Finding:
    message = f"The value for {place} in the response with the token {problem}."
    return finding("value_unusable", message, advice=advice)


def _not_allowed(url: str) -> Finding:
    shown = redact.quoted(origin(url) or "").rstrip("/")
    message = f"The response with the token names the base URL {shown}, which isn't an allowed origin."
    advice = "If it is the API's, add it to allowed_origins, or a pattern such as https://*.my.example.com."
    return finding("origin_not_allowed", message, advice=advice)
