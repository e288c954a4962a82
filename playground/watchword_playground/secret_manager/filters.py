"""The part of Google's filter language that selects secrets and versions in lists."""

import re

from watchword_playground.secret_manager.memory import Secret, Version
from watchword_playground.secret_manager.refusal import Refusal
from watchword_playground.secret_manager.resource_names import secret_id

_TERM = re.compile(r"(?P<field>name|state|labels\.(?P<key>[^\s:=]+))\s*(?P<sign>[:=])\s*(?P<value>\S+)")


def filter_secrets(secrets: list[Secret], text: str) -> list[Secret]:
    """Return the secrets that match `labels.KEY:*`, `labels.KEY=VALUE` or `name:PART`, joined by AND."""
    terms = _terms(text, ("name", "labels"))
    return [each for each in secrets if all(_matches(each, term) for term in terms)]


def filter_versions(versions: list[Version], text: str) -> list[Version]:
    """Return the versions that match a state, for example `state:ENABLED`."""
    states = [term["value"].strip('"') for term in _terms(text, ("state",))]
    return [each for each in versions if all(each.state == state for state in states)]


def _terms(text: str, fields: tuple[str, ...]) -> list[re.Match[str]]:
    terms = []
    for part in re.split(r"\s+AND\s+", text.strip()) if text.strip() else ():
        term = _TERM.fullmatch(part.strip())
        if term is None or term["field"].partition(".")[0] not in fields:
            raise Refusal("INVALID_ARGUMENT", f"Invalid list filter: [{text}].")
        terms.append(term)
    return terms


def _matches(secret: Secret, term: re.Match[str]) -> bool:
    value = term["value"].strip('"')
    if term["key"] is None:
        id_ = secret_id(secret.name)
        return value in id_ if term["sign"] == ":" else value in (id_, secret.name)
    if term["sign"] == ":" and value == "*":
        return term["key"] in secret.labels
    return secret.labels.get(term["key"]) == value
