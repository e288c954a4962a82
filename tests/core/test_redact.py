"""Masking in texts: registered secrets in every form, signatures and JWTs by name and form."""

from __future__ import annotations

import itertools

import pytest

from watchword import redact
from watchword.http import body_words
from watchword.tokens.local_tokens import LocalTokens
from watchword.tokens.token import Token
from watchword.tokens.token_cache import TokenCache

HEX = "5d672d79c15b13162d9279b0855cfba6"

SIGNED = [
    (f"GET /a?X-Amz-Expires=900&X-Amz-Signature={HEX}", "GET /a?X-Amz-Expires=900&X-Amz-Signature=***"),
    (f"SignedHeaders=host, Signature={HEX}", "SignedHeaders=host, Signature=***"),
    (
        'OAuth oauth_signature="r6%2FTJjbCOr97%2F%2BUU0NsvSne7s5g%3D", x="1"',
        'OAuth oauth_signature="***", x="1"',
    ),
    ("/a?oauth_signature=r6%2FTJjbCOr97%2F%2BUU0NsvSne7s5g%3D&page=2", "/a?oauth_signature=***&page=2"),
    (f'Digest username="u", response="{HEX}", qop=auth', 'Digest username="u", response="***", qop=auth'),
    ("Bearer eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UifQ.dBjftJeZ4CVP-mB92K27", "Bearer ***"),
]


@pytest.mark.parametrize(("text", "masked"), SIGNED)
def test_values_for_one_request_are_masked_without_being_registered(text, masked):
    """Signatures are recognised by the name before them, JWTs by their form; the text around them stays."""
    assert redact.text(text) == masked


@pytest.mark.parametrize("text", ["response=204", "the signature is wrong", "v1.2.3", "eyJ.is.no JWT"])
def test_words_that_only_look_like_signatures_are_kept(text):
    """Short values and plain words are not masked as signatures."""
    assert redact.text(text) == text


def test_one_line_of_a_key_is_masked():
    """A message that quotes one line of a PEM block, with any escapes, shows nothing of the line."""
    line = "MHcCAQEEIEzYV7EDbNjrSuCMtmcHUhmYk6P5fhfDqcjmSNbM0cr5oAoGCCqGSM49"
    redact.register(
        [f"-----BEGIN EC PRIVATE KEY-----\\n{line}\\nAwEHoUQDQgAE\\n-----END EC PRIVATE KEY-----"]
    )
    assert redact.text(f"could not read {line}!") == "could not read ***!"


def test_a_token_is_masked_until_it_is_forgotten():
    """Lasting secrets stay masked, even if one of them was a token too."""
    redact.register(["a-lasting-secret"])
    for token in ("a-lasting-secret", "issued-token-1", "issued-token-2"):
        redact.register_token(token)
    redact.forget_token("issued-token-1")
    redact.forget_token("a-lasting-secret")
    assert redact.text("a-lasting-secret issued-token-1 issued-token-2") == "*** issued-token-1 ***"


def test_a_token_cache_has_its_last_two_tokens_masked():
    """The list of masked tokens stays short in a process that renews a token for months."""
    numbers = itertools.count()

    def fetch():
        token = Token(f"issued-token-{next(numbers):04}", lifetime=60)
        redact.register_token(token.access_token)
        return token

    token_cache = TokenCache(LocalTokens(fetch))
    for _ in range(50):
        token_cache.renew()
    assert redact.text("issued-token-0049 issued-token-0048 issued-token-0001") == "*** *** issued-token-0001"
    assert len(redact.known()) < 10


def test_a_token_that_comes_back_stays_masked():
    """A server may issue an earlier token again: it is in use, so it is masked."""
    tokens = itertools.cycle(["issued-token-a", "issued-token-b"])

    def fetch():
        token = Token(next(tokens), lifetime=60)
        redact.register_token(token.access_token)
        return token

    token_cache = TokenCache(LocalTokens(fetch))
    held = [token_cache.renew().token.access_token for _ in range(3)][-1]
    assert redact.text(held) == "***"


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "hostile", ["eyJ-", "eyJ.", "eyJa.b", "<input ", "access denied ", "signature=", "response="]
)
def test_no_text_keeps_the_search_busy(hostile):
    """A megabyte of beginnings without an end is searched in one pass."""
    text = hostile * (1_000_000 // len(hostile))
    assert len(redact.text(text)) > 0
    assert not body_words.asks_for_password(text)
    assert not body_words.is_of_firewall(text)
