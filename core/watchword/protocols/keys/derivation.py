"""How much work an encrypted key demands before its passphrase can be tried, by its own parameters.

Where a key is pasted, they are somebody else's choice: without a limit, one key could keep a process busy for
hours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from watchword.protocols.keys.der import INTEGER, Der, NotDer, children, header, lengths

MOST_ITERATIONS = 1_000_000
"""Rounds of PBKDF2 (RFC 8018) or of PKCS#12 that a file may demand in all; they take about half a second."""

MOST_MEMORY = 1 << 25
"""Bytes that scrypt (RFC 7914) may demand; OpenSSL writes keys that demand half of it."""

MOST_ROUNDS = 100
"""Rounds of bcrypt that an OpenSSH key may demand; they take 1.1 s.

ssh-keygen demands 16 or 24, which take 0.3 s; many guides tell people to demand 100 (`ssh-keygen -a 100`).
"""

_MOST_LANES = 16

# Object identifiers, each followed by a SEQUENCE of the salt and the numbers: PBKDF2 and PBES1 (RFC 8018, A.2
# and A.3), and the ciphers of PKCS#12 (RFC 7292 appendix C).
_ITERATED = re.compile(
    rb"\x06(?:\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05[\x01\x03\x04\x06\x0a\x0b\x0c]"
    rb"|\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01[\x01-\x06])"
)
_SCRYPT = re.compile(rb"\x06\x09\x2b\x06\x01\x04\x01\xda\x47\x04\x0b")

_WITHOUT_LENGTH = b"\x30\x80"
"""How BER begins in which the lengths are left out; some libraries read that too."""

_BCRYPT = b"bcrypt"


def demands_too_much(data: bytes) -> bool:
    """Return whether DER demands more work than is done here, or doesn't say how much.

    A key that is cut off or damaged demands nothing: it can't be read at all.
    """
    if sum(lengths(data)) != len(data):
        return data.startswith(_WITHOUT_LENGTH)
    try:
        iterations = sum(numbers[0] for numbers in _parameters(_ITERATED, data)) + _mac_iterations(data)
        scrypt = list(_parameters(_SCRYPT, data))
        memory = sum(128 * cost * size for cost, size, *_ in scrypt)
        lanes = sum(numbers[2] for numbers in scrypt)
    except (NotDer, IndexError, ValueError):
        return True
    return iterations > MOST_ITERATIONS or memory > MOST_MEMORY or lanes > _MOST_LANES


def demands_too_many_rounds(data: bytes) -> bool:
    """Return whether an OpenSSH key (PROTOCOL.key) demands more rounds of bcrypt than are done here."""
    name = data.find(_BCRYPT)
    if name < 0:
        return False
    options = name + len(_BCRYPT) + 4
    salt = int.from_bytes(data[options : options + 4], "big")
    rounds = data[options + 4 + salt : options + 8 + salt]
    return int.from_bytes(rounds, "big") > MOST_ROUNDS


def _parameters(identifier: re.Pattern[bytes], data: bytes) -> Iterator[list[int]]:
    """Yield the numbers behind the salt in the parameters of each such algorithm."""
    for found in identifier.finditer(data):
        parameters = header(data, found.end())
        _, *numbers = children(data, parameters)
        yield [_number(data, number) for number in numbers if number.tag == INTEGER]


def _mac_iterations(data: bytes) -> int:
    """Return the rounds of a PKCS#12 file's own signature (RFC 7292 section 4); 0 without one."""
    whole = header(data, 0)
    parts = list(children(data, whole))
    if len(parts) < 3 or parts[0].content(data) != b"\x03":  # noqa: PLR2004 - version, content, signature
        return 0
    mac = [part for part in children(data, parts[2]) if part.tag == INTEGER]
    return _number(data, mac[0]) if mac else 1


def _number(data: bytes, value: Der) -> int:
    return int.from_bytes(value.content(data)[:9], "big")
