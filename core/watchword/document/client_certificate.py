"""Make a document's client certificate ready for the TLS libraries, which read unencrypted PEM alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from watchword.errors import DocumentError
from watchword.files.opened_file import FileNotAllowedError, read_file
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http.transport_options import TransportOptions, is_pem
from watchword.protocols.binary_text import as_text, is_binary

_LOCKED = ("ENCRYPTED", "OPENSSH")
"""What a key's PEM says that the TLS libraries can't read as it is."""


_KEY_IN_CLEAR = "The field client_certificate holds a private key, and hosts show this field in clear."

_FIELDS = ("client_certificate", "client_private_key")

_LONGEST_PATH = 300
"""Longer text that names no file is the key itself, such as PKCS#12 in base64."""


def prepared(transport: TransportOptions, passphrase: str | None) -> TransportOptions:
    """Return the options with certificate and key in a form that every TLS library reads.

    The paths of plain PEM files stay: their content may be renewed while the connection is in use.

    Raises:
        DocumentError: certificate or key can't be read.
    """
    certificate, key = transport.client_certificate, transport.client_private_key
    if not (certificate or key):
        return transport
    contents = _content(certificate), _content(key)
    for name, value, content in zip(_FIELDS, (certificate, key), contents, strict=True):
        _check_file(name, value, content)
    from watchword.protocols.keys.client_certificate import (  # noqa: PLC0415 - few documents have a certificate
        begins_with_authority,
        holds_certificate,
        read_client_certificate,
    )

    if not _needs_reading((certificate, key), contents, begins_with_authority):
        return transport

    if not certificate and not holds_certificate(contents[1] or ""):
        return transport  # a finding of lint
    read = read_client_certificate(*contents, passphrase)
    return replace(
        transport,
        client_certificate=read.certificates,
        client_private_key=read.private_key,
        named=transport.named or (certificate, key),
    )


def _check_file(name: str, value: str | None, content: str | None) -> None:
    """Raise DocumentError if a field names a folder or an empty file; lint finds one that is missing."""
    if not value or (content or "").strip():
        return
    if content is not None:
        problem = f"The field {name} names a file that is empty."
    elif Path(value).is_dir():
        problem = f"The field {name} names a folder, not a file."
    else:
        return
    raise DocumentError([finding("file_missing", problem)])


def lacks_key(transport: TransportOptions) -> bool:
    """Return whether there is a certificate without its key, which can name a client, but not in TLS."""
    if transport.client_private_key:
        return False
    content = _content(transport.client_certificate) or ""
    return is_pem(content) and "PRIVATE KEY" not in content


def _needs_reading(
    given: tuple[str | None, str | None],
    contents: tuple[str | None, str | None],
    is_disordered: Callable[[str], bool],
) -> bool:
    """Return whether the TLS libraries can't read the files as they are: a file that is missing stays."""
    pairs = [(value, content) for value, content in zip(given, contents, strict=True) if value]
    if any(content is None for _, content in pairs):
        return False
    as_they_are = all(value != content and _is_plain(content or "") for value, content in pairs)
    return not (given[0] and as_they_are) or is_disordered(contents[0] or "")


def findings(transport: TransportOptions) -> Iterator[Finding]:
    """Yield why a prepared certificate can't be used with its key, or at this time."""
    if transport.client_private_key and not transport.client_certificate:
        message = "The field client_private_key is not used: there is no certificate."
        yield finding("fields_ignored", message, advice="Give its certificate in client_certificate.")
    named = (transport.named or (transport.client_certificate, None))[0] or ""
    if "PRIVATE KEY" in named or (len(named) > _LONGEST_PATH and not is_pem(named) and _holds_key(named)):
        yield finding(
            "secret_in_clear", _KEY_IN_CLEAR, advice="Give all of it in client_private_key instead."
        )
    certificate, key = _content(transport.client_certificate), _content(transport.client_private_key)
    if certificate is None:
        return
    from watchword.protocols.keys import client_certificate  # noqa: PLC0415 - few documents have a certificate

    whole = certificate if transport.client_private_key is None else key
    yield from client_certificate.findings(certificate, whole, time.time())


def _holds_key(text: str) -> bool:
    from watchword.protocols.keys.client_certificate import (  # noqa: PLC0415 - few documents have a certificate
        may_hold_key,
    )

    return may_hold_key(text)


def _is_text(value: str) -> bool:
    return is_pem(value) or is_binary(value)


def _is_plain(content: str) -> bool:
    return is_pem(content) and not any(word in content for word in _LOCKED)


def _content(value: str | None) -> str | None:
    """Return the content of a certificate or key that is given as text or as a path, None without one."""
    if not value or _is_text(value):
        return value
    try:
        content = read_file(value)
    except (FileNotAllowedError, OSError, ValueError):
        return value if len(value) > _LONGEST_PATH else None
    try:
        return content.decode("ascii")
    except UnicodeDecodeError:
        return as_text(content)
