"""Signatures in a request that somebody has written: each serves this request, and never works again."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from watchword.connections.imports.entry import unreadable

_METHOD = "Create a connection of the method"
_HMAC = f"{_METHOD} hmac_signature, as the API's manual describes its signatures."
_NOT_OFFERED = "No method signs by this scheme: use another authentication of the API."


class _Scheme(NamedTuple):
    """A scheme of the header Authorization whose values serve one request, and what makes them."""

    form: re.Pattern[str]
    name: str
    way: str


_SCHEMES = tuple(
    _Scheme(re.compile(form, re.IGNORECASE), name, way)
    for form, name, way in (
        (
            r"OAuth\s.*oauth_signature=",
            "OAuth 1.0",
            f"{_METHOD} oauth1 with the secrets of consumer and token.",
        ),
        (
            r"AWS4-\S+\s|AWS\s+[^:\s]+:\S",
            "AWS Signature",
            f"{_METHOD} aws_sigv4 with access_key and secret_key.",
        ),
        (r"Digest\s.*response=", "Digest", f"{_METHOD} digest with username and password."),
        (r"(?:Negotiate|NTLM)\s", "Windows authentication", _NOT_OFFERED),
        (r"(?:Hawk|EG1-HMAC-SHA256)\s", "Hawk or EdgeGrid", _NOT_OFFERED),
        (r"(?:SharedKey(?:Lite)?|HMAC-SHA\d+)\s", "HMAC", _HMAC),
        (r"\S+\s(?:.*[\s,;&\"])?signature=", "HMAC", _HMAC),
    )
)
_PARAMETERS = {
    "x-amz-signature": 'aws_sigv4 with "add_to": "query"',
    "x-goog-signature": "oauth2_jwt_bearer with the key file of a service account",
    "oauth_signature": 'oauth1 with "add_to": "query"',
}


def check_authorization(value: str) -> None:
    """Raise DocumentError if a header Authorization holds a signature of one request."""
    scheme = next((each for each in _SCHEMES if each.form.match(value)), None)
    if scheme:
        message = f"The header Authorization is a signature of this request alone ({scheme.name})."
        raise unreadable(message, scheme.way)


def check_query(names: Iterable[str]) -> None:
    """Raise DocumentError if parameters of a URL hold a signature of one request."""
    name = next((name for name in names if name.lower() in _PARAMETERS), None)
    if name:
        message = f"The URL is signed for this request alone ({name.lower()})."
        raise unreadable(message, f"{_METHOD} {_PARAMETERS[name.lower()]}.")
