"""The types of authentication in Postman, each as a method and its fields."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias
from urllib.parse import urlencode

from watchword.connections.imports.entry import check_characters, is_lacking, lacking, unreadable
from watchword.connections.imports.template_secrets import with_secrets_apart
from watchword.connections.imports.values import plain_text
from watchword.document.references import as_literal
from watchword.redact import sounds_secret

Fields: TypeAlias = dict[str, Any]

NOT_OFFERED = frozenset({"hawk", "ntlm", "edgegrid", "asap"})
"""Postman's types of authentication that no method of watchword offers."""

NO_PREFIX = "NO_PREFIX"
"""What Insomnia has as the prefix of a token that is sent as it is."""

_OWN_PAGE = re.compile(r"//[^/]*(?:getpostman\.com|pstmn\.io)(?:[:/]|$)")
"""Postman's own page, which passes the code to Postman alone."""


class Parameters:
    """The parameters of an `auth` by name, with variables filled in; exports leave secrets out."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = given

    def text(self, *names: str, default: str = "") -> str:
        """Return the first of the parameters that has a value."""
        return next((text for name in names if (text := plain_text(self._given.get(name)))), default)

    def secret(self, *names: str) -> str:
        """Return a secret for a document; a value to be asked for if there is none."""
        return as_literal(self.text(*names)) or lacking(names[0])

    def needed(self, *names: str) -> str:
        """Return a text; a value to be asked for if there is none."""
        return self.text(*names) or lacking(names[0])

    def is_true(self, name: str) -> bool:
        """Return whether a switch is on."""
        return self.text(name) == "true"

    def json(self, name: str) -> Fields:
        """Return the JSON object in a parameter; raises DocumentError if it holds none."""
        text = self.text(name).strip() or "{}"
        try:
            content = json.loads(text)
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict):
            message = f"The parameter {name} of the authentication isn't a JSON object."
            raise unreadable(message, "Correct it in Postman: put variables between quotes.")
        return content

    def rows(self, name: str) -> Iterator[tuple[str, str, str]]:
        """Yield name, value and place of the further parameters of a request for a token."""
        rows = self._given.get(name)
        for each in rows if isinstance(rows, list) else []:
            if isinstance(each, dict) and each.get("enabled") != "false" and plain_text(each.get("key")):
                yield (
                    plain_text(each["key"]),
                    plain_text(each.get("value")),
                    plain_text(each.get("send_as")),
                )


def _present(fields: Fields) -> Fields:
    return {name: value for name, value in fields.items() if value not in ("", {}, None)}


def _api_key(given: Parameters, _: list[str]) -> Fields:
    place = "query" if given.text("in") == "query" else "header"
    return {
        "method": "api_key",
        "key_name": given.needed("key"),
        "api_key": given.secret("value"),
        "add_to": place,
    }


def _bearer(given: Parameters, _: list[str]) -> Fields:
    return {"method": "bearer", "bearer_token": given.secret("token"), **_placement(given)}


def _basic(given: Parameters, _: list[str]) -> Fields:
    # Many APIs take a key as user name and no password, or the other way round.
    names = given.text("username"), given.text("password")
    if not any(names):
        return {"method": "basic", "username": lacking("username"), "password": lacking("password")}
    more = _present({"password": as_literal(names[1]), "charset": given.text("charset")})
    return {"method": "basic", "username": names[0], **more}


def _digest(given: Parameters, _: list[str]) -> Fields:
    return {
        "method": "digest",
        "username": given.needed("username"),
        "password": given.secret("password"),
    }


def _oauth1(given: Parameters, remarks: list[str]) -> Fields:
    algorithm = given.text("signatureMethod", default="HMAC-SHA1")
    place = given.text("addParamsToHeader")
    fields = {
        "method": "oauth1",
        "signature_method": algorithm,
        "consumer_key": given.needed("consumerKey"),
        "access_token": as_literal(given.text("token")),
        "token_secret": as_literal(given.text("tokenSecret")),
        "add_to": {"false": "query", "body": "body"}.get(place, "header"),
        "realm": given.text("realm") if place not in {"false", "body"} else "",
        "body_hash": given.is_true("includeBodyHash") or None,
    }
    if algorithm.startswith("RSA"):
        fields["private_key"] = given.secret("privateKey")
    else:
        fields["consumer_secret"] = given.secret("consumerSecret")
    if given.text("callback", "verifier"):
        remarks.append("Callback and verifier were left out: they belong to one sign-in.")
    return _present(fields)


def _aws(given: Parameters, _: list[str]) -> Fields:
    return _present(
        {
            "method": "aws_sigv4",
            "region": given.text("region", default="us-east-1"),
            "service": given.text("service", default="execute-api"),
            "access_key": given.secret("accessKey"),
            "secret_key": given.secret("secretKey"),
            "session_token": as_literal(given.text("sessionToken")),
            "add_to": "query" if given.is_true("addAuthDataToQuery") else "",
        }
    )


def _jwt(given: Parameters, _: list[str]) -> Fields:
    algorithm = given.text("algorithm", default="HS256")
    is_shared = algorithm.startswith("HS")
    in_query = given.text("addTokenTo") == "queryParam"
    parameters: dict[str, str] = {}
    return _present(
        {
            "method": "jwt_bearer",
            "algorithm": algorithm,
            "jwt_secret": given.secret("secret") if is_shared else given.secret("privateKey"),
            "key_encoding": "base64" if is_shared and given.is_true("isSecretBase64Encoded") else "",
            "payload": with_secrets_apart(given.json("payload"), parameters),
            "jwt_headers": given.json("header"),
            "prefix": given.text("headerPrefix", default="Bearer") if not in_query else "",
            "add_to": "query" if in_query else "",
            "query_name": given.text("queryParamKey") if in_query else "",
            "secret_parameters": parameters,
        }
    )


def _oauth2(given: Parameters, remarks: list[str]) -> Fields:
    url, token = given.text("accessTokenUrl"), given.text("accessToken")
    grant = given.text("grant_type")
    if not url and (token or not grant):
        # Postman exports its default grant, and a token that it was given, without any further parameter.
        remarks.append("The file has no accessTokenUrl: its access token is sent until it expires.")
        token_text = as_literal(token) or lacking("accessToken")
        return {"method": "bearer", "bearer_token": token_text, **_placement(given)}
    reader = _GRANTS.get(grant or "authorization_code")
    if reader is None:
        message = "The grant of the authentication isn't offered."
        raise unreadable(message, f"Offered are {', '.join(_GRANTS)}.")
    parameters: dict[str, str] = {}
    fields = {
        "client_id": given.needed("clientId"),
        "scope": given.text("scope"),
        **reader(given),
        **_placement(given),
        "response_access_path": "id_token" if given.text("tokenSource") == "id_token" else "",
        **_requests_for_tokens(given, parameters),
        "secret_parameters": parameters,
    }
    return _present(fields)


def _placement(given: Parameters) -> Fields:
    """Return where the token goes; other programs also have a parameter's name, and no prefix."""
    if given.text("addTokenTo") == "queryParams":
        name = given.text("queryParamKey")
        return {"add_to": "query", **({} if name in {"", "access_token"} else {"query_name": name})}
    if given.text("headerPrefix") == NO_PREFIX:
        return {"use_prefix": False}
    prefix = given.text("headerPrefix").strip()
    return {} if prefix in {"", "Bearer"} else {"prefix": prefix}


def _client(given: Parameters) -> Fields:
    place = "client_secret_post" if given.text("client_authentication") == "body" else "client_secret_basic"
    return {"client_secret": given.secret("clientSecret"), "client_auth": place}


def _client_credentials(given: Parameters) -> Fields:
    return {"method": "oauth2_client_credentials", **_client(given)}


def _password(given: Parameters) -> Fields:
    user = {"username": given.needed("username"), "password": given.secret("password")}
    return {"method": "oauth2_password", **user, **(_client(given) if given.text("clientSecret") else {})}


def _authorization_code(given: Parameters) -> Fields:
    has_secret = bool(given.text("clientSecret"))
    is_public = not has_secret and given.text("grant_type") == "authorization_code_with_pkce"
    redirect_uri = given.text("redirect_uri", "callBackUrl")
    return {
        "method": "oauth2_authorization_code",
        **({"client_auth": "none"} if is_public else _client(given)),
        "authorize_url": given.needed("authUrl"),
        "refresh_url": given.text("refreshTokenUrl"),
        "redirect_uri": "" if is_lacking(redirect_uri) or _OWN_PAGE.search(redirect_uri) else redirect_uri,
    }


_GRANTS: Mapping[str, Callable[[Parameters], Fields]] = {
    "client_credentials": _client_credentials,
    "password_credentials": _password,
    "authorization_code": _authorization_code,
    "authorization_code_with_pkce": _authorization_code,
}


def _requests_for_tokens(given: Parameters, parameters: dict[str, str]) -> Fields:
    """Return the fields for what Postman adds to its requests to the authorization server."""
    signs_in = given.text("grant_type") not in {"client_credentials", "password_credentials"}
    body: dict[str, str] = {name: given.text(name) for name in ("audience", "resource") if given.text(name)}
    headers: dict[str, str] = {}
    query: list[tuple[str, str]] = []
    for name, value, place in given.rows("tokenRequestParams"):
        if place == "request_url" and not sounds_secret(name) and not is_lacking(value):
            query.append((name, value))
        else:
            (headers if place == "request_header" else body)[name] = value
    fields: Fields = {
        "token_url": _with_query(given.needed("accessTokenUrl"), query),
        "grant_body": with_secrets_apart(body, parameters),
        "grant_headers": with_secrets_apart(headers, parameters),
    }
    if signs_in:
        fields["authorize_parameters"] = {
            name: value for name, value, _ in given.rows("authRequestParams") if not is_lacking(value)
        }
        more = [row for row in given.rows("refreshRequestParams") if row[2] != "request_header"]
        refresh_body = {name: value for name, value, _ in more}
        fields["refresh_body"] = with_secrets_apart(refresh_body, parameters)
    return fields


def _with_query(url: str, query: list[tuple[str, str]]) -> str:
    """Return a URL with parameters; a secret one is sent in the body, since logs show URLs."""
    if not query:
        return url
    check_characters(*(text for pair in query for text in pair))
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"


READERS: Mapping[str, Callable[[Parameters, list[str]], Fields]] = {
    "apikey": _api_key,
    "awsv4": _aws,
    "basic": _basic,
    "bearer": _bearer,
    "digest": _digest,
    "jwt": _jwt,
    "oauth1": _oauth1,
    "oauth2": _oauth2,
}
