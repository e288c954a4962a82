"""All traps, each with its kind."""

from __future__ import annotations

from tests.traps.kinds import (
    changing,
    documents,
    ended,
    expectations,
    faults,
    formats,
    gateways,
    hostile,
    ignoring,
    in_between,
    json_errors,
    limited,
    other_texts,
    protocols,
    proven,
    reports,
    tokens,
    vendors_business,
    vendors_public,
    without_credential,
    wrong_key_statuses,
)

_KINDS = (
    json_errors,
    other_texts,
    wrong_key_statuses,
    ended,
    ignoring,
    formats,
    gateways,
    in_between,
    faults,
    limited,
    proven,
    protocols,
    reports,
    changing,
    without_credential,
    expectations,
    documents,
    hostile,
    tokens,
    vendors_business,
    vendors_public,
)

TRAPS = [(kind.__name__.rpartition(".")[2], trap) for kind in _KINDS for trap in kind.TRAPS]
"""Each trap with the name of its kind, which is that of its module."""
