"""The versions of watchword, of Python, and of the packages that it works with."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib import metadata

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

import watchword
from watchword.cli.doctor.line import Line, ok, problem, warning

TOPIC = "versions"

PACKAGES = (
    "apache-airflow",
    "dagster",
    "requests",
    "httpx",
    "aiohttp",
    "cryptography",
    "sqlalchemy",
)


def lines() -> Iterator[Line]:
    """Yield a line for watchword and Python, and one for each package that is installed."""
    yield ok(TOPIC, f"watchword {watchword.__version__}")
    own = metadata.metadata("watchword")
    yield _judged("Python", platform.python_version(), SpecifierSet(own["Requires-Python"] or ""))
    ranges = _ranges()
    for name in PACKAGES:
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
        yield _judged(name, version, ranges.get(name, SpecifierSet()))


def _judged(name: str, version: str, supported: SpecifierSet) -> Line:
    """Return the line of a version; a beta counts as the version that it precedes."""
    if supported.contains(version, prereleases=True):
        return ok(TOPIC, f"{name} {version}")
    what = f"{name} {version} is not supported; this watchword needs {supported}."
    todo = f"Install {name}{supported}, or another version of watchword."
    return problem(TOPIC, what, todo) if name in _REQUIRED else warning(TOPIC, what, todo)


def _ranges() -> dict[str, SpecifierSet]:
    """Return the supported versions by the name of the package, from watchword's own metadata."""
    found: dict[str, SpecifierSet] = {}
    for text in metadata.requires("watchword") or ():
        requirement = Requirement(text)
        found.setdefault(requirement.name.lower(), requirement.specifier)
    return found


_REQUIRED = frozenset({"Python", "requests", "cryptography"})
"""What watchword can't work without; the others matter to those alone who use them."""
