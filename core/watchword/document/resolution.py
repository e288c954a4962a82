"""Turn a document's fields into usable values: references become secrets, parameters become placements."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from watchword import redact
from watchword.document.common_fields import CommonFields
from watchword.document.deployment_policy import DeploymentPolicy
from watchword.document.dereferencing import dereference
from watchword.document.key_as_user import key_as_user
from watchword.document.nested import named_urls, nested_secrets, with_logins, with_templates
from watchword.document.reading import Document
from watchword.document.reference_policy import ReferencePolicy
from watchword.document.references import Reference, is_elsewhere, is_reference, without_mark
from watchword.document.resolved_transport import resolved_transport
from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http import path_templates
from watchword.http.networks import ALLOWED_VARIABLE, AllowedNetworks
from watchword.http.origins import host_name
from watchword.http.path_templates import as_path_part
from watchword.http.placement import Placement, Slot, parse_slot
from watchword.http.transport_options import TransportOptions
from watchword.methods.base import Method
from watchword.methods.fields import about, secret_names
from watchword.protocols import fresh_parameters, templates
from watchword.redact import NeverPickled

_TEMPLATE = "template:"

_METADATA = "a link-local address or a cloud's metadata service"
_METADATA_ADVICE = "Use the URL of an API: a stored connection may not call these addresses."
_SETTING_ADVICE = f"Use another URL, or ask for the network to be added to {ALLOWED_VARIABLE}."

LONGEST_SECRET = 1 << 16
"""The longest secret in characters, as in the vault and in Secret Manager: each text is searched for it."""


@dataclass(frozen=True)
class Resolved(NeverPickled):
    """A document's content, ready for use; it holds secrets and never shows them.

    The secrets are masked as long as it lives: whatever uses them keeps it.
    """

    method: Method
    defaults: tuple[Placement, ...]
    secrets: tuple[Placement, ...]
    template_secrets: Mapping[str, str] = field(repr=False)
    path_secrets: Mapping[str, str] = field(repr=False)
    """The secrets of templates that the path of a request may hold."""
    transport: TransportOptions = field(repr=False)
    values: Mapping[str, str] = field(repr=False)
    """Every secret by the name of its field or parameter."""

    @property
    def may_be_empty(self) -> frozenset[str]:
        """The names of the secrets that may be empty."""
        descriptions = {
            f"{prefix}{name}": about(field)
            for prefix, method in with_logins(self.method)
            for name, field in type(method).model_fields.items()
        }
        return frozenset(name for name, text in descriptions.items() if text and text.may_be_empty)


def resolve(document: Document, policy: DeploymentPolicy | None) -> Resolved:
    """Return the document's content with every reference resolved, and register its secrets for masking.

    Raises:
        DocumentError: with a finding for each reference or parameter that can't be used.
    """
    findings: list[Finding] = []
    values = _values(document, policy, findings)
    transport, thumbprints = resolved_transport(document, values, policy, findings)
    if transport.client_private_key:
        values["client_private_key"] = transport.client_private_key
    defaults = _placements(document.common.extra_parameters, findings, fresh_parameters.placement)
    parameters = {key: values[key] for key in document.common.secret_parameters if key in values}
    of_templates = {
        key.removeprefix(_TEMPLATE): parameters.pop(key)
        for key in list(parameters)
        if key.startswith(_TEMPLATE)
    }
    secrets = _placements(parameters, findings, Placement)
    # A request's path holds none of the other templates: the secrets of logins are for other servers.
    in_path = _path_secrets(document, of_templates)
    of_logins = {name: values[name] for name, *_ in nested_secrets(document.method) if name in values}
    template_secrets = {**thumbprints, **of_templates, **of_logins}
    method = _method(document, values)
    if policy is not None:
        findings.extend(_machine_credentials_not_allowed(method, policy.references))
        urls = [*named_urls(method, template_secrets), ("proxy", values.get("proxy"))]
        findings.extend(_hosts_not_allowed(document.common, urls, policy.networks))
    if findings:
        raise DocumentError(findings)
    resolved = Resolved(method, defaults, secrets, template_secrets, in_path, transport, values)
    _mask(resolved)
    return resolved


def secret_texts(document: Document) -> Iterator[str]:
    """Yield the secrets as the document has them: each is the secret itself or a reference."""
    yield from (raw for _, raw, _ in _secrets(document))


def _values(document: Document, policy: DeploymentPolicy | None, findings: list[Finding]) -> dict[str, str]:
    """Return every secret that can be resolved, by the name of its field or parameter."""
    references = policy.references if policy else None
    return {
        name: value
        for name, raw, is_key in _secrets(document)
        if (value := _resolved(name, raw, references, findings, is_key=is_key)) is not None
    }


def _method(document: Document, values: Mapping[str, str]) -> Method:
    """Return the document's method with its secrets, completed by what its key's file says."""
    method = document.method
    fields = {name: values.get(name, getattr(method, name)) for name in type(method).model_fields}
    given = type(method)(**(fields | with_templates(method) | _username(document, values)))
    return given.completed(method.model_fields_set)


def _mask(resolved: Resolved) -> None:
    """Mask the secrets as long as the resolved content lives."""
    # The value that is sent, prefixed or encoded, is a secret too, with and without its prefix.
    sent = [placed.value for placed in resolved.method.placements() if isinstance(placed, Placement)]
    without_prefix = [value.rpartition(" ")[2] for value in sent]
    of_proxy = _proxy_secrets(resolved.values.get("proxy", ""))
    # A key's file may have filled in more secrets than the document has.
    of_method = [getattr(resolved.method, name) or "" for name in secret_names(type(resolved.method))]
    in_path = [as_path_part(value) for value in resolved.path_secrets.values()]
    user = key_as_user(resolved.method)
    secrets = [*resolved.values.values(), *of_method, *sent, *without_prefix, *of_proxy, *in_path, *user]
    redact.register(secrets, resolved)


def _path_secrets(document: Document, template_secrets: Mapping[str, str]) -> dict[str, str]:
    """Return the secrets that a path may hold: those that no field of the method sends elsewhere.

    An API could answer with a link that names a secret of the token endpoint, which must not go to the API.
    """
    urls = (document.common.base_url, document.common.test_url or "")
    named = {name for url in urls for name in path_templates.names(url, "secret")}
    values = [getattr(document.method, name) for name in type(document.method).model_fields]
    elsewhere = {name for value in values for name in templates.names(value)}
    return {name: value for name, value in template_secrets.items() if name in named or name not in elsewhere}


def _username(document: Document, values: Mapping[str, str]) -> dict[str, str]:
    """Return the user name that a reference stands for; nothing if it is the name itself."""
    raw = getattr(document.method, "username", None)
    if raw is None or not is_reference(raw):
        return {}
    if not is_elsewhere(raw):
        return {"username": without_mark(raw)}
    return {"username": values["username"]} if "username" in values else {}


def _secrets(document: Document) -> Iterator[tuple[str, str, bool]]:
    """Yield each secret field and parameter that has a value, unresolved, and whether it is a key."""
    for model in (document.common, document.method):
        for name in sorted(secret_names(type(model)) - {"secret_parameters"}):
            value = getattr(model, name)
            if value is not None:
                described = about(type(model).model_fields[name])
                yield name, value, described is not None and described.is_key
    username = getattr(document.method, "username", None)
    if username and is_elsewhere(username):
        yield "username", username, False
    for name, value in document.common.secret_parameters.items():
        yield name, value, False
    yield from nested_secrets(document.method)


def _hosts_not_allowed(
    common: CommonFields, more: Iterable[tuple[str, str | None]], networks: AllowedNetworks
) -> Iterator[Finding]:
    """Find URLs whose text says already that they may not be called; a name is judged when it is resolved."""
    urls = [("base_url", common.base_url), ("test_url", common.test_url)]
    urls += [("allowed_origins", url) for url in common.allowed_origins]
    urls += more
    for name, url in urls:
        host = host_name(url) if url else ""
        if host and not networks.allows_host(host):
            # As the default setting forbids nothing else, the setting is to blame if that allows it.
            is_forbidden_here = AllowedNetworks().allows_host(host)
            kind = "an address that this deployment doesn't allow" if is_forbidden_here else _METADATA
            message = f"The field {name} names {kind}."
            advice = _SETTING_ADVICE if is_forbidden_here else _METADATA_ADVICE
            yield finding("origin_not_allowed", message, advice=advice)


def _machine_credentials_not_allowed(method: Method, policy: ReferencePolicy) -> Iterator[Finding]:
    """Find credentials of this machine that the policy forbids: they are secrets, whatever their name."""
    references = (found for _, each in with_logins(method) for found in each.machine_credentials())
    for reference in references:
        if not policy.allows(Reference.parse(reference)):
            message = f"The connection uses credentials of this machine that are not allowed: {reference}."
            yield finding("reference_not_allowed", message)


def _resolved(
    name: str, raw: str, policy: ReferencePolicy | None, findings: list[Finding], *, is_key: bool
) -> str | None:
    try:
        secret = dereference(raw, name, policy, is_key=is_key)
    except DocumentError as error:
        findings.extend(error.findings)
        return None
    if len(secret) > LONGEST_SECRET:
        message = f"The secret {name[:40]} has {len(secret)} characters; the limit is {LONGEST_SECRET}."
        findings.append(finding("secret_too_large", message))
        return None
    return secret


def _placements(
    parameters: Mapping[str, str], findings: list[Finding], placement: Callable[[Slot, str], Placement]
) -> tuple[Placement, ...]:
    placements: list[Placement] = []
    for key, value in parameters.items():
        slot = parse_slot(key)
        if slot is None:
            findings.append(
                finding("parameter_malformed", f"The parameter {key[:40]!r} does not say where it goes.")
            )
        else:
            placements.append(placement(slot, value))
    return tuple(placements)


def _proxy_secrets(proxy: str) -> list[str]:
    """Return the secrets in a proxy's URL: its password, and user and password as they are sent."""
    userinfo = proxy.partition("//")[2].rpartition("@")[0]
    user, _, password = userinfo.partition(":")
    if not password:
        return []
    pair = f"{unquote(user)}:{unquote(password)}"
    return [password, unquote(password), base64.b64encode(pair.encode()).decode("ascii")]
