"""The part of Google's filter language that lists of secrets and versions are asked in."""

import re

from watchword_playground.secret_manager.memory import Secret, Version
from watchword_playground.secret_manager.names import secret_id
from watchword_playground.secret_manager.refusal import Refusal

_TERM = re.compile(r"(?P<field>name|state|labels\.(?P<key>[^\s:=]+))\s*(?P<sign>[:=])\s*(?P<value>\S+)")


def secrets(found: list[Secret], text: str) -> list[Secret]:
    """Return the secrets that fit: `labels.KEY:*`, `labels.KEY=VALUE`, `name:PART`, joined by AND."""
    terms = _terms(text, ("name", "labels"))
    return [each for each in found if all(_fits(each, term) for term in terms)]


def versions(found: list[Version], text: str) -> list[Version]:
    """Return the versions that fit: `state:ENABLED` and the like."""
    states = [term["value"].strip('"') for term in _terms(text, ("state",))]
    return [each for each in found if all(each.state == state for state in states)]


def _terms(text: str, fields: tuple[str, ...]) -> list[re.Match[str]]:
    terms = []
    for part in re.split(r"\s+AND\s+", text.strip()) if text.strip() else ():
        term = _TERM.fullmatch(part.strip())
        if term is None or term["field"].partition(".")[0] not in fields:
            raise Refusal("INVALID_ARGUMENT", f"Invalid list filter: [{text}].")
        terms.append(term)
    return terms


def _fits(secret: Secret, term: re.Match[str]) -> bool:
    value = term["value"].strip('"')
    if term["key"] is None:
        own = secret_id(secret.name)
        return value in own if term["sign"] == ":" else value in (own, secret.name)
    if term["sign"] == ":" and value == "*":
        return term["key"] in secret.labels
    return secret.labels.get(term["key"]) == value
