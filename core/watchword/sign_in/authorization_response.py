"""The response that a browser brings back from a sign-in page (RFC 6749 section 4.1.2); no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from watchword import redact
from watchword.errors import TokenError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http.urls import query_pairs
from watchword.redact import NeverPickled
from watchword.sign_in.oauth2_client import Refused, code_of

_PARAMETERS = ("code", "state", "iss", "error", "error_description", "error_uri")

_BEGIN_AGAIN = "Begin the sign-in again."

LONGEST_URL = 1 << 16
"""The most characters of a redirected URL; servers and browsers take no longer ones."""

# By the page's error: our code, which says whether waiting or asking somebody helps, and the advice.
_CODES: Mapping[str, tuple[str, str]] = {
    "access_denied": (
        "access_denied",
        "The user has refused, or may not sign in: ask them, and begin again.",
    ),
    "invalid_scope": ("invalid_scope", ""),
    "unauthorized_client": (
        "unauthorized_client",
        "Ask the provider to allow the authorization code grant for this client.",
    ),
    "server_error": ("temporarily_unavailable", "The sign-in page reports an error of its own; try later."),
    "temporarily_unavailable": (
        "temporarily_unavailable",
        "The sign-in page is overloaded or down; try later.",
    ),
}


@dataclass(frozen=True)
class AuthorizationResponse(NeverPickled):
    """The parameters of the redirected URL, of a success or of an error (section 4.1.2.1).

    `is_bare_code` says that a code was given without a URL. `others` are the server's own parameters.
    """

    code: str = field(default="", repr=False)
    state: str = field(default="", repr=False)
    issuer: str = ""
    query: str = field(default="", repr=False)
    is_bare_code: bool = False
    others: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @classmethod
    def read(cls, text: str, state: str) -> AuthorizationResponse:
        """Return the response in a redirected URL, or in a bare code if the state is known.

        Raises:
            TokenError: the URL is too long, a parameter is doubled, or the state is missing or not the
                given one.
        """
        if len(text) > LONGEST_URL:
            raise sign_in_refused(f"The redirected URL has more than {LONGEST_URL} characters.")
        text = text.strip()
        if state and text and "?" not in text and "://" not in text:
            return cls(code=text, state=state, is_bare_code=True)
        query = query_pairs(text)
        pairs = [(name, value) for name, value in query if name in _PARAMETERS]
        parameters = dict(pairs)
        if len(parameters) != len(pairs):
            raise sign_in_refused("The redirected URL has a parameter twice.")
        if not parameters.get("state"):
            raise sign_in_refused("The redirected URL has no state: the sign-in page did not send this URL.")
        if state and parameters["state"] != state:
            raise sign_in_refused("The redirected URL belongs to another sign-in.")
        return cls(
            code=parameters.get("code", ""),
            state=parameters["state"],
            issuer=parameters.get("iss", ""),
            query=text.partition("?")[2].partition("#")[0],
            others=tuple(pair for pair in query if pair[0] not in _PARAMETERS),
        )

    def check_granted(self) -> None:
        """Raise TokenError if the user or the server has refused."""
        if self.is_bare_code:
            return
        try:
            code = code_of(self.query, self.state)
        except Refused as refused:
            raise TokenError([_refusal(refused)]) from None
        if not code:
            raise sign_in_refused("The redirected URL has no code: the user has not agreed.")


def _refusal(refused: Refused) -> Finding:
    code, advice = _CODES.get(refused.error, ("sign_in_refused", ""))
    quotes = {"error": refused.error, "error_description": refused.description}
    evidence = {name: redact.quoted(text) for name, text in quotes.items() if text}
    message = "The user, or the server for them, has refused the sign-in."
    if code == "temporarily_unavailable":
        message = "The server could not continue the sign-in."
    advice = advice or f"Correct the document as the server's error says. {_BEGIN_AGAIN}"
    return finding(code, message, advice=advice, evidence=evidence)


def unknown_sign_in() -> TokenError:
    """Return the error that no sign-in with such a state waits."""
    return sign_in_refused(
        "The sign-in is unknown: it was finished before, or began more than ten minutes ago."
    )


def foreign_sign_in() -> TokenError:
    """Return the error that a sign-in was not begun for what it is to be finished for."""
    return sign_in_refused(
        "The sign-in was begun for another connection, by another user, or at another server."
    )


def sign_in_refused(message: str, advice: str = _BEGIN_AGAIN) -> TokenError:
    """Return the error that ends a sign-in before its code is exchanged."""
    return TokenError([finding("sign_in_refused", message, advice=advice)])
