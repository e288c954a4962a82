"""What people paste into the field of one secret: a whole header, a line of a shell, a query; no I/O."""

from __future__ import annotations

import re
from typing import NamedTuple

from watchword.protocols.keys.other_files import TOKEN_RESPONSE

_HEADER = re.compile(
    r"(?i)(?:curl .{0,2000}?)?(?:(?:-H|--header)[ =]*)?[\"']?"
    r"(?:(?:(?:proxy-)?authorization|cookie|ocp-apim-subscription-key) ?:[ \t]*"
    r"|(?:[a-z]{1,30}-){1,3}(?:key|token) ?:[ \t]+)[^\s:/].*",
    re.DOTALL,
)
_ASSIGNMENT = re.compile(
    r"(?:export|set|setx|setenv) +[A-Za-z_]\w{0,80}[ =].+"
    r"|\$env:[A-Za-z_]\w{0,80} *=.+"
    r"|(?:[A-Z][A-Z0-9]{0,30}_){1,6}(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD) ?= ?[^\s=&].*"
)
_PAIR = r"[A-Za-z][A-Za-z0-9._~-]{0,60}=[^&\s]*"
_QUERY = re.compile(rf"(?:https?://[^\s?]{{1,2000}})?\?{_PAIR}(?:&{_PAIR})*|{_PAIR}(?:&{_PAIR})+")
_TOKEN = re.compile(r"(?:^|&)access_token=")

_ANY_TEXT = ("template:", "body:", "cookie:", "proxy")
"""The beginnings of the names of secrets that may hold a query or a header."""

_VALUE_ADVICE = "Give only the value: what comes after the name."
_QUERY_ADVICE = (
    "Give the value of one parameter, as it is before percent-encoding; the others are entries of "
    "extra_parameters or secret_parameters, such as query:NAME."
)


class Pasted(NamedTuple):
    """What a text is in place of a secret: the finding's code, what it is in words, and what to do."""

    code: str
    what: str
    advice: str


def pasted(name: str, text: str) -> Pasted | None:
    """Return what a text is that has more than the secret of this name; None for what may be one."""
    text = text.strip()
    if name.startswith(_ANY_TEXT):
        return None
    if _HEADER.fullmatch(text):
        return Pasted("secret_surrounded", "a whole header, with its name", _VALUE_ADVICE)
    if _ASSIGNMENT.fullmatch(text):
        return Pasted("secret_surrounded", "a line that sets a variable, with its name", _VALUE_ADVICE)
    if name.startswith("header:") or not _QUERY.fullmatch(text):  # schemes of APIs have pairs as well
        return None
    if _TOKEN.search(text):
        return Pasted("secret_is_file", *TOKEN_RESPONSE)
    return Pasted("secret_surrounded", "a whole query, with the names of its parameters", _QUERY_ADVICE)
