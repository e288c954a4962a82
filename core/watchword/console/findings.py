"""Findings beside the fields that they are about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from watchword.document.described_fields import fields_of
from watchword.findings.finding import Finding, Severity

_TEST_URL = re.compile(r"\btest url\b", re.IGNORECASE)


@dataclass(frozen=True)
class Remark:
    """A finding as a page shows it; `field` is the name of the field beside which it stands, else ""."""

    code: str
    severity: str
    message: str
    advice: str
    field: str = ""


class Remarks:
    """All that is found in a draft: by field, and what belongs to none."""

    def __init__(self, method: str, problems: Mapping[str, Finding], findings: Iterable[Finding]) -> None:
        found = [(name, problem) for name, problem in problems.items()]
        found += [(_field_in(each, method), each) for each in findings]
        # A field that couldn't be read is missing in the document too: it is reported once.
        self.all = [
            Remark(each.code.name, each.code.severity.value, each.message, _advice(each), name)
            for name, each in found
            if not (each.code.name == "missing_field" and name in problems)
        ]

    def of(self, field: str) -> list[Remark]:
        """Return what is said beside a field."""
        return [each for each in self.all if each.field == field]

    @property
    def others(self) -> list[Remark]:
        """What belongs to no field."""
        return self.of("")

    @property
    def has_errors(self) -> bool:
        """Whether the draft can't be used as it is."""
        return any(each.severity == Severity.ERROR.value for each in self.all)

    def as_dict(self) -> dict[str, list[dict[str, str]]]:
        """Return the remarks by field, ready for JSON; those of no field are under ""."""
        by_field: dict[str, list[dict[str, str]]] = {}
        for each in self.all:
            entry = {"severity": each.severity, "message": each.message, "advice": each.advice}
            by_field.setdefault(each.field, []).append({**entry, "code": each.code})
        return by_field


def _advice(found: Finding) -> str:
    return "" if found.code.severity is Severity.INFO else found.advice


def _field_in(found: Finding, method: str) -> str:
    """Return the field that a message names; "" if it names none."""
    names = fields_of(method)
    words: list[str] = re.findall(r"\b[a-z][a-z0-9_]+\b", found.message)
    # The name of a field may be an ordinary word too: one with an underscore is surely a name.
    named = [word for word in words if word in names and ("_" in word or f"field {word}" in found.message)]
    if named:
        return named[0]
    if _TEST_URL.search(found.message):
        return "test_url"
    by_label = {each.about.label.lower(): name for name, each in names.items() if " " in each.about.label}
    text = found.message.lower()
    return next((name for label, name in by_label.items() if f"the {label}" in text), "")
