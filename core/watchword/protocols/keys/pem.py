"""Find the block of the private key in a text (RFC 7468, RFC 1421), even if lines and dashes are bent."""

from __future__ import annotations

import base64
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field

from watchword.protocols.keys.repair import Repairs, from_base64, without_bare_breaks
from watchword.redact import NeverPickled

# Word processors turn hyphens into the other dashes. A run of dashes matches only from its beginning,
# and lengths are bounded, so that no text takes long.
_DASH = "[-\u00ad\u2010-\u2015\u2212]"
_BEGIN = re.compile(rf"(?i)(?<!{_DASH}){_DASH}+\s{{0,4}}BEGIN([A-Z0-9\s]{{0,60}}?){_DASH}+")
_END = re.compile(rf"(?i)(?<!{_DASH}){_DASH}+\s{{0,4}}END([A-Z0-9\s]{{0,60}}?)(?:{_DASH}+|\s{{0,9}}\Z)")
_STANDARD = re.compile(
    r"-----BEGIN [A-Z0-9 ]+-----\r?\n(?:[A-Za-z-]+: [^\r\n]+\r?\n)*(?:\r?\n)?"
    r"(?:[A-Za-z0-9+/]{1,76}\r?\n)*[A-Za-z0-9+/]{1,76}={0,2}\r?\n-----END [A-Z0-9 ]+-----"
)

# OpenSSL's own encryption: the cipher's name and its initial vector (RFC 1421 section 4.6.1.3). The length of
# the vector must be right: the library under cryptography panics if it is short.
_CIPHER = re.compile(
    r"(?i)\s*Proc-Type:\s*4,\s*ENCRYPTED\s*DEK-Info:\s*"
    r"((?:AES|CAMELLIA)[A-Z0-9-]*,\s*[0-9A-F]{32}|(?!AES|CAMELLIA)[A-Z0-9-]+,\s*[0-9A-F]{16})\s*"
)

_LABELS = {"RSAPRIVATEKEY": "RSA PRIVATE KEY", "ECPRIVATEKEY": "EC PRIVATE KEY"}
_PRIVATE = re.compile(r"(?!SSH2).*PRIVATEKEY")
_LINE = 64


@dataclass(frozen=True)
class Block(NeverPickled):
    """One block: its label without blanks, the text between its two lines, and whether it has both lines."""

    label: str
    body: str = field(repr=False)
    standard: bool = True
    whole: bool = True

    @property
    def cipher(self) -> str:
        """Cipher and initial vector of OpenSSL's own encryption, empty for a block without it."""
        match = _CIPHER.match(self.body)
        return "".join(match[1].split()) if match else ""

    def data(self, repairs: Repairs) -> bytes:
        """Return the decoded body; raises NotBase64 if it is damaged."""
        return from_base64(without_bare_breaks(_CIPHER.sub("", self.body, count=1), repairs), repairs)

    def rewritten(self, data: bytes) -> bytes:
        """Return the block that OpenSSL has encrypted, with lines and blanks in the standard form."""
        head = f"Proc-Type: 4,ENCRYPTED\nDEK-Info: {self.cipher}\n\n"
        return armoured(_LABELS.get(self.label, self.label), data, head)


def armoured(label: str, data: bytes, head: str = "") -> bytes:
    """Return data as a PEM block (RFC 7468)."""
    lines = "\n".join(textwrap.wrap(base64.b64encode(data).decode("ascii"), _LINE))
    return f"-----BEGIN {label}-----\n{head}{lines}\n-----END {label}-----\n".encode()


def blocks(text: str) -> Iterator[Block]:
    """Yield the blocks of a text in order, including those that have lost one of their two lines."""
    begins = list(_BEGIN.finditer(text))
    if not begins and (end := _END.search(text)):
        yield Block(_squeezed(end[1]), text[: end.start()], standard=False, whole=False)
    for begin, limit in zip(begins, [*(begin.start() for begin in begins[1:]), len(text)], strict=False):
        end = _END.search(text, begin.end(), limit)
        body = text[begin.end() : end.start() if end else limit]
        standard = _STANDARD.fullmatch(text, begin.start(), end.end()) if end else None
        yield Block(_squeezed(begin[1]), body, bool(standard), bool(end))


def _squeezed(label: str) -> str:
    return "".join(label.split()).upper()


def private_block(blocks: list[Block]) -> Block | None:
    """Return the first block whose label says that it is a private key, or None."""
    return next((block for block in blocks if _PRIVATE.fullmatch(block.label)), None)


def has_other_keys(blocks: list[Block], first: Block) -> bool:
    """Return whether a text has another private key than the first; the same one may stand there twice."""
    texts = {"".join(block.body.split()) for block in blocks if _PRIVATE.fullmatch(block.label)}
    return texts != {"".join(first.body.split())}
