"""What authenticates the requests for a method's token: the method that `login_with` nests."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from watchword import redact
from watchword.document.key_as_user import key_as_user
from watchword.document.nested import filled_method, texts_with_secrets
from watchword.findings.codes import finding
from watchword.findings.finding import Finding, errors
from watchword.http.placement import Placement
from watchword.methods import response_values
from watchword.methods.base import LOGIN_WITH, Method
from watchword.methods.fields import secret_names
from watchword.protocols import templates
from watchword.protocols.login_with import Login
from watchword.protocols.oauth2.grant import Grant
from watchword.protocols.session_login.login_source import LoginSource
from watchword.protocols.templates import TemplateSecrets
from watchword.tokens.token_source import TokenSource

_THE_FIELD = "The field "


def source_of(method: Method, secrets: TemplateSecrets) -> TokenSource | None:
    """Return the source of a method's token, whose requests are authenticated; None for a method without.

    Raises DocumentError if the secret of a template is missing.
    """
    source, login = method.token_source(secrets), login_of(method, secrets)
    if login is None or not isinstance(source, (Grant, LoginSource)):
        return source
    return replace(source, login=login)


def login_of(method: Method, secrets: TemplateSecrets) -> Login | None:
    """Return what authenticates the requests for a method's token; None if nothing does.

    Raises DocumentError if the secret of a template is missing.
    """
    content = getattr(method, LOGIN_WITH, None)
    if not content:
        return method.own_login()
    nested = filled_method(content, secrets)
    identity = json.dumps(templates.fill(dict(content), secrets), sort_keys=True)

    def source() -> TokenSource | None:
        return source_of(nested, secrets)

    login = Login(nested, source, f"{LOGIN_WITH} ({nested.method})", (identity,), secrets)
    placed = [each.value for each in nested.placements() if isinstance(each, Placement)]
    # A key's file may have filled in more secrets than the document has.
    own = [getattr(nested, name) or "" for name in secret_names(type(nested))]
    without_prefix = [value.rpartition(" ")[2] for value in placed]
    redact.register([*own, *placed, *without_prefix, *key_as_user(nested)], login)
    return login


def login_findings(method: Method, secrets: TemplateSecrets) -> Iterator[Finding]:
    """Yield findings about the login of a method, and about the login in that."""
    content = getattr(method, LOGIN_WITH, None)
    if not content:
        return
    if method.own_login() is not None:
        message = "login_with and client_auth oauth1 would both authenticate the token request."
        yield finding("given_twice", message)
    filled = {name: content[name] for name in texts_with_secrets(content)}
    template_findings = list(templates.findings(LOGIN_WITH, filled, secrets))
    yield from template_findings
    if errors(template_findings):
        return
    nested = filled_method(content, secrets)
    for found in (*nested.findings(secrets), *login_findings(nested, secrets)):
        yield _prefixed(found)
    yield from _not_used(content)
    yield from _conflicts(method, nested)


def _not_used(content: Mapping[str, Any]) -> Iterator[Finding]:
    for name in sorted(name for name in response_values.FIELDS if content.get(name)):
        reason = "is not used: the login's token is sent with the request for a token and nothing else"
        yield finding("fields_ignored", f"The field {LOGIN_WITH}.{name} {reason}.", advice="Remove it.")


def _conflicts(method: Method, nested: Method) -> Iterator[Finding]:
    taken = {name.lower() for name in method.token_request_headers}
    http_methods = {getattr(method, name, "") for name in ("grant_method", "login_method", "refresh_method")}
    slots = [place.slot if isinstance(place, Placement) else place for place in nested.placements()]
    if "GET" in http_methods and any(slot.place == "body" for slot in slots):
        message = "login_with adds its credential to the body, but the request for the token is a GET."
        advice = "Set add_to of login_with to query or header."
        yield finding("body_not_extendable", message, advice=advice)
    for slot in slots:
        if slot.place == "header" and slot.name.lower() in taken:
            message = f"login_with sends the header {slot.name}, which the token's request has already."
            advice = "Set client_auth or login_auth to none, or remove the header from the JSON fields."
            yield finding("header_conflict", message, advice=advice)


def _prefixed(found: Finding) -> Finding:
    """Return a finding of the login's method with the place of its field in the document."""
    if found.message.startswith(_THE_FIELD):
        message = f"{_THE_FIELD}{LOGIN_WITH}.{found.message[len(_THE_FIELD) :]}"
    else:
        message = f"{LOGIN_WITH}: {found.message}"
    return replace(found, message=message)
