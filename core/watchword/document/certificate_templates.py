"""The templates that the client certificate fills in: `{{x5t}}` and `{{x5t_s256}}` in a JWT's header."""

from __future__ import annotations

from collections.abc import Mapping

from watchword.files.opened_file import FileNotAllowedError, read_file
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http.transport_options import TransportOptions, is_pem
from watchword.methods.base import Method
from watchword.protocols import templates
from watchword.protocols.jwt.thumbprints import thumbprints


def uses_thumbprints(method: Method) -> bool:
    """Return whether a JSON field of the method has a template for a thumbprint."""
    values = (getattr(method, name) for name in type(method).model_fields)
    contents = (dict(value) for value in values if isinstance(value, Mapping))
    return any(templates.mentions(content, templates.THUMBPRINTS) for content in contents)


def certificate_templates(
    method: Method, transport: TransportOptions, findings: list[Finding]
) -> Mapping[str, str]:
    """Return the thumbprints by the names of their templates; nothing for a method that uses none of them.

    A certificate that can't be read is added to the findings.
    """
    if not transport.client_certificate or not uses_thumbprints(method):
        return {}
    found = _thumbprints(transport.client_certificate)
    if isinstance(found, Finding):
        findings.append(found)
        return {}
    return found


def _thumbprints(pem_or_path: str) -> Mapping[str, str] | Finding:
    text = pem_or_path
    if not is_pem(text):
        try:
            text = read_file(pem_or_path, lambda _: True).decode("utf-8", "replace")
        except (FileNotAllowedError, OSError, ValueError):
            message = "The field client_certificate names a file that this process can't read."
            return finding("file_missing", message)
    message = "The thumbprint can't be computed: client_certificate holds no certificate in PEM."
    advice = "Give the certificate with its BEGIN CERTIFICATE and END CERTIFICATE lines."
    return thumbprints(text) or finding("key_unreadable", message, advice=advice)
