"""Read why AWS refuses a signed request: its error codes in XML or JSON; no I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timezone
from html import unescape

from watchword import redact
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http.bodies import parsed

_STATUSES = frozenset({400, 401, 403})

_ELEMENTS = ("Code", "Message", "CanonicalRequest", "Region", "RequestTime", "ServerTime")
_IN_XML = {name: re.compile(rf"<{name}>([^<]*)</{name}>") for name in _ELEMENTS}
_LONGEST = 1 << 14
"""The length to which an error's text is read, in characters."""

# Tried in this order, before the codes: one code of AWS has many causes.
_BY_MESSAGE = (
    (re.compile(r"(?i)signature (expired|not yet current)"), "clock_skew"),
    (re.compile(r"(?i)^request (has expired|is not yet valid)"), "clock_skew"),
    (re.compile(r"(?i)credential should be scoped|the (region|service) '[^']*' is wrong"), "aws_scope_wrong"),
    (re.compile(r"(?i)^missing authentication token$"), "forbidden_403"),
    (re.compile(r"(?i)security token included in the request is expired"), "aws_token_expired"),
    (re.compile(r"(?i)security token included in the request is invalid"), "aws_key_unknown"),
    (re.compile(r"(?i)validate the provided access credentials"), "aws_key_unknown"),
    (re.compile(r"(?i)signature we calculated does not match"), "signature_mismatch"),
)  # fmt: skip

_BY_CODE: Mapping[str, str] = {
    "ExpiredToken": "aws_token_expired",
    "InvalidAccessKeyId": "aws_key_unknown",
    "InvalidClientTokenId": "aws_key_unknown",
    "InvalidSignature": "signature_mismatch",
    "InvalidToken": "aws_token_missing",
    "MissingAuthenticationToken": "aws_token_missing",
    "RequestExpired": "clock_skew",
    "RequestInTheFuture": "clock_skew",
    "RequestTimeTooSkewed": "clock_skew",
    "SignatureDoesNotMatch": "signature_mismatch",
    "TokenRefreshRequired": "aws_token_expired",
    "UnrecognizedClient": "aws_key_unknown",
    "XAmzContentSHA256Mismatch": "signature_mismatch",
}
"""AWS's codes, without the ending Exception of some services."""

_MESSAGES: Mapping[str, str] = {
    "aws_key_unknown": "AWS does not know the access key, or the session token does not belong to it.",
    "aws_token_expired": "The session token of the temporary credentials has expired.",
    "aws_token_missing": "AWS found no session token that belongs to the access key.",
    "aws_scope_wrong": "The signature is for another region or service than this one.",
    "clock_skew": "The time of the signature is too far from AWS's own.",
    "forbidden_403": "API Gateway finds no authentication; for a signed call, it finds no such path.",
    "signature_mismatch": "AWS computed another signature for this request.",
}

_EXPECTED = re.compile(r"(?i)(?:expecting|scoped to correct \w+:) '([\w-]+)'")
_NOT_THIS = re.compile(r"(?i)valid region, not '([\w-]+)'")
_CANONICAL_STRING = re.compile(r"Canonical String for this request should have been\s+'(.*?)'\s", re.DOTALL)
_TIMES = re.compile(r"\d{8}T\d{6}Z")
_SECRET_VALUE = re.compile(r"(?i)(x-amz-security-token|x-amz-signature)([:=])[^\s&]+")


def aws_refusal(status: int, text: str, error_type: str = "") -> Finding | None:
    """Return why AWS refused a request; None if it doesn't say, as with AccessDenied.

    Args:
        status: of the response.
        text: its body, XML or JSON.
        error_type: its header X-Amzn-ErrorType, which names the error if the body does not.
    """
    if status not in _STATUSES:
        return None
    error = _error(text)
    name, message = error["Code"] or error_type.partition(":")[0], error["Message"]
    code = next((code for pattern, code in _BY_MESSAGE if pattern.search(message)), None)
    code = code or _BY_CODE.get(name.removesuffix("Exception"))
    if code is None:
        return None
    evidence = {"answer": _masked(f"{name}: {message.partition(chr(10))[0]}" if name else message)}
    message = f"{_MESSAGES[code]}{_detail(code, error)}"
    return finding(code, message, evidence={**evidence, **_expected(code, error)})


def _error(text: str) -> dict[str, str]:
    """Return the elements of AWS's errors in a response; missing ones are empty."""
    error = dict.fromkeys(_ELEMENTS, "")
    content = parsed(text)
    if isinstance(content, dict):
        # `com.amazon.coral.service#InvalidSignatureException`, or with a link after a colon.
        name = str(content.get("__type") or content.get("code") or content.get("Code") or "")
        error["Code"] = name.rpartition("#")[2].partition(":")[0]
        error["Message"] = str(content.get("message") or content.get("Message") or "")[:_LONGEST].strip()
        canonical = _CANONICAL_STRING.search(error["Message"])
        error["CanonicalRequest"] = canonical[1] if canonical else ""
        return error
    for element, pattern in _IN_XML.items():
        match = pattern.search(text)
        error[element] = unescape(match[1][:_LONGEST]).strip() if match else ""
    return error


def _detail(code: str, error: Mapping[str, str]) -> str:
    """Return a second sentence for a message: the expected region, or how far the clock is off."""
    if code == "aws_scope_wrong":
        expected = _EXPECTED.search(error["Message"])
        wrong = _NOT_THIS.search(error["Message"])
        region = expected[1] if expected else error["Region"]
        if region:
            return f" It expects {_masked(region)!r}."
        return f" It does not accept {_masked(wrong[1])!r}." if wrong else ""
    if code == "clock_skew":
        behind = _seconds_behind(error)
        if behind:
            direction = "behind" if behind > 0 else "ahead"
            return f" This machine's clock is {abs(behind):.0f} seconds {direction}."
    return ""


def _seconds_behind(error: Mapping[str, str]) -> float | None:
    """Return by how many seconds this machine's clock is behind AWS's; negative if it is ahead."""
    times = _TIMES.findall(error["Message"])  # of the request, the limit, and AWS's own
    signed = _time(error["RequestTime"] or (times[0] if times else ""))
    server = _time(error["ServerTime"] or (times[-1] if len(times) > 1 else ""))
    return (server - signed).total_seconds() if signed and server else None


def _time(text: str) -> datetime | None:
    compact = text.replace("-", "").replace(":", "")
    try:
        return datetime.strptime(compact, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        return None


def _expected(code: str, error: Mapping[str, str]) -> dict[str, str]:
    """Return the canonical request that AWS built from the request, if the error contains it."""
    if code != "signature_mismatch" or not error["CanonicalRequest"]:
        return {}
    return {"AWS's canonical request": _masked(" | ".join(error["CanonicalRequest"].split("\n")))}


def _masked(text: str) -> str:
    return redact.text(_SECRET_VALUE.sub(r"\1\2***", text))
