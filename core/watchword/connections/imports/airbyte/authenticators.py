"""The authenticators of Airbyte's manifests, each as a method and its fields."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from watchword.connections.imports.airbyte.expressions import Expressions, is_basic_header
from watchword.connections.imports.entry import check_characters, is_lacking, lacking, unreadable
from watchword.connections.imports.template_secrets import template_for, with_secrets_apart
from watchword.document.references import as_literal
from watchword.methods import METHODS
from watchword.methods.fields import secret_names

Fields: TypeAlias = dict[str, Any]

_PLACES = {"header": "header", "request_parameter": "query", "body_data": "body", "body_json": "body"}
_DURATION = re.compile(r"P(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?")
_NAME = re.compile(r"[A-Za-z_]\w*")


class Authenticator:
    """An authenticator of a manifest, whose texts are read with their expressions filled in."""

    def __init__(self, content: Mapping[str, Any], expressions: Expressions) -> None:
        self._content = content
        self._expressions = expressions

    def raw(self, name: str) -> Any:  # noqa: ANN401 - any JSON value
        """Return an entry as it is."""
        return self._content.get(name)

    def text(self, name: str, default: str = "") -> str:
        """Return a text."""
        return self._expressions.text(self._content.get(name), name) or default

    def needed(self, name: str) -> str:
        """Return a text; a value to be asked for if there is none."""
        return self.text(name) or lacking(name)

    def secret(self, name: str) -> str:
        """Return a secret for a document; a value to be asked for if there is none."""
        return as_literal(self.text(name)) or lacking(name)

    def json(self, name: str, without: str = "") -> Fields:
        """Return a JSON object, without an entry by its name in lower case; none if it is something else."""
        content = self._content.get(name)
        if not isinstance(content, dict):
            return {}
        kept = {key: value for key, value in content.items() if not without or str(key).lower() != without}
        return dict(self._expressions.json(kept, name))

    def part(self, name: str) -> Authenticator:
        """Return an object of the authenticator."""
        content = self._content.get(name)
        return Authenticator(content if isinstance(content, dict) else {}, self._expressions)

    def path(self, name: str) -> list[str]:
        """Return a list of texts; a text alone is a list of one."""
        given = self._content.get(name)
        texts = given if isinstance(given, list) else [given] if given else []
        return [text for each in texts if (text := self._expressions.text(each, name))]


def _present(fields: Fields) -> Fields:
    return {name: value for name, value in fields.items() if value not in ("", {}, None)}


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
    return _present({"method": "basic", "username": given.needed("username"), "password": password})


def _jwt(given: Authenticator, remarks: list[str]) -> Fields:
    parameters: dict[str, str] = {}
    headers = given.part("jwt_headers")
    payload = given.part("jwt_payload")
    claims = {name: payload.text(name) for name in ("iss", "sub", "aud") if payload.text(name)}
    passphrase = as_literal(given.text("passphrase"))
    duration = given.raw("token_duration")
    prefix = given.text("header_prefix")
    return _present(
        {
            "method": "jwt_bearer",
            "algorithm": given.needed("algorithm"),
            "jwt_secret": _signing_secret(given, remarks),
            "private_key_passphrase": passphrase,
            "payload": with_secrets_apart({**claims, **given.json("additional_jwt_payload")}, parameters),
            "jwt_headers": {
                **{name: headers.text(name) for name in ("kid", "cty") if headers.text(name)},
                **given.json("additional_jwt_headers"),
            },
            "lifetime": duration if isinstance(duration, int) and not isinstance(duration, bool) else 1200,
            "prefix": prefix if prefix != "Bearer" else "",
            "use_prefix": None if prefix else False,
            "secret_parameters": parameters,
        }
    )


def _signing_secret(given: Authenticator, remarks: list[str]) -> str:
    """Return the secret that signs; Airbyte encodes it in Base64 first if the manifest says so."""
    secret = given.secret("secret_key")
    if given.text("base64_encode_secret_key") != "true":
        return secret
    if is_lacking(secret):
        remarks.append("The API expects the secret in Base64: give it encoded.")
        return secret
    text = given.text("secret_key")
    check_characters(text)
    return base64.b64encode(text.encode()).decode()


def _oauth(given: Authenticator, remarks: list[str]) -> Fields:
    grant = given.text("grant_type", "refresh_token")
    if given.raw("use_profile_assertion") or given.raw("profile_assertion"):
        return _assertion(given)
    parameters: dict[str, str] = {}
    body = with_secrets_apart(given.json("refresh_request_body"), parameters)
    headers = given.raw("refresh_request_headers")
    headers = headers if isinstance(headers, dict) else {}
    is_basic = any(str(name).lower() == "authorization" and is_basic_header(value)
                   for name, value in headers.items())  # fmt: skip
    sent = {
        name: value
        for name, value in given.json("refresh_request_headers", "authorization" if is_basic else "").items()
        if name.lower() != "content-type"
    }
    content_type = next(
        (str(value) for name, value in headers.items() if str(name).lower() == "content-type"), ""
    )
    fields: Fields = {
        "token_url": given.needed("token_refresh_endpoint"),
        "client_id": given.needed("client_id"),
        "client_secret": given.secret("client_secret"),
        "client_auth": "client_secret_basic" if is_basic else "client_secret_post",
        "grant_format": "json" if "json" in content_type.lower() else "",
        "response_access_path": _default(given.text("access_token_name"), "access_token"),
        "response_expires_path": _default(given.text("expires_in_name"), "expires_in"),
    }
    scopes = " ".join(given.path("scopes"))
    body |= _renamed(given, grant, is_basic=is_basic)
    request_headers = with_secrets_apart(sent, parameters)
    if grant == "refresh_token":
        fields |= _refresh(given, remarks)
        fields |= {"refresh_body": body, "refresh_headers": request_headers, "scope": scopes}
    else:
        fields |= _machine(grant, body, parameters)
        fields |= {"grant_headers": request_headers, "scope": scopes}
    return _present({**fields, "secret_parameters": parameters})


def _renamed(given: Authenticator, grant: str, *, is_basic: bool) -> Fields:
    """Return what gives fields of a token request the names that the manifest has for them."""
    values = {"grant_type": grant}
    if not is_basic:  # else the client isn't in the body
        values |= {"client_id": "{{client_id}}", "client_secret": "{{client_secret}}"}
    names = {name: given.text(f"{name}_name") for name in values}
    renamed = {name: other for name, other in names.items() if other not in {"", name}}
    return {**dict.fromkeys(renamed), **{other: values[name] for name, other in renamed.items()}}


def _default(value: str, default: str) -> str:
    return "" if value == default else value


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
        "refresh_name": _default(given.text("refresh_token_name"), "refresh_token"),
        "response_refresh_path": _default(updater.text("refresh_token_name"), "refresh_token"),
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
    signed = _jwt(given.part("profile_assertion"), [])
    if signed["algorithm"].startswith("HS"):
        raise unreadable("The profile assertion is signed with a shared secret, which no method does.")
    fields = {name: signed[name] for name in _OF_ASSERTIONS if name in signed}
    return {
        "method": "oauth2_jwt_bearer",
        "token_url": given.needed("token_refresh_endpoint"),
        "private_key": signed["jwt_secret"],
        **fields,
    }


_OF_ASSERTIONS = (
    "algorithm", "private_key_passphrase", "payload", "jwt_headers", "lifetime", "secret_parameters",
)  # fmt: skip


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
    return _present({**fields, "secret_parameters": parameters})


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
    return {"add_to": _default(place, "header"), "use_prefix": False, f"{place}_name": name}


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
    "JwtAuthenticator": _jwt,
    "LegacySessionTokenAuthenticator": _legacy_session,
    "NoAuth": _none,
    "OAuthAuthenticator": _oauth,
    "SessionTokenAuthenticator": _session,
}
