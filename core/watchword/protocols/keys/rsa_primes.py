"""Find the primes of an RSA key whose JWK leaves them out (RFC 7518 section 6.3.2).

cryptography's own search tries 500 numbers at random: a made-up key could keep a process busy for hours.
"""

from __future__ import annotations

from math import isqrt

_MOST_DIVISORS = 1 << 15
"""How many common divisors of p - 1 and q - 1 are tried; of 50,000 keys, one has a larger one."""

_LARGEST_EXPONENT = 1 << 64
"""Public exponents have 17 bits, or 2."""

_UNEVEN = 32
"""By how many bits p may be longer than q; they have the same length."""


def primes(n: int, e: int, d: int) -> tuple[int, int]:
    """Return p and q, the larger one first.

    Raises:
        ValueError: none are found, so that the numbers don't belong to one key.
    """
    total = _sum(n, e, d) if 1 < e < _LARGEST_EXPONENT and 1 < d < n else 0
    square = total * total - 4 * n
    larger = (total + isqrt(square)) // 2 if square >= 0 else 0
    if not larger or larger * (total - larger) != n:
        raise ValueError("n, e and d do not belong to one key")
    return larger, total - larger


def _sum(n: int, e: int, d: int) -> int:
    """Return p + q if these numbers have primes, 0 or any number if they have none.

    e * d - 1 is a multiple of (p - 1) * (q - 1) or, in newer keys, of their least common multiple; then it is
    that after multiplication by their greatest common divisor, which is even and usually small. As p + q is
    much smaller than n, the quotient by n tells which multiple. No other divisor gives another small sum.
    """
    for half in range(_MOST_DIVISORS):
        multiple = (e * d - 1) * (2 * half or 1)
        totient, rest = divmod(multiple, multiple // n + 1)
        total = n + 1 - totient
        if not rest and 2 * total.bit_length() <= n.bit_length() + 2 * _UNEVEN:
            return total
    return 0
