"""A document's transport options: its files are read, and its client certificate is made ready for TLS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from watchword.document.authorities import readable
from watchword.document.certificate_templates import certificate_templates, uses_thumbprints
from watchword.document.client_certificate import lacks_key, prepared
from watchword.document.common_fields import CommonFields
from watchword.document.deployment_policy import DeploymentPolicy
from watchword.document.named_files import authorities_flaw, content_of, holds_authorities
from watchword.document.reading import Document
from watchword.document.reference_policy import ReferencePolicy
from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http.networks import AllowedNetworks
from watchword.http.transport_options import TransportOptions, is_pem
from watchword.methods.base import Method


def resolved_transport(
    document: Document, values: Mapping[str, str], policy: DeploymentPolicy | None, findings: list[Finding]
) -> tuple[TransportOptions, Mapping[str, str]]:
    """Return the options, and the certificate's thumbprints by the names of their templates.

    Args:
        document: the document.
        values: its resolved secrets.
        policy: that of a stored document; its files are read now, and judged as they are read.
        findings: gets what is wrong.
    """
    transport = _transport(document.common, values, policy.networks if policy else None)
    try:
        transport = replace(transport, ca_bundle=readable(transport.ca_bundle))
    except DocumentError as error:
        findings.extend(error.findings)
        return transport, {}
    if policy is not None:
        transport = _with_contents(transport, policy.references, findings)
    if transport.ca_bundle and (policy is None or is_pem(transport.ca_bundle)):
        findings.extend(filter(None, [authorities_flaw(transport.ca_bundle)]))
    return _certified(document.method, transport, values.get("client_key_passphrase"), findings)


def _transport(
    common: CommonFields, values: Mapping[str, str], networks: AllowedNetworks | None
) -> TransportOptions:
    return TransportOptions(
        timeout=common.timeout,
        retries=common.retries,
        verify=common.verify,
        ca_bundle=common.ca_bundle,
        client_certificate=common.client_certificate,
        client_private_key=values.get("client_private_key"),
        proxy=values.get("proxy"),
        networks=networks,
    )


def _with_contents(
    transport: TransportOptions, policy: ReferencePolicy, findings: list[Finding]
) -> TransportOptions:
    """Return the options with the contents of files that the document names in place of their paths."""
    named = (transport.client_certificate, transport.client_private_key)
    certificate, key = (
        _content(name, pem_or_path, policy, findings)
        for name, pem_or_path in zip(("client_certificate", "client_private_key"), named, strict=True)
    )
    if transport.ca_bundle and not holds_authorities(transport.ca_bundle):
        message = "The field ca_bundle names no file or folder with certificates that this process can read."
        findings.append(finding("file_missing", message))
    return replace(transport, client_certificate=certificate, client_private_key=key, named=named)


def _certified(
    method: Method, transport: TransportOptions, passphrase: str | None, findings: list[Finding]
) -> tuple[TransportOptions, Mapping[str, str]]:
    """Return the options with a certificate that TLS can use, and the thumbprints that templates name."""
    if uses_thumbprints(method) and lacks_key(transport):
        named = certificate_templates(method, transport, findings)
        return replace(transport, client_certificate=None), named
    ready = _with_certificate(transport, passphrase, findings)
    return ready, certificate_templates(method, ready, findings)


def _with_certificate(
    transport: TransportOptions, passphrase: str | None, findings: list[Finding]
) -> TransportOptions:
    """Return the options with certificate and key as the TLS libraries read them."""
    try:
        return prepared(transport, passphrase)
    except DocumentError as error:
        findings.extend(error.findings)
        return transport


def _content(
    name: str, pem_or_path: str | None, policy: ReferencePolicy, findings: list[Finding]
) -> str | None:
    try:
        return content_of(name, pem_or_path, policy) if pem_or_path else None
    except DocumentError as error:
        findings.extend(error.findings)
        return None
