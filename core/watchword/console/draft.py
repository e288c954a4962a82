"""What a person has typed into a form, as a document with the secrets that are kept, without empty fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from watchword import redact
from watchword.connections.masked import secrets_in
from watchword.console import destinations
from watchword.console.form import FormField, form_of
from watchword.document.described_fields import Field, fields_of
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.redact import NeverPickled


class Posted(Protocol):
    """A form as it was sent: several values may have one name."""

    def getlist(self, key: str, /) -> Sequence[Any]:
        """Return the values of a name, in the order in which they were sent."""


@dataclass(frozen=True)
class Draft(NeverPickled):
    """A document that isn't stored yet; `problems` maps the fields whose text has no value to the reasons."""

    method: str
    document: Mapping[str, Any] = field(repr=False)
    problems: Mapping[str, Finding] = field(default_factory=dict)


class DraftReader:
    """Reads the form of one method; `former` is the stored document, whose secrets stay if none are typed."""

    def __init__(self, method: str, former: Mapping[str, Any] | None = None) -> None:
        self._method = method
        self._former = dict(former or {})
        self._fields = fields_of(method)
        self._shown = {each.name: each for each in form_of(method, former).fields}

    def read(self, posted: Posted) -> Draft:
        """Return the draft in a form; its secrets are masked in all output as long as it lives."""
        document: dict[str, Any] = {"method": self._method}
        problems: dict[str, Finding] = {}
        kept: list[str] = []
        for name, shown in self._shown.items():
            typed = _Typed(posted, name)
            if typed.is_removed:
                continue
            try:
                value, is_kept = self._value(self._fields[name], shown, typed)
            except ValueError as error:
                problems[name] = finding("wrong_type", f"The field {error}.")
                continue
            if is_kept:
                kept.append(name)
            if value not in (None, "", {}, []) and value != self._default(name):
                document[name] = value
        for name, problem in self._needed_again(document, kept):
            problems[name] = problem
            document.pop(name, None)
        draft = Draft(self._method, document, problems)
        redact.register(secrets_in(document), draft)
        return draft

    def _value(self, field: Field, shown: FormField, typed: _Typed) -> tuple[Any, bool]:
        """Return the value of a field, and whether a secret in it is the stored one."""
        if shown.kind == "rows":
            return self._rows(field, shown, typed)
        former = self._former.get(field.name)
        if not typed.text.strip():
            return (former, True) if shown.kept else (None, False)
        if not field.secret and former not in (None, "") and typed.text == shown.value:
            return former, False  # also if a part of it is masked on the page
        # A blank around a secret may belong to it: lint asks about it.
        return field.value(typed.text if field.secret else typed.text.strip()), False

    def _rows(self, field: Field, shown: FormField, typed: _Typed) -> tuple[dict[str, str], bool]:
        former = self._former.get(field.name) or {}
        stays = {row.key for row in shown.rows if row.kept}
        values: dict[str, str] = {}
        is_kept = False
        for key, text in typed.rows:
            if not key:
                if text.strip():
                    raise ValueError(f"{field.name} has a value without a name")
                continue
            if key in values:
                raise ValueError(f"{field.name} has the name {key[:40]!r} twice")
            if text or key not in stays:
                values[key] = text
            else:
                values[key], is_kept = former[key], True
        return values, is_kept

    def _default(self, name: str) -> object:
        info = self._fields[name].info
        default = None if info.is_required() else info.get_default()
        return list(default) if isinstance(default, tuple) else default

    def _needed_again(
        self, document: Mapping[str, Any], kept: Sequence[str]
    ) -> Iterator[tuple[str, Finding]]:
        """Yield the kept secrets that have to be entered again, since they would go elsewhere now."""
        moved = destinations.changed(self._former, document) if kept else []
        if not moved:
            return
        for name in kept:
            message = f"The field {name} has to be entered again, since {' and '.join(moved)} changed."
            yield name, finding("secret_needed_again", message)


@dataclass(frozen=True)
class _Typed(NeverPickled):
    """What was typed into the inputs of one field."""

    posted: Posted
    name: str

    @property
    def text(self) -> str:
        """The text; of a switch the last value, since it is sent after that of its hidden input."""
        values = [value for value in self.posted.getlist(self.name) if isinstance(value, str)]
        return values[-1].replace("\r\n", "\n") if values else ""  # forms are sent with the line ends of mail

    @property
    def is_removed(self) -> bool:
        """Whether the person has ticked that a stored secret is to go."""
        return bool(self.posted.getlist(f"{self.name}.remove"))

    @property
    def rows(self) -> list[tuple[str, str]]:
        """The names and values of parameters; the place before the name is chosen in an input of its own."""
        parts = (self.posted.getlist(f"{self.name}.{part}") for part in ("place", "name", "value"))
        return [
            (f"{place}:{name.strip()}" if name.strip() else "", value)
            for place, name, value in zip(*parts, strict=False)
            if isinstance(place, str) and isinstance(name, str) and isinstance(value, str)
        ]
