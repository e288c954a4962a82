"""Convert a cURL command, as documentation and browsers write them, into a connection document.

The command is read, never run. No error and no remark shows any of its values.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import SplitResult, quote, unquote_plus, urlsplit, urlunsplit

from watchword.connections.imports.curl import token_request
from watchword.connections.imports.curl.options import FLAGS, NOT_OFFERED, VALUES
from watchword.connections.imports.curl.words import command_in, words_of
from watchword.connections.imports.header_credentials import key_in_query, literal, method_of, parameters_of
from watchword.document.reading import read
from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.http import headers as header_rules
from watchword.http.origins import origin

_LEFT_OUT = frozenset(
    {
        "accept-encoding",
        "cache-control",
        "connection",
        "content-length",
        "content-type",
        "dnt",
        "host",
        "origin",
        "pragma",
        "priority",
        "referer",
        "te",
        "upgrade-insecure-requests",
        "user-agent",
    }
)
"""The headers that clients send by themselves, or that belong to one request only; so do those of `sec-…`."""

_AWS = re.compile(r"aws:amz:([a-z0-9-]+):([a-z0-9-]+)")

_USER = re.compile(r"(?:\{\{import:[^{}]*\}\}|[^:])*")

_LONGEST, _MOST_WORDS = 1 << 18, 500
"""The most characters and words of a command; those of browsers have some dozens of words."""

_LETTERS = "".join(flag[1] for flags in FLAGS.values() for flag in flags.split() if len(flag) == 2)  # noqa: PLR2004 - a dash and a letter
_LONG_BUNDLE = re.compile(rf"-[{re.escape(_LETTERS)}]{{50}}")
"""Flags in one word such as -sSL; argparse copies the rest of the word for each of them."""


class _UnreadableError(ValueError):
    """A command can't be read."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:  # noqa: ARG002 - argparse's message quotes values
        """Raise instead of ending the program."""
        raise _UnreadableError


def is_command(text: str) -> bool:
    """Return whether a text is a cURL command."""
    return re.match(r"curl(?:\.exe)?\s", command_in(text)) is not None


def convert(text: str) -> tuple[dict[str, Any], list[str]]:
    """Return the document that authenticates as a command does, and remarks on what is left out.

    The command's URL becomes the test URL, and its origin the base URL.

    Raises:
        DocumentError: it isn't a cURL command with one absolute URL.
    """
    remarks: list[str] = []
    options, urls = _parsed(text, remarks)
    url = _with_query(_only_url(urls), options)
    headers = _headers(options, remarks)
    login, password = _login(_last(options, "user") or _user_in(url))
    url = url._replace(netloc=url.netloc.rpartition("@")[2])
    request = token_request.document_of(options, url, (login, password), headers)
    if request:
        remarks.append("The command asks for a token: set base_url and test_url to those of the API.")
        request.update(_transport(options, remarks))
        read(request)
        return request, remarks
    credential = _credential(options, login, password, headers, remarks)
    if credential["method"] == "none":
        credential, bare = key_in_query(urlunsplit(url))
        url = urlsplit(bare)
    document = {
        "base_url": urlunsplit((url.scheme, url.netloc, "", "", "")),
        **credential,
        **parameters_of(headers),
        **_transport(options, remarks),
        "test_url": urlunsplit(url._replace(fragment="")),
    }
    if _has_body(options) or (_last(options, "method") or "GET").upper() not in {"GET", "HEAD"}:
        remarks.append("The request is not a GET: choose a harmless URL as test URL.")
    read(document)
    return document, remarks


def _parsed(text: str, remarks: list[str]) -> tuple[Mapping[str, Any], list[str]]:
    parser = _Parser(add_help=False, allow_abbrev=False)
    for name, flags in VALUES.items():
        parser.add_argument(*flags.split(), dest=name, action="append", default=[])
    for name, flags in FLAGS.items():
        parser.add_argument(*flags.split(), dest=name, action="store_true")
    parser.add_argument("urls", nargs="*")
    is_read, rest = False, ""
    try:
        parts, rest = _words(text)
        found, unknown = parser.parse_known_args(parts[1:])
        is_read = not any(word.startswith("-") for word in unknown)
    except ValueError:
        pass
    if not is_read:
        message = "The cURL command can't be read: it has an open quote, or an option that isn't known here."
        raise DocumentError([finding("document_unreadable", message, advice="Paste the whole command.")])
    if re.search(r"\bcurl\s", rest):
        remarks.append("Only the first command was read.")
    options = vars(found)
    return options, [*options["url"], *found.urls, *unknown]


def _words(text: str) -> tuple[list[str], str]:
    """Return a command's words and what follows it; raises ValueError if there is an open quote, or too much.

    argparse takes a time that grows with the square of the number of words.
    """
    parts, rest = words_of(text) if len(text) <= _LONGEST else ([], "")
    if not parts or len(parts) > _MOST_WORDS or any(map(_LONG_BUNDLE.match, parts)):
        raise _UnreadableError
    return parts, rest


def _only_url(urls: list[str]) -> SplitResult:
    if len(urls) == 1 and origin(urls[0]):
        return urlsplit(urls[0])
    message = "The cURL command should have one complete URL, such as https://api.example.com/v1/me."
    raise DocumentError([finding("url_not_absolute", message)])


def _login(text: str) -> tuple[str, str]:
    """Return user name and password; the colon of a value that the command lacks doesn't divide them."""
    found = _USER.match(text)
    user = found[0] if found else ""
    return user, text[len(user) + 1 :]


def _with_query(url: SplitResult, options: Mapping[str, Any]) -> SplitResult:
    """Return the URL with the data that --get and --url-query move into its query."""
    more = [*options["query"]]
    if options["get"]:
        more = [*options["data"], *map(_encoded, options["encoded"]), *more]
    return url._replace(query="&".join(filter(None, (url.query, *more))))


def _encoded(pair: str) -> str:
    name, separator, value = pair.partition("=")
    return f"{name}={quote(value, safe='')}" if separator and name else quote(value or name, safe="")


def _has_body(options: Mapping[str, Any]) -> bool:
    in_query = options["get"]
    return any(options[name] for name in ("json", "form", *(() if in_query else ("data", "encoded"))))


def _last(options: Mapping[str, Any], name: str) -> str:
    values: list[str] = options[name]
    return values[-1] if values else ""


def _user_in(url: SplitResult) -> str:
    userinfo, separator, _ = url.netloc.rpartition("@")
    return unquote_plus(userinfo) if separator else ""


def _headers(options: Mapping[str, Any], remarks: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in options["header"]:
        if line.startswith("@"):
            remarks.append("The headers in a file were left out: give each with -H.")
            continue
        name, separator, value = line.partition(":")
        lowered = name.strip().lower()
        if not separator or not value.strip() or lowered in _LEFT_OUT or lowered.startswith("sec-"):
            continue
        if any(header_rules.name_findings(name.strip(), "header")):
            remarks.append("A header was left out: its name can't be a header's name.")
            continue
        headers[name.strip()] = value.strip()
    cookie = _last(options, "cookie")
    if cookie and "=" not in cookie:
        remarks.append("The cookies in a file were left out: give them with -b NAME=VALUE.")
    elif cookie:
        headers["Cookie"] = cookie
    if _last(options, "bearer"):
        headers["Authorization"] = f"Bearer {_last(options, 'bearer')}"
    return headers


def _credential(
    options: Mapping[str, Any], login: str, password: str, headers: dict[str, str], remarks: list[str]
) -> dict[str, Any]:
    aws = _AWS.fullmatch(_last(options, "aws"))
    if aws:
        keys = {"access_key": login, "secret_key": literal(password)}
        return {"method": "aws_sigv4", "region": aws[1], "service": aws[2], **keys}
    if options["digest"]:
        return {"method": "digest", "username": login, "password": literal(password)}
    return dict(method_of(login, password, headers, remarks))


def _transport(options: Mapping[str, Any], remarks: list[str]) -> dict[str, Any]:
    if options["insecure"]:
        remarks.append("The option --insecure was left out: for a private authority, set its CA bundle.")
    for name, message in NOT_OFFERED.items():
        if options[name]:
            remarks.append(message)
    certificate, passphrase = _certificate(_last(options, "certificate"))
    values = {
        "proxy": literal(_proxy(options)),
        "ca_bundle": _last(options, "ca_bundle"),
        "client_certificate": certificate,
        "client_private_key": literal(_last(options, "key")),
        "client_key_passphrase": literal(_last(options, "passphrase") or passphrase),
    }
    return {name: value for name, value in values.items() if value}


def _proxy(options: Mapping[str, Any]) -> str:
    """Return the URL of the proxy with its user, whose name and password curl takes apart from it."""
    proxy, user = _last(options, "proxy"), _last(options, "proxy_user")
    if not proxy or not user:
        return proxy
    scheme, separator, rest = proxy.rpartition("://")
    name, _, password = user.partition(":")
    login = f"{quote(name, safe='')}:{quote(password, safe='')}"
    return f"{scheme if separator else 'http'}://{login}@{rest.rpartition('@')[2]}"


def _certificate(text: str) -> tuple[str, str]:
    """Return the file of a certificate and its passphrase, as curl splits them."""
    drive = re.match(r"[A-Za-z]:[\\/]", text)
    start = drive.end() if drive else 0
    colon = re.search(r"(?<!\\):", text[start:])
    if colon is None:
        return text.replace("\\:", ":"), ""
    return text[: start + colon.start()].replace("\\:", ":"), text[start + colon.end() :]
