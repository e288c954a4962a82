"""Findings about secrets in the paths of URLs: templates that can't be filled in, and secrets in clear."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from watchword import redact
from watchword.document.resolution import Resolved
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http import path_templates
from watchword.redact.clear_secrets import is_secret_part

_LEFT = re.compile(r"\{\{[^{}]{0,1000}\}\}")
_ADVICE = "Its path may have {{secret:NAME}}, and {{value:NAME}} if response_values has path:NAME."
_IN_CLEAR = "Write {{secret:NAME}} there, and put the value into secret_parameters as template:NAME."


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
        is_secret_part(part, before) or part in own
        for before, part in zip(befores, parts, strict=False)
        if part
    )
