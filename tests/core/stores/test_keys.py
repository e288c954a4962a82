"""Keys of a store: read, refused and rolled."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from watchword import redact
from watchword.stores.encryption import Keyring, new_key, read_keys
from watchword.tokens.token import Token
from watchword.tokens.token_store import StoreError

TOKEN = Token("canary-access", refresh_token="canary-refresh")


def save(record, _):
    return replace(record, name="acme", generation=record.generation + 1, token=TOKEN)


def test_keys_are_rolled(place):
    """With new and old key everything opens; after rekey the new one suffices and the old one is refused."""
    old, new = new_key(), new_key()
    first = place.open(old)
    for number in range(5):
        first.change(f"{number}", save)
    first.change("without a token", lambda record, _: replace(record, name="n"))
    first.keep_draft("state", {"a": "b"}, 600)
    first.vault.put("a", b"canary")
    first.vault.put("b", b"")
    first.claim("imported", "0")
    both = place.open(f"{new},{old}")
    assert both.load("0").record.token == TOKEN
    with pytest.raises(StoreError) as caught:
        place.open(new).load("0")
    assert caught.value.code == "store_key_wrong"
    assert both.rekey() == 10
    alone = place.open(new)
    assert [found.record.token for found in alone.records()].count(TOKEN) == 5
    assert alone.take_draft("state") == {"a": "b"}
    assert (alone.claim("imported", "0"), alone.claim("imported", "1")) == (True, False)
    assert (alone.vault.get("a"), alone.vault.get("b")) == (b"canary", b"")
    for stale in (first, place.open(old)):
        with pytest.raises(StoreError) as caught:
            stale.load("0")
        assert caught.value.code == "store_key_wrong"


def test_keys_are_rolled_while_others_write(place, start, tmp_path):
    """Rolling the keys loses nothing of what 4 processes write meanwhile."""
    old, new = new_key(), new_key()
    place.open(old).change("k", save)
    for number in range(20):
        place.open(old).change(f"{number}", save)
    place.key, stop = f"{new},{old}", tmp_path / "stop"
    writers = start(place, 4, "until", "k", stop)
    both = place.open()
    assert [both.rekey() for _ in range(3)] == [21] * 3
    stop.touch()
    written = sum(writers.results())
    assert place.open(new).load("k").record.generation == 1 + written


_KEY = "QvDjfLvJKQ2wT-NRsDPqB1OLMym_YaAD4lpNHezNIe4"


@pytest.mark.parametrize("text", ["", "short", _KEY + "AAAA", "!" * 43, _KEY[:-2] + "\n" + "AA"])
def test_a_malformed_key_is_named_by_its_place(text, place):
    """A text that isn't a key is refused by its number, and not shown."""
    with pytest.raises(StoreError) as caught:
        place.open(f"{new_key()},{text}")
    assert caught.value.code == "store_key_wrong"
    assert "Key 2 of 2" in str(caught.value)
    assert not text or text not in str(caught.value)


def test_a_key_is_read_with_or_without_padding():
    """Both forms of base64url are the same key, and both are masked from then on."""
    key = new_key()
    raw = base64.urlsafe_b64decode(key + "=")
    assert read_keys(f"{key}, {key}=", "a test", "memory://") == [raw, raw]
    assert redact.text(f"{key} {key}=") == "*** ***"


def test_no_key_is_shown():
    """Neither a keyring's repr nor its fields hold a key."""
    ring = Keyring([b"canary-of-a-key-of-just-32-bytes"])
    assert "canary" not in f"{ring!r} {vars(ring)!r}"
