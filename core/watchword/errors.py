"""The errors that watchword raises.

    WatchwordError
    ├── DocumentError   the connection document can't be used
    ├── RequestError    this one request can't be authenticated, or may not be sent
    ├── TokenError      no token could be obtained
    │   └── SignInRequired   a person has to sign in, or to sign in again
    ├── SecretError     a stored secret could not be read or written
    └── CredentialsError   a validation ended without proof

Each carries `findings`, which say what is wrong, where, and what to do. None shows a secret.
"""

from __future__ import annotations

from collections.abc import Sequence

from watchword.findings.finding import Finding, Permanence
from watchword.findings.report import Report


class WatchwordError(Exception):
    """The base of all errors of watchword; `findings` say what is wrong and what to do."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(self.findings)

    def __str__(self) -> str:
        return "\n".join(str(finding) for finding in self.findings)

    @property
    def code(self) -> str:
        """The name of the first finding's code."""
        return self.findings[0].code.name

    @property
    def retryable(self) -> bool:
        """Whether waiting may help, without any change by a person."""
        return all(finding.code.permanence is Permanence.TRANSIENT for finding in self.findings)

    @property
    def report(self) -> Report:
        """The report of a validation that failed with this error."""
        return Report(self.findings[0], self.findings)


class DocumentError(WatchwordError):
    """The connection document can't be used."""


class RequestError(WatchwordError):
    """This one request can't be authenticated, or may not be sent to that address."""


class TokenError(WatchwordError):
    """No token could be obtained from a token endpoint, a login, a sign-in or a key."""


class SignInRequired(TokenError):  # noqa: N818 - it says what to do, as users know it
    """A person has to sign in, or to sign in again: there is no other way to a token."""


class SecretError(WatchwordError):
    """A stored secret could not be read or written."""


class CredentialsError(WatchwordError):
    """A validation ended without proof that the credentials work; `report` holds everything it found."""

    def __init__(self, report: Report) -> None:
        super().__init__([report.deciding])
        self._report = report
        self.args = (report,)  # an unpickled copy is made from these

    @property
    def report(self) -> Report:
        """Everything that the validation found."""
        return self._report
