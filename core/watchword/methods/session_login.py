"""`session_login`: log in for a token or a cookie, send it, and log out at the end."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Annotated, ClassVar, Literal

from requests import PreparedRequest, Request

from watchword.findings.codes import finding
from watchword.findings.finding import Finding, errors
from watchword.flow import Context, Flow, random_nonce
from watchword.http import headers
from watchword.http.json_value import JsonValue
from watchword.http.placement import Slot
from watchword.methods import response_values
from watchword.methods.base import DefaultLifetime, ExpiresPath, LoginWith, TokenPlacement
from watchword.methods.field_info import Field
from watchword.methods.fields import About, JsonObject, Section
from watchword.methods.response_values import ResponseBaseUrlPath, ResponseValues, ValuesUrl
from watchword.protocols import templates
from watchword.protocols.session_login import xml_body
from watchword.protocols.session_login.login_response import TokenLocation
from watchword.protocols.session_login.login_source import LoginSource, Logout
from watchword.protocols.templates import FreshValues, TemplateSecrets
from watchword.tokens.companions import COOKIE, put_companions
from watchword.tokens.follow_up import FollowUp
from watchword.tokens.token import Token
from watchword.tokens.token_request import token_request

_LOGIN = Section.LOGIN
_OWN = ("username", "secret:password")
_PAIR: Mapping[str, JsonValue] = {"username": "{{username}}", "password": "{{secret:password}}"}


class SessionLogin(TokenPlacement):
    """Log in once for all sessions of the process, send the token, and log in again if it is refused.

    A login that seems to succeed isn't a proof: servers set cookies even after a failed login.
    """

    method: ClassVar[str] = "session_login"
    title: ClassVar[str] = "Session login"
    essentials: ClassVar[tuple[str, ...]] = (
        "base_url",
        "login_url",
        "username",
        "password",
        "login_body",
        "response_access_path",
        "response_cookie",
        "logout_url",
        "test_url",
    )
    urls: ClassVar[tuple[str, ...]] = ("login_url", "logout_url", "values_url")
    json_paths: ClassVar[tuple[str, ...]] = (
        "response_access_path",
        "response_expires_path",
        "response_base_url_path",
    )

    login_url: Annotated[str, About("Login URL", "The complete URL that opens a session.", _LOGIN)]
    login_method: Annotated[
        Literal["POST", "GET", "PUT"], About("Login method", "The HTTP method of the login.", _LOGIN)
    ] = "POST"
    username: Annotated[str | None, About("User name", "The user's name.", Section.AUTHENTICATION)] = None
    password: Annotated[
        str | None,
        About(
            "Password",
            "The user's password; it is sent only to the login.",
            Section.AUTHENTICATION,
            secret=True,
            may_be_empty=True,
        ),
    ] = None
    login_auth: Annotated[
        Literal["none", "basic"],
        About(
            "Login authentication",
            "basic sends user name and password in a Basic header of the login.",
            _LOGIN,
        ),
    ] = "none"
    login_format: Annotated[
        Literal["form", "json", "query", "xml"],
        About("Login format", "The format of the login's body; xml sends the text at $ in it.", _LOGIN),
    ] = "json"
    login_body: Annotated[
        JsonObject,
        About(
            "Login body",
            "JSON: the fields of the login, or for XML the whole body as the text $; {{username}}, "
            "{{secret:password}}, {{secret:NAME}}, {{uuid}} and {{now}} are filled in. If empty, username "
            "and password are sent; with a Basic header, login_with, or a secret in login_headers alone, "
            "nothing.",
            _LOGIN,
            templated=True,
        ),
    ] = Field(default_factory=dict)
    login_headers: Annotated[
        JsonObject,
        About(
            "Login headers", "JSON: headers of the login, filled in like the body.", _LOGIN, templated=True
        ),
    ] = Field(default_factory=dict)
    login_with: LoginWith = Field(default_factory=dict)
    response_access_path: Annotated[
        str | None,
        About(
            "Path of the token",
            "JSONPath of the token in the response; in XML an element such as Access_Token.Token, and $ if "
            "the body is the token.",
            Section.RESPONSE,
        ),
    ] = None
    response_header: Annotated[
        str | None,
        About("Header of the token", "The header of the response that holds the token.", Section.RESPONSE),
    ] = None
    response_cookie: Annotated[
        str | None,
        About(
            "Cookie of the token",
            "The cookie of the response that is the token. Cookies that the API requires besides follow it, "
            "separated by commas. All others are sent where a browser would send them.",
            Section.RESPONSE,
        ),
    ] = None
    response_expires_path: ExpiresPath = "expires_in"
    default_lifetime: DefaultLifetime = None
    response_base_url_path: ResponseBaseUrlPath = None
    response_values: ResponseValues = Field(default_factory=dict)
    values_url: ValuesUrl = None
    logout_url: Annotated[
        str | None,
        About("Logout URL", "The complete URL that ends the session, called when it is closed.", _LOGIN),
    ] = None
    logout_method: Annotated[
        Literal["POST", "GET", "PUT", "DELETE"],
        About("Logout method", "The HTTP method of the logout.", _LOGIN),
    ] = "POST"
    add_to: Annotated[
        Literal["header", "query", "cookie", "body"],
        About("Send in", "Where the API expects the credential.", Section.PLACEMENT),
    ] = "header"  # type: ignore[assignment] # wider than the base's: a session may be a cookie
    cookie_name: Annotated[
        str,
        About(
            "Cookie name",
            "The cookie that carries the token; that of the response if empty.",
            Section.PLACEMENT,
        ),
    ] = ""

    @cached_property
    def slot(self) -> Slot:
        """The place of the token; a cookie keeps its name."""
        name = self._cookie if self.add_to == "cookie" else getattr(self, f"{self.add_to}_name")
        return Slot(self.add_to, name)

    @property
    def can_ask_as_decoy(self) -> bool:
        """Whether the login names its user by the field username alone, which a decoy replaces."""
        if self.login_with:
            return False  # its key or its user may be a real one
        return bool(self.username) and ("username" in self._named or self.login_auth == "basic")

    @property
    def token_request_headers(self) -> tuple[str, ...]:
        """The names of the login's headers."""
        return (*self.login_headers, *self._basic)

    def flow(self, request: PreparedRequest, context: Context, /) -> Flow:
        """Send with the current token; if the API refuses it, send once more with a newer one."""
        return self.token_flow(request, context)

    def token_source(self, secrets: TemplateSecrets, /) -> LoginSource:
        """Return the token's source; raises DocumentError if the secret of a template is missing."""
        source = LoginSource(self._login(secrets), self._location, self._logout, follow_up=self._follow_up)
        if not templates.has_fresh([dict(self._body), dict(self.login_headers)]):
            return source
        return replace(source, renewed=lambda: self._login(secrets, FreshValues(time.time(), random_nonce)))

    def _login(self, secrets: TemplateSecrets, fresh: FreshValues | None = None) -> PreparedRequest:
        values = self._template_values(secrets)
        login_headers = {**self._basic, **self._filled_headers(secrets, fresh)}
        if self.login_format == "xml":
            xml = _filled(self._body, xml_body.escaped(values), fresh)
            return xml_body.xml_request(self.login_method, self.login_url, xml, login_headers)
        body = _filled(self._body, values, fresh)
        request = token_request(self.login_method, self.login_url, body, login_headers, self.login_format)
        if request.body is None and self.login_format == "json" and self.login_with.get("add_to") == "body":
            request.prepare_body(None, None, json={})
        return request

    def findings(self, secrets: TemplateSecrets, /) -> Iterator[Finding]:
        """Yield findings about the places of the token, and the JSON fields."""
        yield from self._location_findings()
        yield from response_values.findings_of(self, signs_in=False)
        if self.login_auth == "basic" and ":" in (self.username or ""):
            message = "The user name has a colon; everything after it would count as password."
            yield finding("username_illegal", message)
        if self.login_auth == "basic" and "authorization" in {name.lower() for name in self.login_headers}:
            message = "login_headers has an Authorization header, which login_auth basic already sends."
            yield finding("header_conflict", message)
        yield from headers.value_findings(self.value("token"), "the token's place")
        missing = list(self._missing(secrets))
        if missing:
            yield from missing
            return
        values = self._template_values(secrets)
        template_findings = [
            *templates.findings("login_body", self._body, values, own=_OWN, with_fresh=True),
            *templates.findings("login_headers", self.login_headers, values, own=_OWN, with_fresh=True),
        ]
        yield from template_findings
        yield from xml_body.findings(self._body, self.login_format)
        if not errors(template_findings):
            for name, value in self._filled_headers(secrets).items():
                yield from headers.name_findings(name, "header")
                yield from headers.value_findings(value, f"the login's header {name[:40]}")

    def _missing(self, secrets: TemplateSecrets) -> Iterator[Finding]:
        """Yield a finding for a user name or password that the login uses and the document lacks."""
        used = set(self._named)
        if self.login_auth == "basic":
            used |= {"username", "password"}
        for name, value in (("username", self.username), ("password", self.password)):
            if name in used and value is None and name not in secrets:
                advice = "Fill the field in; if it is meant to be empty, write literal: (with the colon)."
                yield finding(
                    "missing_field", f"The login uses the field {name}, which is missing.", advice=advice
                )

    def _location_findings(self) -> Iterator[Finding]:
        if not self._locations:
            message = "The document does not say where the token is in the login's response."
            advice = "Give response_access_path, response_header or response_cookie."
            yield finding("missing_field", message, advice=advice)
        if len(self._locations) > 1:
            message = "More than one of response_access_path, response_header and response_cookie is given."
            yield finding("given_twice", message)

    @cached_property
    def _locations(self) -> dict[Literal["body", "header", "cookie"], str]:
        names: dict[Literal["body", "header", "cookie"], str | None] = {
            "body": self.response_access_path,
            "header": self.response_header,
            "cookie": self._cookie_names[0],
        }
        return {kind: name for kind, name in names.items() if name}

    @property
    def _location(self) -> TokenLocation:
        ((kind, name),) = self._locations.items()  # exactly one, else a finding has stopped the use
        return TokenLocation(
            kind,
            name,
            self.response_expires_path,
            self.default_lifetime,
            self._lead,
            self._cookie_names[1:] if self.add_to == "cookie" else (),
            response_values.sources_of(self),
        )

    @property
    def _cookie(self) -> str:
        return self.cookie_name or self._cookie_names[0]

    @property
    def _cookie_names(self) -> tuple[str, ...]:
        """The names of the login's cookies that the API must get, that of the token first; at least one."""
        return tuple(name.strip() for name in (self.response_cookie or "").split(",") if name.strip()) or (
            "",
        )

    @property
    def _follow_up(self) -> FollowUp | None:
        return response_values.follow_up_of(self, self._signed)

    @property
    def value_places(self) -> tuple[str, ...]:
        """The places of the values that came with the token."""
        return response_values.places_of(self)

    def placements(self) -> tuple[Slot, ...]:
        """The places of the token, of the cookies beside it, and of the values that come with it."""
        others = self._cookie_names[1:] if self.add_to == "cookie" else ()
        return (self.slot, *(Slot("cookie", name) for name in others), *response_values.slots_of(self))

    def _signed(self, request: PreparedRequest, token: Token) -> PreparedRequest:
        signed = super()._signed(request, token)
        if token.values and self._sends_cookies:
            put_companions(signed, token, leave_out=self.slot.name if self.add_to == "cookie" else "")
        return signed

    @cached_property
    def _sends_cookies(self) -> bool:
        named = [place for place in self.response_values if place.startswith(COOKIE)]
        return self.add_to == "cookie" or bool(named)

    @property
    def _logout(self) -> Logout | None:
        if not self.logout_url:
            return None
        request = Request(self.logout_method, self.logout_url, headers={"Accept": "application/json"})
        return Logout(request.prepare(), self._signed, (self.slot, self._lead))

    @property
    def _basic(self) -> dict[str, str]:
        if self.login_auth != "basic":
            return {}
        return {"Authorization": headers.basic(self.username or "", self.password or "")}

    @property
    def _body(self) -> Mapping[str, JsonValue]:
        if self.login_body:
            return self.login_body
        in_header = self.login_auth == "basic" or self._is_by_header
        return {} if in_header or self.login_with else _PAIR

    @property
    def _is_by_header(self) -> bool:
        """Whether a secret in a header authenticates the login, which names no user."""
        has_user = self.username is not None or self.password is not None
        return not has_user and any(templates.names(dict(self.login_headers)))

    @property
    def _named(self) -> frozenset[str]:
        """The names of the secrets in body and headers, and "username" if its template is there."""
        content: list[JsonValue] = [dict(self._body), dict(self.login_headers)]
        user = ("username",) if templates.mentions(content, ("username",)) else ()
        return frozenset((*templates.names(content), *user))

    def _template_values(self, secrets: TemplateSecrets) -> TemplateSecrets:
        """Return the values for templates: the secrets, and the method's user name and password if given."""
        own = {"username": self.username, "password": self.password}
        given = {name: value for name, value in own.items() if value is not None}
        return {**given, **secrets, **{name: value for name, value in given.items() if value}}

    def _filled_headers(self, secrets: TemplateSecrets, fresh: FreshValues | None = None) -> dict[str, str]:
        filled = _filled(self.login_headers, self._template_values(secrets), fresh)
        return {name: str(value).strip() for name, value in filled.items()}


def _filled(
    content: Mapping[str, JsonValue], values: TemplateSecrets, fresh: FreshValues | None
) -> dict[str, JsonValue]:
    own = {"username": values["username"]} if "username" in values else {}
    return {name: templates.fill_own(value, values, own, fresh) for name, value in content.items()}
