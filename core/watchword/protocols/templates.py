"""What JSON fields may mention: `{{secret:NAME}}`, and for what is made anew `{{now}}` and `{{uuid}}`.

`{{secret:NAME}}` stands for `secret_parameters["template:NAME"]`, `{{now+300}}` for the seconds since
1970 in five minutes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from pydantic import JsonValue

from watchword import redact
from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding

TemplateSecrets: TypeAlias = Mapping[str, str]

_PLACE = re.compile(r"\{\{\s*secret:([^}\s]+)\s*\}\}")
_MENTION = re.compile(r"\{\{([^}]{1,1000})\}\}")
_NOW = re.compile(r"now(?: *([+-] *[0-9]{1,10}))?")


@dataclass(frozen=True)
class FreshValues:
    """What is new each time: the seconds since 1970, and what gives 32 random hexadecimal digits."""

    now: float
    nonce: Callable[[], str]


def names(value: JsonValue) -> Iterator[str]:
    """Yield the names of the secrets that a JSON value mentions, nested ones too."""
    for text in texts(value):
        yield from _PLACE.findall(text)


def texts(value: JsonValue) -> Iterator[str]:
    """Yield every text inside a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


def fill(value: JsonValue, secrets: TemplateSecrets, fresh: FreshValues | None = None) -> JsonValue:
    """Return the value with every mention replaced; raises DocumentError for one that stands for nothing.

    Without a moment secrets alone are replaced. With one, a text that is nothing but `{{now}}`
    becomes a number.
    """
    if isinstance(value, str):
        return _filled(value, secrets, fresh) if fresh else _with_secrets(value, secrets)
    if isinstance(value, Mapping):
        return {key: fill(item, secrets, fresh) for key, item in value.items()}
    if isinstance(value, list):
        return [fill(item, secrets, fresh) for item in value]
    return value


def findings(
    field: str, content: Mapping[str, JsonValue], secrets: TemplateSecrets, *, timed: bool = False
) -> Iterator[Finding]:
    """Yield the mentions in a JSON field that nothing stands behind, and what it seems to hold in clear.

    `timed` says whether it is filled with a moment.
    """
    for name, value in content.items():
        mentioned = set(names(value))
        for missing in sorted(mentioned - set(secrets)):
            message = f"{field} mentions {{{{secret:{missing}}}}}, which secret_parameters does not have."
            yield finding("template_unresolved", message)
        for unknown in sorted(set(_unknown(value))) if timed else ():
            yield _nothing_behind(unknown, field)
        literal = isinstance(value, str) and value and not mentioned
        if literal and (redact.sounds_secret(name) or name.lower() == "authorization"):
            yield finding("secret_in_clear", f"{field} seems to hold a secret in clear, as {name[:40]!r}.")


def _filled(text: str, secrets: TemplateSecrets, fresh: FreshValues) -> JsonValue:
    def made(mention: re.Match[str]) -> str | int:
        name = mention[1].strip()
        if name == "uuid":
            from uuid import UUID  # noqa: PLC0415 - few payloads hold one

            return str(UUID(fresh.nonce(), version=4))
        if now := _NOW.fullmatch(name):
            return int(fresh.now) + int((now[1] or "0").replace(" ", ""))
        if secret := _PLACE.fullmatch(mention[0]):
            return _named(secret[1], secrets)
        raise DocumentError([_nothing_behind(name, "A JSON field")])

    alone = _MENTION.fullmatch(text)
    return made(alone) if alone else _MENTION.sub(lambda mention: str(made(mention)), text)


def _with_secrets(text: str, secrets: TemplateSecrets) -> str:
    return _PLACE.sub(lambda mention: _named(mention[1], secrets), text)


def _unknown(value: JsonValue) -> Iterator[str]:
    for text in texts(value):
        for mention in _MENTION.finditer(text):
            name = mention[1].strip()
            if name != "uuid" and not _NOW.fullmatch(name) and not _PLACE.fullmatch(mention[0]):
                yield name


def _nothing_behind(name: str, field: str) -> Finding:
    return finding(
        "template_unresolved",
        f"{field} mentions {{{{{name[:40]}}}}}, which stands for nothing.",
        advice="There are {{secret:NAME}}, {{now}}, {{now+300}}, {{now-30}} and {{uuid}}.",
    )


def _named(name: str, secrets: TemplateSecrets) -> str:
    if name not in secrets:
        message = f"{{{{secret:{name}}}}} is mentioned, but secret_parameters has no template:{name}."
        raise DocumentError([finding("template_unresolved", message)])
    return secrets[name]
