"""A cURL command that asks for a token by the client's own credential is a document that asks for it too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, parse_qsl, quote_plus, unquote_plus, urlunsplit

from watchword.connections.imports.header_credentials import literal, method_of
from watchword.connections.imports.template_secrets import with_secrets_apart
from watchword.document.references import without_mark

_NOT_SENT = frozenset({"accept"})


def document_of(
    options: Mapping[str, Any], url: SplitResult, login: tuple[str, str], headers: Mapping[str, str]
) -> dict[str, Any]:
    """Return the document of a request by the grant client_credentials; nothing for another request.

    Args:
        options: of the command.
        url: of the command, without a user.
        login: name and password of -u, or of the URL.
        headers: of the command, by name.
    """
    body, body_format = _body(options)
    if options["get"] or body.pop("grant_type", "") != "client_credentials":
        return {}
    client, rest = _client(body, login, headers)
    if not client:
        return {}
    parameters: dict[str, str] = {}
    fields = {
        **client,
        "scope": body.pop("scope", ""),
        "grant_format": body_format,
        "grant_body": with_secrets_apart(body, parameters),
        "grant_headers": with_secrets_apart(
            {name: value for name, value in rest.items() if name.lower() not in _NOT_SENT}, parameters
        ),
        "secret_parameters": parameters,
    }
    return {
        "base_url": urlunsplit((url.scheme, url.netloc, "", "", "")),
        "method": "oauth2_client_credentials",
        "token_url": urlunsplit(url._replace(fragment="")),
        **{name: value for name, value in fields.items() if value},
    }


def _client(
    body: dict[str, str], login: tuple[str, str], headers: Mapping[str, str]
) -> tuple[dict[str, str], Mapping[str, str]]:
    """Return the client's fields, which are taken out of the body, and the other headers; {} for none."""
    others = dict(headers)
    basic = {"method": "none"} if "client_secret" in body else method_of(*login, others, [])
    if basic["method"] == "basic":
        return _basic_client(basic), others
    if basic["method"] != "none":
        return {}, headers
    secret = literal(body.pop("client_secret", ""))
    client = {"client_id": body.pop("client_id", ""), "client_secret": secret}
    return {**client, "client_auth": "client_secret_post"}, headers


def _basic_client(basic: Mapping[str, str]) -> dict[str, str]:
    """Return the client of a Basic header; curl sends it as it is, without the encoding of RFC 6749."""
    name, secret = basic["username"], basic.get("password", "")
    client = {"client_id": name, "client_secret": secret, "client_auth": "client_secret_basic"}
    sent = name + without_mark(secret)
    if quote_plus(sent) != sent:
        client["basic_encoding"] = "raw"
    return client


def _body(options: Mapping[str, Any]) -> tuple[dict[str, str], str]:
    """Return the fields of a request's body and "json" for the format of JSON, "" for that of a form."""
    data = options["data"]
    for text in (*options["json"], *(data if len(data) == 1 else [])):
        if text.lstrip().startswith("{"):
            return _json_body(text), "json"
    pairs = [pair for text in data for pair in parse_qsl(text, keep_blank_values=True)]
    for text in options["encoded"]:
        name, _, value = text.partition("=")
        pairs.append((unquote_plus(name), value))
    return dict(pairs), ""


def _json_body(text: str) -> dict[str, str]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    is_flat = isinstance(content, dict) and all(isinstance(value, str) for value in content.values())
    return content if is_flat else {}
