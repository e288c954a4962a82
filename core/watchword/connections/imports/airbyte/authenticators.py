"""The authenticators of Airbyte's manifests, each as a method and its fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from watchword.connections.imports.airbyte.authenticator import (
    Authenticator,
    Fields,
    present,
    unless_default,
)
from watchword.connections.imports.airbyte.oauth import oauth
from watchword.connections.imports.airbyte.signed_jwt import signed_jwt
from watchword.connections.imports.entry import unreadable
from watchword.connections.imports.template_secrets import template_for, with_secrets_apart
from watchword.document.references import as_literal
from watchword.methods import METHODS
from watchword.methods.fields import secret_names

_PLACES = {"header": "header", "request_parameter": "query", "body_data": "body", "body_json": "body"}
_DURATION = re.compile(r"P(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?")
_NAME = re.compile(r"[A-Za-z_]\w*")


def _none(_: Authenticator, __: list[str]) -> Fields:
    return {"method": "none"}


def _api_key(given: Authenticator, _: list[str]) -> Fields:
    place = given.part("inject_into")
    key_name = place.text("field_name") or given.text("header") or "X-API-Key"
    add_to = _place(place)
    return {
        "method": "api_key",
        "key_name": key_name,
        "api_key": given.secret("api_token"),
        "add_to": add_to,
    }


def _place(option: Authenticator) -> str:
    given = option.text("inject_into", "header")
    if given not in _PLACES:
        raise unreadable("The authenticator's inject_into isn't known.", f"Known are {', '.join(_PLACES)}.")
    if option.raw("field_path"):
        raise unreadable(
            "The authenticator puts the key into a nested field of the body, which no method does.",
            "Create the connection by hand.",
        )
    return _PLACES[given]


def _bearer(given: Authenticator, _: list[str]) -> Fields:
    return {"method": "bearer", "bearer_token": given.secret("api_token")}


def _basic(given: Authenticator, _: list[str]) -> Fields:
    password = as_literal(given.text("password"))
    return present({"method": "basic", "username": given.needed("username"), "password": password})


def _session(given: Authenticator, remarks: list[str]) -> Fields:
    """Return the fields of a login by a requester of its own."""
    login = given.part("login_requester")
    parameters: dict[str, str] = {}
    user = _login_user(login.part("authenticator"), parameters, remarks)
    body, as_form = login.json("request_body_json"), login.json("request_body_data")
    structured = login.part("request_body")
    if structured.raw("value"):
        is_form = structured.text("type") == "RequestBodyUrlEncodedForm"
        body, as_form = ({}, structured.json("value")) if is_form else (structured.json("value"), as_form)
    fields: Fields = {
        "method": "session_login",
        "login_url": _login_url(login),
        "login_method": login.text("http_method", "POST").upper(),
        "login_format": "form" if as_form and not body else "",
        "login_body": with_secrets_apart(body or as_form, parameters),
        "login_headers": {
            **with_secrets_apart(login.json("request_headers"), parameters),
            **user.pop("login_headers", {}),
        },
        "response_access_path": _json_path(given.path("session_token_path")),
        "default_lifetime": _seconds(given.text("expiration_duration")),
        **_session_placement(given.part("request_authentication")),
        **user,
    }
    return present({**fields, "secret_parameters": parameters})


def _login_url(login: Authenticator) -> str:
    base, path = login.text("url_base") or login.needed("url"), login.text("path")
    if "://" in path or not path:
        return path or base
    return f"{base.rstrip('/')}/{path.lstrip('/')}"


def _login_user(authenticator: Authenticator, parameters: dict[str, str], remarks: list[str]) -> Fields:
    kind = authenticator.text("type", "NoAuth")
    if kind == "BasicHttpAuthenticator":
        user = {"username": authenticator.needed("username"), "password": authenticator.secret("password")}
        return {"login_auth": "basic", **user}
    if kind == "ApiKeyAuthenticator" and _place(authenticator.part("inject_into")) == "header":
        key = _api_key(authenticator, [])
        return {"login_headers": with_secrets_apart({key["key_name"]: key["api_key"]}, parameters)}
    if kind == "BearerAuthenticator":
        value = f"Bearer {authenticator.needed('api_token')}"
        return {"login_headers": with_secrets_apart({"Authorization": value}, parameters)}
    if kind == "NoAuth":
        return {}
    reader = READERS.get(kind)
    if reader is None:
        raise unreadable("The login itself is authenticated by a type of authenticator that isn't read here.")
    return {"login_with": _nested(reader(authenticator, remarks), parameters)}


def _nested(fields: Fields, parameters: dict[str, str]) -> Fields:
    """Return a document without secrets, as login_with holds it, and add its secrets to the parameters."""
    method = METHODS[fields["method"]]
    if method.signs_in:
        raise unreadable(
            "The login itself needs the sign-in of a person, which login_with can't hold.",
            "Create the connection by hand.",
        )
    parameters.update(fields.pop("secret_parameters", {}))
    for name in sorted(fields.keys() & secret_names(method)):
        fields[name] = template_for(name, fields[name], parameters)
    return fields


def _session_placement(authentication: Authenticator) -> Fields:
    if authentication.text("type") != "ApiKey":
        return {}
    option = authentication.part("inject_into")
    place = _place(option)
    name = option.needed("field_name")
    return {"add_to": unless_default(place, "header"), "use_prefix": False, f"{place}_name": name}


def _legacy_session(given: Authenticator, _: list[str]) -> Fields:
    header, token = given.needed("header"), given.text("session_token")
    if token and not given.text("username"):
        return {"method": "api_key", "key_name": header, "api_key": as_literal(token)}
    return {
        "method": "session_login",
        "login_url": _joined(given),
        "username": given.needed("username"),
        "password": given.secret("password"),
        "response_access_path": _json_path([given.needed("session_token_response_key")]),
        "header_name": header,
        "use_prefix": False,
    }


def _joined(given: Authenticator) -> str:
    path = given.needed("login_url")
    if "://" in path:
        return path
    return f"{given.needed('api_url').rstrip('/')}/{path.lstrip('/')}"


def _json_path(names: list[str]) -> str:
    """Return a path of names as a JSONPath."""
    if all(_NAME.fullmatch(name) for name in names):
        return ".".join(names)
    parts = (f"[{name}]" if name.isdecimal() else "['" + name.replace("'", "\\'") + "']" for name in names)
    return f"${''.join(parts)}"


def _seconds(duration: str) -> int | None:
    """Return a duration of ISO 8601 in seconds, None if there is none."""
    match = _DURATION.fullmatch(duration)
    if match is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds or None


READERS: Mapping[str, Callable[[Authenticator, list[str]], Fields]] = {
    "ApiKeyAuthenticator": _api_key,
    "BasicHttpAuthenticator": _basic,
    "BearerAuthenticator": _bearer,
    "JwtAuthenticator": signed_jwt,
    "LegacySessionTokenAuthenticator": _legacy_session,
    "NoAuth": _none,
    "OAuthAuthenticator": oauth,
    "SessionTokenAuthenticator": _session,
}
