"""A refusal in the server's own words: the errors of all kinds of envelopes, whatever their names; no I/O.

RFC 6749 (5.2) has `error` and `error_description`. Others write `{"code": 10014, "msg": "…"}`,
`{"errors": [{"errorType": "…"}]}`, `{"success": false}` or a SOAP fault, also with a status of success.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator, Mapping
from itertools import islice

from watchword import redact
from watchword.http import body_words
from watchword.http.bodies import Content, parsed
from watchword.http.xml_root import XmlRoot

_STANDARD = ("error", "error_description")

SAID = frozenset({
    "error", "errors", "errordescription", "errorcode", "errcode", "err", "errno", "errortype", "errorname",
    "errorid", "errorkey", "errorsubcode", "subcode", "code", "status", "state", "statuscode", "type", "name",
    "key", "reason", "message", "msg", "errmsg", "errormsg", "errormessage", "usermessage", "detail",
    "developermessage", "localizedmessage", "details", "title", "description", "summary", "faultcode",
    "faultstring", "fault", "ret", "retcode", "retmsg", "resultcode", "resultmsg", "info", "cause", "hint",
    "submsg", "answer", "challengename", "suberror", "errorsubtype", "erro", "erreur", "errore", "fehler",
})  # fmt: skip
"""The names of members that hold the words of a refusal, without case and signs."""

_IN_CHALLENGE = re.compile(r'(?i)\b(error|error_description)\s*=\s*"([^"]{1,300})"')
_JSONP = re.compile(r"[\w.$]{1,60}\s*\(\s*(\{.*\})\s*\)\s*;?", re.DOTALL)

_OF_CALLER = re.compile(r"^(?:[\w.-]+:)?(?:Client|Sender)(?:\.|$)")

_BESIDE_CODES = SAID | {
    "rid", "logid", "hint", "helpurl", "moreinfo", "erroruri", "category", "version", "date", "servertime",
    "level", "source", "links", "context", "retryable", "domain", "success", "id", "url",
}  # fmt: skip
"""The names in the report of an error, besides those with words."""

_MAY_BE_SECRET = {"key", "name", "info", "state", "type", "title", "details", "errorkey", "answer", "summary"}
"""Members that hold data, and perhaps a token, where the status says success."""

_HARMLESS = re.compile(r"-?[0-9]{1,6}|[A-Z_.-]{1,60}|[A-Z]?[a-z_.-]{1,60}|(?:[A-Z][a-z]+){1,6}")
"""A number, or a word in usual letters: not a token."""

_LIKE_TOKEN = re.compile(r"(?=[!-~]{0,200}\d)[!-~]{10,}|[!-~]{24,}")
_OTHER_SCRIPT = re.compile(r"[^\x00-\x7f]")
"""No token has such a character, so a text with one is a sentence: Chinese has no blanks between words."""

_FLAGS = frozenset(
    {"ok", "success", "successful", "issuccess", "issuccessful", "succeeded", "sucesso", "exito"}
)

_BY_FIELD = frozenset({"error", "errors", "fielderrors", "validationerrors", "modelstate"})
"""The names of objects whose members are faulty fields, with the words about each."""

_DEEPEST, _MOST_ENTRIES, _MOST_SHOWN = 4, 200, 6
_LONGEST_SENTENCE = 500

LONGEST_TEXT = 2000
"""So many characters of a text are read."""


def entries(content: Content) -> list[tuple[str, object]]:
    """Return the members with words of a refusal: the path and the value of each; the topmost come first.

    JSON in a text is looked into as well: gateways pass on a server's response so.
    """
    found: list[tuple[str, object]] = []
    for path, members in objects(content):
        is_by_field = is_of_fields(path)
        for name, member in members:
            word_of_name = member_word(name)
            is_said = word_of_name in SAID or body_words.holds_words(word_of_name)
            is_said = is_said or (is_by_field and isinstance(member, str))
            if is_said and not name.startswith("@") and isinstance(member, (str, int, float)):
                found.append((f"{path}{name}", member))
    return found


def is_of_fields(path: str) -> bool:
    """Return whether an object has words about fields: `{"errors": {"client_id": ["is invalid"]}}`."""
    return member_word(path.rstrip(".").rpartition(".")[2]) in _BY_FIELD


def objects(content: Content) -> Iterator[tuple[str, list[tuple[str, object]]]]:
    """Yield the objects in a content: the path to each, and its members; those of lists one by one."""
    pending: deque[tuple[str, object, int]] = deque(
        [("", content.value if content.fields is None else content.fields, 0)]
    )
    left = _MOST_ENTRIES
    while pending and left > 0:
        path, value, depth = pending.popleft()
        if isinstance(value, list):
            value = {"": value}
        if not isinstance(value, Mapping) or depth >= _DEEPEST:
            continue
        members = [each for name, member in islice(value.items(), left) for each in _each(name, member, left)]
        members = members[:left]
        left -= len(members)
        yield path, members
        for name, member in members:
            inner = parsed(member) if isinstance(member, str) and len(member) <= LONGEST_TEXT else member
            if isinstance(inner, Mapping):
                pending.append((f"{path}{name}.", inner, depth + 1))


def _each(name: str, member: object, most: int) -> list[tuple[str, object]]:
    """Return a member, or each element of a list in its place."""
    if isinstance(member, list):
        return [(f"{name}[{index}]", each) for index, each in enumerate(member[:most])]
    return [(name, member)]


def server_words(content: Content) -> dict[str, str]:
    """Return what the server says about its refusal, as evidence of a finding: masked, a few members."""
    shown: dict[str, str] = {}
    fields = content.fields or {}
    for name in _STANDARD:
        value = fields.get(name)
        if isinstance(value, (str, Mapping)) and value:
            shown[name] = redact.quoted(value if isinstance(value, str) else _json(value))
    for label, value in entries(content):
        is_new = label not in shown and not (label.startswith("error.") and "error" in shown)
        if is_new and str(value).strip() and len(shown) < _MOST_SHOWN:
            shown[redact.text(label[:60])] = redact.quoted(str(value))
    return shown


def words_beside_success(content: Content) -> dict[str, str]:
    """Return what a server says in a response of success without a token: as evidence, masked.

    The token may be anywhere in it, so only codes, states and sentences at known names are shown.
    """
    shown: dict[str, str] = {}
    for label, value in entries(content):
        name, text = member_word(label.rpartition(".")[2]), str(value).strip()
        is_word = name not in _MAY_BE_SECRET and not isinstance(value, bool) and text
        is_sentence = " " in text or _OTHER_SCRIPT.search(text)
        reads = len(text) <= LONGEST_TEXT and (is_sentence or _HARMLESS.fullmatch(text))
        if is_word and reads and len(shown) < _MOST_SHOWN:
            shown[redact.text(label[:60])] = redact.quoted(_LIKE_TOKEN.sub(redact.MASK, text))
    return shown


def reports_refusal(content: Content) -> bool:
    """Return whether a response without a token is nothing but the report of an error.

    A code of zero, 200 or `ok` reports none, and where there is data, the token is in another place. A flag
    that denies success counts whatever is beside it: Snowflake adds what the client may do next.
    """
    fields = content.fields
    return fields is not None and (says_no(fields) or body_words.is_error_report(fields, _BESIDE_CODES))


def says_no(content: Mapping[str, object]) -> bool:
    """Return whether a response has a flag that denies success."""
    flags = (value for name, value in content.items() if word(name) in _FLAGS)
    return any(value is False or str(value).strip().lower() in {"false", "no", "0"} for value in flags)


def blames_caller(content: Content) -> bool:
    """Return whether a SOAP fault blames the caller: SOAP sends all faults with the status 500.

    Its code is Client or Sender (SOAP 1.1, 4.4.1; 1.2, 5.4.6), or its words are about the credential.
    """
    if content.kind != "xml":
        return False
    said = [str(value) for label, value in entries(content) if "fault." in label.lower()]
    return any(_OF_CALLER.search(text) or body_words.is_about_credential(text) for text in said)


def _json(value: object) -> str:
    try:
        return json.dumps(value)
    except (ValueError, RecursionError):
        return ""


def word(text: str) -> str:
    """Return a text in lower case without signs, as names of errors are compared."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


def member_word(name: str) -> str:
    """Return a member's name as a word, without the index in a list."""
    return word(name.partition("[")[0])


def said_in(text: str, content: Content, challenge: str) -> Content:
    """Return what a refusal says if its body isn't an object: a short text, or the header WWW-Authenticate.

    A page is not read: firewalls and gateways send these.
    """
    if content.holds_objects or isinstance(content.value, XmlRoot) or text.lstrip().startswith("<"):
        return content
    if not text.strip():
        words = {name.lower(): value for name, value in _IN_CHALLENGE.findall(challenge[:LONGEST_TEXT])}
        return Content("json", words) if words else content
    if len(text) > _LONGEST_SENTENCE:
        return content
    if (wrapped := _JSONP.fullmatch(text.strip())) and isinstance(value := parsed(wrapped[1]), dict):
        return Content("json", value)
    return Content(
        "json", {"answer": content.value if isinstance(content.value, (str, list)) else text.strip()}
    )
