"""The errors that watchword raises.

    WatchwordError
    ├── DocumentError   the connection document cannot be used as it stands
    ├── RequestError    this one request cannot be authenticated
    ├── TokenError      no token could be had
    │   └── SignInRequired   a person has to sign in, or to sign in again
    ├── SecretError     a secret could not be read from, or written to, where it is kept
    └── CredentialsError   a validation ended without proof

Each carries `findings`: what is wrong, where, and what to do; none shows a secret.
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
        """Whether waiting may help, without anybody changing anything."""
        return all(finding.code.permanence is Permanence.TRANSIENT for finding in self.findings)

    @property
    def report(self) -> Report:
        """What a validation comes to that this error ends."""
        return Report(self.findings[0], self.findings)


class DocumentError(WatchwordError):
    """The connection document cannot be used as it stands."""


class RequestError(WatchwordError):
    """This one request cannot be authenticated; the connection itself is good."""


class TokenError(WatchwordError):
    """No token could be had: from a token endpoint, a login, a sign-in or a key."""


class SignInRequired(TokenError):  # noqa: N818 - it says what is wanted, as users know it
    """A person has to sign in, or to sign in again: nothing else brings a token."""


class SecretError(WatchwordError):
    """A secret could not be read from, or written to, where it is kept."""


class CredentialsError(WatchwordError):
    """A validation ended without proof that the credentials work; `report` holds all of it."""

    def __init__(self, report: Report) -> None:
        super().__init__([report.deciding])
        self._report = report
        self.args = (report,)  # what an unpickled copy is made of

    @property
    def report(self) -> Report:
        """All that the validation found."""
        return self._report
