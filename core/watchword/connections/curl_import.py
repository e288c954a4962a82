"""Convert a cURL command, as documentation and browsers write them, into a connection document.

The command is read, never run. No error and no remark shows any of its values.
"""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import SplitResult, unquote_plus, urlsplit, urlunsplit

from watchword.connections.header_credentials import key_in_query, literal, method_of, parameters_of
from watchword.document.reading import read
from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.http import headers as header_rules

_LINE_END = re.compile(r"[\\^`]\r?\n")
"""The end of a line that goes on, in the shells of Unix and Windows, and in PowerShell."""

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

_VALUES = {
    "header": "-H --header",
    "user": "-u --user",
    "cookie": "-b --cookie",
    "bearer": "--oauth2-bearer",
    "aws": "--aws-sigv4",
    "proxy": "-x --proxy",
    "method": "-X --request",
    "url": "--url",
    "data": "-d --data --data-raw --data-binary --data-urlencode --data-ascii --json -F --form",
    "other": "-A --user-agent -e --referer -o --output -m --max-time --retry -w --write-out",
    "ca_bundle": "--cacert",
    "certificate": "-E --cert",
    "key": "--key",
}
_FLAGS = {
    "digest": "--digest",
    "insecure": "-k --insecure",
    "quiet": "-s -S -L -i -v -f -g -G -I --basic --silent --show-error --location --include --verbose --fail "
    "--globoff --get --head --compressed --http1.1 --http2",
}
"""The options that are known, by what they mean here."""

_AWS = re.compile(r"aws:amz:([a-z0-9-]+):([a-z0-9-]+)")

_LONGEST, _MOST_WORDS = 1 << 18, 500
"""The most characters and words of a command; those of browsers have some dozens of words."""


class _UnreadableError(ValueError):
    """A command can't be read."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:  # noqa: ARG002 - argparse's message quotes values
        """Raise instead of ending the program."""
        raise _UnreadableError


def is_command(text: str) -> bool:
    """Return whether a text is a cURL command."""
    return re.match(r"\s*(?:\$\s*)?curl(?:\.exe)?\s", text) is not None


def convert(text: str) -> tuple[dict[str, Any], list[str]]:
    """Return the document that authenticates as a command does, and remarks on what is left out.

    The command's URL becomes the test URL, and its origin the base URL.

    Raises:
        DocumentError: it isn't a cURL command with one absolute URL.
    """
    options, urls = _parsed(text)
    if len(urls) != 1 or not urlsplit(urls[0]).hostname:
        message = "The cURL command should have one complete URL, such as https://api.example.com/v1/me."
        raise DocumentError([finding("url_not_absolute", message)])
    remarks: list[str] = []
    url = urlsplit(urls[0])
    headers = _headers(options, remarks)
    login, _, password = (_last(options, "user") or _user_in(url)).partition(":")
    url = url._replace(netloc=url.netloc.rpartition("@")[2])
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
    if options["data"] or (_last(options, "method") or "GET").upper() not in {"GET", "HEAD"}:
        remarks.append("The request is not a GET: choose a harmless URL as test URL.")
    read(document)
    return document, remarks


def _parsed(text: str) -> tuple[Mapping[str, Any], list[str]]:
    parser = _Parser(add_help=False, allow_abbrev=False)
    for name, flags in _VALUES.items():
        parser.add_argument(*flags.split(), dest=name, action="append", default=[])
    for name, flags in _FLAGS.items():
        parser.add_argument(*flags.split(), dest=name, action="store_true")
    parser.add_argument("urls", nargs="*")
    words = text.strip().removeprefix("$").replace("$'", "'")
    is_read = False
    try:
        # argparse takes a time that grows with the square of the number of words.
        parts = shlex.split(_LINE_END.sub(" ", words))[1:] if len(words) <= _LONGEST else []
        found, unknown = parser.parse_known_args(parts if len(parts) <= _MOST_WORDS else [])
        is_read = not any(word.startswith("-") for word in unknown)
    except (ValueError, _UnreadableError):
        pass
    if not is_read:
        message = "The cURL command can't be read: it has an open quote, or an option that isn't known here."
        raise DocumentError([finding("document_unreadable", message, advice="Paste the whole command.")])
    options = vars(found)
    return options, [*options["url"], *found.urls, *unknown]


def _last(options: Mapping[str, Any], name: str) -> str:
    values: list[str] = options[name]
    return values[-1] if values else ""


def _user_in(url: SplitResult) -> str:
    userinfo, separator, _ = url.netloc.rpartition("@")
    return unquote_plus(userinfo) if separator else ""


def _headers(options: Mapping[str, Any], remarks: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in options["header"]:
        name, separator, value = line.partition(":")
        lowered = name.strip().lower()
        if not separator or lowered in _LEFT_OUT or lowered.startswith("sec-"):
            continue
        if any(header_rules.name_findings(name.strip(), "header")):
            remarks.append("A header was left out: its name can't be a header's name.")
            continue
        headers[name.strip()] = value.strip()
    cookie = _last(options, "cookie")
    if cookie:
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
    values = {
        "proxy": literal(_last(options, "proxy")),
        "ca_bundle": _last(options, "ca_bundle"),
        "client_certificate": _last(options, "certificate"),
        "client_private_key": literal(_last(options, "key")),
    }
    return {name: value for name, value in values.items() if value}
