"""What can be found in a connection without a network: each rule yields findings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from watchword import redact
from watchword.document import client_certificate
from watchword.document.credential import Credential
from watchword.document.nested import named_urls, with_logins
from watchword.document.reading import Document
from watchword.document.resolution import Resolved
from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding, errors
from watchword.http import body_rules, headers, jsonpaths, origin_patterns
from watchword.http.bodies import read_json
from watchword.http.origins import Origins, display_url, has_userinfo, is_plain_http, origin
from watchword.http.placement import Placement, Slot, query_names
from watchword.http.transport_options import is_pem
from watchword.http.urls import joined
from watchword.methods.base import Method
from watchword.validation import notations, path_secrets, secrets_in_clear, unfilled
from watchword.validation.pasted import pasted

_PROXY_SCHEMES = {"http", "https", "socks4", "socks4a", "socks5", "socks5h"}

# The first can't be a secret; the second looks like an example, but somebody might have such a secret.
_PLACEHOLDER = re.compile(r"(?i)change[-_ ]?me|\$\{[^}]*\}|\{\{[^}]*\}\}|\*+")
_EXAMPLE = re.compile(
    r"(?i)\$[a-z_]{3,}|<[a-z][a-z0-9 _.:/-]*>|\{[a-z_]{3,}\}|%[a-z_]{3,}%|todo|tbd|\.{3,}"
    r"|[a-z][a-z_-]{0,11}(?:\.{3}|…)|\*{0,8}(?:redacted|masked)\*{0,8}"
    r"|(?:[a-z]{1,6}[-_]){0,2}x{3,}(?:[-_ ]x{2,})*"
    r"|(your|my)[-_ ](api[-_ ]?)?(key|token|secret|password).*"
)
_VARIABLE = re.compile(r"\$\{[^{}]+\}|\{\{[^{}]+\}\}")
_KEY_FIELDS = {"private_key", "jwt_secret", "client_private_key"}
"""The fields that take such a file, and say what it is if it has no key."""

_SCHEME = re.compile(r"(?i)(?:bearer|basic|token|api-?key|key) +")
_INVISIBLE = "The field {} holds a blank, a line break or an invisible character."
_REFERENCE_ADVICE = (
    "Let that tool write the secret to an environment variable or a file, and refer to that as env:NAME or "
    "file:PATH; gcp:NAME and local:NAME are the other references."
)
_ENCODE = "Type the URL again, or percent-encode the characters that belong to it."
_PATTERN_ADVICE = "Write it as https://*.example.com: a * in front of a name that has one owner, and no path."
_SURROUNDED = re.compile(r"\s.*|.*\s|\ufeff.*|\"(.*)\"|'(.*)'", re.DOTALL)


def lint(credential: Credential) -> list[Finding]:
    """Return what can be found without a network: only the references that can't be resolved, if any."""
    document = credential.document
    try:
        resolved = credential.resolved
    except DocumentError as error:
        return list(error.findings)
    findings = [*document.warnings, *_rules(document, resolved)]
    if document.method.signs_in and not credential.name and not errors(findings):
        findings.append(finding("name_missing", "The connection has no name to store its sign-in under."))
    return findings


def lint_test_url(url: str, credential: Credential) -> list[Finding]:
    """Return what can be found in a URL that a validation would call; `lint` covers the document's own."""
    if url == credential.document.common.test_url:
        return []
    return list(_test_url(url, credential.document, credential.resolved))


def _rules(document: Document, resolved: Resolved) -> Iterator[Finding]:
    """Yield what is wrong or doubtful in a document whose references are resolved."""
    yield from unfilled.findings(document)
    yield from _urls(document, resolved)
    yield from secrets_in_clear.findings(document, resolved)
    yield from _slots(resolved)
    yield from _headers(resolved)
    yield from _secrets(resolved)
    yield from _files(resolved)
    yield from _verification(resolved)
    yield from body_rules.findings("refresh_on_body", document.common.refresh_on_body)
    yield from _paths(resolved.method)
    parameters = (*resolved.secrets, *resolved.defaults, *resolved.path_secrets)
    if resolved.method.needs_parameters and not parameters:
        message = f"The method {resolved.method.method} has neither secret_parameters nor extra_parameters."
        yield finding("missing_field", message)
    yield from _certificate(resolved)
    yield from resolved.method.findings(resolved.template_secrets)
    if document.has_login:
        from watchword.document.logins import login_findings  # noqa: PLC0415 - few documents nest another one

        yield from login_findings(resolved.method, resolved.template_secrets)


def _certificate(resolved: Resolved) -> Iterator[Finding]:
    """Yield a finding for each method that authenticates by a certificate which the document lacks."""
    for prefix, method in with_logins(resolved.method):
        if method.needs_certificate and not resolved.transport.client_certificate:
            authentication = f"{prefix}client_auth {getattr(method, 'client_auth', '')}".rstrip()
            yield finding("missing_field", f"The field {authentication} needs the field client_certificate.")


def _test_url(url: str, document: Document, resolved: Resolved) -> Iterator[Finding]:
    """Yield what is wrong or doubtful about a URL that a validation would call."""
    displayed = display_url(url)
    if has_userinfo(url):
        yield finding("userinfo_in_url", "The test URL holds user or password.")
        return
    if not _is_visible(url):
        yield finding("test_url_not_absolute", _INVISIBLE.format("test_url"), advice=_ENCODE)
        return
    if origin(url) is None:
        example = joined(display_url(document.common.base_url), displayed)
        advice = f"Give the complete URL, such as {example}." if example[-1:].isalnum() else ""
        yield finding("test_url_not_absolute", f"The test URL {displayed!r} is not complete.", advice=advice)
        return
    if is_plain_http(url) and origin(url) not in Origins(document.common.allowed_origins).allowed:
        yield finding(
            "test_url_plain_http", f"The test URL {displayed!r} would send the credential in clear."
        )
    # If there are none, the URLs that should name them have findings of their own.
    if (origins := document.common.origins).allowed and not origins.covers(url):
        reason = f"is outside of the origins that may receive the credential: {', '.join(origins.described)}."
        yield finding("origin_not_allowed", f"The test URL {displayed!r} {reason}")
    yield from _url_parameters(url, resolved)
    yield from path_secrets.findings("test_url", url, resolved)


def _urls(document: Document, resolved: Resolved) -> Iterator[Finding]:
    common = document.common
    listed = Origins(common.allowed_origins).allowed
    urls = [("base_url", common.base_url), *(("allowed_origins", url) for url in common.allowed_origins)]
    urls += named_urls(resolved.method, resolved.template_secrets)
    for name, url in urls:
        if name == "allowed_origins" and origin_patterns.is_pattern(url):
            yield from _pattern(url)
        else:
            yield from _url(name, url, is_listed=origin(url) in listed)
    proxy = resolved.transport.proxy
    if proxy and not _is_proxy(proxy):
        advice = "Write it as http://user:password@host:port, special characters percent-encoded."
        yield finding("url_not_absolute", "The field proxy is not a complete URL.", advice=advice)
    if "?" in common.base_url or "#" in common.base_url:
        advice = (
            "End it before the ?, and put what every request needs into extra_parameters, or a secret into "
        )
        advice += "secret_parameters, as query:NAME."
        yield finding("url_not_absolute", "The field base_url holds a query or a fragment.", advice=advice)
    is_allowed = origin(common.base_url) is None or common.origins.covers(common.base_url)
    if not is_allowed:
        message = "The base URL is not at one of the allowed origins, so its calls would carry no credential."
        yield finding("origin_not_allowed", message)
    yield from path_secrets.findings("base_url", common.base_url, resolved)
    if common.test_url:
        yield from _test_url(common.test_url, document, resolved)


def _url(name: str, url: str, *, is_listed: bool) -> Iterator[Finding]:
    """Yield what is wrong with the URL in a field; `is_listed` says that allowed_origins has its origin."""
    if has_userinfo(url):
        yield finding("userinfo_in_url", f"The field {name} holds user or password in its URL.")
    elif not _is_visible(url):
        yield finding("url_not_absolute", _INVISIBLE.format(name), advice=_ENCODE)
    elif origin(url) is None:
        yield finding("url_not_absolute", f"The field {name} is not a complete URL: {display_url(url)!r}.")
    elif is_plain_http(url) and not is_listed:
        message = f"The field {name} would send credentials in clear: {display_url(url)!r}."
        yield finding("url_plain_http", message)


def _pattern(text: str) -> Iterator[Finding]:
    """Yield a finding for a pattern of origins that can't be used, or means hosts of strangers."""
    if origin_patterns.compiled(text) is None:
        message = f"The field allowed_origins has a pattern that can't be used: {display_url(text)!r}."
        yield finding("url_not_absolute", message, advice=_PATTERN_ADVICE)


def _is_visible(url: str) -> bool:
    """Return whether a URL has no blanks and no control characters, which hide or command a terminal."""
    return url.isprintable() and " " not in url


def _is_proxy(url: str) -> bool:
    try:
        parts = urlsplit(url)
        is_text = url.isascii() and _is_visible(url)
        return is_text and parts.scheme in _PROXY_SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _placements(resolved: Resolved) -> tuple[Placement | Slot, ...]:
    """Return everything that is written into a request, and where."""
    return (*resolved.defaults, *resolved.secrets, *resolved.method.placements())


def _filled_slots(resolved: Resolved) -> Iterator[Slot]:
    """Yield each slot once for each field that fills it."""
    for item in _placements(resolved):
        yield item.slot if isinstance(item, Placement) else item


def _slots(resolved: Resolved) -> Iterator[Finding]:
    counts = Counter(slot.key for slot in _filled_slots(resolved))
    for (place, name), count in counts.items():
        if count > 1:
            yield finding("header_conflict", f"{count} fields fill the {place} {name} at once.")


def _url_parameters(url: str, resolved: Resolved) -> Iterator[Finding]:
    names = query_names(url)
    added = {slot.name for slot in _filled_slots(resolved) if slot.place == "query"}
    for name, count in Counter(names).items():
        if name in added:
            message = f"The test URL has the query parameter {name!r}, which the connection adds by itself."
            yield finding("duplicate_query_parameter", message)
        elif count > 1:
            yield finding(
                "duplicate_query_parameter",
                f"The test URL has the query parameter {name!r} {count} times.",
                advice="Give it once.",
            )
        elif redact.sounds_secret(name):
            yield finding(
                "secret_in_url", f"The query parameter {name!r} of the test URL looks like a secret."
            )


def _headers(resolved: Resolved) -> Iterator[Finding]:
    for item in _placements(resolved):
        slot = item.slot if isinstance(item, Placement) else item
        if slot.place in {"header", "cookie"}:
            yield from headers.name_findings(slot.name, slot.place)
            if isinstance(item, Placement):
                yield from headers.value_findings(item.value, str(slot), cookie=slot.place == "cookie")


def _secrets(resolved: Resolved) -> Iterator[Finding]:
    for name, value in resolved.values.items():
        if not value.strip():
            if name not in resolved.may_be_empty:
                yield finding("placeholder_secret", f"The secret {name} is empty or blank.")
        elif _is_placeholder(bare := _bare(value)) or (name == "proxy" and _VARIABLE.search(value)):
            yield finding(
                "placeholder_secret", f"The secret {name} is a placeholder that was never replaced."
            )
        elif manager := notations.manager_of(bare):
            message = (
                f"The secret {name} is a reference of {manager}, which is not looked up as it is written."
            )
            yield finding("placeholder_secret", message, advice=_REFERENCE_ADVICE)
        elif notations.says_nothing(bare):
            yield _no_value(name, bare)
        elif _EXAMPLE.fullmatch(bare) or notations.whole(bare) == "doubtful":
            yield finding("secret_for_example", f"The secret {name} looks like an example.")
        else:
            yield from _around_secret(name, value)


def _around_secret(name: str, value: str) -> Iterator[Finding]:
    """Yield what is wrong with a text that has more than the secret: a file, a line, or blanks around it."""
    if name not in _KEY_FIELDS and value.lstrip().startswith("{") and (file := _file_in(value)):
        what, advice = file
        yield finding("secret_is_file", f"The secret {name} is {what}.", advice=advice)
    elif name not in _KEY_FIELDS and (more := pasted(name, value)):
        yield finding(more.code, f"The secret {name} is {more.what}.", advice=more.advice)
    elif not is_pem(value) and _SURROUNDED.fullmatch(value):
        message = f"The secret {name} has blanks, line breaks, quotes or a byte order mark around it."
        yield finding("secret_surrounded", message)


def _no_value(name: str, word: str) -> Finding:
    """Return the finding about a word such as `null`, which no server issues as a key or a token.

    It is only a warning for passwords and parameters: people choose them, and they may be any word.
    """
    message = f"The secret {name} is the word {word!r}, which programs write for a missing value."
    is_free = "passw" in name or "passphrase" in name or ":" in name
    return finding("secret_for_example" if is_free else "placeholder_secret", message)


def _file_in(secret: str) -> tuple[str, str] | None:
    """Return what a secret is that is the JSON file of a provider, and advice; None for any other secret."""
    from watchword.protocols.keys import other_files  # noqa: PLC0415 - few secrets begin like JSON

    try:
        content = read_json(secret)
    except ValueError:
        return None
    return other_files.named(content) if isinstance(content, dict) else None


def _is_placeholder(secret: str) -> bool:
    return bool(_PLACEHOLDER.fullmatch(secret)) or notations.whole(secret) == "certain"


def _bare(secret: str) -> str:
    """Return a secret without quotes and without the scheme of a header in front of it."""
    text = secret.strip().strip("\"'")
    scheme = _SCHEME.match(text)
    return text[scheme.end() :] if scheme else text


def _verification(resolved: Resolved) -> Iterator[Finding]:
    if not resolved.transport.verify:
        yield finding(
            "tls_unverified", "The server's certificate is not verified: anybody may answer in its place."
        )


def _paths(method: Method) -> Iterator[Finding]:
    """Find JSONPaths by which the search of a response may take for ever."""
    for prefix, each in with_logins(method):
        for name in each.json_paths:
            path = getattr(each, name)
            if path and (flaw := jsonpaths.flaw(jsonpaths.as_jsonpath(path))):
                message = f"The path in {prefix}{name}, {path[:40]!r}, {flaw}."
                yield finding("wrong_type", message, advice=jsonpaths.ADVICE)


def _files(resolved: Resolved) -> Iterator[Finding]:
    transport = resolved.transport
    files = {
        "ca_bundle": transport.ca_bundle,
        "client_certificate": transport.client_certificate,
        "client_private_key": transport.client_private_key,
    }
    for name, path in files.items():
        if path and not is_pem(path) and not _exists(path):
            message = f"The field {name} names a file that does not exist."
            yield finding("file_missing", message, advice=_path_advice(path))
    yield from client_certificate.findings(transport)


def _path_advice(path: str) -> str:
    """Return what is wrong with a path that a secret field or a shell would take; "" for another one."""
    if path.startswith("file:"):
        return "Give the path alone: this field takes no reference, so file: counts as a part of the name."
    if path.startswith("~"):
        return "Give the whole path: only a shell replaces ~ by the home folder."
    return ""


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):
        return False
