"""Turn a document's fields into what is used: references become secrets, parameters get their places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from watchword import redact, references
from watchword.codes import finding
from watchword.diagnosis import Finding
from watchword.document import CommonFields, Document
from watchword.errors import DocumentError
from watchword.fields import secret_names
from watchword.methods import AnyMethod
from watchword.placement import Placement, parse_slot
from watchword.references import Fence
from watchword.transport import Transport

_TEMPLATE = "template:"


@dataclass(frozen=True)
class Resolved:
    """A document's content, ready for use; it holds secrets and does not show them."""

    method: AnyMethod
    defaults: tuple[Placement, ...]
    secrets: tuple[Placement, ...]
    templates: Mapping[str, str] = field(repr=False)
    transport: Transport = field(repr=False)
    values: Mapping[str, str] = field(repr=False)
    """Every secret by the name of its field or parameter."""


def resolve(document: Document, fence: Fence | None) -> Resolved:
    """Return the document's content with every reference resolved, and have its secrets masked.

    Raises:
        DocumentError: with a finding for each reference or parameter that can't be used.
    """
    findings: list[Finding] = []
    values = {
        name: value
        for name, raw in _secrets(document)
        if (value := _resolved(name, raw, fence, findings)) is not None
    }
    common = document.common
    defaults = _placements(common.extra_parameters, findings)
    secret = {key: values[key] for key in common.secret_parameters if key in values}
    templates = {
        key.removeprefix(_TEMPLATE): secret.pop(key) for key in list(secret) if key.startswith(_TEMPLATE)
    }
    secrets = _placements(secret, findings)
    if findings:
        raise DocumentError(findings)
    redact.register(values.values())
    own = {
        name: values.get(name, getattr(document.method, name)) for name in type(document.method).model_fields
    }
    method = type(document.method).model_construct(**own)
    # Prefixed or encoded, what is sent is a secret too, with and without its prefix.
    sent = [placed.value for placed in method.placements() if isinstance(placed, Placement)]
    redact.register([*sent, *(value.rpartition(" ")[2] for value in sent)])
    return Resolved(method, defaults, secrets, templates, _transport(common, values), values)


def _secrets(document: Document) -> Iterator[tuple[str, str]]:
    """Yield each secret field and each secret parameter that has a value, unresolved."""
    for model in (document.common, document.method):
        for name in sorted(secret_names(type(model)) - {"secret_parameters"}):
            value = getattr(model, name)
            if value:
                yield name, value
    yield from document.common.secret_parameters.items()


def _resolved(name: str, raw: str, fence: Fence | None, findings: list[Finding]) -> str | None:
    try:
        return references.resolve(raw, name, fence)
    except DocumentError as error:
        findings.extend(error.findings)
        return None


def _placements(parameters: Mapping[str, str], findings: list[Finding]) -> tuple[Placement, ...]:
    made: list[Placement] = []
    for key, value in parameters.items():
        slot = parse_slot(key)
        if slot is None:
            findings.append(finding("parameter_malformed", f"The parameter {key[:40]!r} names no place."))
        else:
            made.append(Placement(slot, value))
    return tuple(made)


def _transport(common: CommonFields, values: Mapping[str, str]) -> Transport:
    return Transport(
        timeout=common.timeout,
        retries=common.retries,
        verify=common.verify,
        ca_bundle=common.ca_bundle,
        client_certificate=common.client_certificate,
        client_private_key=values.get("client_private_key"),
        proxy=values.get("proxy"),
    )
