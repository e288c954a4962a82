"""What a browser comes back with from a sign-in page (RFC 6749 sections 4.1.2 and 4.1.2.1); no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from watchword import redact
from watchword.errors import TokenError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding

_NAMES = ("code", "state", "iss", "error", "error_description", "error_uri")

_AGAIN = "Begin the sign-in again."

# The page's errors by the code that says what waiting or asking somebody would change.
_CODES: Mapping[str, tuple[str, str]] = {
    "access_denied": (
        "access_denied",
        "Whoever was asked has said no, or may not: ask them, and begin again.",
    ),
    "invalid_scope": ("invalid_scope", ""),
    "unauthorized_client": (
        "unauthorized_client",
        "Have the authorization code grant allowed for this client at the provider.",
    ),
    "server_error": ("temporarily_unavailable", "The sign-in page has a fault of its own; try later."),
    "temporarily_unavailable": (
        "temporarily_unavailable",
        "The sign-in page is overloaded or down; try later.",
    ),
}


@dataclass(frozen=True)
class AuthorizationResponse:
    """The fields of a redirected URL; `is_bare` is whether there was a code and no URL."""

    code: str = field(default="", repr=False)
    state: str = field(default="", repr=False)
    issuer: str = ""
    error: str = ""
    description: str = ""
    is_bare: bool = False

    @classmethod
    def read(cls, text: str, state: str) -> AuthorizationResponse:
        """Return what a URL, or a code beside the state that is known, says.

        Raises:
            TokenError: it says one thing twice, or has no state, or not the one that is waited for.
        """
        text = text.strip()
        if state and text and "?" not in text and "://" not in text:
            return cls(code=text, state=state, is_bare=True)
        pairs = parse_qsl(text.partition("?")[2].partition("#")[0], keep_blank_values=True)
        known = [(name, value) for name, value in pairs if name in _NAMES]
        found = dict(known)
        if len(found) != len(known):
            raise refused("The redirected URL says one thing twice.")
        if not found.get("state"):
            raise refused("The redirected URL holds no state: it is not what the sign-in page sent back.")
        if state and found["state"] != state:
            raise refused("The redirected URL belongs to another sign-in.")
        return cls(
            code=found.get("code", ""),
            state=found["state"],
            issuer=found.get("iss", ""),
            error=found.get("error", ""),
            description=found.get("error_description", ""),
        )

    def check_agreed(self) -> None:
        """Raise TokenError where the user or the server has refused."""
        if self.error:
            raise TokenError([self._refusal()])
        if not self.code:
            raise refused("The redirected URL holds no code: the user has not agreed.")

    def _refusal(self) -> Finding:
        code, advice = _CODES.get(self.error, ("sign_in_refused", ""))
        said = {"error": self.error, "error_description": self.description}
        evidence = {name: redact.quoted(value) for name, value in said.items() if value}
        message = "The user, or the server for them, has refused the sign-in."
        if code == "temporarily_unavailable":
            message = "The server could not go on with the sign-in."
        advice = advice or f"Read what the server says, correct the document, and sign in again. {_AGAIN}"
        return finding(code, message, advice=advice, evidence=evidence)


def refused(message: str, advice: str = _AGAIN) -> TokenError:
    """Return the error that a sign-in ends in before anything was exchanged."""
    return TokenError([finding("sign_in_refused", message, advice=advice)])
