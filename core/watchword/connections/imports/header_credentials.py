"""The credential in the headers of a request that somebody has written, as fields of a document."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from urllib.parse import unquote_plus

from watchword.connections.imports.entry import is_lacking
from watchword.connections.imports.request_signatures import check_authorization, check_query
from watchword.document.references import is_reference
from watchword.http import headers as header_rules
from watchword.http.urls import without_pairs
from watchword.redact import names_credential, sounds_secret
from watchword.redact.clear_secrets import may_be_secret


def method_of(login: str, password: str, headers: dict[str, str], remarks: list[str]) -> dict[str, str]:
    """Return method and credential of a request, and remove the credential from its headers.

    Args:
        login: user name beside the headers, "" if there is none; some APIs take a key as password alone.
        password: of this user.
        headers: by name; changed in place.
        remarks: gets a sentence for each header that is left out.

    Raises:
        DocumentError: the credential is a signature of this request alone.
    """
    authorization = next((name for name in headers if name.lower() == "authorization"), "")
    if login or password:
        if headers.pop(authorization, None) is not None:
            remarks.append("The header Authorization was left out: the login is sent instead.")
        # requests encodes as Latin-1, and fails if it can't.
        return _basic(login, password, "latin-1" if _fits_latin_1(login + password) else "utf-8")
    fields = _method_of_authorization(headers.get(authorization, ""))
    if fields:
        del headers[authorization]
        return fields
    check_authorization(headers.get(authorization, ""))
    secret = [name for name, value in headers.items() if may_be_secret(name, value)]
    if len(secret) == 1 and names_credential(secret[0]):
        return {"method": "api_key", "key_name": secret[0], "api_key": literal(headers.pop(secret[0]))}
    return {"method": "custom" if secret else "none"}


def _method_of_authorization(value: str) -> dict[str, str]:
    """Return the bearer or basic method and fields that send this header, none if neither sends it."""
    scheme, _, rest = value.strip().partition(" ")
    credential = rest.strip()
    if credential and scheme.lower() == "bearer":
        prefix = {} if scheme == "Bearer" else {"prefix": scheme}
        return {"method": "bearer", "bearer_token": literal(credential), **prefix}
    return _method_of_basic(credential) if scheme.lower() == "basic" else {}


def _method_of_basic(encoded: str) -> dict[str, str]:
    for charset in ("utf-8", "latin-1"):
        try:
            credentials = base64.b64decode(encoded, validate=True).decode(charset)
        except ValueError:
            continue
        user, _, password = credentials.partition(":")
        if (user or password) and header_rules.basic(user, password, charset) == f"Basic {encoded}":
            return _basic(user, password, charset)
    return {}


def _basic(user: str, password: str, charset: str) -> dict[str, str]:
    fields = {"method": "basic", "username": user}
    if password:
        fields["password"] = literal(password)
    if charset != "utf-8" and not (user + password).isascii():
        fields["charset"] = charset
    return fields


def _fits_latin_1(text: str) -> bool:
    return all(ord(character) < 256 for character in text)  # noqa: PLR2004 - Latin-1 has 256 characters


def key_in_query(url: str) -> tuple[dict[str, str], str]:
    """Return the method and credential of the only secret in a URL's query, and the URL without it.

    With no secret there, or several, the method is `none` and the URL stays as it is.

    Raises:
        DocumentError: the URL is signed for one request.
    """
    query = url.partition("#")[0].partition("?")[2]
    pairs = [pair.partition("=") for pair in query.split("&")]
    check_query(unquote_plus(name) for name, _, value in pairs if value)
    keys = [(name, value) for name, _, value in pairs if value and sounds_secret(unquote_plus(name))]
    if len(keys) != 1:
        return {"method": "none"}, url
    name, value = keys[0]
    key = value if is_lacking(value) else unquote_plus(value)
    bare = without_pairs(url, lambda pair: pair.partition("=")[0] == name)
    credential = {"method": "api_key", "add_to": "query", "key_name": unquote_plus(name)}
    return {**credential, "api_key": literal(key)}, bare


def literal(secret: str) -> str:
    """Return text for a secret field that means this secret, even if the secret looks like a reference."""
    return f"literal:{secret}" if is_reference(secret) else secret


def parameters_of(headers: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return the headers as extra and secret parameters."""
    secret = {name: literal(value) for name, value in headers.items() if may_be_secret(name, value)}
    plain = {name: value for name, value in headers.items() if name not in secret}
    kinds = {"extra_parameters": plain, "secret_parameters": secret}
    return {
        kind: {f"header:{name}": value for name, value in values.items()}
        for kind, values in kinds.items()
        if values
    }
