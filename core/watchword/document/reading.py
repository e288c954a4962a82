"""Read a connection document: a flat JSON object becomes typed fields, or findings that say what is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from watchword.document.common_fields import CommonFields
from watchword.document.field_entries import given_once, owners, similar, unknown_fields, validated
from watchword.document.field_names import normalized_entry
from watchword.document.limits import LARGEST, excess, too_many_origins
from watchword.document.reading_logins import read_login
from watchword.document.texts import placeholders, unusable
from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.methods import METHODS
from watchword.methods.base import LOGIN_WITH, Method
from watchword.methods.fields import secret_names
from watchword.redact import NeverPickled, describe_value

_USERNAME = "username"
"""The field whose empty text is a value, where a method needs it: some APIs take a key as the password."""

_LONGEST_JSON = 8 * LARGEST
"""The most characters of a document's JSON, which has quotes and escapes."""


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
    findings: list[Finding] = [*placeholders(entries), *unusable(entries), *too_many_origins(entries)]
    common, own, others = _divided(entries, method, stored=stored)
    dropped = [name for name in others if stored and owners(name)]
    findings += unknown_fields([name for name in others if name not in dropped], method)
    common_fields = validated(CommonFields, common, findings)
    method_fields = validated(method, own, findings)
    warnings = list(_dropped_secrets(dropped, method.method))
    if method_fields and (nested := getattr(method_fields, LOGIN_WITH, None)):
        login = read_login(nested, LOGIN_WITH, findings, warnings)
        method_fields = method_fields.updated({LOGIN_WITH: login})
    if findings or common_fields is None or method_fields is None:
        raise DocumentError(findings)
    return Document(common_fields, method_fields, tuple(warnings))


def _divided(
    entries: Mapping[str, Any], method: type[Method], *, stored: bool
) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """Return the values of the common fields and of the method's, and the names of other fields."""
    common: dict[str, Any] = {}
    own: dict[str, Any] = {}
    others: list[str] = []
    for name, value in entries.items():
        if stored and value == "" and not _needs(method, name):
            continue
        if name in CommonFields.model_fields:
            common[name] = value
        elif name in method.model_fields:
            own[name] = value
        else:
            others.append(name)
    return common, own, others


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
    if too_much := excess(document):
        raise DocumentError([finding("document_unreadable", f"The document {too_much}.")])
    normalized = (normalized_entry(*entry) for entry in document.items())
    return given_once(entry for entry in normalized if not _is_absent(*entry, stored=stored))


def _is_absent(name: str, value: object, *, stored: bool) -> bool:
    return value is None or (stored and value == "" and name != _USERNAME)


def _parsed(text: str | bytes | bytearray) -> object:
    if len(text) > _LONGEST_JSON:
        raise DocumentError([finding("document_unreadable", f"The document has {len(text)} characters.")])
    if not text.strip():
        raise DocumentError([finding("document_unreadable", "The document is empty.")])
    try:
        content: object = json.loads(text, object_pairs_hook=_members)
    except (ValueError, RecursionError) as error:
        problem = _unreadable(text, error)
    else:
        return content
    # Raised outside of `except`: the error holds the whole text, and would be this one's context.
    raise DocumentError([problem])


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the members of an object; of two values with the same name one would be lost."""
    members: dict[str, Any] = {}
    for name, value in pairs:
        if members.get(name, value) != value:
            message = f"The document has {name[:40]!r} twice in one object."
            raise DocumentError([finding("given_twice", message)])
        members[name] = value
    return members


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
        guess = similar(name, METHODS) if isinstance(name, str) else []
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


def _dropped_secrets(names: list[str], method: str) -> Iterator[Finding]:
    secret = [name for name in names if any(name in secret_names(METHODS[owner]) for owner in owners(name))]
    if secret:
        message = f"Secrets of methods other than {method} are stored and not used: {', '.join(secret)}."
        yield finding("fields_ignored", message)
