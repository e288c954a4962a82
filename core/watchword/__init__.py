"""watchword: HTTP-API authentication for data teams.

One connection document becomes authenticated requests anywhere:

    conn = watchword.load(document)
    with conn.session() as api:
        api.get("/v1/orders")
    report = conn.validate("https://api.example.com/v1/me")
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from watchword.connection import Connection, load
    from watchword.connections.by_name import connect
    from watchword.errors import (
        CredentialsError,
        DocumentError,
        RequestError,
        SecretError,
        SignInRequired,
        TokenError,
        WatchwordError,
    )
    from watchword.findings.finding import Finding, Verdict
    from watchword.findings.report import Report
    from watchword.methods import METHODS

__all__ = [
    "METHODS",
    "Connection",
    "CredentialsError",
    "DocumentError",
    "Finding",
    "Report",
    "RequestError",
    "SecretError",
    "SignInRequired",
    "TokenError",
    "Verdict",
    "WatchwordError",
    "connect",
    "load",
]

__version__ = "0.1.0"

_MODULES = {
    "connection": ("Connection", "load"),
    "errors": (
        "CredentialsError",
        "DocumentError",
        "RequestError",
        "SecretError",
        "SignInRequired",
        "TokenError",
        "WatchwordError",
    ),
    "connections.by_name": ("connect",),
    "findings.finding": ("Finding", "Verdict"),
    "findings.report": ("Report",),
    "methods": ("METHODS",),
}


if not TYPE_CHECKING:  # a type checker then reports a name that doesn't exist

    def __getattr__(name: str) -> object:
        """Import a public name when it is first used: schedulers import many modules that they never call."""
        for module, names in _MODULES.items():
            if name in names:
                globals()[name] = getattr(import_module(f"watchword.{module}"), name)
                return globals()[name]
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
