"""The sign-in of OAuth 1.0: it writes a token into the document itself, which is never renewed."""

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
from watchword.cli.browser import LoginOptions
from watchword.cli.output import fail, say
from watchword.connection import Connection
from watchword.document.references import as_literal, is_elsewhere
from watchword.sign_in.callback import ListenAddress
from watchword.sign_in.oauth1 import AccessToken, begin, finish, verifier_from

_TOKEN_FIELDS = ("access_token", "token_secret")
_SURROGATE = re.compile("[\ud800-\udfff]")


def sign_in(document: Path, content: Mapping[str, Any], options: LoginOptions) -> None:
    """Sign a user in and save the token in the document, which holds this content."""
    _check_writable(document, content)
    # The sign-in leaves out an old token, valid or not.
    fields = {name: value for name, value in content.items() if name not in _TOKEN_FIELDS}
    connection = watchword.load(fields)
    if options.paste:
        token = _token_by_pasting(connection, options)
    else:
        token = _token_by_callback(connection, options, document.stem)
    _save(document, token)
    say(f"Signed in: access_token and token_secret are in {document}.")


def _token_by_pasting(connection: Connection, options: LoginOptions) -> AccessToken:
    begun = begin(connection)
    options.announce(begun.authorize_url)
    pasted = options.pasted("The code that the page shows, or the URL that it leads to")
    verifier = verifier_from(pasted, begun) if "?" in pasted else pasted
    return finish(connection, begun, verifier)


def _token_by_callback(connection: Connection, options: LoginOptions, name: str) -> AccessToken:
    with options.listening(ListenAddress(port=options.port)) as callback:
        begun = begin(connection, callback.url)
        options.announce(begun.authorize_url, callback)
        options.explain()
        with callback.showing_result(name):
            return finish(connection, begun, verifier_from(options.visited(callback), begun))


def _content(path: Path) -> dict[str, Any]:
    """Return the document's fields; ends the command if the file no longer holds a document."""
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        fail(f"the document {path} can't be read: {error.strerror}")
    except (ValueError, RecursionError):
        fail(f"the document {path} is not valid JSON")
    if not isinstance(content, dict):
        fail(f"the document {path} must be a JSON object")
    return content


def _check_writable(path: Path, content: Mapping[str, Any]) -> None:
    """End the command if the token could not be saved, before the user signs in for nothing."""
    for name in _TOKEN_FIELDS:
        value = content.get(name)
        if isinstance(value, str) and is_elsewhere(value):
            fail(f"{name} is a reference, {value!r}, which login can't write to: remove it first")
    if not os.access(path.resolve().parent, os.W_OK):
        fail(f"the folder of {path} can't be written to")


def _save(path: Path, token: AccessToken) -> None:
    """Write the token into the document's present content, atomically and readable by the owner only."""
    content = _content(path)
    _check_writable(path, content)
    for name in _TOKEN_FIELDS:
        # The server chose the value: it must not become a reference to a file of this machine.
        content[name] = as_literal(getattr(token, name))
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
    # A lone surrogate can't be encoded as UTF-8; JSON can only write it as an escape.
    return json.dumps(content, indent=2) + "\n" if _SURROGATE.search(text) else text
