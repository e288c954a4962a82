"""What an adapter needs to authenticate a request: origins, stacked parameters, method and tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import urljoin

from requests import PreparedRequest

from watchword.adapters.refused_call import Explain
from watchword.errors import RequestError
from watchword.findings.codes import finding
from watchword.flow import Context, Flow
from watchword.http import path_templates
from watchword.http.cookies import effective_cookies, sent_cookie
from watchword.http.headers import text_of
from watchword.http.origins import Origins
from watchword.http.placement import Placement, Slot, put, with_defaults
from watchword.methods.base import Method, TokenPlacement
from watchword.redact import NeverPickled
from watchword.tokens.token import Token
from watchword.tokens.token_cache import TokenCache
from watchword.tokens.token_values import ValueSources


@dataclass(frozen=True)
class Authenticator(NeverPickled):
    """Authenticates requests of one connection; made once, used for every request.

    `path_secrets` replace the templates in the path of a request. `located`, which only a validation sets,
    brings a request to the place that the connection's token names, for a call without that token.
    `defaults` are sent unless the caller fills their slot, `secrets` are always sent. `token_cache` holds
    the method's token; it is None if the method has no token. `content` is what the secrets come from: it is
    kept, because they are masked as long as it lives. `explain` says what a refused call means.
    """

    origins: Origins
    method: Method
    defaults: tuple[Placement, ...]
    secrets: tuple[Placement, ...]
    context: Context
    token_cache: TokenCache | None = None
    content: object = field(default=None, repr=False)
    explain: Explain | None = field(default=None, repr=False)
    path_secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    located: Callable[[PreparedRequest], PreparedRequest] | None = field(default=None, repr=False)

    @property
    def default_headers(self) -> list[str]:
        """The names of the headers that are sent unless the caller gives them; they replace a library's."""
        return [placement.slot.name for placement in self.defaults if placement.slot.place == "header"]

    def flow(self, request: PreparedRequest) -> Flow:
        """Start authenticating a request, which the flow may change.

        Stacked parameters come first and the method last, since signatures cover them.
        """
        if self.path_secrets:
            request.url = path_templates.filled(request.url or "", "secret", self._path_secret)
        if self.located is not None:
            request = self.located(request)
        if self.defaults:
            with_defaults(request, self.defaults)
        for placement in self.secrets:
            placement.put(request)
        return self.method.flow(request, self.context)

    def restored(self, location: str, url: str) -> str:
        """Return a redirect's URL with templates in the place of the path's secrets, if it may be followed.

        `url` is that of the request. The secrets are put in again when the redirect is followed. A redirect
        to a foreign origin stays as it is: its secrets are removed elsewhere.
        """
        try:
            is_own = bool(self.path_secrets) and self.origins.covers(urljoin(url, location))
        except ValueError:
            return location
        return path_templates.restored(location, self.path_secrets) if is_own else location

    def _path_secret(self, name: str) -> str:
        """Return the secret of a template in a path; raises RequestError if a path may not hold it."""
        if name in self.path_secrets:
            return self.path_secrets[name]
        message = f"The path of the URL has {path_templates.template('secret', name)}, which it may not hold."
        advice = (
            f"Add the secret to secret_parameters as template:{name}; a secret that another field mentions "
            "must be mentioned in base_url or test_url too."
        )
        raise RequestError([finding("template_unresolved", message, advice=advice)])

    def carry_cookies(self, again: PreparedRequest, set_cookies: Iterable[str]) -> None:
        """Give a request that is sent again the cookies that came with the refusal, such as a route's.

        `set_cookies` are the lines of Set-Cookie. Cookies that the connection itself sends stay as they are.
        """
        for name, cookie in effective_cookies(set_cookies, again.url or "").items():
            if name not in self.sent_cookies:
                put(again, Slot("cookie", name), cookie.value)

    @cached_property
    def own_cookies(self) -> frozenset[str]:
        """The names of the cookies that the connection sends."""
        return frozenset(slot.name for slot in self.slots if slot.place == "cookie")

    @property
    def sent_cookies(self) -> frozenset[str]:
        """These names, and those of the cookies that go along with the token that is held now."""
        along = self.token_cache.cookies if self.token_cache is not None else {}
        return self.own_cookies.union(along) if along else self.own_cookies

    @property
    def slots(self) -> list[Slot]:
        """The places that the connection fills in each request."""
        placed = (*self.defaults, *self.secrets, *self.method.placements())
        return [item.slot if isinstance(item, Placement) else item for item in placed]

    @cached_property
    def token_cookie(self) -> str | None:
        """The name of the cookie that the method's token is sent as; None if it is sent in another way."""
        slot = self._token_slot
        return slot.name if slot and slot.place == "cookie" else None

    @cached_property
    def _token_slot(self) -> Slot | None:
        """The place of the method's token, the first of the method's places; None without a token."""
        if self.token_cache is None:
            return None
        return next((item for item in self.method.placements() if isinstance(item, Slot)), None)

    def sent_token(self, signed: PreparedRequest) -> str | None:
        """Return the token that a request was sent with in a cookie or in a header; None if it has none."""
        if (slot := self._token_slot) is None:
            return None
        if slot.place == "cookie":
            return sent_cookie(text_of(signed.headers.get("Cookie")), slot.name)
        sent = text_of(signed.headers.get(slot.name)) if slot.place == "header" else ""
        return sent.removeprefix(self.method.value("")) if isinstance(self.method, TokenPlacement) else None

    @cached_property
    def value_sources(self) -> ValueSources:
        """Where responses hold the values that go along with the token."""
        return ValueSources(tuple(getattr(self.method, "response_values", {}).items()))

    @cached_property
    def signs_each_request(self) -> bool:
        """Whether each request carries values of its own, such as a signature, that aren't registered."""
        placed = self.method.placements()
        signs = self.token_cache is None and any(isinstance(item, Slot) for item in placed)
        return signs or self.method.proves_key

    @cached_property
    def token(self) -> Callable[[Token | None], Token]:
        """Returns a token that is good for a request; it takes the token that was refused, or None.

        It may wait for a token, and raises TokenError if none can be obtained.
        """
        return self.token_cache.get if self.token_cache else _no_token


def _no_token(_: Token | None) -> Token:
    raise TypeError("this method has no token")
