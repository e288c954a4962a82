"""A value of a field that is not secret, as it may be shown: without what may be secret in it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from watchword.redact.clear_secrets import sounds_like_secret, without_clear_secrets
from watchword.redact.signatures import MASK

_TEMPLATE = re.compile(r"\{\{[^}]{1,1000}\}\}")
_SCHEME = re.compile(r"(?i)(basic|bearer|token)?\s*")
_USERINFO = re.compile(r"(//)\S*:\S*@|(//)[^/?#\s]*@|^[^\s@/:]*:(?!//)\S*@")
"""User and password of a URL, even if one of them has unescaped characters that would end it."""

_PARAMETER = re.compile(r"([?&;#]([^=&;#]+)=)[^&;#]+")


def shown(value: object, *, may_be_secret: bool = False) -> object:
    """Return a value with `***` for what may be secret; `may_be_secret` if its name suggests it."""
    if isinstance(value, Mapping):
        return {
            key: shown(each, may_be_secret=may_be_secret or sounds_like_secret(str(key)))
            for key, each in value.items()
        }
    if isinstance(value, (list, tuple)):
        return type(value)([shown(each, may_be_secret=may_be_secret) for each in value])
    if isinstance(value, str):
        return MASK if may_be_secret and not is_template(value) else _shown_text(value)
    return MASK if may_be_secret and value is not None and not isinstance(value, bool) else value


def is_template(text: object) -> bool:
    """Return whether a text only names a secret that is kept elsewhere, such as `Bearer {{secret:NAME}}`."""
    return isinstance(text, str) and "{{" in text and bool(_SCHEME.fullmatch(_TEMPLATE.sub("", text)))


def _shown_text(text: str) -> str:
    if "PRIVATE KEY" in text:  # a certificate's file may hold its key too
        return MASK
    text = _USERINFO.sub(lambda match: f"{match[1] or match[2] or ''}{MASK}@", text)
    text = _PARAMETER.sub(lambda match: match[1] + MASK if sounds_like_secret(match[2]) else match[0], text)
    return without_clear_secrets(text)
