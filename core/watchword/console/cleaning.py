"""What a stored document holds beside what its method uses: hosts' forms save every field that they show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from watchword.connections.storable import normalized
from watchword.document.described_fields import fields_of

_ALWAYS = frozenset({"method", "schema_version"})


def cleaned(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document with only the fields of its method that are filled."""
    used = {*_ALWAYS, *fields_of(document.get("method"))}
    return {name: value for name, value in normalized(document).items() if name in used}


def unused_labels(document: Mapping[str, Any], method: str) -> list[str]:
    """Return the labels of a document's filled fields that another method doesn't use."""
    own = fields_of(document.get("method"))
    used = {*_ALWAYS, *fields_of(method)}
    return [own[name].about.label for name in cleaned(document) if name not in used]


def superfluous(document: Mapping[str, Any]) -> list[str]:
    """Return the fields that a clean-up removes: empty ones, and those of other methods."""
    kept = cleaned(document)
    standard = normalized(document)
    foreign = [name for name in standard if name not in kept]
    empty = [name for name, value in document.items() if value in (None, "")]
    return sorted({*foreign, *empty})
