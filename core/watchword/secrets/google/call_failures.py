"""The failures of calls to Google Secret Manager as SecretErrors; their messages never hold a secret."""

from __future__ import annotations

from watchword import redact
from watchword.errors import SecretError
from watchword.findings.codes import finding

# By the names of google.api_core's exceptions, which follow gRPC's codes: comparing them imports nothing.
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

_MESSAGES = {
    "secrets_denied": "denies this account access to {what}",
    "secrets_unauthenticated": "does not accept the credentials of the call for {what}",
    "secrets_throttled": "has no quota left for calls for {what}",
    "secrets_timeout": "did not answer for {what} in time",
    "secrets_unreachable": "could not be reached, or broke off, for {what}",
    "secret_not_enabled": "has disabled or destroyed the requested version of {what}",
    "secret_changed_meanwhile": "received another change of {what} at the same time",
    "secret_corrupt": "sent content of {what} whose checksum is wrong",
    "secrets_refused": "refused the call for {what}",
}


def call_error(code: str, display_name: str, what: str, *, response: str = "") -> SecretError:
    """Return the error of a code; `what` is the secret's name, `response` is quoted from the service."""
    evidence = {"answer": redact.quoted(response)} if response else {}
    message = f"{display_name[:1].upper()}{display_name[1:]} {_MESSAGES[code].format(what=what)}."
    return SecretError([finding(code, message, evidence=evidence)])


def error_from_exception(error: Exception, display_name: str, what: str) -> SecretError:
    """Return the SecretError for an exception that a call has raised."""
    text = str(error)
    if "Getting metadata from plugin failed" in text:  # gRPC's words: it got no access token for the call
        return call_error("secrets_unauthenticated", display_name, what, response=text)
    code = next((_CODES[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in _CODES), "")
    response = str(getattr(error, "message", "") or text)
    return call_error(code or "secrets_refused", display_name, what, response=response)


def credentials_error(error: Exception, display_name: str) -> SecretError:
    """Return the SecretError for Google credentials that can't be loaded; a key file is never quoted."""
    reason = getattr(error, "strerror", None) or type(error).__name__
    message = f"No Google credentials for {display_name}: {reason}."
    return SecretError([finding("secrets_unauthenticated", message)])


def configuration_error(message: str, advice: str = "") -> SecretError:
    """Return the SecretError for a configured value that can't be used."""
    return SecretError([finding("secrets_unsuitable", message, advice=advice)])
