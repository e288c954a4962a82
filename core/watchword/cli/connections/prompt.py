"""Ask a person for the fields of a document; what is secret is typed unseen."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from watchword import redact
from watchword.cli.connections.fields import PARAMETERS, Field, fields_of, usual
from watchword.cli.connections.masked import lines, masked
from watchword.cli.output import say
from watchword.document.reading import STAND_INS
from watchword.http.placement import parse_slot
from watchword.methods import METHODS

_CUT = frozenset({1023, 1024, 4095, 4096})
"""How long a line is, in bytes, of which the terminal has taken no more: macOS and Linux have such limits."""

_HIDDEN = (
    "  It does not show as it is typed. @PATH takes a file's content now, such as a key's of many lines; "
    "file:PATH, env:NAME, gcp:NAME and local:NAME say where it is, and are followed when it is used."
)
_MORE = "More fields? (name, -NAME removes one, ? lists them, empty to finish)"


def document_of(method: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document with all that is usual for a method, asked for unless it is given."""
    document = {"method": method, **given}
    for field in usual(method):
        if field.name not in document:
            _fill(document, field)
    return document


def method() -> str:
    """Return the method that is chosen from a list, by number or name."""
    names = list(METHODS)
    for number, name in enumerate(names, 1):
        typer.echo(f"{number:>3}  {name:<26} {METHODS[name].title}")
    while True:
        answer = _asked("Method (number or name)")
        if answer in METHODS:
            return answer
        if answer.isdecimal() and 0 < int(answer) <= len(names):
            return names[int(answer) - 1]
        say("There is no such method: give a number or a name of the list.", err=True)


def change(document: dict[str, Any], question: str = _MORE) -> None:
    """Change a document's fields as long as the person names any."""
    while answer := _asked(question, default=""):
        fields = fields_of(document.get("method", ""))
        removed = answer.startswith("-")
        name = answer.removeprefix("-").strip()
        if answer == "?":
            _list(fields)
        elif removed and name in document:
            del document[name]
            say(f"{name} is removed.")
        elif name == "method" and not removed:
            _change_method(document, method())
        elif name in fields and not removed:
            _fill(document, fields[name], again=True)
        else:
            _say_what_there_is(name, [*document, "method"] if removed else [*fields, "method"])


def show(document: Mapping[str, Any]) -> None:
    """Print a document, its secrets as asterisks."""
    for line in lines(masked(document)):
        say(line)


def secret(prompt: str, *, required: bool = True) -> str | None:
    """Return a secret that is typed unseen, or the content of the file that is named in its place.

    None where nothing is typed, and nothing need be.
    """
    while True:
        text: str = typer.prompt(prompt, default="", hide_input=True, show_default=False)
        if not text and not required:
            return None
        try:
            found = _content(text)
        except ValueError as error:
            say(str(error), err=True)
        else:
            redact.register([found])
            return found


def _change_method(document: dict[str, Any], chosen: str) -> None:
    """Take another method: fields that it doesn't have go, those that are usual for it are asked for."""
    document["method"] = chosen
    for name in set(document) - set(fields_of(chosen)) - {"method"}:
        del document[name]
        say(f"{name[:40]} is removed: the method {chosen} has no such field.")
    document.update(document_of(chosen, document))


def _fill(document: dict[str, Any], field: Field, *, again: bool = False) -> None:
    """Ask for a field; nothing typed leaves it as it is, where it may be missing or is `again` asked for."""
    say(f"{field.about.label}: {field.about.help}")
    if field.name == PARAMETERS:
        _fill_parameters(document)
        return
    required = field.required and not again
    if field.secret:
        typer.echo(_HIDDEN)
        typed = secret(field.name, required=required)
        if typed is not None:
            document[field.name] = typed
        return
    while text := _asked(field.name, default=None if required else ""):
        if _is_taken(document, field, text):
            return


def _is_taken(document: dict[str, Any], field: Field, text: str) -> bool:
    """Set a field to what a text means and return whether it means anything; else say why not."""
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
    typer.echo(_HIDDEN)
    while key := _asked("Parameter (such as header:Client-ID, empty to finish)", default=""):
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


def _content(text: str) -> str:
    """Return the secret that was typed; raises ValueError, whose message shows nothing of it."""
    if text.startswith("@"):
        try:
            found = Path(text[1:]).expanduser().read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, ValueError, RuntimeError) as error:
            reason = getattr(error, "strerror", None) or "it is no UTF-8 text"
            words = f"The file behind the @ can't be read: {reason}."
            raise ValueError(f"{words} A secret that begins with @ is typed as literal:@…") from None
        if not found:
            raise ValueError("The file behind the @ is empty.")
        return found
    if not text:
        raise ValueError("It can't be left out.")
    if text.strip() in STAND_INS:
        raise ValueError("Asterisks stand for a secret that is there: give the real one.")
    if "-----BEGIN" in text and "-----END" not in text:
        raise ValueError("Only its first line has arrived: give @PATH or file:PATH for a key of many lines.")
    if len(text.encode("utf-8", "surrogateescape")) in _CUT:
        raise ValueError("The terminal may have cut it off: give @PATH, which takes it from a file.")
    return text


def _asked(question: str, default: str | None = None) -> str:
    answer: str = typer.prompt(question, default=default, show_default=False)
    return answer.strip()


def _list(fields: Mapping[str, Field]) -> None:
    for field in fields.values():
        marks = " (secret)" if field.secret else ""
        typer.echo(f"  {field.name:<30} {field.about.label}{marks}")


def _say_what_there_is(name: str, names: list[str]) -> None:
    """Say which names come near what was typed, which itself may be a secret that went astray."""
    near = [each for each in names if name and name in each] or difflib.get_close_matches(name, names)
    hint = f"did you mean {', '.join(near)}?" if near else "? lists those that there are."
    say(f"There is no such field; {hint}", err=True)
