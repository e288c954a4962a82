"""Make the document of an import fit to be stored: no secret in a URL's path, no encrypted text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from watchword.connections.imports.entry import Entry, lacking
from watchword.connections.imports.header_credentials import literal
from watchword.connections.imports.template_secrets import template_for
from watchword.redact.clear_secrets import secret_parts

_FERNET = re.compile(r"gAAAAA[A-Za-z0-9_-]{60,}={0,2}")
"""What Airflow's database and some exports hold in place of a value: it is encrypted by this installation."""

_URLS = ("base_url", "test_url")
_ENCRYPTED = "The value of {} is encrypted by Airflow (Fernet), so the file lacks it."


def stored_safely(entry: Entry) -> Entry:
    """Return an entry whose URLs have `{{secret:NAME}}` for secrets, and which lacks encrypted values."""
    document = dict(entry.document)
    remarks = list(entry.remarks)
    for name in ("password", "api_key", "bearer_token"):
        if isinstance(value := document.get(name), str) and _FERNET.fullmatch(value):
            document[name] = lacking(name)
            remarks.append(_ENCRYPTED.format(name))
    return replace(entry, document=_with_path_secrets_apart(document), remarks=tuple(remarks))


def _with_path_secrets_apart(document: Mapping[str, Any]) -> dict[str, Any]:
    given = document.get("secret_parameters") or {}
    if not isinstance(given, Mapping):
        return dict(document)  # its reader refuses it
    parameters = dict(given)
    changed: dict[str, Any] = {}
    for name in _URLS:
        url = str(document.get(name) or "")
        for part in secret_parts(url):
            if "{{" not in part:
                url = url.replace(part, template_for("path", literal(part), parameters))
                changed |= {name: url, "secret_parameters": parameters}
    return {**document, **changed}
