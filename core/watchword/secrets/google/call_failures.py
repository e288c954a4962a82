"""What went wrong at Google Secret Manager, as the finding that says it; never a secret."""

from __future__ import annotations

from watchword import redact
from watchword.errors import SecretError
from watchword.findings.codes import finding

# The names of google.api_core's exceptions, which follow gRPC's codes; nothing is imported to compare.
_CODES = {
    "PermissionDenied": "secrets_denied",
    "Forbidden": "secrets_denied",
    "Unauthenticated": "secrets_unauthenticated",
    "Unauthorized": "secrets_unauthenticated",
    "ResourceExhausted": "secrets_throttled",
    "TooManyRequests": "secrets_throttled",
    "DeadlineExceeded": "secrets_timeout",
    "GatewayTimeout": "secrets_timeout",
    "ServiceUnavailable": "secrets_unreachable",
    "InternalServerError": "secrets_unreachable",
    "Unknown": "secrets_unreachable",
    "BadGateway": "secrets_unreachable",
    "Cancelled": "secrets_unreachable",
    "FailedPrecondition": "secret_not_enabled",
    "Aborted": "secret_changed_meanwhile",
    "Conflict": "secret_changed_meanwhile",
}

_SAID = {
    "secrets_denied": "refuses this account what it asks of {what}",
    "secrets_unauthenticated": "does not know who asks for {what}",
    "secrets_throttled": "has no quota left to answer for {what}",
    "secrets_timeout": "did not answer for {what} in time",
    "secrets_unreachable": "could not be reached, or broke off, for {what}",
    "secret_not_enabled": "has disabled or destroyed the version that was asked of {what}",
    "secret_changed_meanwhile": "had {what} changed by another at the same time",
    "secret_corrupt": "sent content whose checksum is wrong for {what}",
    "secrets_refused": "refused the call for {what}",
}


def failure(code: str, display_name: str, what: str, *, answer: str = "", advice: str = "") -> SecretError:
    """Return the error of a code; `what` is the secret's name, `answer` quotes the service."""
    evidence = {"answer": redact.quoted(answer)} if answer else {}
    message = f"{display_name[:1].upper()}{display_name[1:]} {_SAID[code].format(what=what)}."
    return SecretError([finding(code, message, advice=advice, evidence=evidence)])


def of_call(error: Exception, display_name: str, what: str) -> SecretError:
    """Return what an exception of a call comes to."""
    said = str(error)
    if "Getting metadata from plugin failed" in said:  # gRPC's words: no token could be had for the call
        return failure("secrets_unauthenticated", display_name, what, answer=said)
    code = next((_CODES[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in _CODES), "")
    return failure(
        code or "secrets_refused", display_name, what, answer=str(getattr(error, "message", "") or said)
    )


def of_account(error: Exception, display_name: str) -> SecretError:
    """Return what it comes to that no credentials could be had; a key file's content is not quoted."""
    reason = getattr(error, "strerror", None) or type(error).__name__
    message = f"No credentials of Google could be had for {display_name}: {reason}."
    return SecretError([finding("secrets_unauthenticated", message)])


def unsuitable(message: str, advice: str = "") -> SecretError:
    """Return the error that what was configured can't be used."""
    return SecretError([finding("secrets_unsuitable", message, advice=advice)])
