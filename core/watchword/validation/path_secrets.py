"""Findings about secrets in the paths of URLs: templates that can't be filled in, and secrets in clear."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import unquote

from watchword import redact
from watchword.document.resolution import Resolved
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http import path_templates
from watchword.redact.key_prefixes import DISTINCT

_LEFT = re.compile(r"\{\{[^{}]{0,1000}\}\}")
_ADVICE = "Its path may have {{secret:NAME}}, and {{value:NAME}} if response_values has path:NAME."
_IN_CLEAR = "Write {{secret:NAME}} there, and put the value into secret_parameters as template:NAME."

_KNOWN_FORM = re.compile(
    r"[0-9]{6,12}:[A-Za-z0-9_-]{30,}"  # a bot's token of Telegram
    rf"|(?<![A-Za-z0-9])(?:{'|'.join(map(re.escape, DISTINCT))})[A-Za-z0-9_-]{{10,}}"
    r"|eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\."
)
_UUID = re.compile(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SID = re.compile(r"[A-Z]{2}[0-9a-f]{32}")  # an id of Twilio
_RANDOM = re.compile(r"(?=.*[0-9])(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9]{20,}")
_LEAST_BITS = 3.7
"""Of information in each character of a random text, at least; words and dates have less."""

_BEFORE_SECRET = re.compile(r"(?i)api[-_]?keys?|keys?|tokens?|secrets?|hooks?")
_COLLECTION = re.compile(r"[a-z]{3,}s")
_LONG = re.compile(r"(?=.*[0-9])[A-Za-z0-9_-]{16,}")


def findings(field: str, url: str, resolved: Resolved) -> Iterator[Finding]:
    """Yield what is wrong or doubtful about the path of a URL that a request may be sent to."""
    for name in dict.fromkeys(path_templates.names(url, "secret")):
        template = path_templates.template("secret", name)
        if name not in resolved.template_secrets:
            message = f"The field {field} refers to {template}, which secret_parameters does not have."
            yield finding("template_unresolved", message)
        elif problem := path_templates.flaw(resolved.template_secrets[name]):
            message = f"The secret of {template} in the field {field} {problem}, so a path can't hold it."
            yield finding("path_illegal", message)
    values = getattr(resolved.method, "response_values", {})
    for name in dict.fromkeys(path_templates.names(url, "value")):
        if f"path:{name}" not in values:
            template = path_templates.template("value", name)
            message = f"The field {field} has {template}, and response_values has no path:{name}."
            yield finding("template_unresolved", message, advice=_ADVICE)
    for left in dict.fromkeys(_LEFT.findall(path_templates.without_templates(url))):
        message = f"The field {field} has {left[:60]!r}, which can't be filled in there."
        yield finding("template_unresolved", message, advice=_ADVICE)
    if _holds_secret(path_templates.without_templates(url), resolved):
        message = f"The path of the field {field} seems to hold a secret in clear."
        yield finding("secret_in_url", message, advice=_IN_CLEAR)


def _holds_secret(url: str, resolved: Resolved) -> bool:
    parts = unquote(url.partition("://")[2].partition("?")[0].partition("#")[0]).split("/")[1:]
    own = {value for value in resolved.values.values() if len(value) >= redact.SHORTEST}
    befores = ["", *parts]
    return any(
        _is_secret(part, before) or part in own for before, part in zip(befores, parts, strict=False) if part
    )


def _is_secret(part: str, before: str) -> bool:
    """Return whether a part of a path looks like a secret; ids, which many paths have, are none."""
    if _KNOWN_FORM.search(part):
        return True
    if _UUID.fullmatch(part) or _SID.fullmatch(part):
        return False
    if _BEFORE_SECRET.fullmatch(before) and _LONG.fullmatch(part):
        return True
    if _COLLECTION.fullmatch(before):  # an id: /spreadsheets/1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms
        return False
    return any(_RANDOM.fullmatch(run) and _bits(run) >= _LEAST_BITS for run in re.split("[^A-Za-z0-9]", part))


def _bits(text: str) -> float:
    """Return how many bits of information each character has, by how often each occurs (Shannon)."""
    shares = [count / len(text) for count in Counter(text).values()]
    return -sum(share * math.log2(share) for share in shares)
