"""A typed reference that a stored connection could never follow, and the one that would work."""

from __future__ import annotations

import re
from collections.abc import Iterator

from watchword.document.reference_policy import ALLOWED_VARIABLE, ReferencePolicy
from watchword.document.references import (
    ENVIRONMENT,
    LITERAL,
    SCHEMES,
    SECRET_MANAGER,
    VAULT,
    Reference,
    is_elsewhere,
)

_SHORTEST_NAME = 2

# What no shell and no container can set; a dollar or braces are the syntax of a shell.
_ILLEGAL_VARIABLE = re.compile(r"[\s=${}\0]")
_OUTSIDE_NAMES = re.compile(r"[^A-Za-z0-9_.-]+")


def reference_problem(text: str) -> str:
    """Return why a stored connection could never use a reference, and which one it could; else "".

    Text that isn't meant as a reference has no problem.
    """
    scheme, separator, _ = text.partition(":")
    if not separator or scheme.strip().lower() not in SCHEMES - {LITERAL}:
        return ""
    reference = Reference.parse(f"{scheme.strip().lower()}:{text.partition(':')[2]}")
    flaw = "" if scheme in SCHEMES else f"A reference begins with {reference.scheme}: in small letters."
    flaw = flaw or _flaw(reference)
    policy = ReferencePolicy.from_environment()
    if not flaw and policy.allows(reference):
        return ""
    reason = flaw or f"A stored connection may not use this reference ({ALLOWED_VARIABLE})."
    usable = next(_usable(reference, policy), "")
    return f"{reason} {_advice(reference, usable)} If it is the secret itself, write literal: before it."


def flaw_of(text: str) -> str:
    """Return why a reference names nothing on any machine; "" if it may name something, or isn't one."""
    return _flaw(Reference.parse(text)) if is_elsewhere(text) else ""


def _flaw(reference: Reference) -> str:
    name = reference.text.partition(":")[2]
    if not name.strip():
        return f"There is no name after {reference.scheme}:."
    if reference.scheme == ENVIRONMENT and _ILLEGAL_VARIABLE.search(name):
        return "After env: comes the name of a variable, without blanks, $ and braces."
    if reference.scheme in {VAULT, SECRET_MANAGER} and not reference.name:
        return f"After {reference.scheme}: comes the name of a secret: letters, digits, _ and -."
    return ""


def _advice(reference: Reference, usable: str) -> str:
    if usable:
        return f"{usable} would work."
    allowed = [
        pattern
        for pattern in ReferencePolicy.from_environment().patterns
        if pattern.startswith(f"{reference.scheme}:")
    ]
    if allowed:
        return f"Allowed are {', '.join(allowed)}."
    return f"No reference that begins with {reference.scheme}: is allowed here."


def _usable(reference: Reference, policy: ReferencePolicy) -> Iterator[str]:
    """Yield references of the same kind that the policy allows, made of the name that was typed."""
    typed = reference.text.partition(":")[2].replace("\\", "/").rstrip("/").rpartition("/")[2]
    # Only the letters of a name are repeated: other text may be a secret that looks like a reference.
    name = _OUTSIDE_NAMES.sub("_", typed.strip().strip("${}")).strip("_.")[:100]
    candidates = [f"{reference.scheme}:{name}"] if len(name) >= _SHORTEST_NAME else []
    for pattern in policy.patterns:
        stem, star, rest = pattern.partition("*")
        if pattern.startswith(f"{reference.scheme}:") and star and not rest.strip("*"):
            candidates.append(f"{stem}{name or 'NAME'}")
    for candidate in candidates:
        parsed = Reference.parse(candidate)
        if not _flaw(parsed) and policy.allows(parsed):
            yield candidate
