"""Exports of Insomnia (v4 JSON, v5 YAML), as a collection that the import from Postman reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from watchword.connections.imports.entry import Entry, unreadable
from watchword.connections.imports.postman import collection
from watchword.connections.imports.request_collections import as_collection, as_request
from watchword.connections.imports.values import Values, flattened, plain_text

Item: TypeAlias = dict[str, Any]

_VERSION_5 = "collection.insomnia.rest/5"
_DEEPEST = 50
_KEY = r"""\.[A-Za-z0-9_-]{1,100}|\[\s*(?:'[^'{}]{1,100}'|"[^"{}]{1,100}"|[0-9]{1,6})\s*\]"""
_OWN_VARIABLE = re.compile(rf"\{{\{{-?\s*([A-Za-z_]\w{{0,100}}(?:{_KEY}){{0,20}})\s*-?\}}\}}")
_KEYS = re.compile(r"""[^.\[\]'"]+|'[^']*'|"[^"]*\"""")
_TAG = re.compile(r"\{%[^{}%]{0,500}%\}")
_GRANTS = {
    "client_credentials": "client_credentials",
    "password": "password_credentials",
    "authorization_code": "authorization_code",
}


def is_export(content: Mapping[Any, Any]) -> bool:
    """Return whether a structure is an export of Insomnia's with requests."""
    is_4 = content.get("_type") == "export" and isinstance(content.get("resources"), list)
    return is_4 or str(content.get("type")).startswith(_VERSION_5)


def entries_in(content: Mapping[Any, Any], values: Values) -> list[Entry]:
    """Return a connection for each host and credential of an export.

    Args:
        content: the export.
        values: the variables of an environment, which count more than those of the export.
    """
    if "resources" in content:
        items, own = _of_version_4([each for each in content["resources"] if isinstance(each, dict)])
    else:
        items, own = list(_items(content.get("collection"), 0)), _data(content.get("environments"))
    return collection.entries_in(as_collection(items, dict(flattened(own, "")), _rewritten), values)


def _of_version_4(resources: list[Mapping[str, Any]]) -> tuple[list[Item], Mapping[Any, Any]]:
    """Return the requests in their folders, and the values of the workspace's own environment."""
    by_parent: dict[str, list[Mapping[str, Any]]] = {}
    for each in resources:
        by_parent.setdefault(str(each.get("parentId")), []).append(each)
    spaces = [str(each.get("_id")) for each in resources if each.get("_type") == "workspace"]
    own = [
        each for space in spaces for each in by_parent.get(space, []) if each.get("_type") == "environment"
    ]

    def children(parent: str, depth: int) -> Iterator[Item]:
        _check(depth)
        for each in by_parent.get(parent, []):
            if each.get("_type") == "request_group":
                yield _folder(each, list(children(str(each.get("_id")), depth + 1)))
            elif each.get("_type") == "request":
                yield _request(each)

    return [item for space in spaces for item in children(space, 0)], _data(own[0] if own else None)


def _items(children: object, depth: int) -> Iterator[Item]:
    _check(depth)
    for each in children if isinstance(children, list) else []:
        if isinstance(each, dict) and isinstance(each.get("children"), list):
            yield _folder(each, list(_items(each["children"], depth + 1)))
        elif isinstance(each, dict) and "url" in each:
            yield _request(each)


def _check(depth: int) -> None:
    if depth > _DEEPEST:
        raise unreadable(
            f"The export has more than {_DEEPEST} folders in each other.", "Export a part of it."
        )


def _data(environment: object) -> Mapping[Any, Any]:
    data = environment.get("data") if isinstance(environment, dict) else None
    return data if isinstance(data, dict) else {}


def _folder(content: Mapping[str, Any], items: list[Item]) -> Item:
    return {"name": content.get("name"), "item": items, "auth": _auth(content.get("authentication"))}


def _request(content: Mapping[str, Any]) -> Item:
    return as_request(
        content, content.get("headers"), content.get("parameters"), _auth(content.get("authentication"))
    )


def _auth(given: object) -> Mapping[str, Any] | None:
    """Return an authentication with the names of Postman's; None for one that is inherited."""
    if not isinstance(given, dict) or not isinstance(given.get("type"), str):
        return None
    kind = given["type"].lower()
    if kind == "none" or given.get("disabled") is True:
        return {"type": "noauth"}
    name, convert = _KINDS.get(kind, (kind, dict))
    return {"type": name, name: convert(given)}


def _bearer(given: Item) -> Item:
    return {"token": given.get("token"), "headerPrefix": given.get("prefix")}


def _basic(given: Item) -> Item:
    return {**given, "charset": "latin-1" if given.get("useISO88591") is True else ""}


def _api_key(given: Item) -> Item:
    if given.get("addTo") == "cookie":
        pair = f"{plain_text(given.get('key'))}={plain_text(given.get('value'))}"
        return {"key": "Cookie", "value": pair}
    return {**given, "in": "query" if given.get("addTo") == "queryParams" else "header"}


def _oauth2(given: Item) -> Item:
    grant = _GRANTS.get(str(given.get("grantType")), str(given.get("grantType")))
    has_proof = grant == "authorization_code" and given.get("usePkce") is True
    return {
        **given,
        "grant_type": f"{grant}_with_pkce" if has_proof else grant,
        "authUrl": given.get("authorizationUrl"),
        "redirect_uri": given.get("redirectUrl"),
        "client_authentication": "body" if given.get("credentialsInBody") is True else "header",
        "headerPrefix": given.get("tokenPrefix"),
    }


def _oauth1(given: Item) -> Item:
    return {**given, "token": given.get("tokenKey")}


def _aws(given: Item) -> Item:
    return {**given, "accessKey": given.get("accessKeyId"), "secretKey": given.get("secretAccessKey")}


_KINDS: Mapping[str, tuple[str, Callable[[Item], Item]]] = {
    "apikey": ("apikey", _api_key),
    "basic": ("basic", _basic),
    "bearer": ("bearer", _bearer),
    "iam": ("awsv4", _aws),
    "oauth1": ("oauth1", _oauth1),
    "oauth2": ("oauth2", _oauth2),
}


def _rewritten(text: str) -> str:
    """Return a text with variables as Postman writes them; a tag is a value to be asked for."""
    return _TAG.sub("{{template_tag}}", _OWN_VARIABLE.sub(lambda match: _variable(match[1]), text))


def _variable(path: str) -> str:
    """Return a variable by its keys, which Insomnia writes as `_.a.b` or as `_.a['b']`."""
    parts = [part.strip() for part in _KEYS.findall(path) if part.strip()]
    keys = [part[1:-1] if part[0] in "'\"" else part for part in parts]
    own = keys[1:] if keys[0] == "_" else keys
    return f"{{{{{'.'.join(own or keys)}}}}}"
