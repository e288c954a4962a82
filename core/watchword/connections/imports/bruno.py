"""Files of Bruno (`.bru`) and its export as JSON, as a collection that the import from Postman reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from watchword.connections.imports.bru_text import VERBS, blocks_in, variables_in
from watchword.connections.imports.entry import Entry, unreadable
from watchword.connections.imports.postman import collection
from watchword.connections.imports.postman.authentication import NO_PREFIX
from watchword.connections.imports.request_collections import as_collection, as_request
from watchword.connections.imports.values import Values, postman_variables

Item: TypeAlias = dict[str, Any]

_DEEPEST = 50
_GRANTS = {"password": "password_credentials"}
_FURTHER = "oauth2:additional_params:"
_OF_REQUESTS = {
    **dict.fromkeys(("auth_req", "authorization"), "authRequestParams"),
    **dict.fromkeys(("access_token_req", "token"), "tokenRequestParams"),
    **dict.fromkeys(("refresh_token_req", "refresh"), "refreshRequestParams"),
}
"""The requests of OAuth 2.0 that may have further parameters: names in files and exports, and of Postman."""

_PLACES = {"headers": "request_header", "queryparams": "request_url", "body": "request_body"}


def is_export(content: Mapping[Any, Any]) -> bool:
    """Return whether a structure is a collection that Bruno has exported as JSON."""
    return isinstance(content.get("items"), list) and "name" in content and "version" in content


def entries_in_file(text: str, values: Values) -> list[Entry]:
    """Return the connection of a request's file, or of the file `collection.bru`."""
    blocks = blocks_in(text)
    auth = _auth(_mode(blocks), {name.partition(":")[2]: block for name, block in blocks.items()})
    headers = [{"name": name, "value": value} for name, value in blocks.get("headers", {}).items()]
    verb = next((each for each in VERBS if each in blocks), "get")
    request = {"name": blocks.get("meta", {}).get("name"), "method": verb, **blocks.get(verb, {})}
    requests = [as_request(request, headers, None, auth)]
    return collection.entries_in(as_collection(requests, variables_in(text), str), values)


def entries_in(content: Mapping[Any, Any], values: Values) -> list[Entry]:
    """Return a connection for each host and credential of an export."""
    root = content.get("root")
    own = _auth_of(root.get("request") if isinstance(root, dict) else None)
    items = list(_items(content["items"], 0))
    rows = [{**each, "key": each.get("name")} for each in _variables(content.get("environments"))]
    return collection.entries_in(as_collection(items, dict(postman_variables(rows)), str, own), values)


def _variables(environments: object) -> Iterator[Item]:
    """Yield the rows of the only environment; of several, nobody has chosen one."""
    rows = environments if isinstance(environments, list) and len(environments) == 1 else []
    for environment in rows:
        variables = environment.get("variables") if isinstance(environment, dict) else None
        yield from (each for each in variables or [] if isinstance(each, dict))


def _mode(blocks: Mapping[str, Mapping[str, str]]) -> object:
    """Return the kind of authentication: that of the request, or of the collection."""
    of_request = next((blocks[verb].get("auth") for verb in VERBS if verb in blocks), None)
    return of_request or blocks.get("auth", {}).get("mode")


def _items(items: object, depth: int) -> Iterator[Item]:
    if depth > _DEEPEST:
        raise unreadable(
            f"The export has more than {_DEEPEST} folders in each other.", "Export a part of it."
        )
    for each in items if isinstance(items, list) else []:
        if isinstance(each, dict) and isinstance(each.get("items"), list):
            root = each.get("root")
            auth = _auth_of(root.get("request") if isinstance(root, dict) else None)
            yield {"name": each.get("name"), "item": list(_items(each["items"], depth + 1)), "auth": auth}
        elif isinstance(each, dict) and isinstance(request := each.get("request"), dict):
            yield as_request(
                {**request, "name": each.get("name")}, request.get("headers"), None, _auth_of(request)
            )


def _auth_of(request: object) -> Mapping[str, Any] | None:
    auth = request.get("auth") if isinstance(request, dict) else None
    return _auth(auth.get("mode"), auth) if isinstance(auth, dict) else None


def _auth(mode: object, blocks: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return an authentication with the names of Postman's; None for one that is inherited or absent."""
    if not isinstance(mode, str) or mode == "inherit":
        return None
    if mode == "none":
        return {"type": "noauth"}
    given = blocks.get(mode)
    fields = dict(given) if isinstance(given, dict) else {}
    if mode == "oauth2":
        fields |= _further_parameters(blocks, fields.get("additionalParameters"))
    return {"type": mode, mode: _KINDS.get(mode, dict)(fields)}


def _further_parameters(blocks: Mapping[str, Any], exported: object) -> Item:
    """Return what is added to requests for tokens, as rows: a file has blocks for it, an export has lists."""
    rows: dict[str, list[Item]] = {name: [] for name in _OF_REQUESTS.values()}
    for name, block in blocks.items():
        request, _, place = name.removeprefix(_FURTHER).partition(":")
        if name.startswith(_FURTHER) and request in _OF_REQUESTS and isinstance(block, dict):
            pairs = (
                {"key": key, "value": value, "send_as": _PLACES.get(place)} for key, value in block.items()
            )
            rows[_OF_REQUESTS[request]] += pairs
    for request, given in exported.items() if isinstance(exported, dict) else ():
        if request in _OF_REQUESTS and isinstance(given, list):
            rows[_OF_REQUESTS[request]] += map(_row, filter(lambda each: isinstance(each, dict), given))
    return dict(rows)


def _row(given: Item) -> Item:
    return {**given, "key": given.get("name"), "send_as": _PLACES.get(str(given.get("sendIn")))}


def _api_key(given: Item) -> Item:
    return {**given, "in": "query" if given.get("placement") == "queryparams" else "header"}


def _aws(given: Item) -> Item:
    return {**given, "accessKey": given.get("accessKeyId"), "secretKey": given.get("secretAccessKey")}


def _oauth1(given: Item) -> Item:
    def value(name: str, other: str) -> Any:  # noqa: ANN401 - any JSON value
        return given.get(name, given.get(other))

    placement = given.get("placement")
    return {
        **given,
        "signatureMethod": value("signature_method", "signatureMethod"),
        "consumerKey": value("consumer_key", "consumerKey"),
        "consumerSecret": value("consumer_secret", "consumerSecret"),
        "token": value("access_token", "accessToken"),
        "tokenSecret": given.get("token_secret", value("tokenSecret", "accessTokenSecret")),
        "privateKey": value("private_key", "privateKey"),
        "includeBodyHash": value("include_body_hash", "includeBodyHash"),
        "callback": value("callback_url", "callbackUrl"),
        "addParamsToHeader": {"query": "false", "body": "body"}.get(str(placement), "true"),
    }


def _oauth2(given: Item) -> Item:
    def value(name: str, other: str) -> Any:  # noqa: ANN401 - any JSON value
        return given.get(name, given.get(other))  # files and exports spell the names in two ways

    grant = str(value("grant_type", "grantType"))
    has_proof = grant == "authorization_code" and str(given.get("pkce")).lower() == "true"
    placement = value("credentials_placement", "credentialsPlacement")
    is_in_header = value("token_placement", "tokenPlacement") in {None, "", "header"}
    prefix = value("token_header_prefix", "tokenHeaderPrefix")
    return {
        **given,
        "grant_type": f"{grant}_with_pkce" if has_proof else _GRANTS.get(grant, grant),
        "accessTokenUrl": value("access_token_url", "accessTokenUrl"),
        "authUrl": value("authorization_url", "authorizationUrl"),
        "refreshTokenUrl": value("refresh_token_url", "refreshTokenUrl"),
        "redirect_uri": value("callback_url", "callbackUrl"),
        "clientId": value("client_id", "clientId"),
        "clientSecret": value("client_secret", "clientSecret"),
        "client_authentication": "header" if placement == "basic_auth_header" else "body",
        "addTokenTo": "header" if is_in_header else "queryParams",
        "queryParamKey": value("token_query_key", "tokenQueryKey"),
        "tokenSource": value("token_source", "tokenSource"),
        "headerPrefix": NO_PREFIX if prefix == "" else prefix,
    }


_KINDS: Mapping[str, Callable[[Item], Item]] = {
    "apikey": _api_key,
    "awsv4": _aws,
    "oauth1": _oauth1,
    "oauth2": _oauth2,
}
