"""A refusal in the server's own words: the errors of all kinds of envelopes, whatever their names; no I/O.

RFC 6749 (5.2) has `error` and `error_description`. Others write `{"code": 10014, "msg": "…"}`,
`{"errors": [{"errorType": "…"}]}`, `{"success": false}` or a SOAP fault, also with a status of success.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Mapping

from watchword import redact
from watchword.http import body_words
from watchword.http.bodies import Content

_STANDARD = ("error", "error_description")

_SAID = frozenset({
    "error", "errors", "errordescription", "errorcode", "errcode", "err", "errno", "errortype", "errorname",
    "errorid", "errorkey", "errorsubcode", "subcode", "code", "status", "state", "statuscode", "type", "name",
    "key", "reason", "message", "msg", "errmsg", "errormsg", "errormessage", "usermessage", "detail",
    "developermessage", "localizedmessage", "details", "title", "description", "summary", "faultcode",
    "faultstring", "fault", "ret", "retcode", "retmsg", "resultcode", "resultmsg", "info", "cause",
})  # fmt: skip
"""The names of members that hold the words of a refusal, without case and signs."""

_DEAD = frozenset({
    "invalidgrant", "badrefreshtoken", "invalidrefreshtoken", "refreshtokeninvalid", "expiredtoken",
    "expiredrefreshtoken", "refreshtokenexpired", "refreshtokenhasexpired", "tokenexpired", "revokedtoken",
    "tokenrevoked", "revokedrefreshtoken", "refreshtokenrevoked", "refreshtokennotfound",
    "refreshtokenisinvalid", "refreshtokenisexpired", "refreshtokenhasbeenrevoked", "unknownrefreshtoken",
    "incorrectrefreshtoken", "refreshtokenreused", "refreshtokenalreadyused", "refreshtokenused",
    "missingorinvalidrefreshtoken", "invalidorexpiredrefreshtoken", "grantrevoked", "expiredgrant",
    "tokenhasexpired", "tokenhasbeenrevoked", "tokenhasbeenexpiredorrevoked", "refreshtokennotvalid",
    "refreshtokenunknown", "interactionrequired", "loginrequired", "consentrequired", "invalidcode",
})  # fmt: skip
"""What providers call a refresh token that is dead, and nothing else.

`invalid_code` is Zoho's name. After Microsoft's `interaction_required` only a new sign-in helps.
"""

_DEAD_BESIDE_REFRESH = frozenset(
    {"invalidtoken", "tokeninvalid", "tokennotfound", "tokenisexpired", "badtoken"}
)
"""What they call any dead token; it is the refresh token if the envelope has the word refresh."""

_OF_CLIENT = frozenset({
    "invalidclient", "unauthorizedclient", "invalidclientid", "invalidclientsecret", "clientnotfound",
    "badclientid", "badclientsecret", "invalidrequest", "unsupportedgranttype", "invalidscope", "ratelimit",
    "ratelimited", "ratelimitexceeded", "slowdown", "toomanyrequests", "temporarilyunavailable",
    "servererror",
})  # fmt: skip
"""Names that say that something else is wrong; they count more."""

_BESIDE_CODES = _SAID | {
    "rid", "logid", "hint", "helpurl", "moreinfo", "erroruri", "category", "version", "date", "servertime",
    "level", "source", "links", "context", "retryable", "domain", "success", "id",
}  # fmt: skip
"""The names in the report of an error, besides those with words."""

_DEEPEST, _MOST_ENTRIES, _MOST_SHOWN = 4, 200, 6
_LONGEST_NAME = 60


def _entries(content: Content) -> list[tuple[str, object]]:
    """Return the members with words of a refusal: the path and the value of each.

    Those nearest to the top come first; of a list only the first element counts.
    """
    pending: deque[tuple[str, object, int]] = deque([("", content.fields, 0)])
    found: list[tuple[str, object]] = []
    left = _MOST_ENTRIES
    while pending and left > 0:
        path, value, depth = pending.popleft()
        if not isinstance(value, Mapping) or depth >= _DEEPEST:
            continue
        for name, member in value.items():
            left -= 1
            is_list = isinstance(member, list) and bool(member)
            label, first = (f"{path}{name}[0]", member[0]) if is_list else (f"{path}{name}", member)
            if isinstance(first, Mapping):
                pending.append((f"{label}.", first, depth + 1))
            elif _word(name) in _SAID and isinstance(first, (str, int, float)) and not name.startswith("@"):
                found.append((label, first))
    return found


def server_words(content: Content) -> dict[str, str]:
    """Return what the server says about its refusal, as evidence of a finding: masked, a few members."""
    shown: dict[str, str] = {}
    fields = content.fields or {}
    for name in _STANDARD:
        value = fields.get(name)
        if isinstance(value, (str, Mapping)) and value:
            shown[name] = redact.quoted(value if isinstance(value, str) else _json(value))
    for label, value in _entries(content):
        is_new = label not in shown and not (label.startswith("error.") and "error" in shown)
        if is_new and str(value).strip() and len(shown) < _MOST_SHOWN:
            shown[redact.text(label[:60])] = redact.quoted(str(value))
    return shown


def dead_token_name(content: Content) -> str | None:
    """Return by which known name a refusal calls the refresh token dead; None if it doesn't."""
    found = _entries(content)
    named = {
        _word(value): value for _, value in found if isinstance(value, str) and len(value) < _LONGEST_NAME
    }
    if named.keys() & _OF_CLIENT:
        return None
    about_refresh = any("refresh" in str(value)[:2000].lower() for _, value in found)
    dead = _DEAD | _DEAD_BESIDE_REFRESH if about_refresh else _DEAD
    return next((value.strip(" .") for word, value in named.items() if word in dead), None)


def reports_refusal(content: Content) -> bool:
    """Return whether a response without a token is nothing but the report of an error.

    A code of zero, 200 or `ok` reports none, and where there is data, the token is in another place.
    """
    return content.fields is not None and body_words.is_error_report(content.fields, _BESIDE_CODES)


def _json(value: object) -> str:
    try:
        return json.dumps(value)
    except (ValueError, RecursionError):
        return ""


def _word(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())
