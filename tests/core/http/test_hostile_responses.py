"""Responses of a hostile server are read in one pass, however their text repeats itself."""

from __future__ import annotations

import pytest

from tests.support.work import slowdown
from watchword import redact
from watchword.http import body_words
from watchword.http.bodies import Content, charset_in, content_of
from watchword.http.cookies import effective_cookies
from watchword.http.durations import moment, retry_after, seconds, span
from watchword.protocols.digest import challenge
from watchword.protocols.oauth1.credentials_response import problems
from watchword.tokens.dead_tokens import dead_token_name
from watchword.tokens.kept_refusals import liftable
from watchword.tokens.token import jwt_account, jwt_expiry

READERS = {
    "digest": lambda text: challenge.strongest(f"Digest {text}"),
    "unsupported": challenge.unsupported,
    "next nonce": challenge.next_nonce,
    "retry after": retry_after,
    "seconds": seconds,
    "cookie": lambda text: effective_cookies([f"a={text}"]),
    "expires": lambda text: effective_cookies([f"a=b; expires={text}"]),
    "complaint": body_words.complaint,
    "firewall": body_words.is_of_firewall,
    "credential": body_words.is_about_credential,
    "password": body_words.asks_for_password,
    "problems": problems,
    "jwt": jwt_expiry,
    "account": jwt_account,
    "masked": redact.text,
    "date": moment,
    "span": span,
    "content": lambda text: content_of(text, "", {"a"}),
    "element": lambda text: content_of(f"<a>{text}</a>"),
    "charset": charset_in,
    "kept refusal": liftable,
    "dead token": lambda text: dead_token_name(Content("json", {"error": text, "errors": [{"code": text}]})),
}
HOSTILE = (
    *(
        "1",
        "0",
        "9.",
        "a=",
        'a="',
        'a="\\"',
        "a ",
        "a, ",
        ",",
        " ",
        '"',
        "\\",
        "; ",
        "a=b; ",
        ":",
        "-",
        "Mon, ",
        "ip ",
        "user is ",
    ),
    *(
        "[",
        '{"a":',
        "<input ",
        "access denied ",
        "invalid ",
        "key ",
        "eyJ.",
        "eyJa.b",
        "signature=",
        "response=",
    ),
    *("response=", "oauth_problem=", "oauth_acceptable_a", "\r\n ", "&"),
)


@pytest.mark.parametrize("reader", READERS)
def test_hostile_text_takes_one_pass(reader):
    """Eight times the text takes about eight times as long; the square would be sixty-four times."""
    redact.register(["signature-of-a-secret", "1111-1111", "eyJa.b-secret"])
    slow = {}
    for text in HOSTILE:

        def work(size, text=text):
            content = (text * (size // len(text) + 1))[:size]
            return lambda: READERS[reader](content)

        ratio = slowdown(work, 8192)
        if ratio > 36:
            slow[text] = ratio
    assert slow == {}
