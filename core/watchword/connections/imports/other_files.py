"""Files that people give by mistake: what each is, and how to make a connection of it.

A file's name and the next step help more than the list of all forms that are read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from watchword.connections.imports.entry import unreadable
from watchword.errors import DocumentError

_Content = Mapping[Any, Any]


class _Text(NamedTuple):
    """A kind of text, how it begins, and the way."""

    begins: re.Pattern[str]
    kind: str
    advice: str


class _Structure(NamedTuple):
    """A kind of JSON or YAML, how it is recognised, and the way."""

    is_meant: Callable[[_Content], bool]
    kind: str
    advice: str


_COPY_AS_CURL = "Copy the request as a command of curl, and give that."
_AWS = "Create a connection of the method aws_sigv4: with its access_key and secret_key, or with its profile."
_AWS_FILE = "a file with AWS credentials"
_EXPORT = "Export it as a collection of Postman's in the form v2.1."
_KEY = (
    "Put the whole text into private_key of a connection of the method oauth2_jwt_bearer, into jwt_secret of "
    "jwt_bearer, or into client_private_key."
)

_MOST_LINES, _MOST_CHARACTERS = 40, 1 << 14
"""So much of a text shows what it is."""

_REMARK = re.compile(r"\s*(?:[#;]|//).*|\s*")
_SECTION = r"\[{1,2}[^\[\]{}\n]+\]{1,2}[^\n]*\n"

_TEXTS = (
    _Text(re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"), "a private key", _KEY),
    _Text(
        re.compile(r"-----BEGIN [A-Z ]*CERTIFICATE-----"),
        "a certificate",
        "Give its file as client_certificate or ca_bundle of a connection.",
    ),
    _Text(
        re.compile(r"(?:@[^\n]*\n)*(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)[ \t]+(?:https?://|/|\{\{)\S*"),
        "an HTTP request",
        "Give it as a command of curl.",
    ),
    _Text(re.compile(r"\$\w+\s*=\s*(?:New-Object|Invoke-\w+)\s"), "a script of PowerShell", _COPY_AS_CURL),
    _Text(
        re.compile(r"import [\w{*]|from \w+ import |(?:const|let|var|await) |<\?php|package \w+;"),
        "the source of a program",
        _COPY_AS_CURL,
    ),
    _Text(re.compile(r"HTTP/[123](?:\.\d)?[ \t]+\d{3}\b"), "an HTTP response", _COPY_AS_CURL),
    _Text(
        re.compile(r"(?:(?:Basic|Bearer|Token)\s+)?(?=\D*\d)[A-Za-z0-9_.~+/=-]{12,}\Z"),
        "a token or key alone",
        "Create a connection of the method bearer or api_key, and put it there.",
    ),
    _Text(
        re.compile(r"(?:machine\s+\S+|default)\s+(?:login|account|password)\s"),
        "a .netrc file",
        "Create a connection of the method basic with its login and password; its machine is the host.",
    ),
    _Text(re.compile(rf"(?i)(?:{_SECTION})?(?:export\s+|set\s+)?aws_access_key_id\s*="), _AWS_FILE, _AWS),
    _Text(re.compile(r"(?i)(?:user name,[^\n]*)?access key id,[^\n]*secret access key"), _AWS_FILE, _AWS),
    _Text(
        re.compile(rf"(?:{_SECTION})+[\w.\"' -]+[=:]"),
        "a file of settings (TOML or INI)",
        "Create the connection by hand. Values that a collection refers to are lines of NAME=VALUE.",
    ),
)


def named_text(text: str) -> DocumentError | None:
    """Return the error that a text is a file that isn't read here; None if it isn't known."""
    lines = text[:_MOST_CHARACTERS].splitlines()
    meant = [line.strip() for line in lines if not _REMARK.fullmatch(line)]
    head = "\n".join(meant[:_MOST_LINES])
    return next((_named(each.kind, each.advice) for each in _TEXTS if each.begins.match(head)), None)


def named_structure(content: object) -> DocumentError | None:
    """Return the error that JSON or YAML is a file which isn't read here; None if it isn't known."""
    first = content[0] if isinstance(content, list) and content else content
    if not isinstance(first, dict):
        return None
    known = (each for each in _STRUCTURES if each.is_meant(first))
    return next((_named(each.kind, each.advice) for each in known), None)


def _named(kind: str, advice: str) -> DocumentError:
    return unreadable(f"The text is {kind}, which can't be imported.", advice)


def _has(*names: str) -> Callable[[_Content], bool]:
    """Return whether all names are there, with texts as values."""
    return lambda content: all(isinstance(content.get(name), str) for name in names)


def _holds(*names: str) -> Callable[[_Content], bool]:
    """Return whether all names are there, with objects or lists as values."""
    return lambda content: all(isinstance(content.get(name), (dict, list)) for name in names)


def _part(content: _Content, name: str) -> _Content:
    part = content.get(name)
    return part if isinstance(part, dict) else {}


def _is_google_client(content: _Content) -> bool:
    return any(_has("client_id")(_part(content, name)) for name in ("installed", "web"))


def _has_private_key(content: _Content) -> bool:
    parts = [content, *(part for part in content.values() if isinstance(part, dict))]
    deeper = [part for each in parts for part in each.values() if isinstance(part, dict)]
    texts = (text for part in (*parts, *deeper) for text in part.values() if isinstance(text, str))
    return any("PRIVATE KEY-----" in text for text in texts)


def _is_jwk(content: _Content) -> bool:
    keys = content.get("keys")
    first = keys[0] if isinstance(keys, list) and keys else content
    return isinstance(first, dict) and isinstance(first.get("kty"), str)


def _is_aws(content: _Content) -> bool:
    has_keys = _has("AccessKeyId", "SecretAccessKey")
    return (
        has_keys(content) or has_keys(_part(content, "Credentials")) or has_keys(_part(content, "AccessKey"))
    )


def _is_open_collection(content: _Content) -> bool:
    return "opencollection" in content or _holds("info", "http")(content)


def _is_headers(content: _Content) -> bool:
    names = {str(name).lower() for name in content}
    return bool(names & {"authorization", "x-api-key", "proxy-authorization"}) and "base_url" not in names


_STRUCTURES = (
    _Structure(
        lambda content: isinstance(_part(content, "log").get("entries"), list),
        "a browser's record of requests (HAR)",
        _COPY_AS_CURL,
    ),
    _Structure(
        _is_google_client,
        "the file of an OAuth client of Google's",
        "Create a connection of the method oauth2_authorization_code with its client_id and client_secret, "
        "its auth_uri as authorize_url, and its token_uri as token_url.",
    ),
    _Structure(
        _has("ci", "cs", "pu", "ot"),
        "an .ionapi file of Infor's",
        "Create a connection of the method oauth2_password: client_id is its ci, client_secret its cs, "
        "username its saak, password its sask, and token_url its pu followed by its ot.",
    ),
    _Structure(
        lambda content: content.get("type") == "authorized_user",
        "the sign-in of a Google user",
        "Create a connection of the method oauth2_authorization_code with its client_id, client_secret "
        "and refresh_token.",
    ),
    _Structure(
        lambda content: content.get("type") == "external_account",
        "a configuration of Google's workload identity federation",
        "Create a connection of the method oauth2_token_exchange.",
    ),
    _Structure(
        lambda content: content.get("type") == "service_account",
        "the key file of a Google service account",
        "Create a connection of the method oauth2_jwt_bearer with a scope, and put the whole text into "
        "private_key.",
    ),
    _Structure(
        _has_private_key,
        "a file with a private key",
        "Create a connection of the method oauth2_jwt_bearer, and put the whole text into private_key.",
    ),
    _Structure(_is_jwk, "a key in JSON (JWK)", _KEY),
    _Structure(_is_aws, _AWS_FILE, _AWS),
    _Structure(
        _has("access_token"),
        "the response of an authorization server with a token",
        "Create a connection of a method that asks for tokens, such as oauth2_client_credentials. A token "
        "that doesn't end is the bearer_token of the method bearer.",
    ),
    _Structure(
        _has("issuer", "token_endpoint"),
        "the metadata of an authorization server",
        "Create a connection of an OAuth 2.0 method: its token_endpoint is token_url.",
    ),
    _Structure(
        lambda content: any(isinstance(content.get(name), dict) for name in ("auths", "credHelpers")),
        "a configuration of Docker's",
        "Create a connection of the method basic with user name and password of the registry.",
    ),
    _Structure(
        _has("apiVersion", "kind"),
        "a file of Kubernetes",
        "Create a connection of the method bearer with a token, or with a client certificate.",
    ),
    _Structure(
        _is_open_collection,
        "a file of Bruno's in the form of OpenCollection",
        "Export the collection from Bruno as JSON, or as a collection of Postman's.",
    ),
    _Structure(
        _holds("requests"), "a collection of Postman's in the form v1, or of another program", _EXPORT
    ),
    _Structure(
        _holds("collections"),
        "a file of several collections, such as a backup by Postman",
        "Export each collection in the form v2.1.",
    ),
    _Structure(_is_headers, "the headers of a request", _COPY_AS_CURL),
)
