"""A refusal in the server's own words: the errors of all kinds of envelopes, whatever their names; no I/O.

RFC 6749 (5.2) has `error` and `error_description`. Others write `{"code": 10014, "msg": "…"}`,
`{"errors": [{"errorType": "…"}]}`, `{"success": false}` or a SOAP fault, also with a status of success.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from watchword import redact
from watchword.http import body_words
from watchword.http.bodies import Content, parsed
from watchword.http.xml_root import XmlRoot
from watchword.tokens.liftable_refusals import liftable

_STANDARD = ("error", "error_description")

_SAID = frozenset({
    "error", "errors", "errordescription", "errorcode", "errcode", "err", "errno", "errortype", "errorname",
    "errorid", "errorkey", "errorsubcode", "subcode", "code", "status", "state", "statuscode", "type", "name",
    "key", "reason", "message", "msg", "errmsg", "errormsg", "errormessage", "usermessage", "detail",
    "developermessage", "localizedmessage", "details", "title", "description", "summary", "faultcode",
    "faultstring", "fault", "ret", "retcode", "retmsg", "resultcode", "resultmsg", "info", "cause", "hint",
    "submsg", "answer", "challengename", "suberror", "errorsubtype",
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
    "usernotfound", "accountinactive", "mfarequired", "invalidrapt", "raptrequired",
})  # fmt: skip
"""What providers call a refresh token that is dead, and nothing else.

`invalid_code` is Zoho's name. After Microsoft's `interaction_required`, Auth0's `mfa_required` and Google's
`invalid_rapt`, and after Firebase's and Slack's names for a user who is gone, only a new sign-in helps.
"""

_FAULT = (
    r"(?:invalid|illegal|expired|revoked|unknown|incorrect|wrong|bad|old|reused|dead|inactive|deleted|blacklisted"
    r"|not[\s_-]?(?:valid|found|active|recogni[sz]ed)|(?:already|been)[\s_-]?used"
    r"|no longer (?:valid|active|exists)|does(?: not|n't) exist)"
)
_LINK = (
    r"(?:is|was|are|has|have|been|either|or|and|the|already|that|which|you|passed|provided|given|supplied"
    r"|sent|specified)"
)
_REFRESH_TOKEN = r"(?:access\s?/\s?)?refresh[\s_-]?token"  # noqa: S105 - a pattern
_OTHER_PART = r"(?![\s_-]?(?:request|grant|type|param|url|endpoint|method|scope|format|lifetime|polic))"
_SAID_OF_TOKEN = re.compile(
    rf"(?i)(?<![a-z])(?:{_FAULT}(?:\sor\s|/))?{_FAULT}[\s_-]?{_REFRESH_TOKEN}(?![a-z]){_OTHER_PART}"
    rf"|{_REFRESH_TOKEN}(?:[\s_:-]{{1,2}}{_LINK}){{0,6}}[\s_:-]{{0,2}}{_FAULT}(?![a-z_])"
    rf"|requires an active {_REFRESH_TOKEN}|value passed for the token was invalid"
    r"|error validating access token(?!: (?:you cannot access|sessions for the user))"
)
"""Words in a sentence that call the refresh token itself dead; the last are Shopify's, X's and Meta's."""

_UNSURE = re.compile(r"(?i)\b(?:if|whether|unless|until|when|not|no|without|may|might)\b[^.;:!]{0,40}$")
"""Before such words they call it so only perhaps."""

_PASSING = re.compile(r"(?i)already being processed|AADSTS50196|rate (?:limit )?exceeded|too many requests")
"""With these words invalid_grant ends no sign-in: Salesforce is busy with it, Entra found a loop."""

_TOO_EARLY = re.compile(r"(?i)access[\s_-]?token (?:is |has )?(?:not (?:yet )?expired|still valid)\b")

_IN_CHALLENGE = re.compile(r'(?i)\b(error|error_description)\s*=\s*"([^"]{1,300})"')
_JSONP = re.compile(r"[\w.$]{1,60}\s*\(\s*(\{.*\})\s*\)\s*;?", re.DOTALL)

_PLACES = frozenset({"field", "resource", "param", "parameter", "property", "attribute", "argument", "path"})
"""The names of members that name the value at fault."""

_DEAD_BESIDE_REFRESH = frozenset(
    {"invalidtoken", "tokeninvalid", "tokennotfound", "tokenisexpired", "badtoken", "unsupportedtokentype"}
)
"""What they call any dead token; it is the refresh token if the envelope has the word refresh.

`unsupported_token_type` is Schwab's name.
"""

_OF_ANY_TOKEN = frozenset({
    "expiredtoken", "tokenexpired", "revokedtoken", "tokenrevoked", "tokenhasexpired", "tokenhasbeenrevoked",
    "tokenhasbeenexpiredorrevoked",
})  # fmt: skip
"""Names among those of a dead refresh token that a gateway in front uses for its own token too."""

_OF_CLIENT = frozenset({
    "invalidclient", "invalidclientid", "invalidclientsecret", "clientnotfound", "badclientid",
    "badclientsecret", "unsupportedgranttype", "invalidscope", "ratelimit", "ratelimited",
    "ratelimitexceeded", "slowdown", "toomanyrequests", "temporarilyunavailable", "servererror",
    "incorrectclientcredentials", "deletedclient", "disabledclient",
})  # fmt: skip
"""Names that say that something else is wrong; they count more."""

_REFUSED_CLIENT = frozenset({
    "invalidclient", "invalidclientid", "invalidclientsecret", "clientnotfound", "badclientid",
    "badclientsecret", "incorrectclientcredentials", "deletedclient", "disabledclient",
})  # fmt: skip
"""Names among them, in the member `error`, of a client that is refused: Slack's, GitHub's and Google's."""

_OF_REQUEST = frozenset({"invalidrequest", "unauthorizedclient"})
"""Names that many servers use for anything; they count more than a name, and less than a sentence."""

_BESIDE_CODES = _SAID | {
    "rid", "logid", "hint", "helpurl", "moreinfo", "erroruri", "category", "version", "date", "servertime",
    "level", "source", "links", "context", "retryable", "domain", "success", "id", "url",
}  # fmt: skip
"""The names in the report of an error, besides those with words."""

_MAY_BE_SECRET = {"key", "name", "info", "state", "type", "title", "details", "errorkey", "answer", "summary"}
"""Members that hold data, and perhaps a token, where the status says success."""

_HARMLESS = re.compile(r"-?[0-9]{1,6}|[A-Z_.-]{1,60}|[A-Z]?[a-z_.-]{1,60}|(?:[A-Z][a-z]+){1,6}")
"""A number, or a word in usual letters: not a token."""

_LIKE_TOKEN = re.compile(r"(?=\S{0,200}\d)\S{10,}|\S{24,}")

_DEEPEST, _MOST_ENTRIES, _MOST_SHOWN = 4, 200, 6
_LONGEST_NAME, _LONGEST_SENTENCE, _LONGEST_TEXT = 60, 500, 2000


def _entries(content: Content) -> list[tuple[str, object]]:
    """Return the members with words of a refusal: the path and the value of each; the topmost come first.

    JSON in a text is looked into as well: gateways pass on a server's response so.
    """
    found: list[tuple[str, object]] = []
    for path, members in _objects(content):
        for name, member in members:
            if _member(name) in _SAID and not name.startswith("@") and isinstance(member, (str, int, float)):
                found.append((f"{path}{name}", member))
    return found


def _objects(content: Content) -> Iterator[tuple[str, list[tuple[str, object]]]]:
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
            inner = parsed(member) if isinstance(member, str) and len(member) <= _LONGEST_TEXT else member
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
    for label, value in _entries(content):
        is_new = label not in shown and not (label.startswith("error.") and "error" in shown)
        if is_new and str(value).strip() and len(shown) < _MOST_SHOWN:
            shown[redact.text(label[:60])] = redact.quoted(str(value))
    return shown


def words_beside_success(content: Content) -> dict[str, str]:
    """Return what a server says in a response of success without a token: as evidence, masked.

    The token may be anywhere in it, so only codes, states and sentences at known names are shown.
    """
    shown: dict[str, str] = {}
    for label, value in _entries(content):
        name, text = _member(label.rpartition(".")[2]), str(value).strip()
        is_word = name not in _MAY_BE_SECRET and not isinstance(value, bool) and text
        reads = len(text) <= _LONGEST_TEXT and (" " in text or _HARMLESS.fullmatch(text))
        if is_word and reads and len(shown) < _MOST_SHOWN:
            shown[redact.text(label[:60])] = redact.quoted(_LIKE_TOKEN.sub(redact.MASK, text))
    return shown


def dead_token_name(content: Content, *, behind_login: bool = False) -> str | None:
    """Return by which known words a refusal calls the refresh token dead; None if it doesn't.

    Behind a login the request holds another token, so a name for any token needs the word refresh beside it.
    """
    found = _entries(content)
    named = {
        _word(value): value for _, value in found if isinstance(value, str) and len(value) < _LONGEST_NAME
    }
    if named.keys() & _OF_CLIENT:
        return None
    sentences = [value for _, value in found if isinstance(value, str)]
    said = next(
        (words for value in (*sentences, *_of_fields(content)) if (words := _in_sentence(value))), None
    )
    about_refresh = any("refresh" in str(value)[:_LONGEST_TEXT].lower() for _, value in found)
    dead = _DEAD - _OF_ANY_TOKEN if behind_login else _DEAD
    if about_refresh:
        dead = _DEAD | _DEAD_BESIDE_REFRESH
    name = next((value.strip(" .") for word, value in named.items() if word in dead), None)
    if said is None and _liftable(sentences):
        return None
    return said if named.keys() & _OF_REQUEST else name or said


def liftable_words(content: Content) -> str | None:
    """Return the words of a refusal that somebody lifts at the provider; None for any other one.

    Where the client is refused, or the refresh token itself is called dead too, that counts.
    """
    found = [value for _, value in _entries(content) if isinstance(value, str)]
    of_client = any(_word(value) in _OF_CLIENT for value in found if len(value) < _LONGEST_NAME)
    return None if of_client or any(_in_sentence(text) for text in found) else _liftable(found)


def _liftable(texts: Iterable[str]) -> str | None:
    return next((words for text in texts if (words := liftable(text[:_LONGEST_TEXT]))), None)


def names_refused_client(error: object) -> bool:
    """Return whether a name, such as GitHub's `incorrect_client_credentials`, refuses the client."""
    return isinstance(error, str) and len(error) < _LONGEST_NAME and _word(error) in _REFUSED_CLIENT


def _in_sentence(text: str) -> str | None:
    """Return the words in a text that call the refresh token dead."""
    text = text[:_LONGEST_TEXT]
    match = _SAID_OF_TOKEN.search(text)
    return match[0][: _LONGEST_NAME - 1] if match and not _UNSURE.search(text[: match.start()]) else None


def _of_fields(content: Content) -> Iterator[str]:
    """Yield what a list of faulty fields says of the refresh token, such as `refresh_token invalid`."""
    for _, members in _objects(content):
        words = [(_member(name), member) for name, member in members if isinstance(member, str)]
        is_of_token = any(name in _PLACES and _word(member) == "refreshtoken" for name, member in words)
        yield from (f"refresh_token {member}" for name, member in words if is_of_token and name in _SAID)


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


def _member(name: str) -> str:
    """Return a member's name as a word, without the index in a list."""
    return _word(name.partition("[")[0])


def is_passing(content: Content) -> bool:
    """Return whether a refusal of the refresh token is about this one request, by the server's words."""
    return any(
        isinstance(value, str) and _PASSING.search(value[:_LONGEST_TEXT]) for _, value in _entries(content)
    )


def comes_too_early(content: Content) -> bool:
    """Return whether a server refuses to renew a token since it has not ended, as Exact Online does."""
    texts = (value[:_LONGEST_TEXT] for _, value in _entries(content) if isinstance(value, str))
    return any(_TOO_EARLY.search(text) for text in texts)


def said_in(text: str, content: Content, challenge: str) -> Content:
    """Return what a refusal says if its body isn't an object: a short text, or the header WWW-Authenticate.

    A page is not read: firewalls and gateways send these.
    """
    if content.holds_objects or isinstance(content.value, XmlRoot) or text.lstrip().startswith("<"):
        return content
    if not text.strip():
        words = {name.lower(): value for name, value in _IN_CHALLENGE.findall(challenge[:_LONGEST_TEXT])}
        return Content("json", words) if words else content
    if len(text) > _LONGEST_SENTENCE:
        return content
    if (wrapped := _JSONP.fullmatch(text.strip())) and isinstance(value := parsed(wrapped[1]), dict):
        return Content("json", value)
    return Content(
        "json", {"answer": content.value if isinstance(content.value, (str, list)) else text.strip()}
    )
