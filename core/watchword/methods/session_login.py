"""`session_login`: log in for a token or cookie, send that, and log out at the end."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, ClassVar, Literal

from pydantic import Field, JsonValue
from requests import PreparedRequest, Request

from watchword.findings.codes import finding
from watchword.findings.finding import Finding, errors
from watchword.flow import Context, Flow
from watchword.http import headers
from watchword.http.placement import Slot
from watchword.methods.base import DefaultLifetime, ExpiresPath, TokenPlacement
from watchword.methods.fields import About, JsonObject, Section
from watchword.protocols import templates
from watchword.protocols.session_login.login_response import TokenPlace
from watchword.protocols.session_login.login_source import LoginSource, Logout
from watchword.protocols.templates import TemplateSecrets
from watchword.tokens.token_request import BodyFormat, token_request

_LOGIN = Section.LOGIN
_USERNAME = re.compile(r"\{\{\s*username\s*\}\}")
_OTHER_MENTION = re.compile(r"\{\{\s*(?!secret:)[^{}]{1,40}\}\}")
_PAIR: Mapping[str, JsonValue] = {"username": "{{username}}", "password": "{{secret:password}}"}


class SessionLogin(TokenPlacement):
    """Log in once for all sessions of the process, send what came back, log in anew when it is refused.

    A login that seems to succeed is no proof: servers set cookies for whoever comes.
    """

    method: ClassVar[str] = "session_login"
    title: ClassVar[str] = "Session login"
    urls: ClassVar[tuple[str, ...]] = ("login_url", "logout_url")

    login_url: Annotated[str, About("Login URL", "The complete URL that opens a session.", _LOGIN)]
    login_method: Annotated[
        Literal["POST", "GET", "PUT"], About("Login method", "The HTTP method of the login.", _LOGIN)
    ] = "POST"
    username: Annotated[str | None, About("User name", "The user's name.", Section.AUTHENTICATION)] = None
    password: Annotated[
        str | None,
        About(
            "Password",
            "The user's password, for the login alone.",
            Section.AUTHENTICATION,
            secret=True,
            may_be_empty=True,
        ),
    ] = None
    login_auth: Annotated[
        Literal["none", "basic"],
        About("Login authentication", "basic: name and password go as Basic header of the login.", _LOGIN),
    ] = "none"
    login_format: Annotated[
        BodyFormat, About("Login format", "How the fields of the login are written.", _LOGIN)
    ] = "json"
    login_body: Annotated[
        JsonObject,
        About(
            "Login body",
            "JSON: the fields of the login, with {{username}}, {{secret:password}} for the password, and "
            "{{secret:NAME}}; left out: username and password, or nothing beside a Basic header.",
            _LOGIN,
        ),
    ] = Field(default_factory=dict)
    login_headers: Annotated[
        JsonObject, About("Login headers", "JSON: headers of the login, filled in likewise.", _LOGIN)
    ] = Field(default_factory=dict)
    response_access_path: Annotated[
        str | None,
        About(
            "Path of the token", "JSONPath of the token in the reply; $ where it is the reply.", Section.REPLY
        ),
    ] = None
    response_header: Annotated[
        str | None,
        About("Header of the token", "The header of the reply that holds the token.", Section.REPLY),
    ] = None
    response_cookie: Annotated[
        str | None, About("Cookie of the token", "The reply's cookie that is the token.", Section.REPLY)
    ] = None
    response_expires_path: ExpiresPath = "expires_in"
    default_lifetime: DefaultLifetime = None
    logout_url: Annotated[
        str | None, About("Logout URL", "The complete URL that ends the session at the close.", _LOGIN)
    ] = None
    logout_method: Annotated[
        Literal["POST", "GET", "PUT", "DELETE"],
        About("Logout method", "The HTTP method of the logout.", _LOGIN),
    ] = "POST"
    add_to: Annotated[
        Literal["header", "query", "cookie"],
        About("Send in", "Where the API expects the credential.", Section.PLACEMENT),
    ] = "header"  # type: ignore[assignment] # wider than the base's: a session may be a cookie
    cookie_name: Annotated[
        str,
        About(
            "Cookie name", "The cookie that carries the token; that of the reply if empty.", Section.PLACEMENT
        ),
    ] = ""

    @cached_property
    def slot(self) -> Slot:
        """The place that the token goes to; a cookie keeps its name."""
        named = {"header": self.header_name, "query": self.query_name, "cookie": self._cookie}
        return Slot(self.add_to, named[self.add_to])

    def flow(self, request: PreparedRequest, context: Context, /) -> Flow:
        """Send with the current token; where the API refuses it, once more with a newer one."""
        return self.token_flow(request, context)

    def token_source(self, secrets: TemplateSecrets, /) -> LoginSource:
        """Return how to log in; raises DocumentError where a template names no secret."""
        body: dict[str, JsonValue] = {
            name: templates.fill(value, self._known(secrets)) for name, value in self._body.items()
        }
        sent = {**self._basic, **self._filled_headers(secrets)}
        request = token_request(self.login_method, self.login_url, body, sent, self.login_format)
        return LoginSource(request, self._place, self._logout)

    def findings(self, secrets: TemplateSecrets, /) -> Iterator[Finding]:
        """Where the token stands and goes, and what JSON fields hold that they shouldn't."""
        yield from self._place_findings()
        if self.login_auth == "basic" and ":" in (self.username or ""):
            message = "The user name has a colon; all behind it would count as password."
            yield finding("username_illegal", message)
        if self.login_auth == "basic" and "authorization" in {name.lower() for name in self.login_headers}:
            message = "login_headers has an Authorization header, which login_auth basic makes already."
            yield finding("header_conflict", message)
        yield from headers.value_findings(self.value("token"), "the token's place")
        absent = list(self._absent(secrets))
        if absent:
            yield from absent
            return
        known = self._known(secrets)
        missing = [
            *_template_findings("login_body", self._body, known),
            *_template_findings("login_headers", _named(self.login_headers), known),
        ]
        yield from missing
        if not errors(missing):
            for name, value in self._filled_headers(secrets).items():
                yield from headers.name_findings(name, "header")
                yield from headers.value_findings(value, f"the login's header {name[:40]}")

    def _absent(self, secrets: TemplateSecrets) -> Iterator[Finding]:
        """Find a name or password that the login uses and nobody gave: an empty one would be refused."""
        used = {*templates.names(dict(self._body)), *templates.names(dict(_named(self.login_headers)))}
        if self.login_auth == "basic":
            used |= {"username", "password"}
        for name, value in (("username", self.username), ("password", self.password)):
            if name in used and value is None and name not in secrets:
                advice = "Fill the field in; where it is meant to be empty, write literal: there."
                yield finding(
                    "missing_field", f"The login uses the field {name}, which is missing.", advice=advice
                )

    def _place_findings(self) -> Iterator[Finding]:
        if not self._places:
            message = "Nothing says where in the login's reply the token stands."
            advice = "Give response_access_path, response_header or response_cookie."
            yield finding("missing_field", message, advice=advice)
        if len(self._places) > 1:
            message = "More than one of response_access_path, response_header and response_cookie is given."
            yield finding("given_twice", message)

    @cached_property
    def _places(self) -> dict[Literal["body", "header", "cookie"], str]:
        named: dict[Literal["body", "header", "cookie"], str | None] = {
            "body": self.response_access_path,
            "header": self.response_header,
            "cookie": self.response_cookie,
        }
        return {kind: name for kind, name in named.items() if name}

    @property
    def _place(self) -> TokenPlace:
        ((kind, name),) = self._places.items()  # one alone, or a finding has stopped the use
        return TokenPlace(kind, name, self.response_expires_path, self.default_lifetime, self._lead)

    @property
    def _cookie(self) -> str:
        return self.cookie_name or self.response_cookie or ""

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
        if not self.login_body:
            return {} if self.login_auth == "basic" else _named(_PAIR)
        return _named(self.login_body)

    def _known(self, secrets: TemplateSecrets) -> TemplateSecrets:
        """Return what templates may name: the secrets, and the method's own fields where they are filled."""
        own = {"username": self.username, "password": self.password}
        given = {name: value for name, value in own.items() if value is not None}
        return {**given, **secrets, **{name: value for name, value in given.items() if value}}

    def _filled_headers(self, secrets: TemplateSecrets) -> dict[str, str]:
        known = self._known(secrets)
        filled = {name: templates.fill(value, known) for name, value in _named(self.login_headers).items()}
        return {name: str(value).strip() for name, value in filled.items()}


def _named(content: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    """Return the content with the user's name among the secrets that templates fill in, in one pass."""
    named: Mapping[str, JsonValue] = json.loads(
        _USERNAME.sub("{{secret:username}}", json.dumps(dict(content)))
    )
    return named


def _template_findings(
    field: str, content: Mapping[str, JsonValue], known: TemplateSecrets
) -> Iterator[Finding]:
    yield from templates.findings(field, content, known)
    texts = templates.texts(list(content.values()))
    for mention in sorted({found[0] for text in texts for found in _OTHER_MENTION.finditer(text)}):
        message = f"{field} mentions {mention}, which stands for nothing."
        advice = "There are {{username}}, {{secret:password}} and {{secret:NAME}}."
        yield finding("template_unresolved", message, advice=advice)
