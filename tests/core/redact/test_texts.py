"""Masking in texts: registered secrets in every form, signatures and JWTs by name and form."""

from __future__ import annotations

import logging
import threading

import pytest

from watchword import redact
from watchword.http import body_words
from watchword.redact.signatures import SignatureNames
from watchword.redact.silence import silence

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


def test_a_signature_is_masked_by_the_name_that_a_document_gives_it():
    """A name that was told is masked like the known ones, and no name is known before."""
    names = SignatureNames()
    line = f"GET /a?shop-sig={HEX}&page=2"
    assert names.masked(line) == line
    names.add(["Shop-Sig", "a.b*", ""])
    assert names.masked(line) == "GET /a?shop-sig=***&page=2"
    assert names.masked(f"axb={HEX} a.b*={HEX}") == f"axb={HEX} a.b*=***"


def test_of_too_many_signature_names_the_oldest_is_forgotten():
    """The names that were told last are masked, also after a hundred others; the known ones always are."""
    names = SignatureNames()
    for number in range(200):
        names.add([f"name-{number}", "In-Use"])
    line = f"name-50={HEX} name-199={HEX} in-use={HEX} signature={HEX}"
    assert names.masked(line) == f"name-50={HEX} name-199=*** in-use=*** signature=***"


def test_a_library_is_silent_on_the_thread_that_uses_it_alone():
    """Inside the block a library's logs below a warning are dropped on this thread, and nobody else's."""
    lines = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())
    loggers = [logging.getLogger(name) for name in ("noisylib.client", "otherlib")]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
        logger.addHandler(handler)
    with silence("noisylib"):
        for logger in loggers:
            logger.debug("%s here", logger.name)
        loggers[0].warning("a warning")
        thread = threading.Thread(target=loggers[0].debug, args=("another thread",))
        thread.start()
        thread.join()
    loggers[0].debug("after it")
    assert lines == ["otherlib here", "a warning", "another thread", "after it"]


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


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "hostile", ["eyJ-", "eyJ.", "eyJa.b", "<input ", "access denied ", "signature=", "response="]
)
def test_no_text_keeps_the_search_busy(hostile):
    """A megabyte of beginnings without an end is searched in one pass."""
    text = hostile * (1_000_000 // len(hostile))
    assert len(redact.text(text)) > 0
    assert not body_words.asks_for_password(text)
    assert not body_words.is_of_firewall(text)


def test_a_text_holds_a_secret_also_where_a_shorter_one_overlaps_it():
    """Whether a text holds a secret of some length doesn't depend on shorter ones in the same place."""
    redact.register(["abcd", "cdefghijk"])
    assert redact.text("abcdefghijk") == "***efghijk"
    assert redact.holds("abcdefghijk", shortest=9)
    assert not redact.holds("abcdefghijk", shortest=10)
    assert not redact.holds("abc efghijk")


def test_a_whole_text_is_known_only_as_a_form_of_a_secret():
    """A longer text that holds a secret is not a secret itself."""
    redact.register(["pass word"])
    assert redact.is_known("pass%20word")
    assert not redact.is_known("pass word!")


def test_a_secret_of_a_block_is_masked_in_it():
    """A secret of a block stays masked if it is a lasting secret too."""
    redact.register(["lasting-secret"])
    with redact.masked(["lasting-secret", "code-of-a-sign-in"]):
        assert redact.text("lasting-secret code-of-a-sign-in") == "*** ***"
    assert redact.text("lasting-secret") == "***"


@pytest.mark.parametrize("secret", ["\u00fcber-secret", "\ud83d\ude00 smile", "half \ud800 surrogate"])
def test_a_secret_in_any_characters_is_masked(secret):
    """Secrets beyond ASCII are masked; the text around them stays, also what UTF-8 has no code for."""
    redact.register([secret])
    assert redact.text(f"\u00e9{secret}\udfff") == "\u00e9***\udfff"
    quoted_bytes = str(secret.encode("utf-8", "surrogatepass"))
    assert (
        redact.text(f"invalid header: {quoted_bytes}")
        == f"invalid header: {quoted_bytes[:2]}***{quoted_bytes[-1]}"
    )
