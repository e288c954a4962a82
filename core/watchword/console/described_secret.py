"""A secret as a page describes it: that it is set, and enough to tell it from another one."""

from __future__ import annotations

from watchword.connections.masked import is_plain_reference

_LONG_ENOUGH = 20
"""From this length on, in characters, the last two are shown: the others are still too many to guess."""


def described(value: object) -> str:
    """Return how a page describes a secret's value: a reference as it is, of any other secret its length."""
    if not isinstance(value, str) or not value:
        return ""
    if is_plain_reference(value):
        return value
    if "\n" in value.strip():
        return f"set, {len(value.splitlines())} lines"
    text = value.removeprefix("literal:")
    ends = f", ends …{text[-2:]}" if len(text) >= _LONG_ENOUGH and text[-2:].isalnum() else ""
    return f"set, {len(text)} characters{ends}"
