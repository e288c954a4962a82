"""Ask a person for the fields of a document, and check each answer at once."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

import typer

from watchword.cli.connections.answers import new_problems
from watchword.cli.connections.typed_secret import HELP, secret
from watchword.cli.connections.typed_text import asked
from watchword.cli.output import say
from watchword.connections.masked import lines, masked
from watchword.document.described_fields import PARAMETERS, Field, fields_of, usual_fields
from watchword.document.field_names import SYNONYMS
from watchword.http.placement import parse_slot
from watchword.methods import METHODS

_MORE = "More fields? (name, -NAME removes one, ? lists them, empty to finish)"


def document_of(method: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document with the usual fields of a method; those that are not given are asked for."""
    document = {"method": method, **given}
    for field in usual_fields(method):
        if field.name not in document:
            _fill(document, field)
    return document


def method() -> str:
    """Return the method that the user chooses from a list, by number or name."""
    names = list(METHODS)
    for number, name in enumerate(names, 1):
        typer.echo(f"{number:>3}  {name:<26} {METHODS[name].title}")
    while True:
        choice = asked("Method (number or name)", required=True)
        if choice in METHODS:
            return choice
        if choice.isdecimal() and 0 < int(choice) <= len(names):
            return names[int(choice) - 1]
        say("There is no such method: give a number or a name from the list.", err=True)


def change(document: dict[str, Any], question: str = _MORE, *, once: bool = False) -> None:
    """Change fields of a document until the user names no more, or `once` a field has changed."""
    before = dict(document)
    while not (once and document != before) and (typed := asked(question)):
        fields = fields_of(document.get("method", ""))
        is_removal = typed.startswith("-")
        typed_name = typed.removeprefix("-").strip()
        name = SYNONYMS.get(typed_name, typed_name)
        if typed == "?":
            _list(fields)
        elif is_removal and name in document:
            del document[name]
            say(f"{name} is removed.")
        elif name == "method" and not is_removal:
            _change_method(document, method())
        elif name in fields and not is_removal:
            _fill(document, fields[name], again=name in document)
        else:
            _suggest(name, [*document, "method"] if is_removal else [*fields, "method"])


def show(document: Mapping[str, Any]) -> None:
    """Print a document with asterisks for its secrets."""
    for line in lines(masked(document)):
        say(line)


def _change_method(document: dict[str, Any], chosen: str) -> None:
    """Change the method: remove the fields that it doesn't have, and ask for its usual ones."""
    document["method"] = chosen
    for name in set(document) - set(fields_of(chosen)) - {"method"}:
        del document[name]
        say(f"{name[:40]} is removed: the method {chosen} has no such field.")
    document.update(document_of(chosen, document))


def _fill(document: dict[str, Any], field: Field, *, again: bool = False) -> None:
    """Ask for a field's value until it has no errors; empty text leaves a field that isn't needed as it is.

    An error may be about another field, which is corrected later: the same value again is kept.
    """
    say(f"{field.about.label}: {field.about.help}")
    if field.secret:
        typer.echo(HELP)
    if field.name == PARAMETERS:
        _fill_parameters(document, field)
        return
    refused, text = None, ""
    while answer := _answer(field, text, again=again):
        text, value = answer
        problems = () if value == refused else new_problems(document, field, value)
        if not problems:
            document[field.name] = value
            return
        for problem in problems:
            say(str(problem), err=True)
        say("Correct it, or give the same again to keep it for now.", err=True)
        refused = value


def _answer(field: Field, offered: str, *, again: bool) -> tuple[str, Any] | None:
    """Return what the user typed and its value; None if they left out a field that isn't needed.

    Args:
        field: is asked for.
        offered: what they typed before, to be corrected; never a secret.
        again: whether the field has a value, which stays if nothing is typed.
    """
    required = field.required and not again
    question = _question(field, again=again)
    if field.secret:
        typed = secret(question, required=required)
        return None if typed is None else ("", typed)
    while text := asked(question, offered, required=required):
        if read := _read(field, text):
            return read
        offered = text
    return None


def _read(field: Field, text: str) -> tuple[str, Any] | None:
    """Return a typed text and its value; if it has none, print why."""
    try:
        return text, field.value(text)
    except ValueError as error:
        say(str(error), err=True)
        return None


def _question(field: Field, *, again: bool) -> str:
    """Return a field's name, the values that it can have, and what the Enter key does if nothing is typed."""
    hints = [", ".join(field.choices)] if field.choices else []
    if again:
        hints.append("Enter leaves it as it is")
    elif field.default:
        hints.append(f"Enter for {field.default}")
    elif not field.required:
        hints.append("Enter leaves it out")
    return f"{field.name} ({'; '.join(hints)})" if hints else field.name


def _fill_parameters(document: dict[str, Any], field: Field) -> None:
    """Ask for the names and values of secret parameters; each value is typed unseen, and checked at once."""
    present = document.get(PARAMETERS)
    parameters: dict[str, Any] = dict(present) if isinstance(present, dict) else {}
    while key := asked("Parameter (such as header:Client-ID, -NAME removes one, empty to finish)"):
        removed = key.removeprefix("-")
        if key.startswith("-") and removed in parameters:
            del parameters[removed]
        elif parse_slot(key) or (key.startswith("template:") and key != "template:"):
            value = secret(key)
            for problem in new_problems(document, field, {**parameters, key: value}):
                say(str(problem), err=True)
            parameters[key] = value
        else:
            say("Write it as header:NAME, query:NAME, cookie:NAME, body:NAME or template:NAME.", err=True)
    document.pop(PARAMETERS, None)
    if parameters:
        document[PARAMETERS] = parameters


def _list(fields: Mapping[str, Field]) -> None:
    for field in fields.values():
        mark = " (secret)" if field.secret else ""
        typer.echo(f"  {field.name:<30} {field.about.label}{mark}")


def _suggest(typed: str, names: list[str]) -> None:
    """Print the names that are like a typed one, but not the typed one itself, which may be a secret."""
    near = [name for name in names if typed and typed in name] or difflib.get_close_matches(typed, names)
    hint = f"did you mean {', '.join(near)}?" if near else "type ? to list the fields."
    say(f"There is no such field; {hint}", err=True)
