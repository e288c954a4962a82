"""The authentication of an Airbyte low-code manifest: one connection for each base URL and authenticator.

The manifest is read as data: its expressions aren't run. Those that only name a value of the configuration
are understood; the value of any other is asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from watchword.connections.imports.airbyte.authenticator import Authenticator
from watchword.connections.imports.airbyte.authenticators import READERS
from watchword.connections.imports.airbyte.expressions import Expressions
from watchword.connections.imports.entry import Entry, check_count, host_of, lacking, slug, unreadable
from watchword.connections.imports.values import Values, plain_text
from watchword.errors import DocumentError

_REFERENCE = re.compile(r"#/([^#]{1,500})")
_MOST_REFERENCES = 50
_MOST_VISITED = 60_000
_ENTRIES_PER_VISIT = 10
"""So many entries that are copied along a chain of references count as one part."""

_CLASS = re.compile(r"[A-Za-z_][\w.]{0,100}")


def is_manifest(content: Mapping[Any, Any]) -> bool:
    """Return whether a structure is a manifest of Airbyte's, also as its connector builder saves it."""
    if plain_text(content.get("type")) in {"DeclarativeSource", "ConcurrentDeclarativeSource"}:
        return True
    has_streams = isinstance(content.get("streams"), list) or isinstance(content.get("definitions"), dict)
    return has_streams and ("check" in content or "version" in content) and "swagger" not in content


def entries_in(content: Mapping[Any, Any], values: Values) -> list[Entry]:
    """Return a connection for each base URL and authenticator of a manifest.

    Args:
        content: the manifest.
        values: the configuration of a source; nested values have names such as `credentials.client_id`.
    """
    manifest = _Manifest(content)
    found: dict[str, Entry] = {}
    for requester in manifest.requesters():
        for entry in _entries_of(manifest, requester, Expressions(values)):
            key = json.dumps(
                [entry.document, entry.skipped, [each.message for each in entry.findings]], sort_keys=True
            )
            found.setdefault(key, entry)
            check_count(len(found))
    if not found:
        raise unreadable("The manifest has no requester.", "Give the whole manifest of a low-code source.")
    with_credential = [entry for entry in found.values() if entry.document.get("method") != "none"]
    return with_credential or list(found.values())


class _Manifest:
    """A manifest whose references can be followed."""

    def __init__(self, content: Mapping[Any, Any]) -> None:
        self._content = content
        self._visited = 0

    def resolved(self, part: object) -> Any:  # noqa: ANN401 - any JSON value
        """Return a part itself, or what it refers to, with the entries that it adds.

        Raises:
            DocumentError: the reference leads nowhere, or to itself.
        """
        added: dict[Any, Any] = {}
        for _ in range(_MOST_REFERENCES):
            if isinstance(part, dict) and "$ref" in part:
                added = {**{name: value for name, value in part.items() if name != "$ref"}, **added}
                self._visit(len(added) // _ENTRIES_PER_VISIT)
                part = part["$ref"]
            match = _REFERENCE.fullmatch(part) if isinstance(part, str) else None
            if match is None:
                return {**part, **added} if isinstance(part, dict) else part
            part = self._at(match[1])
        raise unreadable("A reference of the manifest leads to itself.", "Correct the $ref.")

    def _at(self, path: str) -> object:
        part: object = self._content
        for name in path.split("/"):
            if isinstance(part, list) and name.isdecimal() and int(name) < len(part):
                part = part[int(name)]
            elif isinstance(part, dict) and name in part:
                part = part[name]
            else:
                raise unreadable("A reference of the manifest leads nowhere.", "Correct the $ref.")
        return part

    def deep(self, part: object, depth: int = 8) -> Any:  # noqa: ANN401 - any JSON value
        """Return a part with the references in it followed, as deep as authenticators are nested."""
        part = self.resolved(part)
        self._visit()
        if depth == 0:
            return None
        if isinstance(part, dict):
            return {str(name): self.deep(each, depth - 1) for name, each in part.items() if name != "schema"}
        return [self.deep(each, depth - 1) for each in part] if isinstance(part, list) else part

    def requesters(self) -> Iterator[Mapping[str, Any]]:
        """Yield the requesters that call the API; those that fetch a token belong to an authenticator."""
        pending: list[object] = [
            self._content.get(name) for name in ("definitions", "streams", "dynamic_streams")
        ]
        pending.reverse()
        while pending:
            part = pending.pop()
            self._visit()
            if isinstance(part, list):
                pending.extend(reversed(part))
            if not isinstance(part, dict):
                continue
            requester = part if _is_requester(part) else self._referred(part)
            if _is_requester(requester):
                yield requester
                continue
            pending.extend(
                each
                for name, each in reversed(part.items())
                if name not in {"authenticator", "schema", "schema_loader", "login_requester"}
            )

    def _visit(self, parts: int = 1) -> None:
        """Count parts; a reference may repeat a part, and so a short manifest stand for a huge one."""
        self._visited += parts
        if self._visited > _MOST_VISITED:
            raise unreadable("The manifest has too many parts.", "Leave out the schemas of its streams.")

    def _referred(self, part: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            requester = self.resolved(part) if "$ref" in part else {}
        except DocumentError:
            return {}  # not an authenticator's: such a reference may be one of Airbyte's own schemas
        return requester if isinstance(requester, dict) else {}


def _is_requester(part: Mapping[str, Any]) -> bool:
    has_url = isinstance(part.get("url_base", part.get("url")), str)
    return has_url and (part.get("type") == "HttpRequester" or "authenticator" in part or "path" in part)


def _entries_of(
    manifest: _Manifest, requester: Mapping[str, Any], expressions: Expressions
) -> Iterator[Entry]:
    """Yield the connection of a requester, or one for each authenticator that its users choose from."""
    try:
        base_url = _base_url(manifest.resolved(requester.get("url_base", requester.get("url"))), expressions)
        authenticator = manifest.deep(requester.get("authenticator"))
    except DocumentError as error:
        yield Entry("", findings=tuple(error.findings))
        return
    if not isinstance(authenticator, dict):
        authenticator = {"type": "NoAuth"}
    choices = authenticator.get("authenticators")
    if authenticator.get("type") != "SelectiveAuthenticator" or not isinstance(choices, dict):
        yield _entry("", base_url, authenticator, expressions)
        return
    path = authenticator.get("authenticator_selection_path")
    chosen = expressions.values.get(".".join(map(str, path)) if isinstance(path, list) else "")
    for name, each in choices.items():
        if isinstance(each, dict) and chosen in {None, name}:
            yield _entry(str(name), base_url, each, expressions, is_alternative=chosen is None)


def _base_url(text: object, expressions: Expressions) -> str:
    url = expressions.text(text, "url_base")
    if not url:
        return lacking("url_base")
    if "://" not in url and not url.startswith("{{"):
        raise unreadable("The url_base of the manifest isn't a complete URL.", "Write it with https://.")
    return url


def _entry(
    label: str,
    base_url: str,
    authenticator: Mapping[str, Any],
    expressions: Expressions,
    *,
    is_alternative: bool = False,
) -> Entry:
    label = label or host_of(base_url)
    kind = str(authenticator.get("type"))
    reader = READERS.get(kind)
    if reader is None:
        return Entry(label, skipped=_reason(kind, authenticator), is_alternative=is_alternative)
    remarks: list[str] = []
    try:
        fields = reader(Authenticator(authenticator, expressions), remarks)
    except DocumentError as error:
        return Entry(label, findings=tuple(error.findings), is_alternative=is_alternative)
    remarks += expressions.taken_remarks()
    return Entry(
        label, {"base_url": base_url, **fields}, tuple(dict.fromkeys(remarks)), is_alternative=is_alternative
    )


def _reason(kind: str, authenticator: Mapping[str, Any]) -> str:
    name = str(authenticator.get("class_name") or "")
    if kind == "CustomAuthenticator":
        shown = f" {name}" if _CLASS.fullmatch(name) else ""
        return f"its CustomAuthenticator{shown} is code of the connector; create the connection by hand"
    return f"its {slug(kind).replace('-', ' ')[:40] or 'authenticator'} is of a type that isn't known"
