"""Keep secrets out of everything that is printed: texts, URLs, exceptions and other libraries' logs.

The process has one registry. A secret and its derived forms are registered when a connection or a token
is created, and everything that is printed goes through `text`. A value that is made for one request only,
such as a signature or a short-lived JWT, is recognised by its name or its form.
"""

from __future__ import annotations

from watchword.redact.forms import LONG_LINE, SHORTEST, forms
from watchword.redact.logs import exception, filter_logs
from watchword.redact.signatures import MASK
from watchword.redact.texts import (
    LONGEST_QUOTE,
    holds,
    is_known,
    known,
    mask_parameters,
    masked,
    names_credential,
    quoted,
    register,
    sounds_secret,
    subscribe,
    text,
    unheard,
)
from watchword.redact.values import NeverPickled, describe_value

__all__ = [
    "LONGEST_QUOTE",
    "LONG_LINE",
    "MASK",
    "SHORTEST",
    "NeverPickled",
    "describe_value",
    "exception",
    "filter_logs",
    "forms",
    "holds",
    "is_known",
    "known",
    "mask_parameters",
    "masked",
    "names_credential",
    "quoted",
    "register",
    "sounds_secret",
    "subscribe",
    "text",
    "unheard",
]
