"""The worst texts that readers of watchword can get, as large as they get them; see hostile.py."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

BODY, REPORT, HEADER, URL, KEY, DOCUMENT, COMMAND, FILE = (
    1 << 20,
    4000,
    1 << 16,
    1 << 16,
    1 << 16,
    1 << 18,
    1 << 18,
    4 << 20,
)
"""How many characters reach a reader of each."""

PIECES = (
    *("[", "{", '{"a":', "<", "<a>", "<b/>", "<a ", "&", "a=b&", "%41", "9", "9:", " ", "\n", '"', "\\", "'"),
    *("#", "eyJ.", "a.", "://@", "=", "error ", "token ", "{{", "${", ")]}'\n", "\u00e9", "-", "a-b_", ","),
)
"""Their repetitions cost an expression that begins anew at each place the square of their length."""

PASSPHRASE = "open-sesame"
"""The passphrase of those keys that have one."""

PEM, OPENSSH = Encoding.PEM, PrivateFormat.OpenSSH

Texts = Mapping[str, Any]


def fill(piece: str, size: int, lead: str = "", end: str = "") -> str:
    """Return a text of a size that repeats a piece."""
    room = size - len(lead) - len(end)
    return f"{lead}{(piece * (room // len(piece) + 1))[:room]}{end}"


def repeated(size: int, lead: str = "", end: str = "") -> Texts:
    """Return a text of a size for each piece."""
    return {f"{piece!r} repeated{lead and ' after '}{lead}": fill(piece, size, lead, end) for piece in PIECES}


def numbered(form: str, count: int) -> list[str]:
    """Return so many texts, each with its number."""
    return [form.replace("#", str(number)) for number in range(count)]


def names(form: str, count: int, value: object = "x") -> dict[str, Any]:
    """Return an object with so many names."""
    return dict.fromkeys(numbered(form, count), value)


def bodies(size: int = BODY) -> Texts:
    """Return bodies of responses, none of them longer than this."""

    def some(count: int) -> int:
        """Return that part of the number in a body of the full size that a body of this size has."""
        return count * size // BODY

    doubled = "".join(numbered('<!ENTITY b# "&b;&b;">', some(9_000)))
    errors = [{"code": "invalid_token", "message": "bad token"}] * some(15_000)
    return repeated(size) | {
        "lists in a list": f"[{','.join(['[]'] * some(340_000))}]",
        "objects in a list": f'{{"access_token":"t","a":[{",".join(["{}"] * some(330_000))}]}}',
        "deep JSON": '{"a":' * min(900, size // 8) + "1" + "}" * min(900, size // 8),
        "many names": json.dumps(names("k#", some(70_000), 1)),
        "many lifetimes": json.dumps({"access_token": "t", **names("expires_in_#", some(40_000))}),
        "many errors": json.dumps({"errors": errors}),
        "long error": json.dumps({"error": "e", "error_description": fill("refresh token ", some(900_000))}),
        "JSON in JSON": json.dumps(json.dumps({"a": ["x"] * some(149_000)})),
        "long JWT": json.dumps({"access_token": f"eyJ{'A' * some(900_000)}.{'A' * 90}.x"}),
        "form of many fields": f"access_token=t&{'&'.join(numbered('a#=%41', some(95_000)))}",
        "XML of many elements": fill("<b/>", size, "<a>", "</a>"),
        "XML of many attributes": " ".join(["<a", *numbered('b#="c"', some(70_000)), "/>"]),
        "XML of many namespaces": " ".join(["<a", *numbered('xmlns:b#="c"', some(50_000)), "/>"]),
        "XML of entities": f'<!DOCTYPE a [<!ENTITY b "b">{doubled}]><a>&b9;</a>',
        "XML fault": fill("x ", size, "<e><Body><Fault><faultstring>", "</faultstring></Fault></Body></e>"),
        "table": fill("a,b;c\t", size, "a,b\n"),
    }


def packed() -> Texts:
    """Return compressed bytes, and bytes whose decoders are slow."""
    bomb = gzip.compress(b"0" * (100 << 20))
    return {
        "gzip of 100 MiB": bomb,
        "gzip in gzip": gzip.compress(gzip.compress(bomb)),
        "empty members of gzip": gzip.compress(b"") * 50_000,
        "gzip of JSON": gzip.compress(b"[" * (20 << 20)),
        "UTF-16": fill("a", BODY // 2).encode("utf-16"),
        "no UTF-8": b"\xff" * BODY,
        "UTF-7": b"\xff" + b"+AGE-" * (BODY // 5),
    }


def keys() -> Texts:
    """Return texts that are keys or look like them."""
    number = base64.urlsafe_b64encode(b"\xff" * 1024).decode()
    members = dict.fromkeys(("n", "d", "p", "q", "dp", "dq", "qi"), number)
    power = base64.urlsafe_b64encode(b"\x80" + b"\0" * 1023).decode()
    layered = base64.b64encode(base64.b64encode(base64.b64encode(b"a" * (KEY // 3))))
    rsa_key, openssh_key = rsa.generate_private_key(65537, 4096), Ed25519PrivateKey.generate()
    hundred_rounds = OPENSSH.encryption_builder().kdf_rounds(100).build(PASSPHRASE.encode())
    certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
    return repeated(KEY) | {
        "BEGIN lines": fill("-----BEGIN PRIVATE KEY-----", KEY),
        "unfinished BEGIN lines": fill("-----BEGIN" + " " * 59, KEY),
        "base64 of base64": layered.decode(),
        "JSON of many keys": json.dumps(names("k#", 1_500, {"a": "PRIVATE KEY"})),
        "many JWKs": json.dumps({"keys": [{"kty": "RSA", "d": "x"}] * 2_000}),
        "JWK of 8,192 bits": json.dumps({"kty": "RSA", "n": number, "e": "AQAB", "d": number}),
        "JWK of a power of two": json.dumps({"kty": "RSA", "n": power, "e": "AQAB", "d": "AQAB"}),
        "JWK of 8,192 bits with primes": json.dumps({"kty": "RSA", "e": "AQAB", **members}),
        "RSA key of 4,096 bits": rsa_key.private_bytes(PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        "OpenSSH key of 100 rounds": openssh_key.private_bytes(PEM, OPENSSH, hundred_rounds).decode(),
        "certificates": fill(certificate, KEY),
    }


def documents() -> Texts:
    """Return connection documents, as JSON."""
    base = {"base_url": "https://a.test"}
    key = {**base, "method": "api_key", "api_key": "x"}
    jwt = {**base, "method": "jwt_bearer", "jwt_secret": "x" * 40}
    signed = {**base, "method": "hmac_signature", "key_id": "a", "secret_key": "b", "string_to_sign": "a"}
    client = {**base, "method": "oauth2_client_credentials", "token_url": "https://a.test", "client_id": "a"}
    contents: Mapping[str, Mapping[str, Any]] = {
        "unknown fields": {**key, **names("api_ke#", 20_000)},
        "9,000 origins": {**key, "allowed_origins": numbered("https://a#.test", 9_000)},
        "1,000 origins": {**key, "allowed_origins": numbered("http://a#.test", 1_000)},
        "1,000 patterns": {
            **key,
            "allowed_origins": numbered("https://*.a#.test", 1_000),
            "test_url": "https://b.test",
        },
        "secret parameters": {**key, "secret_parameters": names("header:A#", 8_000)},
        "extra parameters": {**key, "extra_parameters": names("query:A#", 8_000)},
        "long host": {**key, "base_url": fill("\u00e9.", 200_000, "https://")},
        "long path": {**key, "base_url": fill("{{secret:", 200_000, "https://a.test/")},
        "unfilled": {**key, "base_url": fill("<your-", 100_000, "https://a.test/")},
        "templates": {**jwt, "payload": names("a#", 5_000, "{{now}}{{uuid}}{{secret:x}}")},
        "rules": {**key, "refresh_on_body": names("$..a[?@.b==#]", 50, 1)},
        "scope": {**client, "client_secret": "b", "scope": fill("a ", 200_000)},
        "path": {**client, "client_secret": "b", "response_access_path": fill("$..a", 100_000)},
        "string to sign": {**signed, "string_to_sign": fill("{{timestamp}}", 200_000)},
        "signature parameters": {**signed, "signature_parameters": names("header:a#", 6_000)},
    }
    urls = {name: {**key, "base_url": url} for name, url in repeated(100_000, "https://a.test/").items()}
    return {name: json.dumps(content) for name, content in {**contents, **urls}.items()}


def commands() -> Texts:
    """Return commands of curl."""
    curl = "curl https://a.test/ "
    values = [repeated(COMMAND, f"{curl}-{flag} 'X: ", "'") for flag in "Hdubx"]
    return {name: text for texts in (repeated(COMMAND, curl), *values) for name, text in texts.items()} | {
        "flags": fill("s", COMMAND, f"{curl}-"),
        "words": fill("-sss ", COMMAND, curl),
        "options": fill("--hea=x ", COMMAND, curl),
        "headers": curl + " ".join(numbered("-H 'a#: b'", 20_000)),
        "parameters": f"curl 'https://b.test/?{'&'.join(numbered('token#=x', 18_000))}'",
        "escapes": fill("\\x41", COMMAND, f"{curl}$'", "'"),
        "comments": fill("# x\n", COMMAND, end="curl https://a.test"),
    }
