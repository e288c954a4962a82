"""The security schemes of an OpenAPI document (2.0 and 3.x): a connection for each; secrets are asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias
from urllib.parse import urljoin

from watchword.connections.imports.entry import (
    Entry,
    check_count,
    host_of,
    is_lacking,
    lacking,
    slug,
    unreadable,
)
from watchword.connections.imports.values import Values, plain_text
from watchword.errors import DocumentError

Fields: TypeAlias = dict[str, Any]

_VARIABLE = re.compile(r"\{([^{}]{1,100})\}")
_REFERENCE = re.compile(r"#/(?:components/securitySchemes|securityDefinitions)/([^/#]{1,200})")


def is_description(content: Mapping[Any, Any]) -> bool:
    """Return whether a structure is an OpenAPI document."""
    return isinstance(content.get("openapi", content.get("swagger")), (str, float))


def entries_in(content: Mapping[Any, Any], values: Values) -> list[Entry]:
    """Return a connection for each security scheme; of those that serve the whole API, if it says so.

    Args:
        content: the document.
        values: by name, such as those of the server's variables.
    """
    schemes = _schemes(content)
    if not schemes:
        raise unreadable("The OpenAPI document has no security schemes.", "Create the connection by hand.")
    base_url = _base_url(content, values)
    required = [each for each in _requirements(content) if set(each) <= schemes.keys()]
    needed = required or [{name: []} for name in schemes]
    check_count(len(needed))
    entries = [_entry(requirement, schemes, base_url) for requirement in needed]
    entries = [entry.with_values(values) for entry in entries]
    if sum(not entry.skipped for entry in entries) == 1:
        return entries
    return [replace(entry, is_alternative=not entry.skipped) for entry in entries]


def _schemes(content: Mapping[Any, Any]) -> dict[str, Mapping[str, Any]]:
    parts = content.get("components")
    given = parts.get("securitySchemes") if isinstance(parts, dict) else content.get("securityDefinitions")
    schemes = given if isinstance(given, dict) else {}
    found: dict[str, Mapping[str, Any]] = {}
    for name, scheme in schemes.items():
        reference = scheme.get("$ref") if isinstance(scheme, dict) else None
        match = _REFERENCE.fullmatch(reference) if isinstance(reference, str) else None
        resolved = schemes.get(match[1]) if match else scheme
        if isinstance(resolved, dict):
            found[str(name)] = resolved
    return found


def _requirements(content: Mapping[Any, Any]) -> Iterator[dict[str, list[str]]]:
    """Yield the schemes that together serve the whole API, with their scopes; {} is access without any."""
    given = content.get("security")
    for each in given if isinstance(given, list) else []:
        if isinstance(each, dict) and each:
            yield {str(name): _scopes(scopes) for name, scopes in each.items()}


def _scopes(scopes: object) -> list[str]:
    return [plain_text(scope) for scope in scopes] if isinstance(scopes, list) else []


def _base_url(content: Mapping[Any, Any], values: Values) -> str:
    servers = content.get("servers")
    if isinstance(servers, list) and servers and isinstance(servers[0], dict):
        url = _with_variables(plain_text(servers[0].get("url")), servers[0].get("variables"), values)
    else:
        schemes = content.get("schemes")
        scheme = "https" if not isinstance(schemes, list) or "https" in schemes else "http"
        host = plain_text(content.get("host"))
        url = f"{scheme}://{host}{plain_text(content.get('basePath'))}" if host else ""
    is_absolute = url.startswith(("http://", "https://"))
    return url.rstrip("/") if is_absolute else values.get("base_url") or lacking("base_url")


def _with_variables(url: str, variables: object, values: Values) -> str:
    known = variables if isinstance(variables, dict) else {}

    def value_of(match: re.Match[str]) -> str:
        name = match[1]
        variable = known.get(name)
        default = plain_text(variable.get("default")) if isinstance(variable, dict) else ""
        return values.get(name) or default or lacking(name)

    return _VARIABLE.sub(value_of, url[:2000])


def _entry(
    requirement: Mapping[str, list[str]],
    schemes: Mapping[str, Mapping[str, Any]],
    base_url: str,
) -> Entry:
    label = " ".join(requirement)
    remarks: list[str] = []
    try:
        if len(requirement) > 1:
            fields = _stacked([schemes[name] for name in requirement])
        else:
            ((name, scopes),) = requirement.items()
            reader = _READERS.get(_kind(schemes[name]))
            fields = reader(_Scheme(schemes[name], scopes), remarks) if reader else {}
    except DocumentError as error:
        return Entry(label, findings=tuple(error.findings))
    if not fields:
        return Entry(label, skipped="its security scheme isn't offered")
    urls = {name: _absolute(fields[name], name, base_url) for name in _URLS if name in fields}
    return Entry(label, {"base_url": base_url, **fields, **urls}, tuple(remarks))


_URLS = ("token_url", "authorize_url", "refresh_url", "device_authorization_endpoint")


def _absolute(url: str, name: str, base_url: str) -> str:
    """Return the URL of a flow, which may be relative to the server's; one to be asked for if that lacks."""
    if "://" in url or is_lacking(url):
        return url
    if not base_url.startswith(("http://", "https://")):
        return lacking(name)
    return urljoin(f"{base_url}/", url)


class _Scheme:
    """A security scheme, and the scopes that the API requires of it."""

    def __init__(self, content: Mapping[str, Any], scopes: list[str]) -> None:
        self.content = content
        self.scopes = scopes

    def text(self, name: str) -> str:
        """Return an entry of the scheme."""
        return plain_text(self.content.get(name))


def _kind(scheme: Mapping[str, Any]) -> str:
    kind = plain_text(scheme.get("type")).lower()
    return f"http {plain_text(scheme.get('scheme')).lower()}" if kind == "http" else kind


def _api_key(scheme: _Scheme, _: list[str]) -> Fields:
    place = scheme.text("in")
    return {
        "method": "api_key",
        "key_name": scheme.text("name") or lacking("key_name"),
        "api_key": lacking("api_key"),
        "add_to": place if place in {"query", "cookie"} else "header",
    }


def _stacked(schemes: list[Mapping[str, Any]]) -> Fields:
    """Return the fields of several keys that are sent together."""
    parameters: dict[str, str] = {}
    for scheme in schemes:
        place, name = plain_text(scheme.get("in")), plain_text(scheme.get("name"))
        if _kind(scheme) != "apikey" or place not in {"header", "query", "cookie"} or not name:
            message = "The API requires several security schemes together, and not all of them are API keys."
            raise unreadable(message, "Create the connection by hand.")
        key = slug(name).replace("-", "_") or "api_key"
        parameters[f"{place}:{name}"] = lacking(key)
    return {"method": "custom", "secret_parameters": parameters}


def _basic(_: _Scheme, __: list[str]) -> Fields:
    return {"method": "basic", "username": lacking("username"), "password": lacking("password")}


def _digest(scheme: _Scheme, remarks: list[str]) -> Fields:
    return {**_basic(scheme, remarks), "method": "digest"}


def _bearer(_: _Scheme, __: list[str]) -> Fields:
    return {"method": "bearer", "bearer_token": lacking("bearer_token")}


def _mutual_tls(_: _Scheme, __: list[str]) -> Fields:
    names = ("client_certificate", "client_private_key")
    return {"method": "none", **{name: lacking(name) for name in names}}


def _open_id(scheme: _Scheme, remarks: list[str]) -> Fields:
    host = host_of(scheme.text("openIdConnectUrl")[:2000]) or "the provider"
    remarks.append(f"The endpoints are in the OpenID configuration at {host}: take them from there.")
    urls = {name: lacking(name) for name in ("authorize_url", "token_url")}
    return {"method": "oauth2_authorization_code", **urls, **_client(scheme.scopes)}


def _client(scopes: list[str]) -> Fields:
    fields = {name: lacking(name) for name in ("client_id", "client_secret")}
    return {**fields, "scope": " ".join(scopes)} if scopes else fields


def _oauth2(scheme: _Scheme, remarks: list[str]) -> Fields:
    """Return the fields of the first flow that has a method, in the order of `_FLOWS`."""
    flows = scheme.content.get("flows")
    if not isinstance(flows, dict):  # OpenAPI 2.0
        flows = {scheme.text("flow"): scheme.content}
    for names, method in _FLOWS:
        flow = next((flows[name] for name in names if isinstance(flows.get(name), dict)), None)
        if flow is None:
            continue
        offered = flow.get("scopes")
        if isinstance(offered, dict) and offered and not scheme.scopes:
            remarks.append(f"The API knows {len(offered)} scopes: set scope if it requires some.")
        urls = {"token_url": plain_text(flow.get("tokenUrl")) or lacking("token_url")}
        for field, entry in (("authorize_url", "authorizationUrl"), ("refresh_url", "refreshUrl")):
            if method == "oauth2_authorization_code" and flow.get(entry):
                urls[field] = plain_text(flow[entry])
        if method == "oauth2_authorization_code" and "authorize_url" not in urls:
            urls["authorize_url"] = lacking("authorize_url")
        if method == "oauth2_device_code":
            url = plain_text(flow.get("deviceAuthorizationUrl"))
            urls["device_authorization_endpoint"] = url or lacking("device_authorization_endpoint")
        user = _basic(scheme, remarks) if method == "oauth2_password" else {}
        return {**user, "method": method, **urls, **_client(scheme.scopes)}
    return {}


_FLOWS = (
    (("clientCredentials", "application"), "oauth2_client_credentials"),
    (("authorizationCode", "accessCode"), "oauth2_authorization_code"),
    (("password",), "oauth2_password"),
    (("deviceAuthorization",), "oauth2_device_code"),
)
"""The flows of OpenAPI 3 and 2 and their methods; a machine's own credential comes first."""

_READERS: Mapping[str, Callable[[_Scheme, list[str]], Fields]] = {
    "apikey": _api_key,
    "basic": _basic,  # OpenAPI 2.0
    "http basic": _basic,
    "http bearer": _bearer,
    "http digest": _digest,
    "mutualtls": _mutual_tls,
    "oauth2": _oauth2,
    "openidconnect": _open_id,
}
