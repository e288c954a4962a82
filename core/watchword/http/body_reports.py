"""Whether a body is nothing but a report on the call, rather than data, and what it reports; no I/O.

The answers to the real credential, the decoy and none are read alike: a report proves nothing in any of them.
A body with one value whose name isn't that of a report is data, whatever words it has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

from watchword.http import body_words
from watchword.http.bodies import content_of
from watchword.http.xml_root import XmlRoot

Reported: TypeAlias = Literal["", "refusal", "limit", "failure", "nothing"]
"""What a body reports; "" for data, and for a report of success."""

_LONGEST = 4000
"""A longer body than this, in characters, is data."""

_SENTENCE = 300
"""A longer plain text than this, in characters, is data."""

_MOST_VALUES = 40
"""A body with more values than this is data."""

_DEEPEST = 5

_ERROR = re.compile(
    r"(e?rr(or)?|fault|exception)s?(message|msg|code|no|type|info|text|string|description|id)?s?"
)
_OK_FLAG = re.compile(r"(is|was)?(ok|success|successful|succeeded|valid|authenticated|authori[sz]ed)")
_BAD_FLAG = re.compile(
    r"((is|has|was|under|in)?(error|fail|failed|failure|denied|maintenance|expired|revoked|suspended)s?)"
    r"|\w+required|\w*limit(reached|exceeded)"
)
_CODE = re.compile(
    r"(err(or)?|ret|return|result|resp|response|res|status|sub|fault)?(code|cod|errno|no)|ret|rc|cod|errno"
)
_STATE = re.compile(r"stat|status|state|result|response|outcome")
_HOLDS_NUMBERS = frozenset({"result", "response", "outcome"})
"""A number is data in these states."""
_WORDS = re.compile(
    r"(status|result|ret|return|resp|error|err|sub|fault)?"
    r"(message|messages|msg|text|txt|reason|detail|details|description|title|info|note|notice|hint|help)"
    r"|statusmessage|category|cause"
)
_LINKS = r"\w*(url|link|uri)s?|docs|\w*documentation"
_BESIDE = re.compile(
    r"type|level|jsonrpc|version|instance|path|timestamp|time|date|mode|challenge|needed|provided|upgradeurl"
    r"|(request|trace|correlation|support|fbtrace|log|error)id|logref|" + _LINKS
)
"""The names that stand beside a report, and report nothing."""
_ABOUT_THE_CALL = re.compile(rf"{_LINKS}|meta|jsonapi|extensions|{_ERROR.pattern}")
"""The names of objects and lists beside a report, or beside null, that hold nothing of the caller."""
_MOMENT = re.compile(r"(?i)(^|_)(since|until|at|date|time|expiry|expires)$|(At|Date|Time|Until)$")
_WRAPPER = re.compile(
    r"(error|api|odata)?(response|result|envelope|body|header|head|meta|data|error|errors|fault|status|root"
    r"|rsp|resp|reply|report|r|e)|returninfo|base|payload|extensions|jsonapi"
)
_SUBJECT = re.compile(
    r"user|account|me|viewer|profile|identity|customer|member|session|principal|data|payload|result|response"
)
"""Without a value in these, an answer about the caller says nothing."""

_FAILED = re.compile(
    r"(err|fail|fault|den(y|ied)|reject|refus|invalid|unauth|forbid|expire|suspend|disab|block|lock|pending"
    r"|revok|inactive|nok|notok|ko\b|over\w*limit|exceed|requestdenied|request_denied)"
)
_GOOD_CODES = frozenset(
    {"", "0", "00", "000", "0000", "00000", "1", "ok", "success", "successful", "true", "none"}
)
_GOOD_NUMBERS = range(200, 300)
_NO = frozenset({"false", "0", "no", "n", "f"})
_YES = frozenset({"true", "1", "yes", "y", "t"})
_NO_ERROR = frozenset({"0", "false", "none", "null", "no", "ok", "noerror", "success", "n"})
_NO_ACCESS = re.compile(
    r"(?i)\bdenied\b|suspended|(black|block|deny)listed|deactivated|awaiting|not a(pproved|ctivated|ctive)"
    r"|\b(no|missing|without an?) (api[ -]?)?(key|token|credential)"
    r"|(trial|subscription|licen[cs]e|plan|contract|membership).{0,20}(ended|over|lapsed|expired)"
)
"""What a report says of a caller who gets no data; beside `body_words.reads_as_refusal`."""
_BAD_START = re.compile(
    r"(?i)\W{0,3}(err|error|fail|failed|failure|fault|denied|invalid|refused|forbidden)\b"
)


class _Value(NamedTuple):
    name: str
    word: str
    text: str


def reported(text: str, media_type: str = "") -> Reported:
    """Return what a body reports, if it is nothing but a report."""
    if len(text) > _LONGEST:
        return ""
    content = content_of(text, media_type)
    value = _row(text) if content.kind == "text" else content.value
    if value is None:
        return _in_sentence(text)
    if not isinstance(value, (dict, list)):
        return _in_sentence(str(value)) if isinstance(value, str) else ""
    if _lacks_its_subject(value):
        return "nothing"
    if isinstance(value, XmlRoot):
        is_error = bool(_ERROR.fullmatch(body_words.word_of(next(iter(value), ""))))
        value = {"error": value.element} if is_error and value.element else value.element or dict(value)
    values = list(_values(value, 0))
    if not values or len(values) > _MOST_VALUES or not all(_is_known(each) for each in values):
        return ""
    return _of_values(values)


def _row(text: str) -> dict[str, str] | None:
    """Return the only row of a table by its head, None for another text."""
    lines = text.strip().splitlines()
    if len(lines) != 2 or "<" in text:  # noqa: PLR2004 - a head and a row
        return None
    head, row = (re.split("[,;\t|]", line) for line in lines)
    return dict(zip(head, row, strict=True)) if len(head) == len(row) > 1 else None


def _of_values(values: list[_Value]) -> Reported:
    # The name of a flag is all that it says.
    said = " ".join(each.name if _is_bad_flag(each) else each.text for each in values)
    fails = any(_fails(each) for each in values)
    succeeds = not fails and any(_succeeds(each) for each in values)
    if succeeds:
        return ""
    if body_words.is_about_limit(said):
        return "limit"
    if _refuses(said):
        return "refusal"
    return "failure" if fails else ""


def _in_sentence(text: str) -> Reported:
    """Return what a line of plain text reports."""
    text = text.strip()
    if not text or len(text) > _SENTENCE or "\n" in text or "<" in text:
        return ""
    if body_words.is_about_limit(text):
        return "limit"
    if _refuses(text):
        return "refusal"
    return "failure" if _BAD_START.match(text) else ""


def _refuses(text: str) -> bool:
    return body_words.reads_as_refusal(text) or bool(_NO_ACCESS.search(text))


def _lacks_its_subject(value: object) -> bool:
    """Return whether all that an answer about the caller could say is null, also beside links and errors."""
    if not isinstance(value, dict) or isinstance(value, XmlRoot):
        return False
    words = {body_words.word_of(str(name)): each for name, each in value.items()}
    subjects = [each for name, each in words.items() if _SUBJECT.fullmatch(name)]
    states = [name for name, each in words.items() if each is not None]
    reports = any(pattern.fullmatch(name) for name in states for pattern in (_CODE, _OK_FLAG, _STATE))
    holds_more = any(
        isinstance(each, (dict, list)) and each and not _is_null(each) and not _stands_beside(name)
        for name, each in words.items()
    )
    return bool(subjects) and all(map(_is_null, subjects)) and not reports and not holds_more


def _is_null(value: object) -> bool:
    """Return whether a value is null, or an object with nothing but null in it."""
    if isinstance(value, dict) and value:
        return all(_is_null(each) for each in value.values())
    return value is None


def _stands_beside(word: str) -> bool:
    """Return whether a field with this name says nothing about the caller."""
    return bool(_ABOUT_THE_CALL.fullmatch(word))


def _values(value: object, depth: int, name: str = "") -> Iterator[_Value]:
    """Yield the values of a report with their names; a wrapper's own members in its place."""
    if isinstance(value, (dict, list)) and depth > _DEEPEST:
        yield _Value(name, "?", "")
    elif isinstance(value, dict):
        for own_name, each in value.items():
            key = str(own_name).removeprefix("@")
            if isinstance(each, (dict, list)) and each and not _holds_report(_last_word(key)):
                if not _stands_beside(_last_word(key)):
                    yield _Value(key, "?", "")
            else:
                yield from _values(each, depth + 1, key)
    elif isinstance(value, list):
        are_words = name.endswith("s") and all(isinstance(each, str) for each in value)
        if len(value) > 1 and not are_words:
            yield _Value(name, "?", "")  # several reports are a list of them
        for each in value[:_MOST_VALUES]:
            yield from _values(each, depth + 1, name)
    elif value is not None and value != "":
        yield _Value(name, _last_word(name), str(value).strip())


def _last_word(name: str) -> str:
    return body_words.word_of(name.rpartition(".")[2])


def _holds_report(word: str) -> bool:
    return any(pattern.fullmatch(word) for pattern in (_WRAPPER, _ERROR, _WORDS))


def _is_known(value: _Value) -> bool:
    word = value.word
    if word in _HOLDS_NUMBERS and _is_number(value.text):
        return False
    patterns = (_ERROR, _OK_FLAG, _BAD_FLAG, _CODE, _STATE, _WORDS, _BESIDE, _WRAPPER)
    if any(pattern.fullmatch(word) for pattern in patterns):
        return True
    return bool(_MOMENT.search(value.name))


def _fails(value: _Value) -> bool:
    word, text = value.word, value.text.lower()
    if _OK_FLAG.fullmatch(word):
        return text in _NO
    if _BAD_FLAG.fullmatch(word) and text in _YES | _NO:
        return _is_bad_flag(value)
    if _CODE.fullmatch(word):
        return not _is_good_code(text)
    if _STATE.fullmatch(word):
        return not _is_good_code(text) if _is_number(text) else bool(_FAILED.match(body_words.word_of(text)))
    if word == "type":
        return text in {"error", "failure", "fault"}
    return bool(_ERROR.fullmatch(word)) and body_words.word_of(text) not in _NO_ERROR


def _is_bad_flag(value: _Value) -> bool:
    return bool(_BAD_FLAG.fullmatch(value.word)) and value.text.lower() in _YES


def _succeeds(value: _Value) -> bool:
    text = value.text.lower()
    if _OK_FLAG.fullmatch(value.word):
        return text in _YES or text == "ok"
    return bool(_CODE.fullmatch(value.word) or _STATE.fullmatch(value.word)) and _is_good_code(text)


def _is_number(text: str) -> bool:
    return text.removeprefix("-").isdecimal() and len(text) < 10  # noqa: PLR2004 - int() of a long text is slow


def _is_good_code(text: str) -> bool:
    if _is_number(text) and len(text) == 3:  # noqa: PLR2004 - HTTP's statuses
        return int(text) in _GOOD_NUMBERS or text in _GOOD_CODES
    return text in _GOOD_CODES
