"""RSA keys in JWKs that leave out the primes: these are found, and made-up numbers cost little."""

from __future__ import annotations

import base64
import json
from functools import cache
from math import gcd

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.nightly import usually
from watchword.errors import DocumentError
from watchword.protocols.keys import read_private_key
from watchword.protocols.keys.rsa_primes import primes


@cache
def made(e):
    numbers = rsa.generate_private_key(e, 2048).private_numbers()
    return numbers.p, numbers.q


def member(number):
    return base64.urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8 or 1, "big")).decode()


@pytest.mark.parametrize("e", [3, 65537])
def test_the_primes_are_found_by_either_private_exponent(e):
    """The primes are found whether d is an inverse modulo the product or the least common multiple."""
    p, q = made(e)
    product = (p - 1) * (q - 1)
    for modulus in (product, product // gcd(p - 1, q - 1)):
        assert set(primes(p * q, e, pow(e, -1, modulus))) == {p, q}


PRIME = 2**521 - 1
MADE_UP = {
    "a prime for n": (PRIME, 65537, pow(65537, -1, PRIME - 1)),
    "the square of a prime": (PRIME**2, 65537, pow(65537, -1, PRIME * (PRIME - 1))),
    "a power of two": (2**2047, 2**63 + 1, 2**2046 + 1),
    "a power of two, with its inverse": (2**2047, 65537, pow(65537, -1, 2**2046)),
    "all bits": (2**2048 - 1, 65537, 2**2048 - 2),
    "three primes": (PRIME * 7 * 11, 65537, pow(65537, -1, (PRIME - 1) * 60)),
    "the key of another one": (PRIME * (2**607 - 1), 65537, 12345),
    "a huge public exponent": (2**8192 - 1, 2**8191 - 1, 2**8190 - 1),
    "d above n": (2**4096 - 1, 3, 2**8191),
    "a small product": (2**8192 - 1, 3, 2),
    "d of zero": (2**1024 - 1, 3, 0),
    "e of one": (2**1024 - 1, 1, 2**1000),
    "n of zero": (0, 3, 3),
}


@pytest.mark.parametrize("numbers", MADE_UP.values(), ids=MADE_UP)
def test_made_up_numbers_are_no_key(numbers):
    """Numbers without two primes are refused by a bounded search, and the JWK by a finding."""
    with pytest.raises(ValueError, match="do not belong to one key"):
        primes(*numbers)
    jwk = dict(zip(("n", "e", "d"), map(member, numbers), strict=True))
    with pytest.raises(DocumentError, match="do not fit together"):
        read_private_key(json.dumps({"kty": "RSA", **jwk}))


NUMBERS = st.integers(0, 2**256) | st.integers(0, 100)


@settings(max_examples=usually(100, 10_000))
@given(NUMBERS, NUMBERS, NUMBERS)
def test_what_is_found_multiplies_to_n(n, e, d):
    """Any numbers have two factors of n, or none are found."""
    try:
        p, q = primes(n, e, d)
    except ValueError:
        return
    assert p * q == n
    assert p >= q > 0
