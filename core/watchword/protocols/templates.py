"""Fill in templates in JSON fields: `{{secret:NAME}}`, and mostly also `{{now}}` and `{{uuid}}`.

`{{secret:NAME}}` is replaced by `secret_parameters["template:NAME"]`, `{{now+300}}` by the time in five
minutes, in seconds since 1970. Some fields have templates of their own, such as `{{refresh_token}}`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from watchword import redact
from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http.json_value import JsonValue
from watchword.redact import NeverPickled

TemplateSecrets: TypeAlias = Mapping[str, str]

# No name has a brace: in a text of many opening braces, each would begin a name that never ends.
_SECRET = re.compile(r"\{\{\s*secret:([^{}\s]+)\s*\}\}")
_TEMPLATE = re.compile(r"\{\{([^{}]{1,1000})\}\}")
_NOW = re.compile(r"now(?: *([+-] *[0-9]{1,10}))?")
_UUID = "uuid"

THUMBPRINTS = ("x5t", "x5t_s256")
"""The templates for the thumbprints of the client certificate; they are given like secrets."""

_PLAIN = ("fetch", "required", "true", "false", "none", "null")
"""What no secret is: SAP is asked for a token by X-CSRF-Token: Fetch."""

_FRESH_ADVICE = "The templates are {{secret:NAME}}, {{now}}, {{now+300}}, {{now-30}} and {{uuid}}."


@dataclass(frozen=True)
class FreshValues(NeverPickled):
    """Values that are new each time: `now` in seconds since 1970; `nonce` returns 32 random hex digits.

    `request` are the parts of the request that these values are for, by the names of their templates.
    """

    now: float
    nonce: Callable[[], str]
    request: Mapping[str, str] = field(default_factory=dict, repr=False)


def names(value: JsonValue) -> Iterator[str]:
    """Yield the names of the secrets that a JSON value refers to, at any depth."""
    for text in texts(value):
        yield from _SECRET.findall(text)


def has_secret(text: str) -> bool:
    """Return whether a text refers to a secret that is kept elsewhere."""
    return bool(_SECRET.search(text))


def has_any(text: str) -> bool:
    """Return whether a text has a template of any name, such as a field's own."""
    return bool(_TEMPLATE.search(text))


def is_known(name: str) -> bool:
    """Return whether what stands between braces is a template that this module knows, such as `now`."""
    name = name.strip()
    return is_fresh(name) or name in THUMBPRINTS or _SECRET.fullmatch(f"{{{{{name}}}}}") is not None


def texts(value: JsonValue) -> Iterator[str]:
    """Yield every text in a JSON value, at any depth."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from texts(item)


def fill(value: JsonValue, secrets: TemplateSecrets, fresh: FreshValues | None = None) -> JsonValue:
    """Return the value with every template filled in; raises DocumentError for an unknown one.

    Without `fresh`, only secrets are filled in. With it, a text that consists of `{{now}}` alone
    becomes a number.
    """
    if isinstance(value, str):
        return _filled(value, secrets, fresh) if fresh else _with_secrets(value, secrets)
    if isinstance(value, Mapping):
        return {key: fill(item, secrets, fresh) for key, item in value.items()}
    if isinstance(value, list):
        return [fill(item, secrets, fresh) for item in value]
    return value


def fill_own(
    value: JsonValue, secrets: TemplateSecrets, own: Mapping[str, str], fresh: FreshValues | None = None
) -> JsonValue:
    """Return the value with its secrets and its field's own templates, such as `{{assertion}}`, filled in.

    Without `fresh`, `{{uuid}}` and `{{now}}` stay as they are.
    """
    if isinstance(value, str):
        return _TEMPLATE.sub(lambda template: _own_or_secret(template, secrets, own, fresh), value)
    if isinstance(value, Mapping):
        return {key: fill_own(item, secrets, own, fresh) for key, item in value.items()}
    if isinstance(value, list):
        return [fill_own(item, secrets, own, fresh) for item in value]
    return value


def fill_fresh(text: str, fresh: FreshValues) -> str:
    """Return the text with `{{uuid}}` and `{{now}}` filled in; other braces stay: an API may mean them."""
    return _TEMPLATE.sub(lambda template: _fresh_or_same(template, fresh), text)


def has_fresh(value: JsonValue) -> bool:
    """Return whether a JSON value has `{{uuid}}` or `{{now}}`, at any depth."""
    return any(is_fresh(template[1]) for text in texts(value) for template in _TEMPLATE.finditer(text))


def is_fresh(name: str) -> bool:
    """Return whether what stands between braces is a value that is new each time."""
    return name.strip() == _UUID or _NOW.fullmatch(name.strip()) is not None


def all_names(value: JsonValue) -> frozenset[str]:
    """Return the names of all templates in a JSON value, such as `x5t`, at any depth."""
    return frozenset(template[1].strip() for text in texts(value) for template in _TEMPLATE.finditer(text))


def mentions(value: JsonValue, template_names: Collection[str]) -> bool:
    """Return whether a JSON value has one of these templates, such as `{{x5t}}`, at any depth."""
    return not all_names(value).isdisjoint(template_names)


def findings(
    field: str,
    content: Mapping[str, JsonValue],
    secrets: TemplateSecrets,
    *,
    with_fresh: bool = False,
    own: Collection[str] = (),
) -> Iterator[Finding]:
    """Yield the templates in a JSON field that can't be filled in, and secrets that seem to be in clear.

    `with_fresh` says whether the field is filled in with fresh values too; `own` are its own templates.
    """
    for name, value in content.items():
        used = set(names(value))
        for missing in sorted(used - set(secrets)):
            message = f"{field} refers to {{{{secret:{missing}}}}}, which secret_parameters does not have."
            yield finding("template_unresolved", message)
        for unknown in sorted(set(_unknown(value, secrets, own, with_fresh=with_fresh))):
            yield _unknown_template(unknown, field, _advice(own, with_fresh=with_fresh))
        literal = isinstance(value, str) and value and not used and not mentions(value, own)
        if literal and str(value).lower() not in _PLAIN and redact.names_credential(name):
            yield finding("secret_in_clear", f"{field} seems to hold a secret in clear, as {name[:40]!r}.")


def _filled(text: str, secrets: TemplateSecrets, fresh: FreshValues) -> JsonValue:
    def value_of(template: re.Match[str]) -> str | int:
        name = template[1].strip()
        if (value := _fresh(name, fresh)) is not None:
            return value
        if secret := _SECRET.fullmatch(template[0]):
            return _secret(secret[1], secrets)
        if name in THUMBPRINTS and name in secrets:
            return secrets[name]
        raise DocumentError([_unknown_template(name, "A JSON field")])

    whole = _TEMPLATE.fullmatch(text)
    return value_of(whole) if whole else _TEMPLATE.sub(lambda template: str(value_of(template)), text)


def _fresh(name: str, fresh: FreshValues) -> str | int | None:
    """Return the value of `uuid`, of `now` with or without a number, or of a part; None for another name."""
    if name == _UUID:
        from uuid import UUID  # noqa: PLC0415 - few payloads have one

        return str(UUID(fresh.nonce(), version=4))
    now = _NOW.fullmatch(name)
    if now:
        return int(fresh.now) + int((now[1] or "0").replace(" ", ""))
    return fresh.request.get(name)


def _fresh_or_same(template: re.Match[str], fresh: FreshValues) -> str:
    value = _fresh(template[1].strip(), fresh)
    return template[0] if value is None else str(value)


def _with_secrets(text: str, secrets: TemplateSecrets) -> str:
    return _SECRET.sub(lambda template: _secret(template[1], secrets), text)


def _own_or_secret(
    template: re.Match[str], secrets: TemplateSecrets, own: Mapping[str, str], fresh: FreshValues | None
) -> str:
    if secret := _SECRET.fullmatch(template[0]):
        return _secret(secret[1], secrets)
    name = template[1].strip()
    if name in own:
        return own[name]
    if fresh and name in THUMBPRINTS and name in secrets:
        return secrets[name]
    value = _fresh(name, fresh) if fresh else None
    return template[0] if value is None else str(value)


def _unknown(
    value: JsonValue, secrets: TemplateSecrets, own: Collection[str], *, with_fresh: bool
) -> Iterator[str]:
    fresh = {_UUID, *(name for name in THUMBPRINTS if name in secrets)} if with_fresh else set()
    for text in texts(value):
        for template in _TEMPLATE.finditer(text):
            name = template[1].strip()
            is_known = name in own or name in fresh or (with_fresh and _NOW.fullmatch(name))
            if not is_known and not _SECRET.fullmatch(template[0]):
                yield name


def _advice(own: Collection[str], *, with_fresh: bool) -> str:
    if with_fresh and not own:
        return _FRESH_ADVICE
    if not own:
        return "Fill in the value: the only template of this field is {{secret:NAME}}."
    names = (*own, *(("uuid", "now", "now+300") if with_fresh else ()))
    return f"The templates are {{{{secret:NAME}}}}, {', '.join(f'{{{{{name}}}}}' for name in names)}."


def _unknown_template(name: str, field: str, advice: str = _FRESH_ADVICE) -> Finding:
    if name in THUMBPRINTS and advice == _FRESH_ADVICE:
        message = f"{field} has the template {{{{{name}}}}}, but there is no client_certificate."
        advice = "Fill in client_certificate: the template is its thumbprint."
        return finding("template_unresolved", message, advice=advice)
    return finding(
        "template_unresolved",
        f"{field} has the template {{{{{name[:40]}}}}}, which is not known.",
        advice=advice,
    )


def _secret(name: str, secrets: TemplateSecrets) -> str:
    if name not in secrets:
        message = f"A field refers to {{{{secret:{name}}}}}, but secret_parameters has no template:{name}."
        raise DocumentError([finding("template_unresolved", message)])
    return secrets[name]
