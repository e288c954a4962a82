"""Read the challenges in WWW-Authenticate (RFC 9110 section 11.6.1), and choose a Digest challenge."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

# By RFC 7616's names, the strongest first. SHA-512/256 comes from OpenSSL, so a Python may lack it.
_HASHES = {"sha-512-256": "sha512_256", "sha-256": "sha256", "md5": "md5"}
_KNOWN = [name for name, own in _HASHES.items() if own in hashlib.algorithms_available | {"md5"}]
_SESSION = "-sess"
_QOPS = ("auth", "auth-int")

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - RFC 9110 section 5.6.2
_QUOTED = r'"((?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[^\x00-\x08\x0a-\x1f\x7f])*)"'
# A value that should be quoted but isn't, such as base64, ends at the next blank, comma or quote.
_PARAMETER = re.compile(rf'({_TOKEN})[ \t]*=[ \t]*(?:{_QUOTED}|([^\x00-\x20\x7f,"]+))')
_SCHEME = re.compile(rf"({_TOKEN})(?=[ \t,]|$)(?:[ \t]+[0-9A-Za-z._~+/-]+=*(?=[ \t]*(?:,|$)))?")
_REST = re.compile(r"[\s,]+|[^\s,]+")
_FOLD = re.compile(r"\r?\n[ \t]+")
_ESCAPE = re.compile(r"\\(.)")


@dataclass(frozen=True)
class Challenge:
    """A server's challenge (RFC 7616 section 3.3); values are unquoted, with one character per octet.

    `algorithm` is as the server wrote it, None if it left it out. `qop` holds the supported ones; it is
    empty for a server that uses RFC 2069.
    """

    realm: str
    nonce: str
    algorithm: str | None = None
    qop: tuple[str, ...] = ()
    opaque: str | None = None
    userhash: bool = False
    utf_8: bool = False

    @cached_property
    def hash_name(self) -> str:
        """The name of the algorithm in `hashlib`."""
        return _HASHES[_bare(self.algorithm)]

    @property
    def is_session(self) -> bool:
        """Whether the key of the first response is used for all that follow (`-sess`)."""
        return (self.algorithm or "").lower().endswith(_SESSION)


def strongest(www_authenticate: str) -> Challenge | None:
    """Return the supported Digest challenge with the strongest algorithm, or None.

    RFC 7616 section 3.7 lets local policy choose; of equally strong challenges the server's first is taken.
    """
    supported = [parameters for parameters in _digests(www_authenticate) if _unsupported(parameters) is None]
    if not supported:
        return None
    chosen = min(supported, key=lambda parameters: _KNOWN.index(_bare(parameters.get("algorithm"))))
    return Challenge(
        realm=chosen.get("realm", ""),
        nonce=chosen["nonce"],
        algorithm=chosen.get("algorithm"),
        qop=tuple(qop for qop in _QOPS if qop in _listed(chosen)),
        opaque=chosen.get("opaque"),
        userhash=chosen.get("userhash", "").lower() == "true",
        utf_8=chosen.get("charset", "").lower() == "utf-8",
    )


def unsupported(www_authenticate: str) -> str | None:
    """Return what isn't supported in a server's Digest challenges.

    None if one of them is supported, or if there are none.
    """
    reasons = [_unsupported(parameters) for parameters in _digests(www_authenticate)]
    return ", ".join(dict.fromkeys(reason for reason in reasons if reason)) or None if all(reasons) else None


def next_nonce(authentication_info: str) -> str | None:
    """Return the nonce for the next response (RFC 7616 section 3.5), or None."""
    return _challenges(f"Digest, {authentication_info}")[0][1].get("nextnonce")


def _digests(www_authenticate: str) -> list[Mapping[str, str]]:
    return [parameters for scheme, parameters in _challenges(www_authenticate) if scheme == "digest"]


def _unsupported(parameters: Mapping[str, str]) -> str | None:
    """Return why a challenge can't be responded to; None if it can."""
    if not parameters.get("nonce"):
        return "no nonce"
    if _bare(parameters.get("algorithm")) not in _KNOWN:
        return f"algorithm {parameters['algorithm'][:40]}"
    qops = _listed(parameters)
    return f"qop {', '.join(qops)[:40]}" if qops and not set(qops) & set(_QOPS) else None


def _bare(algorithm: str | None) -> str:
    return (algorithm or "MD5").lower().removesuffix(_SESSION)


def _listed(parameters: Mapping[str, str]) -> list[str]:
    return parameters.get("qop", "").lower().replace(",", " ").split()


def _challenges(header: str) -> list[tuple[str, dict[str, str]]]:
    """Return scheme and parameters of each challenge, with names in lower case; other text is skipped.

    Commas separate both parameters and challenges: a token that is followed by `=` and a value is a
    parameter, any other token begins a challenge. If a parameter is given twice, the first counts.
    """
    # On the wire a header is octets, read as Latin-1; old servers fold it (RFC 9112 section 5.2).
    text = _FOLD.sub(" ", header.encode("latin-1", "replace").decode("latin-1"))
    challenges: list[tuple[str, dict[str, str]]] = []
    position = 0
    while position < len(text):
        match = _PARAMETER.match(text, position)
        if match:
            value = _ESCAPE.sub(r"\1", match[2]) if match[3] is None else match[3]
            if challenges:
                challenges[-1][1].setdefault(match[1].lower(), value)
        else:
            match = _SCHEME.match(text, position)
            if match:
                challenges.append((match[1].lower(), {}))
            else:
                match = _REST.match(text, position)
        position = match.end() if match else len(text)
    return challenges
