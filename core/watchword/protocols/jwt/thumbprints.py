"""The thumbprints of a certificate, by which a JWT's header names it (RFC 7515 sections 4.1.7 and 4.1.8)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping

_CERTIFICATE = re.compile(
    r"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----([A-Za-z0-9+/=\s]{1,100000})-----END ",
    re.ASCII,
)


def thumbprints(pem: str) -> Mapping[str, str] | None:
    """Return x5t and x5t#S256, by the names of their templates, of the first certificate in a PEM text.

    None if there is no certificate in it.
    """
    found = _CERTIFICATE.search(pem)
    if found is None:
        return None
    try:
        der = base64.b64decode(found[1])
    except binascii.Error:
        return None
    sha1 = hashlib.sha1(der, usedforsecurity=False)  # the standard's x5t: it names the certificate
    return {"x5t": _base64url(sha1.digest()), "x5t_s256": _base64url(hashlib.sha256(der).digest())}


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
