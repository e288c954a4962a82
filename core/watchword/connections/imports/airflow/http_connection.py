"""Convert Airflow's HTTP connections of other types into connection documents.

The document sends what Airflow's HttpHook would send; a remark names each option that no field can hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from watchword.connections.airflow_format import (
    HTTP_TYPES,
    AirflowConnection,
    base_url_of,
    document_of,
    extra_of,
    is_own_type,
)
from watchword.connections.imports.header_credentials import literal, method_of, parameters_of
from watchword.document.common_fields import CommonFields
from watchword.document.field_names import normalized_entry
from watchword.document.reading import read
from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.http import headers as header_rules
from watchword.http.bodies import read_json
from watchword.http.origins import is_plain_http

_LONGEST_TIMEOUT = 3600
_CERTIFICATE_AND_KEY = 2
_WITHOUT_FIELD = ("stream", "allow_redirects", "max_redirects", "trust_env", "check_response", "srv_lookup")


def is_convertible(connection: AirflowConnection) -> bool:
    """Return whether a connection is one of watchword's or of Airflow's HTTP types."""
    return is_own_type(connection.conn_type) or connection.conn_type in HTTP_TYPES


def convert(connection: AirflowConnection) -> tuple[dict[str, Any], list[str]]:
    """Return the document that does what the connection did, and remarks on what it does differently.

    A document that is already in Airflow is returned without the fields that its method doesn't use.

    Raises:
        DocumentError: the connection isn't HTTP, or no document can do what it does.
    """
    if not is_convertible(connection):
        message = (
            f"The connection {connection.conn_id!r} is one {connection.type_in_words}, which isn't HTTP."
        )
        advice = f"Connections of the types {', '.join(HTTP_TYPES)} can be converted."
        raise DocumentError([finding("secret_unreadable", message, advice=advice)])
    extra = extra_of(connection)
    if is_own_type(connection.conn_type) or "schema_version" in extra:
        return _without_unused_fields(document_of(connection))
    remarks: list[str] = []
    url = _url(connection, remarks)
    login, password = _user(connection, url, remarks)
    base_url = urlunsplit(url._replace(netloc=url.netloc.rpartition("@")[2]))
    transport = _transport(extra, url.scheme, remarks)
    headers = _headers(extra, remarks)
    # Airflow's own hook sends no password without a user name.
    method = method_of(login, password if login else "", headers, remarks)
    document = {"base_url": base_url, **method, **parameters_of(headers), **transport}
    read(document)
    return document, remarks


def _without_unused_fields(document: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    fields = read(document, stored=True)
    used = {"method", *CommonFields.model_fields, *type(fields.method).model_fields}
    entries = dict(normalized_entry(*entry) for entry in document.items() if entry[1] not in (None, ""))
    used_entries = {name: value for name, value in entries.items() if name in used}
    return used_entries, [f"{warning.message} They were left out." for warning in fields.warnings]


def _url(connection: AirflowConnection, remarks: list[str]) -> SplitResult:
    """Return the base URL by HttpHook's rules, except that scheme and port give a URL that works."""
    if not connection.host:
        message = f"The connection {connection.conn_id!r} has no host."
        raise DocumentError([finding("missing_field", message)])
    scheme = (connection.schema or "").lower()
    if "://" not in connection.host and scheme not in {"http", "https"}:
        if scheme:
            remarks.append("The schema was left out: it is neither http nor https.")
        # HttpHook takes http, whatever type stands before the :// of a URI.
        scheme = "https" if connection.conn_type == "https" else "http"
        remarks.append(f"The connection names no scheme; {scheme} was taken.")
    # HttpHook appends the port to the path; base_url_of puts it behind the host.
    text = base_url_of(replace(connection, schema=scheme)) or ""
    url = _split(text)
    if url is None:
        message = f"The host of the connection {connection.conn_id!r} is not a URL."
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
    """Return login and password; without a login, those in the host's URL, which requests takes."""
    login, password = connection.login or "", connection.password or ""
    if not login and "@" in url.netloc:
        remarks.append("User and password were taken out of the host's URL.")
        return unquote(url.username or ""), unquote(url.password or "")
    if password and not login:
        remarks.append("The password was left out: without a login, HttpHook doesn't send it.")
    return login, password


def _headers(extra: dict[str, Any], remarks: list[str]) -> dict[str, str]:
    """Return the rest of the extra as headers; of names that differ only in case, the last one wins."""
    nested = _parsed_option(extra.pop("headers", None))
    if not isinstance(nested, dict):
        if nested is not None:
            remarks.append("The option headers was left out: it is not an object.")
        nested = {}
    by_lower_name: dict[str, tuple[str, str]] = {}
    for name, value in (*extra.items(), *nested.items()):
        if any(header_rules.name_findings(name, "header")):
            remarks.append("An entry of the extra was left out: its name can't be a header's name.")
        elif isinstance(value, str) or type(value) in {int, float}:
            by_lower_name[name.lower()] = (name, str(value))
        elif value is not None:
            remarks.append(f"The header {name[:40]} was left out: its value is not text.")
    return dict(by_lower_name.values())


def _transport(extra: dict[str, Any], scheme: str, remarks: list[str]) -> dict[str, Any]:
    """Remove HttpHook's own options from the extra and return the fields that do the same."""
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
        value = _parsed_option(extra.pop(name, None))
        option_fields = {} if value is None else reader(value)
        if option_fields is None:
            remarks.append(f"The option {name} was left out: no field can hold its value.")
        fields |= option_fields or {}
    unsupported = [name for name in _WITHOUT_FIELD if extra.pop(name, None) is not None]
    remarks.extend(f"The option {name} was left out: there is no field for it." for name in unsupported)
    return fields


_SWITCHES = {
    "true": "true", "yes": "true", "on": "true", "false": "false", "no": "false", "off": "false"
}  # fmt: skip


def _parsed_option(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return an option's value, parsed if it is text: in a URI every option is text."""
    if not isinstance(value, str):
        return value
    try:
        return read_json(_SWITCHES.get(value.lower(), value))
    except ValueError:
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
    if not 1 <= len(parts) <= _CERTIFICATE_AND_KEY or not all(
        part and isinstance(part, str) for part in parts
    ):
        return None
    key = {"client_private_key": literal(parts[1])} if len(parts) == _CERTIFICATE_AND_KEY else {}
    return {"client_certificate": parts[0], **key}


def _proxy(value: object, scheme: str) -> dict[str, Any] | None:
    """Return the proxy of the API's scheme; no field holds a proxy for certain hosts only."""
    proxies: dict[str, Any] = value if isinstance(value, dict) else {"all": value}
    if not proxies:
        return {}
    proxy = proxies.get(scheme, proxies.get("all"))
    if any("://" in name for name in proxies) or not isinstance(proxy, str) or not proxy:
        return None
    return {"proxy": literal(proxy)}
