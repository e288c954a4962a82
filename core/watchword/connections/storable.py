"""Check a document before it is stored under a connection's name."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from watchword.document.credential import Credential
from watchword.document.deployment_policy import DeploymentPolicy
from watchword.document.field_names import normalized_entry
from watchword.document.reading import Document, read
from watchword.document.references import is_reference
from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding, errors
from watchword.methods.fields import Fields, secret_names
from watchword.validation.lint import lint

_MACHINE_CODES = ("reference_", "secret", "store_", "extra_missing", "file_missing")
"""The codes that begin like this say what is missing on this machine; another machine may have it."""

_PLACE_CODES = ("url_", "origin_", "userinfo_", "test_url_", "duplicate_", "parameter_", "header_conflict")
"""The codes that begin like this say what is wrong whatever the secrets are."""

_PLACEHOLDER = re.compile(r"(?:^|[\"=\s/:])(?:\*{3,}|•{3,})(?:$|[\"&@#\s])")
"""Asterisks in place of a secret, also within a URL or behind a prefix, in JSON."""


def standard(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document with the fields' standard names, also of empty ones; two that differ both stay."""
    named: dict[str, Any] = {}
    for name, value in document.items():
        own_name, own_value = normalized_entry(name, value)
        if named.get(own_name) in (None, ""):
            named[own_name] = own_value
        elif own_value not in (None, "", named[own_name]):
            named[name] = value  # given twice: reading says so
    return named


def normalized(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document as it is stored: no synonyms of fields, and no fields that mean "absent"."""
    return dict(
        normalized_entry(name, value)
        for name, value in document.items()
        if value is not None and value != "" and not (name == "schema_version" and value == 1)
    )


def check_storable(document: Mapping[str, Any], name: str) -> Sequence[Finding]:
    """Return what is doubtful about a document that is to be stored; raises DocumentError for errors.

    A reference that can't be resolved here is only doubtful: another machine may resolve it.
    """
    _refuse_placeholders(document)
    # First as strictly as a document that isn't stored, so that no field is dropped unnoticed.
    fields = read(dict(document))
    if "" in document.values():  # in a stored document, empty text means absent
        fields = read(dict(document), stored=True)
    policy = DeploymentPolicy.from_environment()
    findings = lint(Credential(fields, name, policy))
    if any(_is_of_machine(each) for each in errors(findings)):
        # Nothing else was linted if a reference couldn't be resolved: lint what doesn't depend on secrets.
        more = lint(Credential(_without_references(fields), name, policy))
        findings += [
            each for each in more if each not in findings and each.code.name.startswith(_PLACE_CODES)
        ]
    problems = [each for each in errors(findings) if not _is_of_machine(each)]
    if problems:
        raise DocumentError(problems)
    return findings


def _refuse_placeholders(document: Mapping[str, Any]) -> None:
    texts = {name: json.dumps(value, ensure_ascii=False) for name, value in document.items()}
    masked = [name for name, text in texts.items() if _PLACEHOLDER.search(text)]
    if masked:
        message = f"The fields {', '.join(masked)} hold asterisks, which are shown in place of a secret."
        raise DocumentError([finding("placeholder_secret", message)])


def _is_of_machine(found: Finding) -> bool:
    """Return whether a finding is about this machine rather than about the document."""
    return found.code.name.startswith(_MACHINE_CODES)


def _without_references(document: Document) -> Document:
    """Return the document with plain text in place of every reference."""
    return replace(
        document,
        common=document.common.updated(_plain_secrets(document.common)),
        method=document.method.updated(_plain_secrets(document.method)),
    )


def _plain_secrets(fields: Fields) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for name in secret_names(type(fields)):
        value = getattr(fields, name)
        if isinstance(value, Mapping):
            plain[name] = {
                key: "literal:unknown" if is_reference(text) else text for key, text in value.items()
            }
        elif isinstance(value, str) and is_reference(value):
            # A proxy is a URL, which is linted: any text would be wrong there.
            plain[name] = None if name == "proxy" else "literal:unknown"
    return plain
