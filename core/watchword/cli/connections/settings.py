"""A document from what a command line says: a file or stdin, `--set FIELD=VALUE`, `--unset FIELD`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

import typer

from watchword import redact
from watchword.cli.connections.common import content_at, normal
from watchword.cli.connections.fields import Field, fields_of
from watchword.cli.connections.masked import refers, secrets_in
from watchword.cli.output import fail, say
from watchword.connections import by_name
from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding, Severity
from watchword.methods import METHODS

SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="FIELD=VALUE",
        help="Set a field; may be repeated. A secret one takes a reference alone: env:NAME, file:PATH, "
        "gcp:NAME, local:NAME.",
    ),
]

_NAME = re.compile(r"[a-z0-9_]{1,40}")


def document_from(path: str) -> dict[str, Any]:
    """Return the document in a file or on stdin; ends the command where there is none.

    Raises:
        DocumentError: it is no JSON object.
    """
    content = content_at(path)
    problem = ""
    try:
        found = json.loads(content.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        problem = f"is no readable JSON: {error.msg} (line {error.lineno}, column {error.colno})"
    except (ValueError, RecursionError):
        problem = "is no readable JSON"
    else:
        if isinstance(found, dict):
            return _as_kept(found)
        problem = "is no JSON object"
    advice = "For a connection of Airflow's: watchword connections import."
    raise DocumentError([finding("document_unreadable", f"The document {problem}.", advice=advice)])


def with_settings(document: Mapping[str, Any], settings: Sequence[str]) -> dict[str, Any]:
    """Return a document with fields set as `--set` says; ends the command where it says nothing usable."""
    changed = dict(document)
    pairs = list(_pairs(settings))
    # The method comes first, since it says which fields there are.
    for name, text in sorted(pairs, key=lambda pair: pair[0] != "method"):
        changed[name] = known_method(text) if name == "method" else _value(name, text, changed.get("method"))
    return changed


def without(document: Mapping[str, Any], removed: Sequence[str]) -> dict[str, Any]:
    """Return a document without fields; ends the command where it does not have one of them."""
    for name in removed:
        if name not in document:
            shown = f" {name}" if _NAME.fullmatch(name) else ""
            fail(f"--unset: the connection has no field{shown}")
    return {name: value for name, value in document.items() if name not in removed}


def sound(document: Mapping[str, Any], name: str) -> None:
    """Print what is doubtful about a document that is to be kept; raises DocumentError for what is wrong."""
    redact.register(secrets_in(document))
    warn(by_name.checked(document, name))


def warn(findings: Sequence[Finding]) -> None:
    """Print findings that keep nobody from keeping a document, though some may stop its use here."""
    for found in findings:
        is_error = found.code.severity is Severity.ERROR
        say(f"{Severity.WARNING if is_error else found.code.severity}: {found}", err=True)


def _as_kept(found: dict[str, Any]) -> dict[str, Any]:
    empty = [name for name, value in found.items() if value == "" and _NAME.fullmatch(name)]
    if empty:
        say(f"warning: empty text means absent in what is kept: {', '.join(empty)}", err=True)
    return normal(found)


def _pairs(settings: Sequence[str]) -> Iterator[tuple[str, str]]:
    for setting in settings:
        name, separator, text = setting.partition("=")
        if not separator or not _NAME.fullmatch(name):
            fail("--set wants FIELD=VALUE")  # what it got may be a secret
        if not text:
            fail(f"--set {name}: empty text means absent; leave the field out, or remove it by edit --unset")
        yield name, text


def known_method(name: str) -> str:
    """Return a method's name; ends the command where there is none such."""
    if name not in METHODS:
        fail(f"there is no such method; there are {', '.join(METHODS)}")
    return name


def _value(name: str, text: str, method: object) -> Any:  # noqa: ANN401 - any JSON value
    # Of a method that is yet to be chosen, all are known; the document's check has the last word.
    field = fields_of(method).get(name) or _of_any_method(name)
    if field is None:
        fail(f"--set {name}: no method has such a field; `watchword methods` lists them")
    try:
        value = field.value(text)
    except ValueError as error:
        fail(f"--set {error}")
    if field.secret and not all(map(refers, value.values() if field.is_mapping else [value])):
        fail(
            f"--set {name}: a secret would end up in the shell's history and in the list of processes; give "
            "a reference (env:NAME, file:PATH, gcp:NAME, local:NAME), a document by --from, or leave it out "
            "and be asked for it"
        )
    return value


def _of_any_method(name: str) -> Field | None:
    return next((fields[name] for each in METHODS if name in (fields := fields_of(each))), None)
