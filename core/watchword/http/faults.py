"""Network faults, told apart by the call's own exception.

Nothing is probed: a probe would not go through the proxy that the call has used.
"""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Iterator

from watchword import redact
from watchword.findings.codes import finding
from watchword.findings.finding import Finding

# OpenSSL's X509_V_ERR_* numbers.
_CERT_EXPIRED = 10
_NAME_MISMATCHES = frozenset({62, 64})  # of a host name, of an IP address

# The alerts by which a server refuses its client's certificate (RFC 8446 section 6.2). What is wrong with the
# server's own certificate has other reasons.
_CERTIFICATE_ALERT = re.compile(
    r"ALERT_(?:UNKNOWN_CA|(?:BAD|UNSUPPORTED)_CERTIFICATE|CERTIFICATE_(?:REVOKED|EXPIRED|UNKNOWN)"
    r"|ACCESS_DENIED)"
)

# A proxy's answer to CONNECT, as urllib3, httpx and aiohttp word it; a port or a path may have these digits.
_REQUIRES_LOGIN = re.compile(r"(?:^|Tunnel connection failed: )407\b")

_MESSAGES = {
    "dns_not_found": "The host of {target} does not exist in DNS.",
    "dns_temporary": "The host of {target} can't be looked up at the moment.",
    "connect_refused": "The connection to {target} was refused.",
    "connect_timeout": "No connection to {target} was made in time.",
    "host_unreachable": "There is no route to {target}.",
    "connection_lost": "The connection to {target} was lost before a response came.",
    "read_timeout": "No response came from {target} in time.",
    "proxy_error": "The proxy on the way to {target} failed.",
    "proxy_authentication_required": "The proxy on the way to {target} requires a user and a password.",
    "tls_untrusted": "The certificate of {target} is not signed by an authority that is trusted here.",
    "tls_hostname_mismatch": "The certificate of {target} is for another host name.",
    "tls_expired": "The certificate of {target} has expired.",
    "tls_client_certificate_required": "The server of {target} requires a client certificate.",
    "tls_client_certificate_refused": "The server of {target} doesn't accept the client certificate.",
    "tls_failed": "TLS with {target} failed.",
}


def classify(error: BaseException, target: str) -> Finding:
    """Return the finding for the exception of a call; `target` names its server in the message."""
    found = list(chain(error))
    code = _code(found)
    # The innermost cause is the shortest; those around it repeat the URL.
    evidence = {"error": redact.quoted(f"{type(found[-1]).__name__}: {found[-1]}")}
    return finding(code, _MESSAGES[code].format(target=target), evidence=evidence)


def chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the exception, and all exceptions that it names as its causes or carries.

    Its `__context__` is left out: it may be an exception that the caller was handling when it made the call,
    and that says nothing about the call.
    """
    pending, seen = [error], set[int]()
    while pending:
        current = pending.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        linked = (current.__cause__, getattr(current, "reason", None), *current.args, *_carried(current))
        pending.extend(item for item in linked if isinstance(item, BaseException))


def _carried(error: BaseException) -> Iterator[object]:
    """Yield what an exception carries by other names than its arguments."""
    yield from getattr(error, "exceptions", ())  # of a group: one for each address that was tried
    details = getattr(error, "kwargs", None)  # of botocore, which names no cause
    if isinstance(details, dict):
        yield from details.values()


def _code(found: list[BaseException]) -> str:  # noqa: PLR0911 - one return for each rule, the most precise first
    names = {type(item).__name__ for item in found}  # requests, urllib3 and httpx use the same names
    if any("Proxy" in name for name in names):  # also ClientProxyConnectionError and others of aiohttp
        requires_login = any(_REQUIRES_LOGIN.search(str(item)) for item in found)
        return "proxy_authentication_required" if requires_login else "proxy_error"
    for item in found:
        if isinstance(item, socket.gaierror):
            return "dns_temporary" if item.errno == socket.EAI_AGAIN else "dns_not_found"
        if isinstance(item, ssl.SSLError):
            return _tls_code(item)
    for item in found:
        if isinstance(item, ConnectionRefusedError):
            return "connect_refused"
        if isinstance(item, OSError) and item.errno in {errno.ENETUNREACH, errno.EHOSTUNREACH}:
            return "host_unreachable"
    if names & {"ConnectTimeout", "ConnectTimeoutError"}:
        return "connect_timeout"
    if names & {"ReadTimeout", "ReadTimeoutError"} or any(isinstance(item, TimeoutError) for item in found):
        return "read_timeout"
    return "connection_lost"


def _tls_code(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code == _CERT_EXPIRED:
            return "tls_expired"
        return "tls_hostname_mismatch" if error.verify_code in _NAME_MISMATCHES else "tls_untrusted"
    reason = (error.reason or "").upper()
    if "CERTIFICATE_REQUIRED" in reason or "HANDSHAKE_FAILURE" in reason:
        return "tls_client_certificate_required"
    if _CERTIFICATE_ALERT.search(reason):
        return "tls_client_certificate_refused"
    return "tls_failed"
