"""The text of a file of Bruno's (`.bru`): blocks in braces with a pair of name and value on each line."""

from __future__ import annotations

import re

from watchword.connections.imports.entry import unreadable

VERBS = ("get", "post", "put", "patch", "delete", "head", "options")

_MOST_LINES = 20_000
_BLOCK = re.compile(r"(?P<name>[a-z]+(?::[a-z0-9_-]+){0,4}) ?\{\s*")
_PAIR = re.compile(r'\s{0,20}(?P<off>~?)"?(?P<name>[^:"{}]{1,200})"? ?:(?: (?P<value>.*))?')
_FIRST = re.compile(
    rf"\s*(?:(?:meta|vars|auth|headers|{'|'.join(VERBS)}) \{{|(?:auth|vars):[a-z0-9-]+ \{{|vars:secret \[)"
    r"[ \t]*\r?\n"
)


def is_file(text: str) -> bool:
    """Return whether a text is a file of Bruno's."""
    return _FIRST.match(text) is not None


def is_environment(text: str) -> bool:
    """Return whether a file of Bruno's holds variables alone."""
    return blocks_in(text).keys() <= {"vars"}


def blocks_in(text: str) -> dict[str, dict[str, str]]:
    """Return the pairs of each block by its name; what has another form, such as a body, is left out."""
    if text.count("\n") > _MOST_LINES:
        raise unreadable(f"The file has more than {_MOST_LINES} lines.", "Leave out what isn't needed.")
    found: dict[str, dict[str, str]] = {}
    block: dict[str, str] | None = None
    for line in text.splitlines():
        begun = _BLOCK.fullmatch(line)
        if begun:
            block = found.setdefault(begun["name"], {})
        elif line.startswith("}"):
            block = None
        elif block is not None and (pair := _PAIR.fullmatch(line)) and not pair["off"]:
            block[pair["name"].strip()] = (pair["value"] or "").strip()
    return found


def variables_in(text: str) -> dict[str, str]:
    """Return the variables in a file of Bruno's, such as one of its environments."""
    blocks = blocks_in(text)
    return {**blocks.get("vars", {}), **blocks.get("vars:pre-request", {})}
