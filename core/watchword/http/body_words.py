"""What the words in a response's body mean, if its status doesn't say it; no I/O.

Words are a guess. A guess only ever makes a verdict more careful: it can turn a success
into a refusal or a doubt, but not the other way round.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import Any

from watchword.http.bodies import parsed

_FAULT = (
    r"invalid|unknown|incorrect|malformed|expired|revoked|wrong|bad|missing|not recogni[sz]ed|not found"
    r"|not valid|not registered|disabled|suspended|deactivated|inactive|locked|blocked|banned|cancell?ed"
    r"|terminated"
)
_CREDENTIAL = (
    r"key|token|credential|signature|secret|password|account|subscription|licen[cs]e|session|login|user\b"
)
_AT_FAULT = re.compile(rf"(?i)({_FAULT}).{{0,40}}({_CREDENTIAL})|({_CREDENTIAL}).{{0,40}}({_FAULT})")
_RIGHTS = re.compile(
    r"(?i)permission|scope|role|privilege|insufficient|not (authori[sz]ed|allowed|permitted)|access denied"
)
_ACCESS = re.compile(
    r"(?i)auth(?!or)|token|credential|api[-_ ]?key|permission|forbidden|denied|not[-_ ]allowed|expired"
    r"|login|session"
)
_DENIED = re.compile(
    r"(?i)un-?authori[sz]ed|unauthenticated|not ((logged|signed)[ -]?in|authenticated|authori[sz]ed)"
    r"|not permitted"
    r"|access.{0,10}denied|permission.{0,10}denied|\bforbidden\b|auth\w*.{0,10}(required|failed|failure|error)"
    r"|(log|sign)[ -_]?in.{0,10}(required|failed|again)|please (log|sign) in"
    r"|session.{0,10}(timed?[ -]?out|timeout)"
)
_OTHERWISE = re.compile(
    r"(?i)parameter|argument|field|maintenance|method|version|limit|quota|internal|timeout|unavailable|required"
)
_FIREWALL = re.compile(r"(?i)attention required|access denied.{0,2000}reference|incapsula incident")
_QUOTA = re.compile(r"(?i)quota|monthly limit|plan limit|usage limit")
_RATE = re.compile(r"(?i)rate.?limit|too many requests|throttl")
_LIMIT = re.compile(
    r"(?i)quota|throttl|too[ _-]many|slow[ _]down|over_\w*limit|limit\w*.{0,30}(reached|exceeded|exhausted)"
    r"|(rate|usage|request|call)s?[ _-]?limit|exceed\w*.{0,60}(limit|quota|requests|calls)"
    r"|out of .{0,20}(credits|requests|calls)|(calls?|requests?) (frequency|per (second|minute|hour|day))"
    r"|(retry|try again) (later|after|in)\b|temporar\w+ (unavailable|out of|blocked)|overload|maintenance"
)
_MISSING = re.compile(
    rf"(?i)(missing|no|without|lacks?)\b.{{0,20}}({_CREDENTIAL})"
    rf"|({_CREDENTIAL}).{{0,20}}(missing|required|not (provided|present|supplied|given))"
)
_PASSWORD_INPUT = re.compile(r"(?i)<input[^<>]{1,2000}type=[\"']?password")
_XML_FAILURE = re.compile(
    r"(?i)\b(stat|status|result|success)\s*(=\s*[\"']?|>)\s*(fail|error|false|nok|denied)"
)
_XML_ERROR = re.compile(r"(?i)<(\w+:)?(err|error|errors|fault|exception)\b")

_ERRORS = {
    "error", "errors", "fault", "errormessage", "errorcode", "errcode", "exception",
    "erro", "erros", "erreur", "errore", "fehler",
}  # fmt: skip
_FLAGS = {
    "ok",
    "success",
    "authenticated",
    "authorized",
    "issuccess",
    "successful",
    "issuccessful",
    "succeeded",
    "valid",
    "sucesso",
    "exito",
}
_BAD_FLAGS = {"haserror", "haserrors", "iserror", "hasfailed", "isfailed", "isfailure"}
_STATES = {"status", "result", "stat", "response", "state"}
_FAILED = {
    "error",
    "fail",
    "failed",
    "failure",
    "requestdenied",
    "denied",
    "unauthorized",
    "nok",
    "ng",
    "ko",
    "notok",
    "invalid",
}
_CODES = {"code", "errcode", "errorcode", "ret", "retcode", "returncode", "resultcode", "cod", "subcode"}
_WRAPPERS = {"errorresponse", "header", "head", "meta", "result", "data", "body", "response", "status"}
"""The names of objects in which some servers report an error."""

_DEEPEST_WRAPPER = 3
_NOTHING = {"", "0", "none", "ok", "null", "false", "noerror", "success"}
_ERROR_CODES = range(400, 600)
_ERROR_STATUSES = range(400, 1000)
_NUMBER = re.compile(r"-?[0-9]{1,9}")
_WORDS = re.compile(
    r"(?:status|result|res|ret|return|response|resp|error|err|sub|fault|user|developer|localized|display)?"
    r"(?:messages?|msg|reason|desc|description|descricao|mensagem|mensaje|messaggio|meldung)"
    r"(?:cn|zh|en|de|es|fr|it|ja|jp|ko|pt|local|args|params)?"
    r"|err(?:or)?(?:details?|summary|text|info|causes)|fehlermeldung"
)
"""The names of members with words about an error, also with the language of the words."""
_MESSAGES = {"message", "msg", "errmsg", "errormsg", "description", "detail", "reason"}

_ENVELOPE = {
    *_ERRORS, *_FLAGS, *_BAD_FLAGS, *_STATES, "code", "msg", "message", "messages", "detail", "details",
    "reason", "title", "type", "description", "errordescription", "errordetails", "errormsg", "errmsg",
    "statuscode", "subcode",
    "ret", "info", "requestid", "traceid", "correlationid", "timestamp", "time", "path", "instance", "help",
    "documentationurl",
}  # fmt: skip
"""The names in the report of an error; a body with any other value is data."""

_SHORT = 2000
"""A longer body than this, in characters, is data, whatever words it has."""

_REPORT = 1 << 16
"""A longer body than this, in characters, reports no error: it is data."""

_READ = 1 << 14
"""Words are looked for in so many characters: a long body of the right words would take seconds."""

_SENTENCE = 300
"""A longer plain text than this, in characters, is data."""


def is_empty(text: str) -> bool:
    """Return whether a body has no rows: an empty list, or an object in which all lists are empty."""
    content = _small(text)
    if isinstance(content, dict) and content:
        lists = [value for value in content.values() if isinstance(value, list)]
        return bool(lists) and not any(lists)
    return content in ([], {})


def complaint(text: str) -> str | None:
    """Return the error that a body reports although the status says success; None if it reports none."""
    content = _small(text)
    if isinstance(content, list) and content and isinstance(content[0], dict):
        content = content[0]
    if not isinstance(content, dict):
        beginning = text.lstrip("\ufeff \r\n")[:_SHORT]
        if beginning.startswith("<"):
            return beginning if _XML_ERROR.search(beginning) else None
        is_sentence = len(text) < _SENTENCE and "\n" not in text.strip()
        return beginning if is_sentence and is_about_credential(beginning) else None
    if content.get("data"):
        return None  # GraphQL's errors beside data are about some of its fields
    reports_error = any(_reports_error(word_of(name), value) for name, value in content.items())
    return json.dumps(content) if reports_error else None


def reads_as_refusal(text: str) -> bool:
    """Return whether a short body in any format says that the caller is refused."""
    beginning = text[:_SHORT]
    return len(text) < 2 * _SHORT and bool(_DENIED.search(beginning) or _AT_FAULT.search(beginning))


def reports_failure(text: str) -> bool:
    """Return whether a body reports a failure by a flag or a code, and blames the request for nothing."""
    content = _small(text)
    if isinstance(content, dict):
        failed = any(_fails(word_of(name), value) for name, value in _members(content))
        return failed and not _OTHERWISE.search(text[:_SHORT])
    return bool(_XML_FAILURE.search(text[:_SHORT])) and not _OTHERWISE.search(text[:_SHORT])


def _small(text: str) -> object:
    """Return the JSON object or list in a body; None for a body without one, and for one that is data."""
    return parsed(text) if len(text) <= _REPORT else None


def _members(content: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the members of an object, and those of the objects in it."""
    for name, value in content.items():
        yield name, value
        if isinstance(value, dict):
            yield from value.items()


def _fails(name: str, value: Any) -> bool:  # noqa: ANN401 - any JSON value
    if name in _CODES and isinstance(value, (int, str)):
        word = str(value).strip().lower()
        return not isinstance(value, bool) and word not in {
            "",
            "0",
            "00",
            "0000",
            "ok",
            "200",
            "success",
            "1",
        }
    return _reports_error(name, value)


def is_only_error(text: str) -> bool:
    """Return whether a body consists of nothing but the report of an error, rather than of data."""
    content = _small(text)
    if isinstance(content, list) and content:
        content = content[0]
    if not isinstance(content, dict):
        return len(text) < _SHORT
    return all(word_of(name) in _ENVELOPE or value in (None, "", [], {}) for name, value in content.items())


def is_error_report(content: dict[str, Any], other_names: Collection[str]) -> bool:
    """Return whether an object reports an error by a flag, a state, a code or in words, and no more.

    The report may be in an object of it, such as `header` or `data`. `other_names` are those that count as
    parts of a report here, in lower case and without signs.
    """
    known = {*_ENVELOPE, *_CODES, *other_names}
    top = {word_of(name): value for name, value in content.items()}
    inner = list(_wrapped(content, 0))
    if any(
        name not in known and not holds_words(name) and value not in (None, "", [], {})
        for name, value in inner
    ):
        return False
    if any(_fails(name, value) or _has_error(name, value) for name, value in top.items()):
        return True
    if any(name in _MESSAGES and isinstance(value, str) and reads_as_refusal(value) for name, value in inner):
        return True
    succeeded = any(
        name in _CODES and word_of(str(value)) in {"0", "200", "ok"} for name, value in top.items()
    )
    return not succeeded and any(_reports_inside(name, value) for name, value in inner)


def holds_words(name: str) -> bool:
    """Return whether a member of this name, in lower case without signs, has words about an error."""
    return _WORDS.fullmatch(name) is not None


def _wrapped(content: dict[str, Any], depth: int) -> Iterator[tuple[str, Any]]:
    """Yield the members of an object, and in place of a wrapper its own members."""
    for name, value in content.items():
        word = word_of(name)
        parts = value if isinstance(value, list) else [value]
        is_wrapper = word in _WRAPPERS and depth < _DEEPEST_WRAPPER and isinstance(value, (dict, list))
        if is_wrapper and all(isinstance(part, dict) for part in parts):
            for part in parts:
                yield from _wrapped(part, depth + 1)
        else:
            yield word, value


def _has_error(name: str, value: Any) -> bool:  # noqa: ANN401 - any JSON value
    if name == "status" and isinstance(value, int):
        return value in _ERROR_STATUSES
    return name in {*_ERRORS, "errorresponse"} and bool(value)


def _reports_inside(name: str, value: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Return whether a member of a wrapper reports an error; a text as a code may be a token's name there."""
    is_number = not isinstance(value, (dict, list)) and bool(_NUMBER.fullmatch(str(value)))
    return _fails(name, value) if name not in _CODES or is_number else False


def _reports_error(name: str, value: Any) -> bool:  # noqa: ANN401 - any JSON value
    word = "" if isinstance(value, (dict, list)) else word_of(str(value))
    if name in _ERRORS:
        if isinstance(value, dict):
            return bool(value) and word_of(str(value.get("code", ""))) not in {"0", "ok"}
        return bool(value) and (isinstance(value, list) or word not in _NOTHING)
    if name in _FLAGS:
        return word in {"false", "0", "no", "n"}
    if name in _BAD_FLAGS:
        return word in {"true", "1", "yes", "y"}
    if name in _STATES:
        return word in _FAILED
    return name == "code" and word.isdecimal() and word.isascii() and int(word[:9]) in _ERROR_CODES


def word_of(text: str) -> str:
    """Return a name or value in lower case, without signs."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


def is_about_access(text: str) -> bool:
    """Return whether the words are about who is calling, rather than about what the call asks for."""
    return bool(_ACCESS.search(text[:_READ]) or _AT_FAULT.search(text[:_READ]))


def is_about_credential(text: str) -> bool:
    """Return whether the words say that the credential itself is wrong."""
    return bool(_AT_FAULT.search(text[:_READ]))


def says_missing(text: str) -> bool:
    """Return whether the words say that the credential is missing, not that it is wrong."""
    return bool(_MISSING.search(text[:_READ]))


def is_about_rights(text: str) -> bool:
    """Return whether the words say that a right is missing."""
    return bool(_RIGHTS.search(text[:_READ]))


def is_about_quota(text: str) -> bool:
    """Return whether the words say that a quota is used up."""
    return bool(_QUOTA.search(text[:_READ]))


def is_about_rate(text: str) -> bool:
    """Return whether the words say that calls come too fast."""
    return bool(_RATE.search(text[:_READ]))


def is_about_limit(text: str) -> bool:
    """Return whether the words say that a limit is reached, or that the API can't answer at this time."""
    return bool(_LIMIT.search(text[:_READ]))


def is_of_firewall(text: str) -> bool:
    """Return whether a web page comes from a known firewall."""
    return bool(_FIREWALL.search(text[:_READ]))


def asks_for_password(text: str) -> bool:
    """Return whether a web page is a sign-in form."""
    return bool(_PASSWORD_INPUT.search(text[:_READ]))
