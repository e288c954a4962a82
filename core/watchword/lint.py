"""What can be said about a connection without a network: each rule yields findings."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from watchword import redact, templates
from watchword.codes import finding
from watchword.diagnosis import Finding
from watchword.document import Document
from watchword.methods import Basic, Bearer, OAuth2ClientCredentials
from watchword.origins import Origins, is_plain_http, origin
from watchword.placement import Placement, Slot, query_names
from watchword.resolution import Resolved
from watchword.tokens.token import jwt_expiry

# RFC 9110 section 5.6.2, tchar.
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_STAND_IN = re.compile(
    r"(?i)change[-_ ]?me|\$\{[^}]*\}|\{\{[^}]*\}\}|<[^<>]+>|(your|my)[-_ ].*|x{3,}|todo|tbd|\.{3,}|\*+"
)
_SURROUNDED = re.compile(r"\s.*|.*\s|\ufeff.*|\"(.*)\"|'(.*)'", re.DOTALL)
_DOUBLED = re.compile(r"(?i)(bearer|basic|token) \1 ")
_SECRET_NAMES = re.compile(
    r"(?i)(^|[-_.])(api[-_]?key|key|token|secret|password|passwd|pwd|signature|sig|assertion|auth)$"
)


def lint(document: Document, resolved: Resolved) -> Iterator[Finding]:
    """Yield what is wrong or doubtful in a document whose references are resolved."""
    yield from _urls(document, resolved)
    yield from _slots(resolved)
    yield from _headers(resolved)
    yield from _secrets(resolved)
    yield from _files(resolved)
    method = resolved.method
    if isinstance(method, Basic):
        yield from _basic(method)
    if isinstance(method, Bearer):
        yield from _bearer(method)
    if isinstance(method, OAuth2ClientCredentials):
        yield from _client_credentials(method, resolved.templates)


def lint_test_url(url: str, document: Document, resolved: Resolved) -> Iterator[Finding]:
    """Yield what is wrong or doubtful about the URL that a validation would call."""
    shown = _shown(url)
    if origin(url) is None:
        yield finding("test_url_not_absolute", f"The test URL {shown!r} is not complete.")
        return
    if is_plain_http(url) and origin(url) not in Origins(document.common.allowed_origins).allowed:
        yield finding("test_url_plain_http", f"The test URL {shown!r} would send the credential in clear.")
    if not allowed_origins(document).covers(url):
        allowed = ", ".join(allowed_origins(document).allowed)
        message = f"The test URL {shown!r} is none of the origins that may receive the credential: {allowed}"
        yield finding("origin_not_allowed", message)
    yield from _url_parameters(url, resolved)


def allowed_origins(document: Document) -> Origins:
    """Return the origins that may receive the credential: those listed, else that of the base URL."""
    return Origins(document.common.allowed_origins or (document.common.base_url,))


def _urls(document: Document, resolved: Resolved) -> Iterator[Finding]:
    common = document.common
    listed = Origins(common.allowed_origins).allowed
    urls = [("base_url", common.base_url), *(("allowed_origins", url) for url in common.allowed_origins)]
    if isinstance(resolved.method, OAuth2ClientCredentials):
        urls.append(("token_url", resolved.method.token_url))
    for name, url in urls:
        if origin(url) is None:
            yield finding("url_not_absolute", f"The field {name} is no complete URL: {_shown(url)!r}.")
        elif is_plain_http(url) and origin(url) not in listed:
            yield finding(
                "url_plain_http", f"The field {name} would send credentials in clear: {_shown(url)!r}."
            )
    covered = origin(common.base_url) is None or allowed_origins(document).covers(common.base_url)
    if not covered:
        message = "The base URL is none of the allowed origins, so its calls would carry no credential."
        yield finding("origin_not_allowed", message)
    if common.test_url:
        yield from lint_test_url(common.test_url, document, resolved)


def _shown(url: str) -> str:
    """Return a URL for a message: no user part, no query, nothing secret."""
    bare = re.sub(r"//[^/@]*@", "//", url.partition("?")[0])
    return redact.text(bare)[:100]


def _owners(resolved: Resolved) -> Iterator[Slot]:
    for placed in (*resolved.defaults, *resolved.secrets, *resolved.method.placements()):
        yield placed.slot if isinstance(placed, Placement) else placed


def _slots(resolved: Resolved) -> Iterator[Finding]:
    counted = Counter(slot.key for slot in _owners(resolved))
    for (place, name), owners in counted.items():
        if owners > 1:
            yield finding("header_conflict", f"The {place} {name} is filled by {owners} fields at once.")


def _url_parameters(url: str, resolved: Resolved) -> Iterator[Finding]:
    names = query_names(url)
    mine = {slot.name for slot in _owners(resolved) if slot.place == "query"}
    for name, count in Counter(names).items():
        if name in mine:
            message = f"The test URL has the query parameter {name!r}, which the connection adds itself."
            yield finding("duplicate_query_parameter", message)
        elif count > 1:
            yield finding(
                "duplicate_query_parameter",
                f"The test URL has the query parameter {name!r} {count} times.",
                advice="Give it once.",
            )
        elif _SECRET_NAMES.search(name):
            yield finding(
                "secret_in_url", f"The query parameter {name!r} of the test URL looks like a secret."
            )


def _headers(resolved: Resolved) -> Iterator[Finding]:
    for slot in _owners(resolved):
        if slot.place == "header" and not _HEADER_NAME.fullmatch(slot.name):
            yield finding("header_illegal", f"{slot.name[:40]!r} is no legal header name (RFC 9110).")
    placed = (*resolved.defaults, *resolved.secrets, *resolved.method.placements())
    for item in placed:
        if not isinstance(item, Placement) or item.slot.place not in {"header", "cookie"}:
            continue
        if _CONTROL.search(item.value):
            what = "a line break" if re.search(r"[\r\n]", item.value) else "a control character"
            yield finding("header_illegal", f"The value of {item.slot} holds {what}.")
        elif not item.value.isascii() and not _is_latin_1(item.value):
            yield finding("header_illegal", f"The value of {item.slot} holds a character outside Latin-1.")
        elif item.slot.place == "cookie" and re.search(r"[;,\s\"]", item.value):
            message = f"The value of {item.slot} holds a character that ends a cookie (RFC 6265)."
            yield finding("header_illegal", message, advice="Percent-encode it as the API says.")
        if _DOUBLED.match(item.value):
            yield finding("doubled_prefix", f"The value of {item.slot} begins with its prefix twice.")


def _is_latin_1(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True


def _secrets(resolved: Resolved) -> Iterator[Finding]:
    for name, value in resolved.values.items():
        if not value.strip() and name != "password":
            yield finding("placeholder_secret", f"The secret {name} is blank.")
        elif _STAND_IN.fullmatch(value.strip().strip("\"'")):
            yield finding("placeholder_secret", f"The secret {name} is a stand-in that nobody has filled in.")
        elif "-----BEGIN" not in value and _SURROUNDED.fullmatch(value):
            message = f"The secret {name} has blanks, line breaks, quotes or a byte order mark around it."
            yield finding("secret_surrounded", message)


def _files(resolved: Resolved) -> Iterator[Finding]:
    transport = resolved.transport
    files = {
        "ca_bundle": transport.ca_bundle,
        "client_certificate": transport.client_certificate,
        "client_private_key": transport.client_private_key,
    }
    for name, path in files.items():
        if path and "-----BEGIN" not in path and not Path(path).exists():
            yield finding("file_missing", f"The field {name} names a file that is not there.")


def _basic(method: Basic) -> Iterator[Finding]:
    if ":" in method.username:
        yield finding("username_illegal", "The user name has a colon; all behind it would count as password.")
    try:
        f"{method.username}{method.password}".encode(method.charset)
    except UnicodeEncodeError:
        yield finding("charset_mismatch", f"User name or password can't be written in {method.charset}.")


def _bearer(method: Bearer) -> Iterator[Finding]:
    expiry = jwt_expiry(method.bearer_token)
    if expiry is not None and expiry < time.time():
        ended = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(expiry))
        yield finding("token_expired_already", f"The bearer token is a JWT that ended on {ended}.")


def _client_credentials(method: OAuth2ClientCredentials, known: Mapping[str, str]) -> Iterator[Finding]:
    if "," in method.scope and method.scope_separator == " ":
        yield finding("scope_separator_suspect", "The scope has a comma, but scopes are separated by spaces.")
    for field, content in (("grant_body", method.grant_body), ("grant_headers", method.grant_headers)):
        for name, value in content.items():
            for missing in sorted(set(templates.names(value)) - set(known)):
                message = f"{field} mentions {{{{secret:{missing}}}}}, which secret_parameters does not have."
                yield finding("template_unresolved", message)
            literal = isinstance(value, str) and value and not list(templates.names(value))
            if literal and (_SECRET_NAMES.search(name) or name.lower() == "authorization"):
                yield finding(
                    "secret_in_clear", f"{field} seems to hold a secret in clear, as {name[:40]!r}."
                )
