"""The connection as a validation sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from watchword.adapters.authenticator import Authenticator
    from watchword.document.credential import Credential
    from watchword.findings.finding import Finding


class Subject(Protocol):
    """What a validation needs of the connection that it validates."""

    @property
    def credential(self) -> Credential:
        """The credential that is to be proven."""

    def lint(self) -> list[Finding]:
        """Return what can be found without a network; a lint without errors is not repeated for use."""

    def authenticator(self) -> Authenticator:
        """Return what authenticates the requests; raises DocumentError if the document holds an error."""
