"""Make connection documents of Airflow's connections of other types that speak HTTP.

The document sends what Airflow's HttpHook would send; what it has no field for is said in a remark.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from watchword.connections.airflow_format import (
    CONN_TYPE,
    AirflowConnection,
    base_url_of,
    document_of,
    extra_of,
)
from watchword.document.common_fields import CommonFields
from watchword.document.reading import SYNONYMS, read
from watchword.document.references import is_reference
from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.http import headers as header_rules
from watchword.http.origins import is_plain_http
from watchword.redact import sounds_secret

HTTP_TYPES = ("http", "https", "generic")
"""The types of Airflow's connections that are nothing but HTTP."""

_LONGEST_TIMEOUT = 3600
_PAIR = 2
_WITHOUT_FIELD = ("stream", "allow_redirects", "max_redirects", "trust_env", "check_response", "srv_lookup")

# What may be secret, in the doubt: a header under such a name is kept where no form shows it.
_PERHAPS_SECRET = re.compile(r"(?i)auth|cookie|credential|key|passw|secret|session|signature|token")


def converted(connection: AirflowConnection) -> tuple[dict[str, Any], list[str]]:
    """Return the document that does what the connection did, and remarks on what it does otherwise.

    A document that Airflow keeps already is returned without what its method has no use for.

    Raises:
        DocumentError: the connection isn't HTTP, or holds what no document can.
    """
    if connection.conn_type not in {CONN_TYPE, *HTTP_TYPES}:
        message = f"The connection {connection.conn_id!r} is one {connection.shown_type}, which isn't HTTP."
        advice = f"Connections of the types {', '.join(HTTP_TYPES)} can be converted."
        raise DocumentError([finding("secret_unreadable", message, advice=advice)])
    extra = extra_of(connection)
    if connection.conn_type == CONN_TYPE or "schema_version" in extra:
        return _of_use(document_of(connection))
    remarks: list[str] = []
    url = _url(connection, remarks)
    login, password = _user(connection, url, remarks)
    bare = urlunsplit(url._replace(netloc=url.netloc.rpartition("@")[2]))
    transport = _transport(extra, url.scheme, remarks)
    headers = _headers(extra, remarks)
    method = _method(login, password, headers, remarks)
    document = {"base_url": bare, **method, **_parameters(headers), **transport}
    read(document)
    return document, remarks


def _of_use(document: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    known = read(document, stored=True)
    mine = {"method", *CommonFields.model_fields, *type(known.method).model_fields}
    entries = {SYNONYMS.get(name, name): value for name, value in document.items() if value not in (None, "")}
    kept = {name: value for name, value in entries.items() if name in mine}
    return kept, [f"{warning.message} They were left out." for warning in known.warnings]


def _url(connection: AirflowConnection, remarks: list[str]) -> SplitResult:
    """Return the base URL by HttpHook's rules, with two exceptions that lead to a URL which works."""
    if not connection.host:
        message = f"The connection {connection.conn_id!r} has no host."
        raise DocumentError([finding("missing_field", message)])
    scheme = (connection.schema or "").lower()
    if "://" not in connection.host and scheme not in {"http", "https"}:
        if scheme:
            remarks.append("The schema was left out: it is neither http nor https.")
        # HttpHook would take http, whatever type was written before the :// of a URI.
        scheme = "https" if connection.conn_type == "https" else "http"
        remarks.append(f"The connection names no scheme; {scheme} was taken.")
    # HttpHook writes a port behind the path; base_url_of where it belongs.
    text = base_url_of(replace(connection, schema=scheme)) or ""
    url = _split(text)
    if url is None:
        message = f"The host of the connection {connection.conn_id!r} is no URL."
        raise DocumentError([finding("url_not_absolute", message)])
    if is_plain_http(text):
        remarks.append("The base URL is plain http: use https, or list its origin in allowed_origins.")
    return url


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None


def _user(connection: AirflowConnection, url: SplitResult, remarks: list[str]) -> tuple[str, str]:
    """Return login and password, if need be those in the host's URL, which requests would take."""
    login, password = connection.login or "", connection.password or ""
    if not login and "@" in url.netloc:
        remarks.append("User and password were taken out of the host's URL.")
        return unquote(url.username or ""), unquote(url.password or "")
    if password and not login:
        remarks.append("The password was left out: without a login, HttpHook doesn't send it.")
    return login, password


def _method(login: str, password: str, headers: dict[str, str], remarks: list[str]) -> dict[str, str]:
    """Return method and credential, which are taken out of the headers."""
    authorization = next((name for name in headers if name.lower() == "authorization"), "")
    if login:
        if headers.pop(authorization, None) is not None:
            remarks.append("The header Authorization was left out: HttpHook replaces it by the login.")
        # requests encodes as Latin-1 what can be, and fails with the rest.
        return _basic(login, password, "latin-1" if _fits_latin_1(login + password) else "utf-8")
    fields = _of_authorization(headers.get(authorization, ""))
    if fields:
        del headers[authorization]
        return fields
    secret = [name for name, value in headers.items() if _is_secret(name, value)]
    if len(secret) == 1 and (sounds_secret(secret[0]) or secret[0] == authorization):
        return {"method": "api_key", "key_name": secret[0], "api_key": _literal(headers.pop(secret[0]))}
    return {"method": "custom" if secret else "none"}


def _of_authorization(value: str) -> dict[str, str]:
    """Return the method and fields that send this header, none where neither bearer nor basic does."""
    scheme, _, rest = value.strip().partition(" ")
    credential = rest.strip()
    if credential and scheme.lower() == "bearer":
        prefix = {} if scheme == "Bearer" else {"prefix": scheme}
        return {"method": "bearer", "bearer_token": _literal(credential), **prefix}
    return _of_pair(credential) if scheme.lower() == "basic" else {}


def _of_pair(encoded: str) -> dict[str, str]:
    for charset in ("utf-8", "latin-1"):
        try:
            pair = base64.b64decode(encoded, validate=True).decode(charset)
        except ValueError:
            continue
        user, _, password = pair.partition(":")
        if user and header_rules.basic(user, password, charset) == f"Basic {encoded}":
            return _basic(user, password, charset)
    return {}


def _basic(user: str, password: str, charset: str) -> dict[str, str]:
    fields = {"method": "basic", "username": user}
    if password:
        fields["password"] = _literal(password)
    if charset != "utf-8" and not (user + password).isascii():
        fields["charset"] = charset
    return fields


def _fits_latin_1(text: str) -> bool:
    return all(ord(character) < 256 for character in text)  # noqa: PLR2004 - Latin-1 has 256 characters


def _literal(secret: str) -> str:
    """Return what a secret field must hold to mean this text, even where it reads like a reference."""
    return f"literal:{secret}" if is_reference(secret) else secret


def _is_secret(name: str, value: str) -> bool:
    return bool(value and _PERHAPS_SECRET.search(name))


def _headers(extra: dict[str, Any], remarks: list[str]) -> dict[str, str]:
    """Return what is left of the extra as headers, by names of which no two differ in case alone."""
    nested = _meant(extra.pop("headers", None))
    if not isinstance(nested, dict):
        if nested is not None:
            remarks.append("The option headers was left out: it is no object.")
        nested = {}
    found: dict[str, tuple[str, str]] = {}
    for name, value in (*extra.items(), *nested.items()):
        if any(header_rules.name_findings(name, "header")):
            remarks.append("An entry of the extra was left out: its name can't be that of a header.")
        elif isinstance(value, str) or type(value) in {int, float}:
            found[name.lower()] = (name, str(value))
        elif value is not None:
            remarks.append(f"The header {name[:40]} was left out: its value is no text.")
    return dict(found.values())


def _parameters(headers: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return the headers as parameters that are stacked on the method."""
    secret = {name: _literal(value) for name, value in headers.items() if _is_secret(name, value)}
    plain = {name: value for name, value in headers.items() if name not in secret}
    kinds = {"extra_parameters": plain, "secret_parameters": secret}
    return {
        kind: {f"header:{name}": value for name, value in named.items()}
        for kind, named in kinds.items()
        if named
    }


def _transport(extra: dict[str, Any], scheme: str, remarks: list[str]) -> dict[str, Any]:
    """Take HttpHook's own options out of the extra and return the fields that do the same."""
    for name, synonym in (("verify", "verify_ssl"), ("proxies", "proxy")):
        extra.setdefault(name, extra.pop(synonym, None))
    readers: dict[str, Callable[[Any], dict[str, Any] | None]] = {
        "timeout": _timeout,
        "verify": _verification,
        "cert": _certificate,
        "proxies": lambda value: _proxy(value, scheme),
    }
    fields: dict[str, Any] = {}
    for name, reader in readers.items():
        value = _meant(extra.pop(name, None))
        read_as = {} if value is None else reader(value)
        if read_as is None:
            remarks.append(f"The option {name} was left out: no field can say what it says.")
        fields |= read_as or {}
    unknown = [name for name in _WITHOUT_FIELD if extra.pop(name, None) is not None]
    remarks.extend(f"The option {name} was left out: there is no field for it." for name in unknown)
    return fields


def _meant(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return an option as it was meant: in a URI all are text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value.lower() if value.lower() in {"true", "false"} else value)
    except (ValueError, RecursionError):
        return value


def _timeout(value: object) -> dict[str, Any] | None:
    is_usable = type(value) in {int, float} and 0 < value <= _LONGEST_TIMEOUT  # type: ignore[operator] # a number
    return {"timeout": value} if is_usable else None


def _verification(value: object) -> dict[str, Any] | None:
    if value in (0, 1):
        return {} if value else {"verify": False}
    return {"ca_bundle": value} if value and isinstance(value, str) else None


def _certificate(value: object) -> dict[str, Any] | None:
    parts: list[Any] = value if isinstance(value, list) else [value]
    if not 1 <= len(parts) <= _PAIR or not all(part and isinstance(part, str) for part in parts):
        return None
    key = {"client_private_key": _literal(parts[1])} if len(parts) == _PAIR else {}
    return {"client_certificate": parts[0], **key}


def _proxy(value: object, scheme: str) -> dict[str, Any] | None:
    """Return the proxy of the API's scheme; one for certain hosts alone has no field."""
    proxies: dict[str, Any] = value if isinstance(value, dict) else {"all": value}
    if not proxies:
        return {}
    chosen = proxies.get(scheme, proxies.get("all"))
    if any("://" in name for name in proxies) or not isinstance(chosen, str) or not chosen:
        return None
    return {"proxy": _literal(chosen)}
