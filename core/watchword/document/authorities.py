"""The certificates of authorities as TLS libraries read them, whatever a form or a shell did to them."""

from __future__ import annotations

import re

from watchword.http.transport_options import is_pem

_READABLE = re.compile(r"(?m)^-----BEGIN [A-Z0-9 ]{1,40}-----\r?\n")

_LONGEST_PATH = 300

_BASE64 = re.compile(r"\s*[A-Za-z0-9+][A-Za-z0-9+/=\s]*")
"""PEM or a certificate in base64; a path begins with a slash."""


def readable(ca_bundle: str | None) -> str | None:
    """Return the PEM of a bundle that is given as text; the path of one stays.

    Raises:
        DocumentError: the text holds no certificate that can be read.
    """
    if not ca_bundle or not _is_text(ca_bundle) or _READABLE.search(ca_bundle):
        return ca_bundle
    from watchword.protocols.keys.client_certificate import (  # noqa: PLC0415 - few documents have a certificate
        read_authorities,
    )

    return read_authorities(ca_bundle)


def _is_text(ca_bundle: str) -> bool:
    return is_pem(ca_bundle) or (len(ca_bundle) > _LONGEST_PATH and bool(_BASE64.fullmatch(ca_bundle)))
