"""The token requests of Airbyte's manifests, each as a method of OAuth 2.0 and its fields."""

from __future__ import annotations

import re

from watchword.connections.imports.airbyte.authenticator import (
    Authenticator,
    Fields,
    present,
    unless_default,
)
from watchword.connections.imports.airbyte.expressions import is_basic_header
from watchword.connections.imports.airbyte.signed_jwt import signed_jwt
from watchword.connections.imports.entry import unreadable
from watchword.connections.imports.template_secrets import with_secrets_apart

_OF_ASSERTIONS = (
    "algorithm", "private_key_passphrase", "payload", "jwt_headers", "lifetime", "secret_parameters",
)  # fmt: skip


def oauth(given: Authenticator, remarks: list[str]) -> Fields:
    """Return the fields of a token request, by a refresh token, a grant of machines, or an assertion."""
    if given.raw("use_profile_assertion") or given.raw("profile_assertion"):
        return _assertion(given)
    grant = given.text("grant_type", "refresh_token")
    parameters: dict[str, str] = {}
    body = with_secrets_apart(given.json("refresh_request_body"), parameters)
    headers, content_type, is_basic = _headers(given)
    sent = with_secrets_apart(headers, parameters)
    fields: Fields = {
        "token_url": given.needed("token_refresh_endpoint"),
        "client_id": given.needed("client_id"),
        "client_secret": given.secret("client_secret"),
        "client_auth": "client_secret_basic" if is_basic else "client_secret_post",
        "grant_format": "json" if "json" in content_type.lower() else "",
        "response_access_path": unless_default(given.text("access_token_name"), "access_token"),
        "response_expires_path": unless_default(given.text("expires_in_name"), "expires_in"),
        "scope": " ".join(given.path("scopes")),
    }
    body |= _renamed(given, grant, is_basic=is_basic)
    if grant == "refresh_token":
        fields |= {**_refresh(given, remarks), "refresh_body": body, "refresh_headers": sent}
    else:
        fields |= {**_machine(grant, body, parameters), "grant_headers": sent}
    return present({**fields, "secret_parameters": parameters})


def _headers(given: Authenticator) -> tuple[Fields, str, bool]:
    """Return a token request's headers, its content type, and whether a Basic header has the client.

    The headers are without these two.
    """
    raw = given.raw("refresh_request_headers")
    by_name = {str(name).lower(): value for name, value in raw.items()} if isinstance(raw, dict) else {}
    is_basic = is_basic_header(by_name.get("authorization"))
    headers = given.json("refresh_request_headers", "authorization" if is_basic else "")
    sent = {name: value for name, value in headers.items() if name.lower() != "content-type"}
    return sent, str(by_name.get("content-type", "")), is_basic


def _renamed(given: Authenticator, grant: str, *, is_basic: bool) -> Fields:
    """Return what gives fields of a token request the names that the manifest has for them."""
    values = {"grant_type": grant}
    if not is_basic:  # else the client isn't in the body
        values |= {"client_id": "{{client_id}}", "client_secret": "{{client_secret}}"}
    names = {name: given.text(f"{name}_name") for name in values}
    renamed = {name: other for name, other in names.items() if other not in {"", name}}
    return {**dict.fromkeys(renamed), **{other: values[name] for name, other in renamed.items()}}


def _refresh(given: Authenticator, remarks: list[str]) -> Fields:
    updater = given.part("refresh_token_updater")
    rotates = isinstance(given.raw("refresh_token_updater"), dict)
    if rotates:
        remarks.append(
            "Each refresh token is used once: stop the source in Airbyte before the connection is used."
        )
    return {
        "method": "oauth2_authorization_code",
        "refresh_token": given.secret("refresh_token"),
        "refresh_name": unless_default(given.text("refresh_token_name"), "refresh_token"),
        "response_refresh_path": unless_default(updater.text("refresh_token_name"), "refresh_token"),
        "single_use_refresh": True if rotates else None,
    }


def _machine(grant: str, body: Fields, parameters: dict[str, str]) -> Fields:
    """Return the method of a grant without a sign-in; the body replaces fields of the request."""
    if grant == "password" and {"username", "password"} <= body.keys():
        password = body.pop("password")
        template = re.fullmatch(r"\{\{secret:(\w+)\}\}", str(password))
        secret = parameters.pop(f"template:{template[1]}", "") if template else str(password)
        user = {"username": str(body.pop("username")), "password": secret}
        return {"method": "oauth2_password", **user, "grant_body": body}
    own = {} if grant == "client_credentials" else {"grant_type": grant}
    return {"method": "oauth2_client_credentials", "grant_body": {**own, **body}}


def _assertion(given: Authenticator) -> Fields:
    """Return the fields of a token request with a signed assertion (RFC 7523)."""
    signed = signed_jwt(given.part("profile_assertion"), [])
    if signed["algorithm"].startswith("HS"):
        raise unreadable("The profile assertion is signed with a shared secret, which no method does.")
    fields = {name: signed[name] for name in _OF_ASSERTIONS if name in signed}
    return {
        "method": "oauth2_jwt_bearer",
        "token_url": given.needed("token_refresh_endpoint"),
        "private_key": signed["jwt_secret"],
        **fields,
    }
