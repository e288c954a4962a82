"""Sign a request with AWS Signature Version 4 in its headers."""

from __future__ import annotations

import hashlib
import hmac
import time
from dataclasses import dataclass, field

from requests import PreparedRequest

from watchword.protocols.sigv4 import canonical
from watchword.protocols.sigv4.credentials import AwsCredentials
from watchword.protocols.sigv4.services import ServiceRules, rules_of
from watchword.redact import NeverPickled

ALGORITHM = "AWS4-HMAC-SHA256"


def timestamp(now: float) -> str:
    """Return seconds since 1970 in the form of signatures, such as 20150830T123600Z."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))


@dataclass(frozen=True)
class SigningKey(NeverPickled):
    """The key that signs for one service in one region on one day, with its credentials."""

    credentials: AwsCredentials
    date: str
    scope: str
    rules: ServiceRules
    key: bytes = field(repr=False)

    @classmethod
    def derived(cls, credentials: AwsCredentials, region: str, service: str, date: str) -> SigningKey:
        """Return the signing key of a date such as 20150830."""
        from requests_aws4auth.aws4signingkey import AWS4SigningKey  # type: ignore[import-untyped] # noqa: PLC0415

        derived = AWS4SigningKey(credentials.secret_key, region, service, date, store_secret_key=False)
        return cls(credentials, date, derived.scope, rules_of(service), derived.key)

    def string_to_sign(self, amz_date: str, request: str) -> str:
        """Return the string to sign for a canonical request at a time such as 20150830T123600Z."""
        # Header values outside UTF-8 arrive as bytes, and are signed as bytes.
        digest = hashlib.sha256(request.encode("utf-8", "surrogateescape")).hexdigest()
        return f"{ALGORITHM}\n{amz_date}\n{self.scope}\n{digest}"

    def signature(self, text: str) -> str:
        """Return the signature of a string to sign, in hexadecimal digits."""
        return hmac.digest(self.key, text.encode(), "sha256").hex()


def sign(request: PreparedRequest, key: SigningKey, amz_date: str, payload: str) -> None:
    """Add date, session token and signature to the request's headers; `payload` is the body's hash."""
    credentials, headers = key.credentials, request.headers
    target = canonical.target(request.url or "", as_s3=key.rules.as_s3)
    request.url = target.url
    headers["X-Amz-Date"] = amz_date
    if key.rules.sends_hash:
        headers.setdefault("X-Amz-Content-SHA256", payload)
    if credentials.access_token:
        headers["X-Amz-Security-Token"] = credentials.access_token
    signed = canonical.signed_headers(headers, target.host)
    names, text = canonical.canonical_request(request.method or "", target, signed, payload)
    signature = key.signature(key.string_to_sign(amz_date, text))
    headers["Authorization"] = (
        f"{ALGORITHM} Credential={credentials.access_key}/{key.scope}, "
        f"SignedHeaders={names}, Signature={signature}"
    )
