"""By which words providers call a refresh token dead, and a client refused; no I/O.

A refresh token is dead if only a new sign-in helps. `kept_refusals.py` has words that mean something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from watchword.http.bodies import Content
from watchword.tokens.kept_refusals import liftable
from watchword.tokens.refusal_words import (
    LONGEST_TEXT,
    SAID,
    entries,
    is_of_fields,
    member_word,
    objects,
    word,
)

_LONGEST_NAME = 60

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
_INVALID = r"\s?(?:已?过期|已?失效|无效|不存在|非法)"
"""Expired, invalid, not found, illegal: Pinduoduo and JD write Chinese."""
_OTHER_PART = r"(?![\s_-]?(?:request|grant|type|param|url|endpoint|method|scope|format|lifetime|polic))"
_SAID_OF_TOKEN = re.compile(
    rf"(?i)(?<![a-z])(?:{_FAULT}(?:\sor\s|/))?{_FAULT}[\s_-]?[`'\"]?{_REFRESH_TOKEN}(?![a-z]){_OTHER_PART}"
    rf"|{_REFRESH_TOKEN}[`'\"]?(?:[\s_:-]{{1,2}}{_LINK}){{0,6}}[\s_:-]{{0,2}}{_FAULT}(?![a-z_])"
    rf"|requires an active {_REFRESH_TOKEN}|value passed for the token was invalid"
    rf"|{_REFRESH_TOKEN}{_INVALID}|{_INVALID}的?\s?{_REFRESH_TOKEN}"
    r"|error validating access token(?!: (?:you cannot access|sessions for the user))"
)
"""Words in a sentence that call the refresh token itself dead; the last are Shopify's, X's and Meta's."""

_UNSURE = re.compile(r"(?i)\b(?:if|whether|unless|until|when|not|no|without|may|might)\b[^.;:!]{0,40}$")
"""Before such words they call it so only perhaps."""

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


def dead_token_name(content: Content, *, behind_login: bool = False) -> str | None:
    """Return by which known words a refusal calls the refresh token dead; None if it doesn't.

    Behind a login the request holds another token, so a name for any token needs the word refresh beside it.
    """
    found = entries(content)
    named = {
        word(value): value for _, value in found if isinstance(value, str) and len(value) < _LONGEST_NAME
    }
    if named.keys() & _OF_CLIENT:
        return None
    sentences = [value for _, value in found if isinstance(value, str)]
    said = next(
        (words for value in (*sentences, *_of_fields(content)) if (words := _in_sentence(value))), None
    )
    about_refresh = any("refresh" in str(value)[:LONGEST_TEXT].lower() for _, value in found)
    dead = _DEAD - _OF_ANY_TOKEN if behind_login else _DEAD
    if about_refresh:
        dead = _DEAD | _DEAD_BESIDE_REFRESH
    name = next((value.strip(" .") for known, value in named.items() if known in dead), None)
    if said is None and _liftable(sentences):
        return None
    return said if named.keys() & _OF_REQUEST else name or said


def liftable_words(content: Content) -> str | None:
    """Return the words of a refusal that somebody lifts at the provider; None for any other one.

    Where the client is refused, or the refresh token itself is called dead too, that counts.
    """
    found = [value for _, value in entries(content) if isinstance(value, str)]
    of_client = any(word(value) in _OF_CLIENT for value in found if len(value) < _LONGEST_NAME)
    return None if of_client or any(_in_sentence(text) for text in found) else _liftable(found)


def _liftable(texts: Iterable[str]) -> str | None:
    return next((words for text in texts if (words := liftable(text[:LONGEST_TEXT]))), None)


def names_refused_client(error: object) -> bool:
    """Return whether a name, such as GitHub's `incorrect_client_credentials`, refuses the client."""
    return isinstance(error, str) and len(error) < _LONGEST_NAME and word(error) in _REFUSED_CLIENT


def _in_sentence(text: str) -> str | None:
    """Return the words in a text that call the refresh token dead."""
    text = text[:LONGEST_TEXT]
    match = _SAID_OF_TOKEN.search(text)
    return match[0][: _LONGEST_NAME - 1] if match and not _UNSURE.search(text[: match.start()]) else None


def _of_fields(content: Content) -> Iterator[str]:
    """Yield what a list of faulty fields says of the refresh token, such as `refresh_token invalid`."""
    for path, members in objects(content):
        words = [(member_word(name), member) for name, member in members if isinstance(member, str)]
        is_of_token = any(name in _PLACES and word(member) == "refreshtoken" for name, member in words)
        yield from (f"refresh_token {member}" for name, member in words if is_of_token and name in SAID)
        if is_of_fields(path):
            yield from (f"refresh_token {member}" for name, member in words if name == "refreshtoken")
