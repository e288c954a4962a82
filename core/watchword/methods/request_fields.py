"""The fields that shape the token request of OAuth 2.0, and findings about them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Protocol

from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.methods.fields import About, JsonObject, Section
from watchword.tokens.token_request import BodyFormat

_OAUTH2 = Section.OAUTH2

HttpMethod = Literal["POST", "GET", "PUT"]

TOKEN_URL = About("Token URL", "The complete URL of the token endpoint.", _OAUTH2)

Scope = Annotated[str, About("Scope", "The scopes to request, separated by spaces.", _OAUTH2)]
ScopeSeparator = Annotated[
    str, About("Scope separator", "The text between scopes in the token request.", _OAUTH2)
]
GrantBody = Annotated[
    JsonObject,
    About(
        "Request body",
        "JSON: fields to add or replace in the token request; null leaves one out, {{secret:NAME}} "
        "inserts a secret, {{client_id}} and {{client_secret}} the client's; {{uuid}} and {{now}} are new in "
        "each request.",
        _OAUTH2,
        templated=True,
    ),
]
GrantMethod = Annotated[
    HttpMethod,
    About(
        "Request method",
        "The HTTP method of the token request; with GET all fields are sent in the query.",
        _OAUTH2,
    ),
]
GrantFormat = Annotated[BodyFormat, About("Body format", "The format of the token request's body.", _OAUTH2)]
GrantHeaders = Annotated[
    JsonObject,
    About(
        "Request headers",
        "JSON: headers to add to the token request, filled in like the request body.",
        _OAUTH2,
        templated=True,
    ),
]


class ShapesRequest(Protocol):
    """A method with these fields."""

    scope: str
    scope_separator: str
    grant_method: HttpMethod
    grant_format: BodyFormat


def findings_of(method: ShapesRequest) -> Iterator[Finding]:
    """Yield findings about the separator of scopes, and about a body that a GET doesn't have."""
    if "," in method.scope and method.scope_separator == " ":
        message = "The scope has a comma, but scopes are separated by spaces."
        yield finding("scope_separator_suspect", message)
    if method.grant_method == "GET" and method.grant_format == "json":
        message = "grant_format json is not used: a GET sends its fields in the query."
        advice = "Clear grant_format, or set grant_method to POST."
        yield finding("fields_ignored", message, advice=advice)
