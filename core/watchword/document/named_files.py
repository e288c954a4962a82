"""The files that a stored document names by their paths: certificates, and the key of one.

What is judged by the policy is what is used: each file is opened once, and its content takes the place of its
path. So a document can't have a file read that another name leads to a moment later.
"""

from __future__ import annotations

import re
from pathlib import Path

from watchword.document.reference_policy import ReferencePolicy
from watchword.document.references import FILE, Reference
from watchword.errors import DocumentError
from watchword.files.opened_file import FileNotAllowedError, read_file
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http.transport_options import is_pem
from watchword.protocols.binary_text import as_text, is_binary

_CERTIFICATE = re.compile(rb"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----")
_DER = b"0"
"""How certificates, keys and PKCS#12 begin in binary form."""

_CONVERT = (
    "Convert it to PEM: openssl x509 -inform DER -in FILE for one certificate, "
    "openssl pkcs7 -inform DER -print_certs -in FILE for a bundle (.p7b)."
)

_HASHED = "????????.[0-9]"
"""How `openssl rehash` names the certificates of a folder: a hash and a number."""


def content_of(field: str, pem_or_path: str, policy: ReferencePolicy) -> str:
    """Return the text of a certificate or key that is given as text or as a path.

    Raises DocumentError where the path is not allowed, or the file holds no key: it is a secret even without
    a reference.
    """
    if is_pem(pem_or_path) or is_binary(pem_or_path):
        return pem_or_path
    found = _content_of_file(field, pem_or_path, policy)
    if isinstance(found, Finding):
        raise DocumentError([found])  # outside of every `except`, so that it holds no content
    return found


def _content_of_file(field: str, path: str, policy: ReferencePolicy) -> str | Finding:
    not_allowed = finding("reference_not_allowed", f"The field {field} names a file that is not allowed.")
    if not policy.allows(Reference.parse(f"{FILE}:{path}")):
        return not_allowed
    try:
        found = read_file(path, policy.allows_real_path)
    except FileNotAllowedError:
        return not_allowed
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name isn't a path"
        return finding("file_missing", f"The field {field} names a file that can't be read: {reason}.")
    content = found.decode("utf-8", "replace")
    if is_pem(content):
        return content
    if found.startswith(_DER):
        return as_text(found)
    return finding("key_unreadable", f"The field {field} names a file that holds neither PEM nor PKCS#12.")


def authorities_flaw(bundle: str) -> Finding | None:
    """Return why a bundle of certificates can't be used; None also for a folder, and a missing file."""
    content = bundle.encode("utf-8", "replace")
    if not is_pem(bundle):
        try:
            content = read_file(bundle)
        except (OSError, ValueError):  # a folder, or a finding of lint
            return None
    if _CERTIFICATE.search(content):
        return None
    if content.startswith(_DER):
        kind, advice = "is in binary form", _CONVERT
    elif b"PKCS7" in content:
        kind, advice = "is a bundle in PKCS#7", _CONVERT
    elif b"PRIVATE KEY" in content:
        kind, advice = "holds a private key and no certificate", "Give the certificates of the authority."
    else:
        kind, advice = "holds no certificate in PEM", "Give the certificates of the authority, in PEM."
    return finding("key_unreadable", f"The content of the field ca_bundle {kind}.", advice=advice)


def holds_authorities(path: str) -> bool:
    """Return whether a path is a bundle of certificates, or a folder of hashed ones.

    This is all that a document may learn of a path that no policy allows: nothing about any other file.
    """
    if is_pem(path):
        return True
    try:
        if Path(path).is_dir():
            return any(Path(path).glob(_HASHED))
        return _CERTIFICATE.search(read_file(path, lambda _: True)) is not None
    except (FileNotAllowedError, OSError, ValueError):
        return False
