"""The settings in environment variables: whether they can be read, and whether their names exist."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator

from watchword import settings
from watchword.cli.doctor.line import Line, ok, problem, warning
from watchword.document.reference_policy import ReferencePolicy
from watchword.document.references import Reference
from watchword.http.networks import AllowedNetworks
from watchword.secrets import sources

TOPIC = "settings"


def names() -> Iterator[Line]:
    """Yield the variables that are set, and a warning for each that has no meaning."""
    found = sorted(name for name in os.environ if name.startswith("WATCHWORD_"))
    allowed = ReferencePolicy.from_environment()
    unknown = [name for name in found if not _is_known(name, allowed)]
    known = [name for name in found if name not in unknown]
    yield ok(TOPIC, f"set are {', '.join(known)}" if known else "no variable WATCHWORD_… is set")
    for name in unknown:
        near = difflib.get_close_matches(name, settings.VARIABLES, 1)
        todo = f"Did you mean {near[0]}?" if near else "Remove it, or correct its name."
        yield warning(TOPIC, f"{name} has no meaning to watchword.", todo)


def home() -> Iterator[Line]:
    """Yield the folder for watchword's files."""
    folder = settings.home()
    if not folder.is_absolute():
        what = f"WATCHWORD_HOME is {folder}, which is another folder in each working directory."
        yield problem(TOPIC, what, "Set WATCHWORD_HOME to an absolute path.")
        return
    yield ok(TOPIC, f"the folder is {folder}{'' if folder.exists() else ', which does not exist yet'}")


def places() -> Iterator[Line]:
    """Yield the places for secrets; raises SecretError if one of them is unknown."""
    yield ok(TOPIC, f"connections and secrets are looked for in {', '.join(sources.configured_sources())}")


def networks() -> Iterator[Line]:
    """Yield that the networks can be read; raises DocumentError otherwise."""
    AllowedNetworks.from_environment()
    yield ok(TOPIC, "the allowed networks can be read")


def console() -> Iterator[Line]:
    """Yield a problem if the console's address isn't a URL."""
    address = settings.console_url("acme")
    if address and not address.startswith(("http://", "https://")):
        todo = "Set WATCHWORD_CONSOLE_URL to the console's absolute URL."
        yield problem(TOPIC, "WATCHWORD_CONSOLE_URL is not an http or https URL.", todo)


def _is_known(name: str, allowed: ReferencePolicy) -> bool:
    if name in settings.VARIABLES or name.startswith(settings.VARIABLE_PREFIXES):
        return True
    return allowed.allows(Reference.parse(f"env:{name}"))
