"""Ask a person for the fields of a document; a secret is not shown while it is typed."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from watchword import redact
from watchword.cli.connections.fields import PARAMETERS, Field, fields_of, usual_fields
from watchword.cli.connections.masked import lines, masked
from watchword.cli.output import say
from watchword.document.reading import PLACEHOLDERS, SYNONYMS
from watchword.http.placement import parse_slot
from watchword.methods import METHODS

_TERMINAL_LIMITS = frozenset({1023, 1024, 4095, 4096})
"""The lengths in bytes at which a terminal cuts a line off: macOS and Linux have such limits."""

_HIDDEN_HELP = (
    "  It is not shown while you type. @PATH reads a file now, such as a key of many lines; file:PATH, "
    "env:NAME, gcp:NAME and local:NAME refer to a secret that is read when it is used."
)
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
        choice = _ask("Method (number or name)")
        if choice in METHODS:
            return choice
        if choice.isdecimal() and 0 < int(choice) <= len(names):
            return names[int(choice) - 1]
        say("There is no such method: give a number or a name from the list.", err=True)


def change(document: dict[str, Any], question: str = _MORE) -> None:
    """Change fields of a document until the user names no more."""
    while typed := _ask(question, default=""):
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
            _fill(document, fields[name], again=True)
        else:
            _suggest(name, [*document, "method"] if is_removal else [*fields, "method"])


def show(document: Mapping[str, Any]) -> None:
    """Print a document with asterisks for its secrets."""
    for line in lines(masked(document)):
        say(line)


def secret(prompt: str, *, required: bool = True) -> str | None:
    """Return a secret that is typed unseen, or the content of a file that is named instead.

    None if nothing is typed and the secret is not required.
    """
    while True:
        text: str = typer.prompt(prompt, default="", hide_input=True, show_default=False)
        if not text and not required:
            return None
        try:
            value = _secret_value(text)
        except ValueError as error:
            say(str(error), err=True)
        else:
            redact.register([value])
            return value


def _change_method(document: dict[str, Any], chosen: str) -> None:
    """Change the method: remove the fields that it doesn't have, and ask for its usual ones."""
    document["method"] = chosen
    for name in set(document) - set(fields_of(chosen)) - {"method"}:
        del document[name]
        say(f"{name[:40]} is removed: the method {chosen} has no such field.")
    document.update(document_of(chosen, document))


def _fill(document: dict[str, Any], field: Field, *, again: bool = False) -> None:
    """Ask for a field's value; empty text leaves an optional field, or one asked for `again`, as it is."""
    say(f"{field.about.label}: {field.about.help}")
    if field.name == PARAMETERS:
        _fill_parameters(document)
        return
    required = field.required and not again
    if field.secret:
        typer.echo(_HIDDEN_HELP)
        typed = secret(field.name, required=required)
        if typed is not None:
            document[field.name] = typed
        return
    while text := _ask(field.name, default=None if required else ""):
        if _set(document, field, text):
            return


def _set(document: dict[str, Any], field: Field, text: str) -> bool:
    """Set a field to the value of a typed text and return True; if it has none, print why."""
    try:
        document[field.name] = field.value(text)
    except ValueError as error:
        say(str(error), err=True)
        return False
    return True


def _fill_parameters(document: dict[str, Any]) -> None:
    """Ask for the names and values of secret parameters; each value is typed unseen."""
    present = document.get(PARAMETERS)
    parameters: dict[str, Any] = dict(present) if isinstance(present, dict) else {}
    typer.echo(_HIDDEN_HELP)
    while key := _ask("Parameter (such as header:Client-ID, empty to finish)", default=""):
        removed = key.removeprefix("-")
        if key.startswith("-") and removed in parameters:
            del parameters[removed]
        elif parse_slot(key) or (key.startswith("template:") and key != "template:"):
            parameters[key] = secret(key)
        else:
            say("Write it as header:NAME, query:NAME, cookie:NAME, body:NAME or template:NAME.", err=True)
    document.pop(PARAMETERS, None)
    if parameters:
        document[PARAMETERS] = parameters


def _secret_value(text: str) -> str:
    """Return the secret that a typed text gives; raises ValueError, whose message never shows the text."""
    if text.startswith("@"):
        return _secret_in_file(text[1:])
    if not text:
        raise ValueError("It can't be left out.")
    if text.strip() in PLACEHOLDERS:
        raise ValueError("Asterisks stand for a secret that is stored already: type the real one.")
    if "-----BEGIN" in text and "-----END" not in text:
        raise ValueError("Only its first line has arrived: give @PATH or file:PATH for a key of many lines.")
    if len(text.encode("utf-8", "surrogateescape")) in _TERMINAL_LIMITS:
        raise ValueError("The terminal may have cut it off: give @PATH, which reads it from a file.")
    return text


def _secret_in_file(path: str) -> str:
    try:
        content = Path(path).expanduser().read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        message = f"The file after the @ can't be read: {reason}."
        raise ValueError(f"{message} To type a secret that begins with @, write literal:@…") from None
    if not content:
        raise ValueError("The file after the @ is empty.")
    return content


def _ask(question: str, default: str | None = None) -> str:
    text: str = typer.prompt(question, default=default, show_default=False)
    return text.strip()


def _list(fields: Mapping[str, Field]) -> None:
    for field in fields.values():
        mark = " (secret)" if field.secret else ""
        typer.echo(f"  {field.name:<30} {field.about.label}{mark}")


def _suggest(typed: str, names: list[str]) -> None:
    """Print the names that are like a typed one, but not the typed one itself, which may be a secret."""
    near = [name for name in names if typed and typed in name] or difflib.get_close_matches(typed, names)
    hint = f"did you mean {', '.join(near)}?" if near else "type ? to list the fields."
    say(f"There is no such field; {hint}", err=True)
