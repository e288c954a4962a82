"""The authentication of a Postman collection (v2.0 and v2.1): one connection for each host and credential.

Collection, folders and requests may each have an `auth`; the nearest one counts. A request without any may
have its credential in a header or in the query.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import unquote, unquote_plus

from watchword.connections.imports.entry import (
    Entry,
    check_count,
    host_of,
    is_lacking,
    lacking,
    slug,
    unreadable,
)
from watchword.connections.imports.header_credentials import key_in_query, method_of, parameters_of
from watchword.connections.imports.postman import authentication
from watchword.connections.imports.values import Values, plain_text, postman_variables
from watchword.document.references import as_literal
from watchword.errors import DocumentError
from watchword.http import headers as header_rules
from watchword.http.urls import without_pairs, without_userinfo
from watchword.redact import sounds_secret

_VARIABLE = re.compile(r"\{\{([^{}]{1,200})\}\}")
_PATH = re.compile(r"((?:[^/?#]*://)?[^/?#]*)(/[^?#]*)(.*)", re.DOTALL)
_MARK = "\ue000"  # a private character, which no URL has
_MARKED = re.compile(f"{_MARK}([^{_MARK}]+){_MARK}")
_AFTER_HOST = re.compile(r"[/?#\\]")
_MOST_ROUNDS = 8
_LONGEST_TEXT = 1 << 14
_MOST_REQUESTS = 10_000

_MOST_CHARACTERS = 1 << 24
"""The most characters of all values together, as often as requests repeat them; variables can multiply."""


class _Request(NamedTuple):
    """A request of the collection, and the authentication that counts for it."""

    folder: str
    content: Mapping[str, Any]
    auth: Mapping[str, Any] | None


def is_collection(content: Mapping[Any, Any]) -> bool:
    """Return whether a structure is a collection of Postman's, also as its API wraps it."""
    collection = content.get("collection", content)
    if not isinstance(collection, dict) or not isinstance(collection.get("info"), dict):
        return False
    return "getpostman.com" in str(collection["info"].get("schema")) or isinstance(
        collection.get("item"), list
    )


def entries_in(content: Mapping[Any, Any], values: Values) -> list[Entry]:
    """Return a connection for each host and credential of a collection.

    Args:
        content: the collection.
        values: the variables of an environment, which count more than those of the collection.
    """
    collection = content.get("collection", content)
    fill = _Variables({**dict(postman_variables(collection.get("variable"))), **values})
    found: dict[str, Entry] = {}
    requests = list(islice(_requests(collection.get("item"), "", _own_auth(collection)), _MOST_REQUESTS + 1))
    if len(requests) > _MOST_REQUESTS:
        raise unreadable(f"The collection has more than {_MOST_REQUESTS} requests.", "Export a part of it.")
    for request in requests or [_Request("", {}, _own_auth(collection))]:
        entry = _entry(request, fill)
        key = json.dumps(
            [{**entry.document, "test_url": None}, entry.skipped, [each.message for each in entry.findings]],
            sort_keys=True,
        )
        fill.spend(len(key))
        first = found.setdefault(key, entry)
        if "test_url" in entry.document and "test_url" not in first.document:
            found[key] = replace(first, document=entry.document)
        check_count(len(found))
    with_credential = [entry for entry in found.values() if entry.document.get("method") != "none"]
    return with_credential or list(found.values())


def _own_auth(part: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the `auth` of a part of the collection; one that is inherited counts as absent."""
    auth = part.get("auth")
    if not isinstance(auth, dict) or not isinstance(auth.get("type"), str):
        return None
    return None if auth["type"].lower() == "inherit" else auth


def _requests(items: object, folder: str, auth: Mapping[str, Any] | None) -> Iterator[_Request]:
    for item in items if isinstance(items, list) else []:
        if not isinstance(item, dict):
            continue
        own = _own_auth(item) or auth
        if isinstance(item.get("item"), list):
            yield from _requests(item["item"], plain_text(item.get("name")), own)
            continue
        request = item.get("request")
        if isinstance(request, str):
            request = {"url": request}
        if isinstance(request, dict):
            yield _Request(folder, request, _own_auth(request) or own)


class _Variables:
    """Fills in `{{NAME}}`; a value that wasn't given stays lacking."""

    def __init__(self, values: Values) -> None:
        self._values = values
        self._characters = 0
        self._known_texts: dict[str, str] = {}
        self._known_auths: dict[int, tuple[authentication.Fields, list[str]]] = {}

    def __call__(self, value: object) -> str:
        """Return a value as text with its variables filled in; raises DocumentError if it grows too long."""
        text = plain_text(value)
        if text not in self._known_texts:
            self._known_texts[text] = self._filled(text)
        return self._known_texts[text]

    def spend(self, characters: int) -> None:
        """Count characters; raises DocumentError if there are too many."""
        self._characters += characters
        if self._characters > _MOST_CHARACTERS:
            raise unreadable("The collection's values are too long together.", "Export a part of it.")

    def fields(self, auth: Mapping[str, Any], auth_type: str) -> tuple[authentication.Fields, list[str]]:
        """Return the method and fields of an `auth`, which many requests may inherit, and remarks on it."""
        if id(auth) not in self._known_auths:
            remarks: list[str] = []
            fields = authentication.READERS[auth_type](_parameters(auth, auth_type, self), remarks)
            self._known_auths[id(auth)] = fields, remarks
        fields, remarks = self._known_auths[id(auth)]
        return dict(fields), list(remarks)

    def _filled(self, text: str) -> str:
        for _ in range(_MOST_ROUNDS):
            self.spend(len(text))
            if len(text) > _LONGEST_TEXT:
                raise unreadable(f"A value of the collection has more than {_LONGEST_TEXT} characters.")
            before, text = text, _VARIABLE.sub(self._known, text)
            if text == before:
                break
        return _VARIABLE.sub(
            lambda match: match[0] if is_lacking(match[0]) else lacking(match[1].strip()), text
        )

    def _known(self, match: re.Match[str]) -> str:
        return self._values.get(match[1].strip(), match[0])


def _entry(request: _Request, fill: _Variables) -> Entry:
    try:
        return _entry_of(request, fill)
    except DocumentError as error:
        return Entry(request.folder, findings=tuple(error.findings))


def _entry_of(request: _Request, fill: _Variables) -> Entry:
    path_secrets: dict[str, str] = {}
    url = _url(request.content.get("url"), fill, path_secrets)
    base_url = _base_url(url)
    label = request.folder or host_of(base_url)
    auth_type = str(request.auth["type"]).lower() if request.auth else "noauth"
    remarks: list[str] = []
    if auth_type == "noauth":
        fields, url = _credential_of(request.content, url, fill, remarks)
    else:
        if auth_type not in authentication.READERS:
            name = auth_type if auth_type in authentication.NOT_OFFERED else "this type"
            return Entry(label, skipped=f"authentication of {name} isn't offered")
        fields, remarks = fill.fields(request.auth or {}, auth_type)
    base_url = _with_last_secret(url, base_url)
    secrets = {f"template:{name}": as_literal(value) for name, value in path_secrets.items()}
    secrets |= fields.get("secret_parameters", {})
    if path_secrets and fields["method"] == "none":
        fields["method"] = "custom"
    document = {"base_url": _shown(base_url), **fields, **({"secret_parameters": secrets} if secrets else {})}
    verb = plain_text(request.content.get("method")).upper() or "GET"
    if verb == "GET" and url and not is_lacking(url) and "/:" not in url:
        document["test_url"] = _shown(_without_secrets(without_userinfo(url)))
    return Entry(label, document, tuple(remarks))


def _url(url: object, fill: _Variables, path_secrets: dict[str, str]) -> str:
    """Return a URL with its variables filled in; secret ones of its path are marked, and added by name."""
    raw = plain_text((url.get("raw") or _joined(url)) if isinstance(url, dict) else url)
    parts = _PATH.fullmatch(raw)
    if parts is None:
        return _with_scheme(fill(raw))

    def marked(variable: re.Match[str]) -> str:
        if not sounds_secret(variable[1]):
            return variable[0]
        name = slug(variable[1]).replace("-", "_")
        path_secrets[name] = fill(variable[0])
        return f"{_MARK}{name}{_MARK}"

    path = _VARIABLE.sub(marked, parts[2])
    return _with_scheme(fill(f"{parts[1]}{path}{parts[3]}"))


def _with_last_secret(url: str, base_url: str) -> str:
    """Return the base URL up to the part of the path that holds the last secret."""
    path = url.partition("?")[0].partition("#")[0]
    return (
        path[: path.rindex(_MARK)] + path[path.rindex(_MARK) :].partition("/")[0]
        if _MARK in path
        else base_url
    )


def _shown(url: str) -> str:
    """Return a URL with the templates of the secrets that are marked in it."""
    return _MARKED.sub(r"{{secret:\1}}", url)


def _joined(url: Mapping[str, Any]) -> str:
    host, path = (
        separator.join(map(plain_text, part)) if isinstance(part, list) else plain_text(part)
        for part, separator in ((url.get("host"), "."), (url.get("path"), "/"))
    )
    port = f":{plain_text(url.get('port'))}" if url.get("port") else ""
    scheme = plain_text(url.get("protocol"))
    return f"{scheme}://{host}{port}/{path}" if scheme else f"{host}{port}/{path}"


def _with_scheme(url: str) -> str:
    """Return a URL with a scheme, which Postman's users may leave out; a lacking value may hold one."""
    return url if not url or "://" in url or url.startswith("{{") else f"https://{url}"


def _base_url(url: str) -> str:
    """Return the origin of a URL, as far as it is known; a value that is asked for if there is none."""
    if not url:
        return lacking("base_url")
    scheme, separator, rest = (
        url.rpartition("://") if "://" in url.partition("/")[0] + "//" else ("", "", url)
    )
    if not separator:
        return rest.partition("/")[0].partition("?")[0]
    authority = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    return f"{scheme}://{authority.rpartition('@')[2]}"


def _without_secrets(url: str) -> str:
    url = url.partition("#")[0]
    return without_pairs(url, lambda pair: not pair or sounds_secret(unquote_plus(pair.partition("=")[0])))


def _parameters(auth: Mapping[str, Any], auth_type: str, fill: _Variables) -> authentication.Parameters:
    """Return the parameters of an `auth`: v2.1 lists them, v2.0 has an object."""
    given = auth.get(auth_type, auth.get(str(auth["type"])))
    if isinstance(given, list):
        pairs = [(each.get("key"), each.get("value")) for each in given if isinstance(each, dict)]
    else:
        pairs = list(given.items()) if isinstance(given, dict) else []
    return authentication.Parameters({str(key): _filled(value, fill) for key, value in pairs})


def _filled(value: object, fill: _Variables) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, list):
        return [_filled(each, fill) for each in value]
    if isinstance(value, dict):
        return {str(key): _filled(each, fill) for key, each in value.items()}
    return fill(value)


def _credential_of(
    request: Mapping[str, Any], url: str, fill: _Variables, remarks: list[str]
) -> tuple[dict[str, Any], str]:
    """Return the credential in a request's headers or query, and the URL without it."""
    headers = dict(_headers(request.get("header"), fill))
    login, _, password = _userinfo(url).partition(":")
    method: dict[str, Any] = dict(method_of(unquote(login), unquote(password), headers, remarks))
    secret = parameters_of(headers).get("secret_parameters")
    if secret:
        method["secret_parameters"] = secret
    if method["method"] != "none":
        return method, url
    return key_in_query(url)


def _userinfo(url: str) -> str:
    authority = _AFTER_HOST.split(url.partition("://")[2], maxsplit=1)[0]
    return authority.rpartition("@")[0]


def _headers(headers: object, fill: _Variables) -> Iterator[tuple[str, str]]:
    """Yield the headers of a request: v2.1 lists them, v2.0 also takes them as text."""
    if isinstance(headers, str):
        lines = (line.partition(":") for line in headers.splitlines())
        headers = [{"key": name, "value": value.strip()} for name, _, value in lines]
    for each in headers if isinstance(headers, list) else []:
        if not isinstance(each, dict) or each.get("disabled") is True:
            continue
        name, value = fill(each.get("key")).strip(), fill(each.get("value")).strip()
        if name and value and not is_lacking(name) and not any(header_rules.name_findings(name, "header")):
            yield name, value
