"""What it means that a token endpoint gave no token: for this process, and for the next ones.

Here it is decided that a refresh token is dead, when it may be tried again, and when a sign-in has ended.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from watchword.errors import SignInRequired, TokenError
from watchword.findings.codes import CODES, finding
from watchword.findings.finding import Finding
from watchword.http.durations import in_words
from watchword.tokens.credential_words import CredentialWords
from watchword.tokens.record import Record, StoreTime

LONGEST_PAUSE = 300.0
"""Longest pause in which no process asks, in seconds, even if the server asks for more."""

UNKNOWN_PAUSE = 300.0
"""How long no process refreshes after two responses were lost, in seconds."""

_STANDS = 300.0
"""How long a refused client is not tried again, in seconds: some providers lock accounts."""

_PAUSE = {True: 1.0, False: 5.0}
"""How long no process asks after any other failure, in seconds, by whether it is transient."""

_LONGEST_WORDS = 300
"""The most characters of a server's sentences that are remembered."""

_OVERLOADED = "temporarily_unavailable"

# The connection may have broken after the request arrived: the server may have rotated the refresh token.
# The same holds for a response in which no token was found.
_UNKNOWN = frozenset(
    {
        "read_timeout",
        "connection_lost",
        "tls_failed",
        "reply_not_token",
        "token_field_missing",
        "token_malformed",
    }
)

# The user name or the client is at fault, not this one request.
_STANDING = frozenset({
    "invalid_client", "unauthorized_client", "access_denied", "token_field_missing", "login_with_refused",
})  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What a failure says: whether its effect is unknown, how long to pause (seconds), whether it stands.

    `is_of_token` says that the refresh token was refused.
    """

    is_unknown: bool = False
    pause: float = 0.0
    stands: bool = False
    is_of_token: bool = False


def outcome_of(error: TokenError, *, refreshing: bool) -> Outcome:
    """Return what the failure of a request to a token endpoint says."""
    code = error.code
    if code == "invalid_grant":
        return Outcome(stands=True, is_of_token=refreshing)
    if code == _OVERLOADED:
        retry_after = error.findings[0].retry_after
        usual = random.uniform(1.0, 3.0)  # noqa: S311 - jitter, so that hosts don't ask at the same time
        pause = min(usual if retry_after is None else retry_after, LONGEST_PAUSE)
        return Outcome(refreshing and _failed_inside(error), pause)
    if refreshing and code in _UNKNOWN and not _is_definite(error):
        return Outcome(is_unknown=True)
    return Outcome(stands=True) if code in _STANDING else Outcome(pause=usual_pause(error))


def usual_pause(error: TokenError) -> float:
    """Return how long no process asks after a failure that says nothing of the credential, in seconds."""
    return _PAUSE[error.retryable]


def _failed_inside(error: TokenError) -> bool:
    """Return whether the server, or a gateway, may have failed after it had rotated the refresh token."""
    status = error.findings[0].evidence.get("status", "")
    return status.startswith("5") and status != "503"


def _is_definite(error: TokenError) -> bool:
    """Return whether the server refused the request, whatever it wrote: then it has rotated nothing."""
    return error.findings[0].evidence.get("status", "").startswith("4")


def remembered_words(error: TokenError) -> str:
    """Return the message of a failure with the server's sentences, masked, for the next processes."""
    found = error.findings[0]
    said = [text for text in found.evidence.values() if " " in text and text not in found.message]
    if not said:
        return found.message
    words = " ".join(said)[:_LONGEST_WORDS]
    return f"{found.message} The server said: {words}{'' if words.endswith('.') else '.'}"


def check_refusal(record: Record, now: StoreTime, token: str, request: str, words: CredentialWords) -> None:
    """Raise if the refresh token or the request, given by their fingerprints, was refused before.

    Raises:
        SignInRequired: this refresh token was refused.
        TokenError: the client was refused less than five minutes ago.
    """
    refused = record.refusal
    if refused is None:
        return
    if token and refused.of == token:
        raise sign_in_required(record, now, words)
    left = _STANDS - now.since(refused.at)
    if refused.of == request and 0 < left <= _STANDS:  # more only if the store's clock was set back
        raise TokenError([_still_refused(refused.code, refused.message, left, now.since(refused.at))])


def check_pause(record: Record, now: StoreTime, *, patient: bool) -> None:
    """Raise TokenError during a pause; if not `patient`, only if the server has asked for the pause."""
    pause, left = record.pause, pause_left(record, now)
    if pause and left > 0 and (patient or pause.code == _OVERLOADED):
        raise TokenError([_still_refused(pause.code, pause.message, left)])


def pause_left(record: Record, now: StoreTime) -> float:
    """Return how many seconds of a pause are left; one of more than `LONGEST_PAUSE` ends at once.

    It is one only if the store's clock was set back.
    """
    left = record.pause.until.since(now) if record.pause else 0.0
    return left if 0.0 < left <= LONGEST_PAUSE else 0.0


def sign_in_required(record: Record, now: StoreTime, words: CredentialWords) -> SignInRequired:
    """Return the error that says why a person has to sign in, and when the last sign-in was."""
    name = words.display_name
    if record.refusal and ended(record):
        ago = in_words(max(now.since(record.refusal.at), 0.0))
        what = f"The sign-in of {name} has ended: {record.refusal.message} This was {ago} ago."
    elif record.token:
        what = f"The sign-in of {name} has ended, and the server gave no refresh token to renew it."
    else:
        what = f"Nobody has signed in for {name} yet, in the token store that this process uses."
    if record.signed_in:
        what += f" The last sign-in was {in_words(max(now.since(record.signed_in), 0.0))} ago."
    return SignInRequired([finding("sign_in_required", what, advice=f"{words.login_advice}.")])


def ended(record: Record) -> bool:
    """Return whether the last refusal was that of a refresh token, not of the client that sent it."""
    return record.refusal is not None and record.refusal.code == "invalid_grant"


def sent_elsewhere(words: CredentialWords) -> SignInRequired:
    """Return the error that a changed document would send a sign-in's tokens to other places."""
    message = (
        f"The sign-in of {words.display_name} was made for other addresses than its document has now: the "
        "API, the token, refresh or revocation URL, the allowed origins, the proxy, or how certificates are "
        "verified."
    )
    advice = f"Undo the change, or, if it is intended, {words.login}."
    return SignInRequired([finding("sign_in_required", message, advice=advice)])


def unknown_outcome(words: CredentialWords) -> TokenError:
    """Return the error that a new refresh token may have been lost."""
    message = (
        f"The responses to two refreshes of {words.display_name} were lost, so it is not known which "
        "refresh token is valid."
    )
    advice = f"Wait; if this doesn't go away, {words.login}. A new refresh token may have been lost."
    return TokenError([finding("refresh_outcome_unknown", message, advice=advice, retry_after=UNKNOWN_PAUSE)])


def _still_refused(code: str, message: str, left: float, ago: float | None = None) -> Finding:
    """Return the finding of a remembered refusal: how many seconds ago it was, and are left."""
    when = "" if ago is None else f" This was {in_words(max(ago, 0.0))} ago."
    words = f"{message}{when} The server is not asked again for {left:.0f} seconds."
    return finding(code if code in CODES else "token_refused", words, retry_after=left)
