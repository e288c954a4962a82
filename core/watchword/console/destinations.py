"""Where a document sends its secrets: a person who changes that enters the secrets again.

Otherwise somebody who may edit a connection, but never sees its secrets, could have them sent to a server of
their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from watchword.document.described_fields import fields_of
from watchword.http.origins import origin

_TRANSPORT = ("allowed_origins", "ca_bundle", "login_with", "proxy", "response_base_url_path", "verify")
_URL_ENDINGS = ("_url", "_endpoint", "_uri")


def changed(former: Mapping[str, Any], document: Mapping[str, Any]) -> list[str]:
    """Return the fields that send a document's secrets elsewhere than the former one did."""
    names = [name for name in fields_of(document.get("method")) if _leads(name)]
    return [name for name in names if _place(name, former) != _place(name, document)]


def _leads(name: str) -> bool:
    return name in _TRANSPORT or name.endswith(_URL_ENDINGS)


def _place(name: str, document: Mapping[str, Any]) -> object:
    value = document.get(name)
    if name == "verify":
        return value in (None, "", True)
    if name == "test_url":  # lint keeps it within the allowed origins; another path there is harmless
        own = document.get("base_url")
        return next((found for url in (value, own) if isinstance(url, str) and (found := origin(url))), None)
    return list(value) if isinstance(value, (list, tuple)) and value else value or None
