"""The sign-in of OAuth 1.0, which ends with a token in the document itself: nothing of it is ever renewed."""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import watchword
from watchword.cli.browser import Way
from watchword.cli.output import fail, say
from watchword.connection import Connection
from watchword.document.references import is_reference
from watchword.sign_in.callback import ListenAddress
from watchword.sign_in.oauth1 import AccessToken, begin, finish, verifier_from

_RESULT = ("access_token", "token_secret")
_LITERAL = "literal:"
_SURROGATE = re.compile("[\ud800-\udfff]")


def sign_in(document: Path, content: Mapping[str, Any], way: Way) -> None:
    """Sign a user in and save the token in the document, which holds this content."""
    _refuse_what_can_t_be_saved(document, content)
    # An old token, good or not, is no part of the sign-in.
    connection = watchword.load({name: value for name, value in content.items() if name not in _RESULT})
    token = _pasted(connection, way) if way.paste else _called_back(connection, way)
    _save(document, token)
    say(f"Signed in: access_token and token_secret are in {document}.")


def _pasted(connection: Connection, way: Way) -> AccessToken:
    begun = begin(connection)
    way.announce(begun.authorize_url)
    answer = way.pasted("The code that it shows, or the URL that it leads to")
    verifier = verifier_from(answer, begun) if "?" in answer else answer
    return finish(connection, begun, verifier)


def _called_back(connection: Connection, way: Way) -> AccessToken:
    with way.listening(ListenAddress(port=way.port)) as callback:
        begun = begin(connection, callback.url)
        way.announce(begun.authorize_url, callback)
        return finish(connection, begun, verifier_from(way.visit(callback), begun))


def _content(path: Path) -> dict[str, Any]:
    """Return the document's entries; ends the command where there are none any more."""
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        fail(f"the document {path} can't be read: {error.strerror}")
    except (ValueError, RecursionError):
        fail(f"the document {path} is no readable JSON")
    if not isinstance(content, dict):
        fail(f"the document {path} is no JSON object")
    return content


def _refuse_what_can_t_be_saved(path: Path, content: Mapping[str, Any]) -> None:
    """End the command before anybody signs in for nothing."""
    for name in _RESULT:
        value = content.get(name)
        if isinstance(value, str) and is_reference(value) and not value.startswith(_LITERAL):
            fail(f"{name} is a reference, {value!r}, which login can't write to: remove it first")
    if not os.access(path.resolve().parent, os.W_OK):
        fail(f"the folder of {path} can't be written to")


def _save(path: Path, token: AccessToken) -> None:
    """Write the token into the document as it is by now: whole or not at all, for the owner's eyes alone."""
    content = _content(path)
    _refuse_what_can_t_be_saved(path, content)
    for name in _RESULT:
        value = getattr(token, name)
        # What the server chose must not turn into a reference to this machine's files.
        content[name] = f"{_LITERAL}{value}" if is_reference(value) else value
    target = path.resolve()
    try:
        number, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        with contextlib.ExitStack() as undo:
            undo.callback(Path(temporary).unlink, missing_ok=True)
            with os.fdopen(number, "w", encoding="utf-8") as file:
                file.write(_as_text(content))
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(target)
    except OSError as error:
        fail(f"the document {path} can't be written: {error.strerror}")


def _as_text(content: dict[str, Any]) -> str:
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    # Half a character can't be written but as the escape that it was read from.
    return json.dumps(content, indent=2) + "\n" if _SURROGATE.search(text) else text
