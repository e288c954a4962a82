"""One connection in a file that is imported: its document, the values that the file lacks, and remarks.

A value that the file lacks is written `{{import:NAME}}`. Such a document is never stored: the value is asked
for, or given in a file of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from watchword.document.common_fields import CommonFields
from watchword.document.references import as_literal, is_elsewhere, without_mark
from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http.half_characters import has_half_character
from watchword.methods import METHODS
from watchword.methods.fields import secret_names
from watchword.protocols.templates import texts
from watchword.redact import NeverPickled, sounds_secret

_LACKING = re.compile(r"\{\{import:([^{}]{1,100})\}\}")
_OUTSIDE_NAMES = re.compile(r"[^\w $.:-]+")
_OUTSIDE_SLUGS = re.compile(r"[^A-Za-z0-9]+")
_LONGEST_SLUG = 60

MOST_ENTRIES = 1000
"""The most connections in a file."""


@dataclass(frozen=True)
class Entry(NeverPickled):
    """One connection in a file.

    `label` tells it from the others of the file; if it `is_named`, the label is the name that the file gives
    it. `skipped` says why watchword can't use it, and `findings` why it can't be read; else it has
    a document. Of several alternatives, a person chooses one.
    """

    label: str
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)
    remarks: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    skipped: str = ""
    is_named: bool = False
    is_alternative: bool = False

    @property
    def lacking(self) -> Mapping[str, bool]:
        """The names of the values that the file lacks, and whether each is secret."""
        secret = _secret_fields(self.document)
        found: dict[str, bool] = {}
        for field_name, value in self.document.items():
            for text in texts(value):
                for name in lacking_names(text):
                    is_secret = field_name in secret or sounds_secret(name)
                    found[name] = found.get(name, False) or is_secret
        return found

    def completed(self, answers: Mapping[str, str]) -> Entry:
        """Return the entry with values that a person gave; one for a whole secret field may be a reference.

        Raises:
            DocumentError: a reference stands for a part of a field, or for a field that isn't secret.
        """
        secret = _secret_fields(self.document)
        document = {
            name: _filled(value, answers, is_secret=name in secret) for name, value in self.document.items()
        }
        return replace(self, document=document)

    def with_values(self, values: Mapping[str, str]) -> Entry:
        """Return the entry with values from a file, which are never references."""
        return self.completed({name: as_literal(value) for name, value in values.items()})

    def with_references(self, prefix: str) -> tuple[Entry, list[str]]:
        """Return the entry with a reference to a variable for each lacking secret, and the variables."""
        secret = _secret_fields(self.document)
        variables: dict[str, str] = {}

        def referring(value: object) -> object:
            if isinstance(value, dict):
                return {key: referring(each) for key, each in value.items()}
            whole = _LACKING.fullmatch(value) if isinstance(value, str) else None
            if whole is None:
                return value
            variable = f"{prefix}{_OUTSIDE_SLUGS.sub('_', whole[1]).strip('_').upper()}"
            return f"env:{variables.setdefault(variable, variable)}"

        document = {
            name: referring(value) if name in secret else value for name, value in self.document.items()
        }
        return replace(self, document=document), list(variables)


def lacking(name: str) -> str:
    """Return the text that stands for a value which the file lacks."""
    return f"{{{{import:{_OUTSIDE_NAMES.sub('_', name)[:100].strip() or 'value'}}}}}"


def lacking_names(text: str) -> list[str]:
    """Return the names of the values that a text needs and the file lacks."""
    return _LACKING.findall(text)


def is_lacking(text: str) -> bool:
    """Return whether a text has a value that the file lacks."""
    return _LACKING.search(text) is not None


def host_of(url: str) -> str:
    """Return the host of a URL; "" if it has none, lacks a value there, or can't be read."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return "" if is_lacking(url) else host


def slug(text: str) -> str:
    """Return a text as a part of a connection's name."""
    return _OUTSIDE_SLUGS.sub("-", text).strip("-").lower()[:_LONGEST_SLUG].strip("-")


def failed(label: str, error: DocumentError) -> Entry:
    """Return the entry of a connection that can't be read."""
    return Entry(label, findings=tuple(error.findings))


def check_count(count: int) -> None:
    """Raise DocumentError if a file has too many connections; each takes a while to convert."""
    if count > MOST_ENTRIES:
        message = f"The file has more than {MOST_ENTRIES} connections."
        raise unreadable(message, "Split the file, or leave out what isn't needed.")


def check_characters(*texts: str) -> None:
    """Raise DocumentError if a text that is to be encoded holds half a character; JSON can hold one."""
    if any(map(has_half_character, texts)):
        message = "A value holds half a character (a lone surrogate)."
        raise unreadable(message, "Copy it again, or leave it out.")


def unreadable(message: str, advice: str = "") -> DocumentError:
    """Return the error of a file, or a part of it, that can't be read."""
    return DocumentError([finding("import_unreadable", message, advice=advice)])


def missing(names: Iterable[str], advice: str = "") -> DocumentError:
    """Return the error that a file lacks values."""
    message = f"The file lacks values: {', '.join(names)}."
    return DocumentError([finding("import_value_missing", message, advice=advice)])


def _secret_fields(document: Mapping[str, Any]) -> frozenset[str]:
    method = METHODS.get(str(document.get("method")))
    return secret_names(CommonFields) | (secret_names(method) if method else frozenset())


def _filled(value: Any, answers: Mapping[str, str], *, is_secret: bool) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        return {key: _filled(each, answers, is_secret=is_secret) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_filled(each, answers, is_secret=is_secret) for each in value]
    if not isinstance(value, str) or not is_lacking(value):
        return value
    whole = _LACKING.fullmatch(value)
    if whole and is_secret:
        return answers.get(whole[1], value)
    text = _LACKING.sub(
        lambda match: _part(match[1], answers[match[1]]) if match[1] in answers else match[0], value
    )
    return as_literal(text) if is_secret else text


def _part(name: str, answer: str) -> str:
    if not is_elsewhere(answer):
        return without_mark(answer)
    message = f"The value {name} is only a part of a secret, or isn't secret: it can't be a reference."
    raise DocumentError([finding("import_value_missing", message, advice="Give the value itself.")])
