"""The form of a method: its fields as a page shows them, filled in with a document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from watchword.connections.masked import is_plain_reference, masked
from watchword.console.described_secret import described
from watchword.document.described_fields import Field, fields_of, usual_fields
from watchword.document.method_example import example_text
from watchword.methods.oauth2_authorization_code import OAuth2AuthorizationCode

Kind = Literal["text", "secret", "long_secret", "long_text", "switch", "choice", "json", "rows"]

_ROW_HELP = {
    "secret_parameters": "Sent with every request, beside what the method sends. Their values are secret.",
    "extra_parameters": "Sent with every request. Their values are not secret, and are shown.",
    "signature_parameters": "Sent with every request. The values are templates, such as {{signature}}.",
}
"""The help of fields that a page asks for parameter by parameter; a document holds them as JSON."""

_LEFT_OUT = frozenset({"schema_version", "method"})


@dataclass(frozen=True)
class Row:
    """A parameter of a field that holds several: its place and name, and its value or what describes it."""

    key: str
    value: str = ""
    kept: str = ""


@dataclass(frozen=True)
class FormField:
    """A field of a form.

    `value` is what its input shows, and `kept` describes a secret that stays if the input is left empty.
    """

    name: str
    label: str
    help: str
    kind: Kind
    required: bool
    value: str = ""
    kept: str = ""
    default: str = ""
    example: str = ""
    choices: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    takes_reference: bool = False


@dataclass(frozen=True)
class Form:
    """The fields of a method: those that most connections need, and the others."""

    usual: tuple[FormField, ...]
    advanced: tuple[FormField, ...] = field(default=())

    @property
    def fields(self) -> tuple[FormField, ...]:
        """All of them, in order."""
        return (*self.usual, *self.advanced)


def form_of(method: str, document: Mapping[str, Any] | None = None) -> Form:
    """Return the form of a method, filled in with a document's values; secrets are described, never shown."""
    values, shown = dict(document or {}), masked(document or {})
    usual = [each.name for each in usual_fields(method)]
    if method == OAuth2AuthorizationCode.method:
        usual.insert(usual.index("test_url"), "redirect_uri")
    fields = {name: each for name, each in fields_of(method).items() if name not in _LEFT_OUT}

    def filled(name: str) -> FormField:
        return _filled(fields[name], values.get(name), shown.get(name))

    return Form(tuple(map(filled, usual)), tuple(filled(name) for name in fields if name not in usual))


def _filled(field: Field, value: Any, shown: Any) -> FormField:  # noqa: ANN401 - any JSON value
    kind = kind_of(field)
    text, kept = "", ""
    rows: tuple[Row, ...] = ()
    if kind == "rows":
        rows = _rows(field, value, shown)
    elif field.secret:
        is_reference = is_plain_reference(value)
        text, kept = (str(value), "") if is_reference else ("", described(value))
    elif value is not None:
        text = _typed(shown)
    return FormField(
        name=field.name,
        label=field.about.label,
        help=_ROW_HELP.get(field.name, field.about.help),
        kind=kind,
        required=field.required and not field.about.may_be_empty,
        value=text,
        kept=kept,
        default=field.default,
        example=example_text(field.name),
        choices=field.choices,
        rows=rows,
        takes_reference=field.secret,
    )


def kind_of(field: Field) -> Kind:
    """Return how a page asks for a field's value."""
    if is_rows(field):
        return "rows"
    if field.is_mapping:
        return "json"
    if field.secret:
        return "long_secret" if field.about.multiline else "secret"
    if field.about.multiline:
        return "long_text"
    if field.info.annotation is bool:
        return "switch"
    return "choice" if field.choices else "text"


def is_rows(field: Field) -> bool:
    """Return whether a field holds texts by name, which a page asks for one by one."""
    return field.is_mapping and field.info.annotation == Mapping[str, str]


def _rows(field: Field, value: object, shown: object) -> tuple[Row, ...]:
    if not isinstance(value, Mapping) or not isinstance(shown, Mapping):
        return ()
    pairs = [(key, each, text) for (key, each), text in zip(value.items(), shown.values(), strict=True)]
    if not field.secret:
        return tuple(Row(key, _typed(text)) for key, _, text in pairs)
    return tuple(
        Row(key, str(each)) if is_plain_reference(each) else Row(key, kept=described(each))
        for key, each, _ in pairs
    )


def _typed(value: object) -> str:
    """Return a value as a person would type it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return " ".join(map(str, value))
    if isinstance(value, Mapping):
        return json.dumps(value, indent=2, ensure_ascii=False)
    return str(value)
