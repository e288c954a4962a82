"""Documents from a command line: a file or stdin, `--set FIELD=VALUE`, `--unset FIELD`."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

import typer

from watchword import redact
from watchword.cli.connections.common import content_at
from watchword.cli.connections.typed_reference import flaw_of, reference_problem
from watchword.cli.output import fail, say
from watchword.connections.masked import is_plain_reference, secrets_in
from watchword.connections.storable import check_storable, normalized
from watchword.document.described_fields import Field, fields_of
from watchword.document.field_names import SYNONYMS
from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding, Severity
from watchword.methods import METHODS

SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="FIELD=VALUE",
        help="Set a field; may be repeated. A secret field only takes a reference: env:NAME, file:PATH, "
        "gcp:NAME, local:NAME.",
    ),
]

_NAME = re.compile(r"[a-z0-9_]{1,40}")


def document_from(path: str) -> dict[str, Any]:
    """Return the document in a file or from stdin; ends the command if the file can't be read.

    Raises:
        DocumentError: the content is not a JSON object.
    """
    content = content_at(path)
    problem = ""
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        problem = f"is not valid JSON: {error.msg} (line {error.lineno}, column {error.colno})"
    except (ValueError, RecursionError):
        problem = "is not valid JSON"
    else:
        if isinstance(document, dict):
            return _normalized(document)
        problem = "is not a JSON object"
    advice = "To take over a connection of Airflow's: watchword connections import."
    raise DocumentError([finding("document_unreadable", f"The document {problem}.", advice=advice)])


def with_settings(document: Mapping[str, Any], settings: Sequence[str]) -> dict[str, Any]:
    """Return a document with the fields that `--set` gives; ends the command if a setting is wrong."""
    changed = dict(document)
    pairs = list(_pairs(settings))
    # The method comes first: it decides which fields there are.
    for name, text in sorted(pairs, key=lambda pair: pair[0] != "method"):
        changed[name] = method_name(text) if name == "method" else _value(name, text, changed.get("method"))
    return changed


def without_fields(document: Mapping[str, Any], removed: Sequence[str]) -> dict[str, Any]:
    """Return a document without fields; ends the command if the document lacks one of them."""
    names = [SYNONYMS.get(name, name) for name in removed]
    for name in names:
        if name not in document:
            # A name that no field can have may be a secret.
            suffix = f" {name}" if _NAME.fullmatch(name) else ""
            fail(f"--unset: the connection has no field{suffix}")
    return {name: value for name, value in document.items() if name not in names}


def check_document(document: Mapping[str, Any], name: str) -> None:
    """Print the warnings about a document to be stored; raises DocumentError for its errors."""
    redact.register(secrets_in(document))
    if flawed := list(_flawed_references(document)):
        raise DocumentError(flawed)
    _warn(check_storable(document, name))


def _flawed_references(document: Mapping[str, Any]) -> Iterator[Finding]:
    """Find references that name nothing on any machine."""
    for field in fields_of(document.get("method")).values():
        value = document.get(field.name) if field.secret else None
        for text in value.values() if isinstance(value, dict) else [value]:
            if isinstance(text, str) and (flaw := flaw_of(text)):
                message = f"The field {field.name} holds a reference that can't work."
                yield finding("reference_unresolved", message, advice=flaw)


def _warn(findings: Sequence[Finding]) -> None:
    """Print findings that don't stop a document from being stored; some may stop its use on this machine."""
    for found in findings:
        is_error = found.code.severity is Severity.ERROR
        say(f"{Severity.WARNING if is_error else found.code.severity}: {found}", err=True)


def _normalized(document: dict[str, Any]) -> dict[str, Any]:
    empty = [name for name, value in document.items() if value == "" and _NAME.fullmatch(name)]
    if empty:
        say(f"warning: a field with empty text is left out: {', '.join(empty)}", err=True)
    return normalized(document)


def _pairs(settings: Sequence[str]) -> Iterator[tuple[str, str]]:
    for setting in settings:
        name, separator, text = setting.partition("=")
        if not separator or not _NAME.fullmatch(name):
            fail("--set takes FIELD=VALUE")  # the setting is not printed: it may hold a secret
        if not text:
            fail(f"--set {name}: no value is given; leave the field out, or remove it by edit --unset {name}")
        yield SYNONYMS.get(name, name), text


def method_name(name: str) -> str:
    """Return the name of a method; ends the command if there is no such method."""
    if name not in METHODS:
        near = difflib.get_close_matches(name, list(METHODS), 1)
        hint = f"did you mean {near[0]}? " if near else ""
        fail(f"there is no such method; {hint}the methods are {', '.join(METHODS)}")
    return name


def _value(name: str, text: str, method: object) -> Any:  # noqa: ANN401 - any JSON value
    # The method may be chosen later; then the document's check refuses fields of other methods.
    field = fields_of(method).get(name) or _field_of_any_method(name)
    if field is None:
        fail(f"--set {name}: there is no such field; {_hint(name, method)}")
    try:
        value = field.value(text)
    except ValueError as error:
        fail(f"--set {error}")
    secrets = (value.values() if field.is_mapping else [value]) if field.secret else []
    if not all(map(is_plain_reference, secrets)):
        fail(
            f"--set {name}: a secret would end up in the shell's history and in the list of processes; give "
            "a reference (env:NAME, file:PATH, gcp:NAME, local:NAME), a document by --from, or leave it out "
            "and be asked for it"
        )
    if problems := list(filter(None, map(reference_problem, secrets))):
        fail(f"--set {name}: {problems[0]}")
    return value


def _hint(name: str, method: object) -> str:
    """Return the field that a misspelt name may mean, first among those of the method."""
    own = list(fields_of(method))
    every = list(dict.fromkeys(field for each in METHODS for field in fields_of(each)))
    near = [*difflib.get_close_matches(name, own, 1), *difflib.get_close_matches(name, every, 1)]
    return f"did you mean {near[0]}?" if near else "`watchword methods NAME` lists those of a method"


def _field_of_any_method(name: str) -> Field | None:
    return next((fields[name] for each in METHODS if name in (fields := fields_of(each))), None)
