"""Read a connection document: a flat JSON object becomes typed fields, or findings that say what is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from watchword.document.common_fields import CommonFields
from watchword.document.references import LITERAL, Reference
from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.methods import METHODS
from watchword.methods.base import LOGIN_WITH, Method
from watchword.methods.fields import Fields, InvalidFieldsError, secret_names
from watchword.protocols import templates
from watchword.redact import NeverPickled, describe_value

SYNONYMS: Mapping[str, str] = {
    # standard names (RFC 7591, RFC 8414)
    "authorization_endpoint": "authorize_url",
    "token_endpoint": "token_url",
    "token_endpoint_auth_method": "client_auth",
    # names in Airflow's form, and former names
    "actor_kind": "actor_token_type",
    "device_url": "device_authorization_endpoint",
    "exchange_url": "access_token_url",
    "grant_url": "token_url",
    "refresh_token_name": "refresh_name",
    "request_url": "request_token_url",
    "requested_kind": "requested_token_type",
    "revoke_url": "revocation_endpoint",
    "subject_kind": "subject_token_type",
}
"""Other names of fields that a document may use."""

VALUE_SYNONYMS: Mapping[str, Mapping[str, str]] = {
    "client_auth": {
        "body": "client_secret_post",
        "header": "client_secret_basic",
        "mtls": "tls_client_auth",
    },
    "hash_algorithm": {
        name: own
        for own in ("SHA256", "SHA512", "SHA384", "SHA1", "MD5")
        for dashed in (own, own.replace("SHA", "SHA-"))
        for name in (dashed, dashed.lower(), f"HMAC-{dashed}", f"hmac-{dashed.lower()}", f"Hmac{dashed}")
        if name != own
    },
}
"""Former and other values that a document may use, by the name of the field."""

_IN_LOGINS: Mapping[str, Mapping[str, str]] = {"jwt_bearer": {"private_key": "jwt_secret"}}
"""Other names of fields in a login_with, by its method: most JWTs there are signed with a private key."""

PLACEHOLDERS = frozenset({"***", "********"})
"""The text that hosts show and send in place of a secret."""

_USERNAME = "username"
"""The field whose empty text is a value, where a method needs it: some APIs take a key as the password."""

LARGEST = 1 << 18
"""The most characters that the texts of a document have together; those of a real one are a few thousand."""

_LONGEST_JSON = 8 * LARGEST
"""The most characters of a document's JSON, which has quotes and escapes."""

DEEPEST = 50
"""The most levels of lists and objects in a document."""

_MOST_LOGINS = 2
"""How deep logins are nested at most: a login may have one of its own."""

_MOST_UNKNOWN = 20
"""So many unknown fields are reported, each with the most similar name, which takes a while to find."""

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Document(NeverPickled):
    """A document that has been read: its common fields, its method, and warnings."""

    common: CommonFields
    method: Method
    warnings: tuple[Finding, ...] = ()

    @property
    def has_login(self) -> bool:
        """Whether another method authenticates the requests for the method's token."""
        return bool(getattr(self.method, LOGIN_WITH, None)) or self.method.own_login() is not None


def read(document: object, *, stored: bool = False) -> Document:
    """Return the typed fields of a document.

    Args:
        document: a mapping, or JSON text or bytes of an object.
        stored: whether it comes from a host's form, which saves every field it shows. Then known fields of
            other methods are dropped, with a warning if they are secret, and empty text means absent.

    Raises:
        DocumentError: with a finding for each thing that is wrong.
    """
    entries = _entries(document, stored=stored)
    method = _method(entries)
    findings: list[Finding] = [*_placeholders(entries), *_unusable(entries)]
    method_values: dict[str, Any] = {}
    common_values: dict[str, Any] = {}
    dropped: list[str] = []
    unknown: list[str] = []
    for name, value in entries.items():
        if stored and value == "" and not _needs(method, name):
            continue
        if name in CommonFields.model_fields:
            common_values[name] = value
        elif name in method.model_fields:
            method_values[name] = value
        elif stored and _owners(name):
            dropped.append(name)
        else:
            unknown.append(name)
    findings += [_unknown_field(name, method) for name in unknown[:_MOST_UNKNOWN]]
    if len(unknown) > _MOST_UNKNOWN:
        message = f"The document has {len(unknown) - _MOST_UNKNOWN} more fields that are not known."
        findings.append(finding("unknown_field", message))
    common_fields = _validated(CommonFields, common_values, findings)
    method_fields = _validated(method, method_values, findings)
    warnings = list(_dropped_secrets(dropped, method.method))
    if nested := getattr(method_fields, LOGIN_WITH, None):
        login = _login(nested, LOGIN_WITH, findings, warnings)
        method_fields = method_fields and method_fields.updated({LOGIN_WITH: login})
    if findings or common_fields is None or method_fields is None:
        raise DocumentError(findings)
    return Document(common_fields, method_fields, tuple(warnings))


def _login(
    content: Mapping[str, Any], path: str, findings: list[Finding], warnings: list[Finding]
) -> dict[str, Any]:
    """Return a nested document with the fields' standard names; `path` leads to it in messages.

    What is wrong is added to the findings, and each secret in clear to the warnings: hosts show JSON fields.
    """
    normalized = (normalized_entry(*entry) for entry in content.items())
    entries = _given_once(((name, value) for name, value in normalized if value is not None), f"{path}.")
    name = entries.pop("method", None)
    method = METHODS.get(name) if isinstance(name, str) else None
    for synonym, field in _IN_LOGINS.get(name, {}).items() if isinstance(name, str) else ():
        if synonym in entries and field not in entries:
            entries[field] = entries.pop(synonym)
    if method is None or not _can_log_in(method):
        suitable = ", ".join(each for each, model in METHODS.items() if _can_log_in(model))
        findings.append(finding("unknown_method", f"{path} needs a method, one of {suitable}."))
        return dict(content)
    for unknown in [each for each in entries if each not in method.model_fields][:_MOST_UNKNOWN]:
        found = _unknown_field(unknown, method)
        findings.append(replace(found, message=f"{path}: {found.message}"))
    own = {each: value for each, value in entries.items() if each in method.model_fields}
    fields = _validated(method, own, findings, f"{path}.")
    nested = getattr(fields, LOGIN_WITH, None)
    if nested and path.count(".") + 1 >= _MOST_LOGINS:
        message = (
            f"The field {path}.{LOGIN_WITH} is one login too many: at most {_MOST_LOGINS} may be nested."
        )
        findings.append(finding("wrong_type", message, advice=f"Remove the innermost {LOGIN_WITH}."))
    elif nested:
        own[LOGIN_WITH] = _login(nested, f"{path}.{LOGIN_WITH}", findings, warnings)
    warnings += [
        finding("secret_in_clear", f"The field {path}.{each} holds a secret in clear.")
        for each in sorted(own.keys() & secret_names(method))
        if isinstance(own[each], str) and _is_in_clear(own[each])
    ]
    return {"method": method.method, **own}


def _can_log_in(method: type[Method]) -> bool:
    """Return whether a method can authenticate a request for a token, by its own fields and unattended."""
    return method.has_credential and not method.signs_in


def _is_in_clear(text: str) -> bool:
    reference = Reference.parse(text)
    return not templates.has_secret(text) and (not reference.is_known or reference.scheme == LITERAL)


def _entries(document: object, *, stored: bool) -> dict[str, Any]:
    """Return the document's entries under their standard names, without those that mean absent."""
    if isinstance(document, (str, bytes, bytearray)):
        document = _parsed(document)
    if not isinstance(document, Mapping) or not all(isinstance(name, str) for name in document):
        raise DocumentError(
            [
                finding(
                    "document_unreadable",
                    f"The document should be a JSON object but is {describe_value(document)}.",
                )
            ]
        )
    if excess := _excess(document):
        raise DocumentError([finding("document_unreadable", f"The document {excess}.")])
    normalized = (normalized_entry(*entry) for entry in document.items())
    return _given_once(entry for entry in normalized if not _is_absent(*entry, stored=stored))


def _is_absent(name: str, value: object, *, stored: bool) -> bool:
    return value is None or (stored and value == "" and name != _USERNAME)


def _given_once(named: Iterable[tuple[str, Any]], path: str = "") -> dict[str, Any]:
    """Return entries by their fields' names; raises DocumentError if two names of a field have two values."""
    entries: dict[str, Any] = {}
    for name, value in named:
        if name in entries and entries[name] != value:
            message = f"The field {path}{name} is given twice: also as {' or '.join(_names_of(name))}."
            raise DocumentError([finding("given_twice", message)])
        entries[name] = value
    return entries


def _excess(document: Mapping[str, object]) -> str:
    """Return what the document has too much of, "" for nothing; all that reads it relies on these limits."""
    level: list[object] = [document]
    size = 0
    for _ in range(DEEPEST + 1):
        texts = [item for item in level if isinstance(item, str)]
        size += sum(map(len, texts)) + len(level) - len(texts)
        if size > LARGEST:
            return f"has more than {LARGEST} characters"
        level = [part for item in level for part in _parts(item)]
        if not level:
            return ""
    return f"is nested more than {DEEPEST} levels deep"


def _parts(value: object) -> Iterator[object]:
    if isinstance(value, Mapping):
        yield from value.keys()
        yield from value.values()
    elif isinstance(value, (list, tuple)):
        yield from value


def normalized_entry(name: str, value: object) -> tuple[str, Any]:
    """Return an entry of a document with the field's own name, and the standard name of its value."""
    name = SYNONYMS.get(name, name)
    if name in VALUE_SYNONYMS and type(value) is str:  # subclasses are refused later
        value = VALUE_SYNONYMS[name].get(value, value)
    return name, value


def _names_of(field: str) -> list[str]:
    return [synonym for synonym, name in SYNONYMS.items() if name == field]


def _parsed(text: str | bytes | bytearray) -> object:
    if len(text) > _LONGEST_JSON:
        raise DocumentError([finding("document_unreadable", f"The document has {len(text)} characters.")])
    try:
        content: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        problem = _unreadable(text, error)
    else:
        return content
    # Raised outside of `except`: the error holds the whole text, and would be this one's context.
    raise DocumentError([problem])


def _unreadable(text: object, error: Exception) -> Finding:
    where = ""
    if isinstance(error, json.JSONDecodeError):
        where = f": {error.msg} (line {error.lineno}, column {error.colno})"
    is_path = isinstance(text, str) and text.endswith(".json")
    advice = "This is the name of a file: give the file's content." if is_path else ""
    return finding("document_unreadable", f"The document is not valid JSON{where}.", advice=advice)


def _method(entries: dict[str, Any]) -> type[Method]:
    name = entries.pop("method", None)
    method = METHODS.get(name) if isinstance(name, str) else None
    if method is None:
        problem = "The document names no method" if name is None else "The document's method is not known"
        guess = _similar(name, METHODS) if isinstance(name, str) else []
        hint = f" Did you mean {guess[0]}?" if guess else ""
        if "conn_type" in entries:
            hint = (
                " This is Airflow's form: move the content of its extra to the top, and its host to base_url."
            )
        raise DocumentError(
            [finding("unknown_method", f"{problem}; the methods are {', '.join(METHODS)}.{hint}")]
        )
    return method


def _needs(method: type[Method], field: str) -> bool:
    """Return whether the method's documents must have the field; some APIs want it empty."""
    return field in method.model_fields and method.model_fields[field].is_required()


def _owners(field: str) -> list[str]:
    """Return the names of the methods that have a field."""
    return [name for name, method in METHODS.items() if field in method.model_fields]


def _unknown_field(name: str, method: type[Method]) -> Finding:
    owners = _owners(name)
    if owners:
        message = f"The field {name} belongs to {', '.join(owners)}, not to {method.method}."
        return finding("field_of_other_method", message)
    synonyms = (synonym for synonym, own in SYNONYMS.items() if own in method.model_fields)
    known = [*method.model_fields, *CommonFields.model_fields, "method", *synonyms]
    near = _similar(name, known)
    advice = f"Did you mean {SYNONYMS.get(near[0], near[0])}?" if near else ""
    # A field's name is not secret, but it may be a whole key that was pasted there.
    message = f"The method {method.method} has no field {name[:40]!r}."
    return finding("unknown_field", message, advice=advice)


def _placeholders(entries: Mapping[str, Any]) -> Iterator[Finding]:
    for name, value in entries.items():
        if any(text.strip() in PLACEHOLDERS for text in _texts(value)):
            message = f"The field {name} holds asterisks, which hosts show in place of a secret."
            yield finding("placeholder_secret", message)


def _unusable(entries: Mapping[str, Any]) -> Iterator[Finding]:
    """Find text that can't be sent.

    A subclass of text is refused too: Dagster's EnvVar holds a secret's name, which would be sent.
    """
    for name, value in entries.items():
        if any(_SURROGATE.search(text) for text in (name, *_texts(value))):
            yield finding("wrong_type", f"The field {name[:40]!r} holds half a character (a lone surrogate).")
        kinds = {type(text).__name__ for text in _texts(value) if type(text) is not str}
        if kinds:
            message = f"The field {name} should hold plain text but holds {', '.join(sorted(kinds))}."
            yield finding("wrong_type", message, advice="Give its value, or a reference such as env:NAME.")


def _texts(value: object) -> Iterator[str]:
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, Mapping):
            pending.extend((*item.keys(), *item.values()))
        elif isinstance(item, (list, tuple)):
            pending.extend(item)


def _similar(name: str, known: Iterable[str]) -> list[str]:
    """Return the known name that is most similar, if one is similar at all."""
    import difflib  # noqa: PLC0415 - only for misspelt names

    return difflib.get_close_matches(name, list(known), 1)


_Model = TypeVar("_Model", bound=Fields)


def _validated(
    model: type[_Model], values: dict[str, Any], findings: list[Finding], path: str = ""
) -> _Model | None:
    try:
        return model.model_validate(values)
    except InvalidFieldsError as error:
        for field, is_missing, reason in error.problems:
            if is_missing:
                findings.append(finding("missing_field", f"The field {path}{field} is missing."))
            else:
                findings.append(
                    finding("wrong_type", f"The field {path}{field} has a wrong value: {reason}.")
                )
        return None


def _dropped_secrets(names: list[str], method: str) -> Iterator[Finding]:
    secret = [name for name in names if any(name in secret_names(METHODS[owner]) for owner in _owners(name))]
    if secret:
        message = f"Secrets of methods other than {method} are stored and not used: {', '.join(secret)}."
        yield finding("fields_ignored", message)
